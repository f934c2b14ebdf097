// How the commands of `yun admin` and `yun backup` reach a server: its address, a key, one request.
#pragma once
#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http/client.h"

namespace yun::cli {

struct AdminServer {
  std::string url;  // "http://127.0.0.1:8460"
  std::string key;
};

/// Where a server is, in this order: what was given, YUN_URL and YUN_API_KEY, and <home>/server.json, which a running
/// server keeps for those who may read its home folder. errors: kNotFound (says how to give them)
Result<AdminServer> FindAdminServer(std::string url, std::string key, const std::filesystem::path& home);

class AdminClient {
 public:
  explicit AdminClient(AdminServer server) : server_(std::move(server)) {}

  /// `path` behind /admin/v1, with its query. errors: kNetwork; an answer above 299 with the server's words
  Result<http::FetchResponse> Ask(std::string_view method, std::string_view path,
                                  const boost::json::object* body = nullptr,
                                  std::string_view idempotency_key = {}) const;
  Result<boost::json::value> AskJson(std::string_view method, std::string_view path,
                                     const boost::json::object* body = nullptr,
                                     std::string_view idempotency_key = {}) const;
  /// All items of a list, page by page, up to kItemsMax.
  Result<boost::json::array> AskAll(const std::string& path) const;

  const AdminServer& server() const { return server_; }
  static constexpr std::size_t kItemsMax = 100'000;

 private:
  AdminServer server_;
};

/// As it stands in a path or query.
std::string UrlText(std::string_view text);

}  // namespace yun::cli
