#include "server/call.h"

#include "base/log.h"

namespace yun::server {

namespace {
constexpr int kRetrySeconds = 1;    // where nobody could estimate it: a full queue empties by the token
constexpr int kRestartSeconds = 5;  // loading, or a successor starting
}  // namespace

std::string NewRequestId() { return "req_" + cloud::RandomHex(12); }

http::Headers Call::AnswerHeaders(http::Headers more) const {
  more.emplace_back("x-request-id", request_id);
  if (!dialect->request_id_header.empty()) more.emplace_back(dialect->request_id_header, request_id);
  more.insert(more.end(), more_headers.begin(), more_headers.end());
  AddSecurityHeaders(more, origin.secure);
  return more;
}

void Call::ShowLimits(const cloud::LimitsLeft& left) {
  const auto show = [&](std::string_view what, const cloud::LimitLeft& l) {
    if (l.limit == 0) return;
    const auto add = [&](std::string_view name, std::string value) {
      more_headers.emplace_back(fmt::format("x-ratelimit-{}-{}", name, what), std::move(value));
    };
    add("limit", std::to_string(l.limit));
    add("remaining", std::to_string(l.remaining));
    add("reset", fmt::format("{:.3f}s", static_cast<double>(l.reset_ns) / 1e9));
  };
  show("requests", left.requests);
  show("tokens", left.tokens);
}

void Call::Respond(int status, std::string body, http::Headers more) const {
  responder->Respond(status, "application/json", std::move(body), AnswerHeaders(std::move(more)));
}

void Call::Fail(const api::ApiError& error, http::Headers more) const {
  if (error.retry_after_seconds > 0) more.emplace_back("retry-after", std::to_string(error.retry_after_seconds));
  // What took too long once will again: the SDKs would ask a second time by themselves.
  if (error.code == "request_timeout") more.emplace_back("x-should-retry", "false");
  log::debug("{} {} {}: {} {}", request_id, request.method, request.path, error.status, error.message);
  Respond(error.status, dialect->write_error(error, request_id), std::move(more));
}

api::ApiError ToApiError(const Error& error, std::string_view param) {
  api::ApiError out;
  out.status = HttpStatus(error.code);
  out.message = error.message;
  out.param = param;
  out.code = CodeName(error.code);
  switch (error.code) {
    case Code::kInvalidArgument:
    case Code::kCorrupt:
    case Code::kUnsupported:
      out.code = "invalid_value";
      break;
    case Code::kTooMany:
      out.type = "rate_limit_error";
      out.code = "rate_limit_exceeded";
      out.retry_after_seconds = error.retry_after_s > 0 ? static_cast<int>(error.retry_after_s) : kRetrySeconds;
      break;
    case Code::kNoMemory:
    case Code::kUnavailable:
      out.type = "server_error";
      out.retry_after_seconds = error.retry_after_s > 0 ? static_cast<int>(error.retry_after_s) : kRestartSeconds;
      break;
    case Code::kInternal:
    case Code::kDisk:
    case Code::kNetwork:
      out.type = "server_error";
      break;
    case Code::kDeadline:
      out.type = "server_error";
      out.code = "request_timeout";
      break;
    default:
      break;
  }
  return out;
}

api::ApiError ToApiError(const cloud::Refusal& refusal) {
  api::ApiError error;
  error.status = refusal.status;
  error.message = refusal.message;
  error.code = refusal.compatible;
  error.native = refusal.native;
  if (refusal.status == 429 || refusal.native == "Arrearage") error.type = refusal.compatible;  // as the hosted service
  else if (refusal.status >= 500) error.type = "server_error";
  error.retry_after_seconds = refusal.retry_after_s;
  return error;
}

api::ApiError HttpError(int status, std::string_view message) {
  api::ApiError error{status, std::string(message), "", ""};
  switch (status) {
    case 408:
      error.code = "request_timeout";
      break;
    case 413:
      error.code = "too_large";
      break;
    case 431:
      error.code = "headers_too_large";
      break;
    case 503:
      error.code = "unavailable", error.type = "server_error";
      break;
    default:
      error.code = status >= 500 ? "internal" : "bad_request";
  }
  if (status >= 500) error.type = "server_error";
  return error;
}

}  // namespace yun::server
