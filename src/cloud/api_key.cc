#include "cloud/api_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstring>

#include "base/check.h"
#include "base/file.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t kKeyBytes = 32;     // of randomness
constexpr std::size_t kKeyTextMax = 256;  // longer ones are not even hashed
constexpr std::uint64_t kKeysFileBytesMax = 16u << 20;
constexpr std::string_view kPrefix = "sk-";
constexpr std::size_t kHintLength = 7;

bool Ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string ToHex(const unsigned char* bytes, std::size_t size) {
  std::string hex(2 * size + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes, size);
  hex.resize(2 * size);
  return hex;
}

template <std::size_t N>
bool FromHex(std::string_view hex, std::array<unsigned char, N>& out) {
  std::size_t size = 0;
  return hex.size() == 2 * N && sodium_hex2bin(out.data(), N, hex.data(), hex.size(), nullptr, &size, nullptr) == 0 &&
         size == N;
}

/// Serialises changes of the home folder among processes; held while it lives.
class FolderLock {
 public:
  static Result<FolderLock> Take(const fs::path& home) {
    const fs::path path = home / "keys.lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::flock(fd, LOCK_EX) != 0) {
      const std::string why = std::strerror(errno);
      if (fd >= 0) ::close(fd);
      return Fail(Code::kDisk, "{}: cannot lock: {}", path.string(), why);
    }
    return FolderLock(fd);
  }
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace

Result<std::unique_ptr<ApiKeyStore>> ApiKeyStore::Open(const fs::path& home) {
  if (!Ready()) return Fail(Code::kInternal, "libsodium could not be started");
  std::error_code ec;
  fs::create_directories(home, ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot make the folder: {}", home.string(), ec.message());
  ASSIGN_OR_RETURN(FolderLock lock, FolderLock::Take(home));
  const fs::path path = home / "server.key";
  Result<std::string> text = ReadFile(path, 4096);
  if (!text) {
    if (text.error().code != Code::kNotFound) return tl::unexpected<Error>(text.error());
    if (fs::exists(home / "keys.json", ec))
      return Fail(Code::kCorrupt,
                  "{} is missing, but keys.json is there: its keys can only be checked with it. Put it back, "
                  "or remove keys.json to start with a new key.",
                  path.string());
    text = RandomHex(kKeyBytes) + "\n";
    RETURN_IF_ERROR(WriteFileAtomic(path, *text, 0600));
  }
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  Hash server_key{};
  if (!FromHex(*text, server_key))
    return Fail(Code::kCorrupt, "{}: {} hex digits are needed", path.string(), 2 * kKeyBytes);
  std::unique_ptr<ApiKeyStore> store(new ApiKeyStore(home, Secret<Hash>(server_key)));
  RETURN_IF_ERROR(store->Load());
  return store;
}

Status ApiKeyStore::Load() {
  const fs::path path = home_ / "keys.json";
  Result<std::string> text = ReadFile(path, kKeysFileBytesMax);
  if (!text) return text.error().code == Code::kNotFound ? Status() : Status(tl::unexpected<Error>(text.error()));
  const auto corrupt = [&](std::string_view what) { return Fail(Code::kCorrupt, "{}: {}", path.string(), what); };
  json::error_code ec;
  const json::value value = json::parse(*text, ec);
  if (ec) return corrupt("not valid JSON: " + ec.message());
  const json::object* root = value.if_object();
  const json::value* keys = root ? root->if_contains("keys") : nullptr;
  if (!keys || !keys->is_array()) return corrupt("no array 'keys'");
  std::vector<Entry> entries;
  for (const json::value& item : keys->get_array()) {
    const json::object* object = item.if_object();
    if (!object) return corrupt("a key is no object");
    const auto text_of = [&](std::string_view name) {
      const json::value* field = object->if_contains(name);
      return field && field->is_string() ? std::string(field->get_string()) : std::string();
    };
    Entry entry;
    entry.record = {text_of("id"), text_of("name"), text_of("hint"), 0};
    if (const json::value* created = object->if_contains("created"); created && created->is_int64())
      entry.record.created_unix = created->get_int64();
    if (entry.record.id.empty() || !FromHex(text_of("hash"), entry.hash)) return corrupt("a key has no id or no hash");
    entries.push_back(std::move(entry));
  }
  entries_.With([&](auto& held) {
    for (Entry& entry : held)
      if (entry.temporary) entries.push_back(std::move(entry));
    held = std::move(entries);
  });
  return {};
}

Status ApiKeyStore::Save(const std::vector<Entry>& entries) const {
  json::array keys;
  for (const Entry& entry : entries)
    if (!entry.temporary)
      keys.push_back(json::object{{"id", entry.record.id},
                                  {"name", entry.record.name},
                                  {"hint", entry.record.hint},
                                  {"created", entry.record.created_unix},
                                  {"hash", ToHex(entry.hash.data(), entry.hash.size())}});
  return WriteFileAtomic(home_ / "keys.json",
                         json::serialize(json::object{{"version", 1}, {"keys", std::move(keys)}}) + "\n", 0600);
}

ApiKeyStore::Hash ApiKeyStore::HashOf(std::string_view key) const {
  Hash hash{};
  const Hash& server_key = server_key_.Reveal();
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                     server_key.data(), server_key.size());
  return hash;
}

std::vector<ApiKeyRecord> ApiKeyStore::List() const {
  return entries_.With([](const auto& entries) {
    std::vector<ApiKeyRecord> records;
    for (const Entry& entry : entries)
      if (!entry.temporary) records.push_back(entry.record);
    return records;
  });
}

Result<Secret<std::string>> ApiKeyStore::Create(std::string_view name) {
  std::string key = std::string(kPrefix) + RandomHex(kKeyBytes);
  const Entry entry{{"key_" + RandomHex(8), std::string(name), key.substr(0, kHintLength), Now()}, HashOf(key)};
  ASSIGN_OR_RETURN(FolderLock lock, FolderLock::Take(home_));
  RETURN_IF_ERROR(Load());  // another process may have made keys since
  return entries_.With([&](auto& entries) -> Result<Secret<std::string>> {
    if (entries.size() >= kApiKeysMax) return Fail(Code::kTooMany, "{} keys exist already", entries.size());
    entries.push_back(entry);
    if (Status saved = Save(entries); !saved) {
      entries.pop_back();
      return tl::unexpected<Error>(std::move(saved.error()));
    }
    return Secret<std::string>(std::move(key));
  });
}

Secret<std::string> ApiKeyStore::CreateTemporary(std::string_view name) {
  std::string key = std::string(kPrefix) + RandomHex(kKeyBytes);
  Entry entry{{"key_" + RandomHex(8), std::string(name), key.substr(0, kHintLength), Now()}, HashOf(key), true};
  entries_.With([&](auto& entries) { entries.push_back(std::move(entry)); });
  return Secret<std::string>(std::move(key));
}

std::optional<ApiKeyRecord> ApiKeyStore::Verify(std::string_view key) const {
  if (key.size() > kKeyTextMax || key.empty()) return {};
  const Hash hash = HashOf(key);
  return entries_.With([&](const auto& entries) -> std::optional<ApiKeyRecord> {
    for (const Entry& entry : entries)
      if (sodium_memcmp(hash.data(), entry.hash.data(), hash.size()) == 0) return entry.record;
    return {};
  });
}

}  // namespace yun::cloud
