// API keys: made of 256 random bits, shown once, kept only as a keyed hash.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "base/secret.h"
#include "cloud/random.h"

namespace yun::cloud {

/// What is kept of a key: enough to know it again and to name it, not to use it.
struct ApiKeyRecord {
  std::string id;    // "key_" + 16 hex digits
  std::string name;  // for people
  std::string hint;  // the key's first characters: "sk-4f0c"
  std::int64_t created_unix = 0;
};

/// The keys of one home folder: <home>/keys.json (hashes) and <home>/server.key (what they are keyed with), both mode
/// 0600. The hash is BLAKE2b-256 keyed with 256 random bits: a key has full entropy, so no slow password hash is
/// needed, and a stolen keys.json without server.key says nothing. thread: all methods from any thread
class ApiKeyStore {
 public:
  /// Makes server.key when there is none. errors: kDisk, kCorrupt (names the file)
  static Result<std::unique_ptr<ApiKeyStore>> Open(const std::filesystem::path& home);

  std::vector<ApiKeyRecord> List() const;
  /// Makes a key and stores its hash before it is returned: the only time that the key itself is seen.
  /// errors: kDisk, kTooMany (kApiKeysMax)
  Result<Secret<std::string>> Create(std::string_view name);
  /// A key that lives in memory only, as long as this store.
  Secret<std::string> CreateTemporary(std::string_view name);
  /// The record of a key, or nothing. The time taken does not depend on how much of a key is right.
  std::optional<ApiKeyRecord> Verify(std::string_view key) const;

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Entry {
    ApiKeyRecord record;
    Hash hash;
    bool temporary = false;
  };
  ApiKeyStore(std::filesystem::path home, Secret<Hash> server_key)
      : home_(std::move(home)), server_key_(std::move(server_key)) {}
  Status Load();
  Status Save(const std::vector<Entry>& entries) const;
  Hash HashOf(std::string_view key) const;

  std::filesystem::path home_;
  Secret<Hash> server_key_;
  Guarded<std::vector<Entry>> entries_;
};

inline constexpr std::size_t kApiKeysMax = 10000;

}  // namespace yun::cloud
