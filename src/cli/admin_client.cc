#include "cli/admin_client.h"

#include <cstdlib>

#include "base/ascii.h"
#include "base/file.h"
#include "cli/interrupt.h"

namespace yun::cli {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kServerFileBytesMax = 4096;
constexpr std::uint64_t kAnswerBytesMax = 256u << 20;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string TextOf(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  const json::value* field = object ? object->if_contains(name) : nullptr;
  return field && field->is_string() ? std::string(field->get_string()) : std::string();
}

/// The words of an error's body, in one line.
std::string WordsOf(const http::FetchResponse& answer) {
  json::error_code ec;
  const json::value body = json::parse(answer.body, ec);
  if (!ec)
    if (const json::value* message = body.find_pointer("/error/message", ec); message && message->is_string())
      return std::string(message->get_string());
  return fmt::format("status {}", answer.status);
}

Code CodeOf(int status) {
  switch (status) {
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kAlreadyExists;
    case 429:
      return Code::kTooMany;
    case 503:
      return Code::kUnavailable;
    default:
      return status < 500 ? Code::kInvalidArgument : Code::kInternal;
  }
}

}  // namespace

std::string UrlText(std::string_view text) { return PercentEncoded(text, ":"); }

Result<AdminServer> FindAdminServer(std::string url, std::string key, const std::filesystem::path& home) {
  if (url.empty()) url = FromEnvironment("YUN_URL");
  if (key.empty()) key = FromEnvironment("YUN_API_KEY");
  if (url.empty() || key.empty()) {
    const Result<std::string> text = ReadFile(home / "server.json", kServerFileBytesMax);
    json::error_code ec;
    const json::value local = text ? json::parse(*text, ec) : json::value();
    const std::string local_url = TextOf(local, "url");
    // The key is this server's alone: it goes nowhere else.
    if (key.empty() && (url.empty() || url == local_url)) key = TextOf(local, "key");
    if (url.empty()) url = local_url;
  }
  while (url.ends_with('/')) url.pop_back();
  if (url.empty())
    return Fail(Code::kNotFound,
                "no server is running in {}. Start one with `yun serve`, or say where it is: --url and --api-key, or "
                "YUN_URL and YUN_API_KEY; --home for another folder.",
                home.string());
  if (key.empty())
    return Fail(Code::kNotFound, "{} asks for an API key with the scope 'admin': --api-key or YUN_API_KEY", url);
  return AdminServer{std::move(url), std::move(key)};
}

Result<http::FetchResponse> AdminClient::Ask(std::string_view method, std::string_view path, const json::object* body,
                                             std::string_view idempotency_key) const {
  http::FetchRequest ask;
  ask.url = server_.url + "/admin/v1" + std::string(path);
  ask.method = method;
  ask.headers = {{"authorization", "Bearer " + server_.key}};
  if (body) {
    ask.headers.emplace_back("content-type", "application/json");
    ask.body = json::serialize(*body);
  }
  if (!idempotency_key.empty()) ask.headers.emplace_back("idempotency-key", idempotency_key);
  ask.connect_seconds_max = 10;
  ask.stall_seconds_max = 600;  // reconcile reads every entry
  ask.redirects_max = 0;
  ask.own_server = true;
  ask.cancel = &Interrupted();
  ASSIGN_OR_RETURN(http::FetchResponse answer, http::Fetch(ask, {}, kAnswerBytesMax));
  if (answer.status < 200 || answer.status > 299) return Fail(CodeOf(answer.status), "{}", WordsOf(answer));
  return answer;
}

Result<json::value> AdminClient::AskJson(std::string_view method, std::string_view path, const json::object* body,
                                         std::string_view idempotency_key) const {
  ASSIGN_OR_RETURN(const http::FetchResponse answer, Ask(method, path, body, idempotency_key));
  if (answer.status == 204) return json::value();
  json::error_code ec;
  json::value value = json::parse(answer.body, ec);
  if (ec) return Fail(Code::kCorrupt, "{} did not answer with JSON", server_.url);
  return value;
}

Result<json::array> AdminClient::AskAll(const std::string& path) const {
  json::array all;
  std::string cursor;
  do {
    const std::string more =
        cursor.empty() ? "" : (path.find('?') == std::string::npos ? "?" : "&") + ("cursor=" + UrlText(cursor));
    ASSIGN_OR_RETURN(json::value page, AskJson("GET", path + more));
    json::object* object = page.if_object();
    json::value* data = object ? object->if_contains("data") : nullptr;
    if (!data || !data->is_array()) return Fail(Code::kCorrupt, "{} did not answer with a list", server_.url);
    for (json::value& item : data->get_array()) all.push_back(std::move(item));
    cursor = TextOf(page, "next_cursor");
  } while (!cursor.empty() && all.size() < kItemsMax);
  return all;
}

}  // namespace yun::cli
