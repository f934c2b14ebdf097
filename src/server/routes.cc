#include "server/routes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "server/call.h"
#include "server/handlers/handlers.h"

namespace yun::server {
namespace {

constexpr std::array kRoutes = {
    Route{"GET", "/healthz", handlers::Health, true},
    Route{"GET", "/readyz", handlers::Ready, true},
    Route{"GET", "/metrics", handlers::ShowMetrics, true},
    Route{"GET", "/openapi.json", handlers::ShowOpenApi, true},
    Route{"GET", "/auth", handlers::SignIn, true},
    Route{"GET", "/auth/*", handlers::SignIn, true},
    Route{"POST", "/auth/*", handlers::SignIn, true},
    Route{"GET", "/admin/*", handlers::AdminApi, true},
    Route{"POST", "/admin/*", handlers::AdminApi, true},
    Route{"PUT", "/admin/*", handlers::AdminApi, true},
    Route{"PATCH", "/admin/*", handlers::AdminApi, true},
    Route{"DELETE", "/admin/*", handlers::AdminApi, true},
    Route{"GET", "/v1/models", handlers::ListModels},
    Route{"GET", "/v1/models/*", handlers::GetModel},
    Route{"POST", "/v1/chat/completions", handlers::ChatCompletions, false, true, "chat"},
    Route{"POST", "/v1/completions", handlers::Completions, false, true, "completions"},
    Route{"POST", "/v1/responses", handlers::MakeResponse, false, true, "responses"},
    Route{"GET", "/v1/responses/*", handlers::StoredResponse, false, true, "responses"},
    Route{"POST", "/v1/responses/*", handlers::StoredResponse, false, true, "responses"},
    Route{"DELETE", "/v1/responses/*", handlers::StoredResponse, false, true, "responses"},
    Route{"POST", "/v1/conversations", handlers::MakeConversation, false, true, "responses"},
    Route{"GET", "/v1/conversations/*", handlers::OneConversation, false, true, "responses"},
    Route{"POST", "/v1/conversations/*", handlers::OneConversation, false, true, "responses"},
    Route{"DELETE", "/v1/conversations/*", handlers::OneConversation, false, true, "responses"},
    Route{"POST", "/v1/embeddings", handlers::Embeddings, false, true, "embeddings"},
    Route{"POST", "/v1/rerank", handlers::Rerank, false, true, "rerank"},
    Route{"POST", "/compatible-api/v1/reranks", handlers::Reranks, false, true, "rerank"},
    Route{"POST", "/v1/score", handlers::Score, false, true, "rerank"},
    Route{"POST", "/tokenize", handlers::Tokenize, false, true, "tokenize"},
    Route{"POST", "/v1/tokenize", handlers::Tokenize, false, true, "tokenize"},
    Route{"POST", "/detokenize", handlers::Detokenize, false, true, "tokenize"},
    Route{"POST", "/v1/detokenize", handlers::Detokenize, false, true, "tokenize"},
    Route{"POST", "/v1/files", handlers::UploadFile, false, false, "files"},
    Route{"GET", "/v1/files", handlers::ListFiles, false, true, "files"},
    Route{"GET", "/v1/files/*", handlers::GetFile, false, true, "files"},
    Route{"DELETE", "/v1/files/*", handlers::DeleteFile, false, true, "files"},
    Route{"POST", "/v1/batches", handlers::MakeBatch, false, true, "batch"},
    Route{"GET", "/v1/batches", handlers::ListBatches, false, true, "batch"},
    Route{"GET", "/v1/batches/*", handlers::GetBatch, false, true, "batch"},
    Route{"POST", "/v1/batches/*", handlers::CancelBatch, false, true, "batch"},
    Route{"GET", "/v1/receipts/*", handlers::GetReceipt, false, true},
    Route{"POST", "/anthropic/v1/messages", handlers::AnthropicMessages, false, true, "messages"},
    Route{"POST", "/anthropic/v1/messages/count_tokens", handlers::AnthropicCountTokens, false, true, "messages"},
    Route{"GET", "/anthropic/v1/models", handlers::AnthropicModels},
    Route{"GET", "/anthropic/v1/models/*", handlers::AnthropicModel},
    Route{"POST", "/api/v1/services/aigc/text-generation/generation", handlers::TextGeneration, false, true, "chat"},
    Route{"POST", "/api/v1/services/aigc/multimodal-generation/generation", handlers::MultimodalGeneration, false, true,
          "chat"},
    Route{"POST", "/api/v1/services/embeddings/text-embedding/text-embedding", handlers::TextEmbedding, false, true,
          "embeddings"},
    Route{"POST", "/api/v1/services/rerank/text-rerank/text-rerank", handlers::TextRerank, false, true, "rerank"},
    Route{"POST", "/api/v1/tokenizer", handlers::NativeTokenize, false, true, "tokenize"},
    Route{"GET", "/api/v1/models", handlers::ListNativeModels},
    Route{"GET", "/api/v1/tasks", handlers::ListTasks, false, true, "tasks"},
    Route{"GET", "/api/v1/tasks/*", handlers::GetTask, false, true, "tasks"},
    Route{"POST", "/api/v1/tasks/*", handlers::CancelTask, false, true, "tasks"},
    Route{"POST", "/api/v1/files", handlers::UploadNativeFiles, false, false, "files"},
    Route{"GET", "/api/v1/files", handlers::ListNativeFiles, false, true, "files"},
    Route{"GET", "/api/v1/files/*", handlers::GetNativeFile, false, true, "files"},
    Route{"DELETE", "/api/v1/files/*", handlers::DeleteNativeFile, false, true, "files"},
    Route{"GET", "/api/v1/quotas", handlers::ListQuotas},
    Route{"GET", "/api/v1/models/limits", handlers::ListQuotas},
};

/// What is spoken below a path, errors included; elsewhere it is OpenAI's.
struct Tongue {
  std::string_view prefix;
  const api::Dialect* dialect;
};
constexpr std::array kTongues = {
    Tongue{"/api/v2/apps/protocols/", &api::openai::kDialect},
    Tongue{"/api/", &api::dashscope::kDialect},
    Tongue{"/anthropic/", &api::anthropic::kDialect},
    Tongue{"/apps/anthropic/", &api::anthropic::kDialect},
};

constexpr std::string_view kCompatible = "/compatible-mode";

/// The path as the table has it: without the hosted service's prefixes and a slash at the end.
std::string_view Normal(std::string_view path) {
  constexpr std::string_view kOldProtocols = "/api/v2/apps/protocols";  // the hosted service's, being retired
  if (path.starts_with(kOldProtocols)) path.remove_prefix(kOldProtocols.size());
  if (path.starts_with("/apps/anthropic/")) path.remove_prefix(std::string_view("/apps").size());
  if (path.starts_with(kCompatible) && path.substr(kCompatible.size()).starts_with("/v1/"))
    path.remove_prefix(kCompatible.size());
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool Matches(const Route& route, std::string_view path, std::string_view& tail) {
  if (!route.path.ends_with('*')) return route.path == path;
  const std::string_view head = route.path.substr(0, route.path.size() - 1);
  if (!path.starts_with(head) || path.size() == head.size()) return false;
  tail = path.substr(head.size());
  return true;
}

/// The token of "Authorization: Bearer <token>", or Anthropic's x-api-key; empty when there is none.
std::string_view KeyOf(const http::Request& request) {
  if (const std::string_view key = request.Header("x-api-key"); !key.empty()) return key;
  std::string_view value = request.Header("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i)
    if ((value[i] | 0x20) != kScheme[i]) return {};  // ' ' | 0x20 is ' '
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  return value;
}

api::ApiError KeyError(bool given) {
  api::ApiError error;
  error.status = 401;
  error.code = "invalid_api_key";
  error.message =
      given ? "Incorrect API key provided. yun shows a key once, when it makes it; `yun serve --new-key` makes another."
            : "You didn't provide an API key. Send it as a header: 'Authorization: Bearer sk-...'.";
  return error;
}

/// Why a good key is not good for this.
std::optional<api::ApiError> Scope(const cloud::Principal& principal, const Route& route) {
  if (!route.endpoint.empty() && !principal.AllowsEndpoint(route.endpoint))
    return api::ApiError{403, fmt::format("This key is not for the endpoint '{}'.", route.endpoint), "",
                         "access_denied"};
  if (!route.endpoint.empty() && !principal.May(cloud::Right::kUseModels))
    return api::ApiError{403, "Access denied: the key's owner may not use models in this workspace.", "",
                         "access_denied"};
  return {};
}

/// Runs on a worker, or says that there are too many already.
void Post(Service& service, Call call, void (*handler)(Service&, Call)) {
  if (service.phase == Phase::kDraining)
    return call.Fail(ToApiError({Code::kUnavailable, "This server is shutting down."}));
  // std::function wants a copyable job; the responder stays reachable should the queue be full.
  auto shared = std::make_shared<Call>(std::move(call));
  if (!service.workers.TryPost([&service, shared, handler] { handler(service, std::move(*shared)); }))
    shared->Fail(ToApiError({Code::kTooMany, "Too many requests are waiting; try again in a moment."}));
}

/// The row of a call, whose tail it sets; null when there is none, and the call has been answered.
const Route* FindRoute(Call& call) {
  const std::string_view path = Normal(call.request.path);
  const Route* found = nullptr;
  std::string allowed;
  for (const Route& route : kRoutes) {
    std::string_view rest;
    if (!Matches(route, path, rest)) continue;
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == call.request.method) found = &route, call.tail = rest;
  }
  if (found) return found;
  if (allowed.empty())
    call.Fail({404, fmt::format("Unknown path: {} {}", call.request.method, call.request.path.substr(0, 256)), "",
               "unknown_url"});
  else
    call.Fail({405, fmt::format("{} is not allowed here; allowed: {}.", call.request.method, allowed), "",
               "method_not_allowed"},
              {{"allow", allowed}});
  return nullptr;
}

constexpr std::string_view kNativeServices = "/api/v1/services/";

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

bool Matches(const Route& row, std::string_view path) {
  std::string_view tail;
  return Matches(row, path, tail);
}

const api::Dialect& DialectOf(std::string_view path) {
  for (const Tongue& tongue : kTongues)
    if (path.starts_with(tongue.prefix)) return *tongue.dialect;
  return api::openai::kDialect;
}

void Handle(Service& service, http::Request request, std::shared_ptr<http::Responder> responder) {
  Call call{std::move(request),
            std::move(responder),
            NewRequestId(),
            {},
            InFlight::Ticket(service.in_flight)};
  call.dialect = &DialectOf(call.request.path);
  call.origin = OriginOf(call.request, service.options.trusted_proxies);
  if (const int seconds = service.addresses.Wait(call.origin.ip); seconds > 0) {
    api::ApiError error{429, "Too many requests, or too many wrong keys, from your network address.", "",
                        "rate_limit_exceeded", "rate_limit_error"};
    error.retry_after_seconds = seconds;
    return call.Fail(error);
  }
  const std::string& path = call.request.path;
  if (!path.starts_with("/admin") && !path.starts_with("/auth")) {  // those have cookies
    http::Headers cors = CorsHeaders(call.request, service.options.cors_origins);
    if (!cors.empty() && IsPreflight(call.request))
      return call.responder->Respond(204, "text/plain", "", std::move(cors));
    std::ranges::move(cors, std::back_inserter(call.more_headers));
  }
  const Route* found = FindRoute(call);
  if (!found) return;
  const std::string_view token = KeyOf(call.request);
  std::optional<cloud::Suspension> suspension;
  if (!token.empty()) {
    call.principal = service.cloud->directory->Verify(token);
    if (!call.principal) suspension = service.cloud->directory->WhySuspended(token);
    if (!call.principal && !suspension) service.addresses.NoteWrongKey(call.origin.ip);
  }
  if (!found->open && suspension) return call.Fail(ToApiError(cloud::RefusalOf(*suspension)));
  if (!found->open && !call.principal) return call.Fail(KeyError(!token.empty()), {{"www-authenticate", "Bearer"}});
  if (call.principal) {
    auto denied = Scope(*call.principal, *found);
    if (!call.principal->AllowsIp(call.origin.ip))
      denied = api::ApiError{403, "This key is not for your network address.", "", "access_denied"};
    if (denied) {
      if (!found->open) return call.Fail(*denied);
      call.principal = nullptr;
    }
  }
  if (call.request.path.starts_with(kNativeServices) && call.request.Header("x-dashscope-async") == "enable")
    return Post(service, std::move(call), handlers::SubmitTask);
  if (call.principal && !found->endpoint.empty()) call.kept.Begin(*call.principal, call.request.body);
  if (!found->heavy) return found->handler(service, std::move(call));
  Post(service, std::move(call), found->handler);
}

void HandleAs(Service& service, std::shared_ptr<const cloud::Principal> principal, http::Request request,
              std::shared_ptr<http::Responder> responder, std::shared_ptr<LateCharge> late) {
  Call call{std::move(request),
            std::move(responder),
            NewRequestId(),
            std::move(principal),
            InFlight::Ticket(service.in_flight)};
  call.late = std::move(late);
  call.dialect = &DialectOf(call.request.path);
  const Route* found = FindRoute(call);
  if (!found) return;
  if (const auto denied = Scope(*call.principal, *found)) return call.Fail(*denied);
  if (!found->endpoint.empty()) call.kept.Begin(*call.principal, call.request.body);
  Post(service, std::move(call), found->handler);
}

}  // namespace yun::server
