// The running server's own note for those who may read its home folder: where it listens, and a key to look after it.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace yun::server::admin {

/// <home>/server.json, mode 0600, removed in the destructor. The key is drawn anew at each start, is good only from
/// this machine, and stands nowhere else: who can read it could read server.key and the database as well.
class LocalAccess {
 public:
  LocalAccess(std::filesystem::path home, std::string key) : home_(std::move(home)), key_(std::move(key)) {}
  ~LocalAccess();
  LocalAccess(const LocalAccess&) = delete;
  LocalAccess& operator=(const LocalAccess&) = delete;

  /// "sk-local-" and 256 random bits.
  static std::string MakeKey();
  /// Writes the note. errors: kDisk
  Status Announce(const std::string& url) const;

 private:
  const std::filesystem::path home_;
  const std::string key_;
};

}  // namespace yun::server::admin
