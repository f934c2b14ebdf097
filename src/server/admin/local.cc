#include "server/admin/local.h"

#include <unistd.h>

#include <boost/json.hpp>

#include "base/file.h"
#include "cloud/random.h"

namespace yun::server::admin {

namespace {
constexpr const char* kName = "server.json";
constexpr std::size_t kKeyBytes = 32;
}  // namespace

std::string LocalAccess::MakeKey() { return "sk-local-" + cloud::RandomHex(kKeyBytes); }

Status LocalAccess::Announce(const std::string& url) const {
  const boost::json::object note{{"url", url}, {"key", key_}, {"pid", ::getpid()}};
  return WriteFileAtomic(home_ / kName, boost::json::serialize(note) + "\n", 0600);
}

LocalAccess::~LocalAccess() {
  std::error_code ec;
  std::filesystem::remove(home_ / kName, ec);
}

}  // namespace yun::server::admin
