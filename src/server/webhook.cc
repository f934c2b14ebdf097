#include "server/webhook.h"

#include "net/http/client.h"

namespace yun::server {
namespace {
constexpr std::uint32_t kSecondsMax = 10;       // to connect, and between two bytes
constexpr std::uint32_t kTotalSecondsMax = 20;  // one receiver keeps others' alerts waiting no longer
constexpr std::uint64_t kAnswerBytesMax = 64u << 10;
}  // namespace

Status SendWebhook(const cloud::Webhook& webhook) {
  http::FetchRequest request{.url = webhook.url, .method = "POST", .body = webhook.body};
  request.headers = {{"Content-Type", "application/json"}, {"yun-signature", webhook.signature}};
  request.connect_seconds_max = request.stall_seconds_max = kSecondsMax;
  request.total_seconds_max = kTotalSecondsMax;
  request.redirects_max = 0;
  request.public_only = true;
  request.cancel = webhook.cancel;
  ASSIGN_OR_RETURN(const http::FetchResponse response, http::Fetch(request, {}, kAnswerBytesMax));
  if (response.status < 200 || response.status > 299)
    return Fail(Code::kNetwork, "the receiver answered with status {}", response.status);
  return {};
}

}  // namespace yun::server
