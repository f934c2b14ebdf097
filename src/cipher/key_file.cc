#include "cipher/key_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/log.h"

namespace yun::cipher {
namespace {

constexpr std::uint64_t kFileBytesMax = 16u << 10;

bool OthersMayRead(const std::filesystem::path& file) {
  struct stat how {};
  return ::stat(file.c_str(), &how) == 0 && (how.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<Key> ParseKey(std::string_view hex) {
  std::array<unsigned char, kKeyBytes> bytes{};
  if (hex.size() != 2 * kKeyBytes) return {};
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    const int high = Digit(hex[2 * i]), low = Digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return {};
    bytes[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return Key(bytes);
}

std::string NewKeyText() {
  std::array<unsigned char, kKeyBytes> bytes;
  Random(bytes);
  return Hex(bytes) + "\n";
}

}  // namespace

std::string Hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

Result<std::vector<Key>> ReadKeyFile(const std::filesystem::path& file, bool make) {
  Result<std::string> text = ReadFile(file, kFileBytesMax);
  if (!text) {
    if (text.error().code != Code::kNotFound || !make) return tl::unexpected<Error>(text.error());
    text = NewKeyText();
    RETURN_IF_ERROR(WriteFileAtomic(file, *text, 0600));
  } else if (OthersMayRead(file)) {
    log::warn("{}: others on this machine may read it: chmod 600", file.string());
  }
  std::vector<Key> keys;
  std::size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    ++number;
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::optional<Key> key = ParseKey(line);
    if (!key)
      return Fail(Code::kCorrupt, "{}: line {} is no key: {} hex digits are needed", file.string(), number,
                  2 * kKeyBytes);
    keys.push_back(*key);
    if (keys.size() > kFileKeysMax) return Fail(Code::kTooLarge, "{}: more than {} keys", file.string(), kFileKeysMax);
  }
  if (keys.empty()) return Fail(Code::kCorrupt, "{}: there is no key in it", file.string());
  return keys;
}

}  // namespace yun::cipher
