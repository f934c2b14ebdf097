// One HTTP request on its way through the handlers: who asks, how to answer.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/dialect.h"
#include "api/error.h"
#include "base/result.h"
#include "cloud/admission.h"
#include "cloud/directory.h"
#include "net/http/server.h"
#include "server/prompt_keeper.h"
#include "server/request_meter.h"
#include "server/service.h"

namespace yun::server {

struct Call {
  http::Request request;
  std::shared_ptr<http::Responder> responder;
  std::string request_id;                             // "req_..."; goes out as x-request-id
  std::shared_ptr<const cloud::Principal> principal;  // who asks; null when no valid key came
  InFlight::Ticket ticket;
  const api::Dialect* dialect = &api::openai::kDialect;  // what the caller speaks
  std::string tail = {};       // of the path, where a route ends in "*"
  Origin origin = {};          // the client, behind proxies
  http::Headers more_headers = {};  // what every answer from here on carries: x-yun-receipt-id, x-ratelimit-...
  PromptKeeper kept = {};
  std::chrono::steady_clock::time_point arrived = std::chrono::steady_clock::now();
  std::shared_ptr<LateCharge> late = {};  // of a batch's line: decides what it costs

  /// Adds what is left by the limits, as x-ratelimit-{limit,remaining,reset}-{requests,tokens}.
  void ShowLimits(const cloud::LimitsLeft& left);
  /// The headers that every answer carries, and these.
  http::Headers AnswerHeaders(http::Headers more = {}) const;
  void Respond(int status, std::string body, http::Headers more = {}) const;
  void Fail(const api::ApiError& error, http::Headers more = {}) const;
};

/// "req_" and 24 random hex digits.
std::string NewRequestId();

/// An operating error of the rooms below as what a caller sees. `param`: the field that it is about, if any.
api::ApiError ToApiError(const Error& error, std::string_view param = {});

/// Why the cloud does not admit a request.
api::ApiError ToApiError(const cloud::Refusal& refusal);

/// The ApiError of a status that the HTTP server itself gives out (400, 408, 413, 431, 503).
api::ApiError HttpError(int status, std::string_view message);

}  // namespace yun::server
