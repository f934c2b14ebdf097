#include "server/admin/admin.h"

#include <algorithm>

#include "api/openai/write.h"
#include "base/log.h"
#include "cloud/directory.h"
#include "server/admin/access.h"

namespace yun::server::admin {

namespace json = boost::json;

namespace {

Reply ErrorReply(const api::ApiError& error, std::string_view request_id) {
  Reply reply{.status = error.status, .body = api::openai::WriteError(error, request_id)};
  if (error.retry_after_seconds > 0)
    reply.headers.emplace_back("retry-after", std::to_string(error.retry_after_seconds));
  if (error.status == 401) reply.headers.emplace_back("www-authenticate", "Bearer");
  return reply;
}

/// An operating error of the rooms below, as a caller sees it.
api::ApiError Seen(const Error& error) {
  api::ApiError out{HttpStatus(error.code), error.message, "", std::string(CodeName(error.code))};
  if (error.code == Code::kInvalidArgument || error.code == Code::kCorrupt || error.code == Code::kUnsupported)
    out.code = "invalid_value";
  if (out.status >= 500) out.type = "server_error";
  if (error.message == cloud::SignIn::kCodeNeeded) out.code = "code_needed";
  if (error.code == Code::kTooMany) out.type = "rate_limit_error";
  out.retry_after_seconds = static_cast<int>(error.retry_after_s);
  return out;
}

bool IsKey(std::string_view text) {
  return text.size() <= kIdempotencyKeyBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

api::Parsed<Ask> Read(const Parts& parts, const Route& route, const http::Request& request, Match match,
                      std::string_view ip, bool over_tls) {
  const auto bad = [](std::string_view param, std::string message) {
    return tl::unexpected(api::ApiError{400, std::move(message), std::string(param), "invalid_value"});
  };
  Ask ask;
  ask.path = std::move(match.path);
  ask.over_tls = over_tls;
  auto caller = route.whose == Whose::kNobody ? Nobody(parts, request, ip, route.changes())
                                              : Identify(parts, request, ip, over_tls, route.changes());
  if (!caller) return tl::unexpected(std::move(caller.error()));
  ask.caller = std::move(*caller);
  if (route.whose != Whose::kNobody) {
    // Rights go first: who may not do it learns nothing of how it is done.
    auto admitted = Admit(parts, route, std::move(ask));
    if (!admitted) return admitted;
    ask = std::move(*admitted);
  }

  static const Schema nothing{"Nothing", {}};
  auto query = ParseQuery(route.query ? *route.query : nothing, request.query);
  if (!query) return tl::unexpected(std::move(query.error()));
  ask.query = std::move(*query);
  if (request.body.size() > kBodyBytesMax)
    return tl::unexpected(api::ApiError{
        413, fmt::format("The body has {} bytes; at most {} are allowed.", request.body.size(), kBodyBytesMax), "",
        "too_large"});
  if (route.body || !request.body.empty()) {
    const std::string_view type = request.Header("content-type");
    // A form of another site can send neither this type nor a CSRF token.
    if (!type.starts_with("application/json"))
      return tl::unexpected(
          api::ApiError{415, "Send the body as 'Content-Type: application/json'.", "", "unsupported_media_type"});
    auto body = ParseBody(route.body ? *route.body : nothing, request.body);
    if (!body) return tl::unexpected(std::move(body.error()));
    ask.body = std::move(*body);
  }
  if (const std::string_view key = request.Header("idempotency-key"); !key.empty() && route.once) {
    if (!IsKey(key))
      return bad("idempotency-key", fmt::format("Invalid header 'Idempotency-Key': up to {} visible ASCII characters.",
                                                kIdempotencyKeyBytesMax));
    ask.idempotency_key = key;
  }
  return ask;
}

Status Note(const Parts& parts, const Route& route, const Ask& ask, const Reply& reply) {
  cloud::AuditEntry entry;
  entry.actor = ask.caller.actor;
  entry.action = route.operation;
  entry.target = reply.target;
  entry.workspace_id = ask.workspace ? ask.workspace->id : reply.workspace_id;
  entry.account_id = ask.account ? ask.account->id : reply.account_id;
  if (entry.target.empty() && !ask.path.empty()) entry.target = ask.path.rbegin()->second;
  json::object detail = ask.body.Public();
  for (const auto& [name, value] : ask.path) detail[name] = value;
  entry.detail_json = json::serialize(detail);
  if (entry.detail_json.size() > cloud::kAuditDetailBytesMax)  // a price book: its text is kept elsewhere
    entry.detail_json = json::serialize(json::object{{"bytes", entry.detail_json.size()}});
  return parts.directory->audit().Append(entry);
}

}  // namespace

Reply Admin::Answer(const http::Request& request, std::string_view ip, bool over_tls,
                    std::string_view request_id) const {
  Match match = FindRoute(request.method, request.path);
  if (!match.route) {
    if (match.allowed.empty())
      return ErrorReply(
          {404, fmt::format("Unknown path: {} {}", request.method, request.path.substr(0, 256)), "", "unknown_url"},
          request_id);
    Reply reply = ErrorReply({405, fmt::format("{} is not allowed here; allowed: {}.", request.method, match.allowed),
                              "", "method_not_allowed"},
                             request_id);
    reply.headers.emplace_back("allow", match.allowed);
    return reply;
  }
  const Route& route = *match.route;
  api::Parsed<Ask> ask = Read(parts_, route, request, std::move(match), ip, over_tls);
  if (!ask) return ErrorReply(ask.error(), request_id);
  Result<Reply> reply = route.handler(parts_, *ask);
  if (!reply) {
    log::debug("{} {} {}: {}", request_id, request.method, request.path, reply.error().message);
    return ErrorReply(Seen(reply.error()), request_id);
  }
  if (reply->status == 200) reply->status = route.status;
  if (route.changes() && route.audit == Audit::kHere)
    if (const Status noted = Note(parts_, route, *ask, *reply); !noted) {
      log::error("{} {} was done, but could not be written to the audit log: {}", request_id, route.operation,
                 noted.error().message);
      return ErrorReply({500, "It was done, but could not be written to the audit log: " + noted.error().message, "",
                         "internal", "server_error"},
                        request_id);
    }
  reply->headers.emplace_back("cache-control", "no-store");
  return std::move(*reply);
}

}  // namespace yun::server::admin
