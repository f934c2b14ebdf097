#include "cloud/vault.h"

#include <algorithm>

#include "cipher/key_file.h"
#include "cloud/random.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kHeadBytes = 1 + kIdBytes;
constexpr std::size_t kExtraBytes = kHeadBytes + cipher::kNonceBytes + cipher::kTagBytes;

const unsigned char* In(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

/// What is authenticated beside the text. A table's name holds no NUL, so the parts cannot be shifted.
std::string Place(std::string_view head, std::string_view table, std::string_view row) {
  std::string place(head);
  place += table;
  place += '\0';
  place += row;
  return place;
}

}  // namespace

Result<Vault> Vault::Open(const std::filesystem::path& file, bool make) {
  ASSIGN_OR_RETURN(const std::vector<cipher::Key> keys, cipher::ReadKeyFile(file, make));
  Vault vault;
  for (const cipher::Key& key : keys) {
    const std::string raw(key.Reveal().begin(), key.Reveal().end());
    vault.current_ = Sha256("yun vault key " + raw).substr(0, kIdBytes);
    vault.keys_.insert_or_assign(vault.current_, key);
  }
  return vault;
}

std::string Vault::Seal(std::string_view table, std::string_view row, std::string_view text) const {
  std::string sealed = std::string(1, kVersion) + current_;
  const std::string place = Place(sealed, table, row), nonce_bytes = RandomBytes(cipher::kNonceBytes);
  cipher::Nonce nonce;
  std::ranges::copy(nonce_bytes, nonce.begin());
  sealed += nonce_bytes;
  sealed.resize(kExtraBytes + text.size());
  auto* const body = reinterpret_cast<unsigned char*>(sealed.data()) + kHeadBytes + cipher::kNonceBytes;
  const cipher::Tag tag = cipher::Seal(keys_.at(current_), nonce, place, {In(text), text.size()}, body);
  std::ranges::copy(tag, body + text.size());
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
  cipher::Nonce nonce;
  std::ranges::copy(sealed.substr(kHeadBytes, cipher::kNonceBytes), nonce.begin());
  cipher::Tag tag;
  std::ranges::copy(sealed.substr(sealed.size() - cipher::kTagBytes), tag.begin());
  const std::string_view body = sealed.substr(kHeadBytes + cipher::kNonceBytes, sealed.size() - kExtraBytes);
  std::string text(body.size(), '\0');
  if (!cipher::Unseal(key->second, nonce, place, {In(body), body.size()}, tag,
                      reinterpret_cast<unsigned char*>(text.data())))
    return corrupt("was changed, or belongs elsewhere");
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
