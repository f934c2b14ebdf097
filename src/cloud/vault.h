// Secrets at rest: what the database must hold but its readers must not see is sealed with a key that is not in it.
//
//   version 1:  1 | id of the key, 4 bytes | nonce, 12 bytes | ciphertext | tag, 16 bytes
//
// AES-256-GCM (NIST SP 800-38D) under a random nonce. The head, the table and the row are authenticated too: a value
// that was moved to another row does not open.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cipher/aes_gcm.h"

namespace yun::store {
class Database;
}

namespace yun::cloud {

/// thread: all methods from any thread
class Vault {
 public:
  /// All keys of the file open; the last one seals. errors: as cipher::ReadKeyFile
  static Result<Vault> Open(const std::filesystem::path& file, bool make);

  /// `row`: the id of the row in `table`. The result is 33 bytes longer than `text`.
  std::string Seal(std::string_view table, std::string_view row, std::string_view text) const;
  /// errors: kNotFound (none of the keys has sealed it), kCorrupt (it was changed, or belongs elsewhere)
  Result<std::string> Unseal(std::string_view table, std::string_view row, std::string_view sealed) const;
  /// Whether the key that seals now has sealed it.
  bool IsCurrent(std::string_view sealed) const;

 private:
  Vault() = default;

  std::map<std::string, cipher::Key, std::less<>> keys_;  // by id
  std::string current_;                           // id
};

/// Whether the database holds anything that only a vault's key can open. errors: as store::Database
Result<bool> AnythingSealed(store::Database& database);

}  // namespace yun::cloud
