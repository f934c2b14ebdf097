#include "cloud/vault.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/check.h"
#include "base/file.h"
#include "base/log.h"
#include "cloud/random.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kKeyBytes = 32, kIdBytes = 4, kNonceBytes = 12, kTagBytes = 16;
constexpr std::size_t kHeadBytes = 1 + kIdBytes;
constexpr std::size_t kExtraBytes = kHeadBytes + kNonceBytes + kTagBytes;
constexpr std::uint64_t kFileBytesMax = 16u << 10;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* In(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* Out(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

/// What is authenticated beside the text. A table's name holds no NUL, so the parts cannot be shifted.
std::string Place(std::string_view head, std::string_view table, std::string_view row) {
  std::string place(head);
  place += table;
  place += '\0';
  place += row;
  return place;
}

bool OthersMayRead(const std::filesystem::path& file) {
  struct stat how {};
  return ::stat(file.c_str(), &how) == 0 && (how.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

}  // namespace

Result<Vault> Vault::Open(const std::filesystem::path& file, bool make) {
  Result<std::string> text = ReadFile(file, kFileBytesMax);
  if (!text) {
    if (text.error().code != Code::kNotFound || !make) return tl::unexpected<Error>(text.error());
    text = RandomHex(kKeyBytes) + "\n";
    RETURN_IF_ERROR(WriteFileAtomic(file, *text, 0600));
  } else if (OthersMayRead(file)) {
    log::warn("{}: others on this machine may read it: chmod 600", file.string());
  }
  Vault vault;
  std::size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    ++number;
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::optional<std::string> raw = ParseHex(line);
    if (!raw || raw->size() != kKeyBytes)
      return Fail(Code::kCorrupt, "{}: line {} is no key: {} hex digits are needed", file.string(), number,
                  2 * kKeyBytes);
    std::array<unsigned char, kKeyBytes> bytes{};
    std::copy(raw->begin(), raw->end(), bytes.begin());
    vault.current_ = Sha256("yun vault key " + *raw).substr(0, kIdBytes);
    vault.keys_.insert_or_assign(vault.current_, Key(bytes));
    if (vault.keys_.size() > kVaultKeysMax)
      return Fail(Code::kTooLarge, "{}: more than {} keys", file.string(), kVaultKeysMax);
  }
  if (vault.keys_.empty()) return Fail(Code::kCorrupt, "{}: there is no key in it", file.string());
  return vault;
}

std::string Vault::Seal(std::string_view table, std::string_view row, std::string_view text) const {
  std::string sealed = std::string(1, kVersion) + current_;
  const std::string place = Place(sealed, table, row);
  sealed += RandomBytes(kNonceBytes);
  sealed.resize(kExtraBytes + text.size());
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  char* const body = sealed.data() + kHeadBytes + kNonceBytes;
  int size = 0;
  CHECK(cipher && text.size() < INT32_MAX &&
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, keys_.at(current_).Reveal().data(),
                           In(sealed) + kHeadBytes) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &size, In(place), static_cast<int>(place.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), Out(body), &size, In(text), static_cast<int>(text.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), Out(body) + text.size(), &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + text.size()) == 1);
  return sealed;
}

Result<std::string> Vault::Unseal(std::string_view table, std::string_view row, std::string_view sealed) const {
  const auto corrupt = [&](std::string_view why) {
    return Fail(Code::kCorrupt, "what is sealed in {} of {} {}", table, row, why);
  };
  if (sealed.size() < kExtraBytes || sealed.size() > INT32_MAX) return corrupt("is cut short");
  if (sealed[0] != kVersion) return corrupt("has an unknown format");
  const auto key = keys_.find(sealed.substr(1, kIdBytes));
  if (key == keys_.end())
    return Fail(Code::kNotFound, "what is sealed in {} of {} needs a key that the vault's file does not have", table,
                row);
  const std::string place = Place(sealed.substr(0, kHeadBytes), table, row);
  const std::string_view body = sealed.substr(kHeadBytes + kNonceBytes, sealed.size() - kExtraBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string text(body.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  CHECK(cipher &&
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key->second.Reveal().data(),
                           In(sealed) + kHeadBytes) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &size, In(place), static_cast<int>(place.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), Out(text.data()), &size, In(body), static_cast<int>(body.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
  unsigned char nothing = 0;
  if (EVP_DecryptFinal_ex(cipher.get(), &nothing, &size) != 1) return corrupt("was changed, or belongs elsewhere");
  return text;
}

bool Vault::IsCurrent(std::string_view sealed) const {
  return sealed.size() >= kHeadBytes && sealed[0] == kVersion && sealed.substr(1, kIdBytes) == current_;
}

Result<bool> AnythingSealed(store::Database& database) {
  bool any = false;
  RETURN_IF_ERROR(database.Read([&](store::Connection& db) -> Status {
    for (const char* sql :
         {"SELECT 1 FROM budget WHERE webhook_sealed IS NOT NULL LIMIT 1", "SELECT 1 FROM prompt LIMIT 1",
          "SELECT 1 FROM stored_response LIMIT 1", "SELECT 1 FROM conversation_item LIMIT 1",
          "SELECT 1 FROM file LIMIT 1", "SELECT 1 FROM batch_line WHERE answer IS NOT NULL LIMIT 1"}) {
      ASSIGN_OR_RETURN(const store::Rows rows, db.Query(sql));
      any = any || !rows.empty();
    }
    return {};
  }));
  return any;
}

}  // namespace yun::cloud
