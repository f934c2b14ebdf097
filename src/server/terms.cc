#include "server/terms.h"

#include <charconv>

#include "api/chat_fields.h"

namespace yun::server {

namespace {

/// Milliseconds of a header as seconds; `otherwise` when there is no such header.
api::Parsed<double> SecondsOf(const http::Request& request, std::string_view header, double otherwise) {
  const std::string_view text = request.Header(header);
  if (text.empty()) return otherwise;
  double milliseconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  constexpr double kMax = 1000 * api::kTimeoutSecondsMax;
  if (ec != std::errc() || end != text.data() + text.size() || !(milliseconds > 0 && milliseconds <= kMax))
    return tl::unexpected(api::ApiError{
        400, fmt::format("Invalid header '{}': milliseconds in (0, {:g}]; got '{}'.", header, kMax, text.substr(0, 32)),
        std::string(header), "invalid_value"});
  return milliseconds / 1000;
}

}  // namespace

api::Parsed<engine::GenerateRequest> TermsOf(const Service& service, const Call& call, const api::Generation& wish) {
  const api::Parsed<double> timeout_s = SecondsOf(call.request, "x-yun-timeout-ms", wish.timeout_s);
  if (!timeout_s) return tl::unexpected(timeout_s.error());
  const api::Parsed<double> objective_s = SecondsOf(call.request, "x-yun-ttft-objective-ms", wish.ttft_objective_s);
  if (!objective_s) return tl::unexpected(objective_s.error());
  const cloud::Workspace& workspace = call.principal->workspace;
  // Cached prefixes are the workspace's, or its member's own.
  const std::string sharers = workspace.share_prefix ? workspace.id : workspace.id + " " + call.principal->person.id;

  engine::GenerateRequest terms;
  terms.tenant = service.tenants.Tenant(workspace.id);
  terms.weight = static_cast<double>(workspace.weight);
  terms.priority = wish.priority - static_cast<std::int32_t>(workspace.priority);  // the engine's lower is sooner
  terms.idle = wish.idle || call.late;
  terms.timeout_s = *timeout_s;
  terms.ttft_objective_s = *objective_s;
  terms.cache_salt =
      service.tenants.CacheSalt(service.options.share_prefix_cache ? std::string_view() : sharers, wish.cache_salt);
  terms.deterministic = wish.deterministic;
  return terms;
}

}  // namespace yun::server
