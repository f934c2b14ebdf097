#include "hub/name.h"

#include <algorithm>
#include <numeric>

#include "base/ascii.h"

namespace yun::hub {
namespace {

constexpr std::size_t kPartBytesMax = 64;

bool IsAlnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsPartByte(char c) { return IsAlnum(c) || c == '.' || c == '_' || c == '-'; }

Status CheckPart(std::string_view part, std::string_view name) {
  if (part.empty()) return Fail(Code::kInvalidArgument, "model name '{}': an empty part", name);
  if (part.size() > kPartBytesMax) {
    return Fail(Code::kInvalidArgument, "model name '{}': a part is longer than {} bytes", name, kPartBytesMax);
  }
  if (!IsAlnum(part[0])) {
    return Fail(Code::kInvalidArgument, "model name '{}': '{}' must begin with a letter or a digit", name, part);
  }
  if (!std::all_of(part.begin(), part.end(), IsPartByte)) {
    return Fail(Code::kInvalidArgument, "model name '{}': only letters, digits, '.', '_' and '-' can stand in '{}'",
                name, part);
  }
  return {};
}

struct Parts {
  std::string_view org, family, tag;
  bool has_org = false, has_tag = false;
};

Parts Split(std::string_view name) {
  Parts out;
  if (const auto slash = name.find('/'); slash != name.npos) {
    out.org = name.substr(0, slash);
    out.has_org = true;
    name.remove_prefix(slash + 1);
  }
  if (const auto colon = name.find(':'); colon != name.npos) {
    out.tag = name.substr(colon + 1);
    out.has_tag = true;
    name = name.substr(0, colon);
  }
  out.family = name;
  return out;
}

/// Levenshtein's distance, without regard to case.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (LowerAscii(a[i]) == LowerAscii(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

Status CheckName(std::string_view name) {
  const Parts parts = Split(name);
  if (parts.has_org) RETURN_IF_ERROR(CheckPart(parts.org, name));
  RETURN_IF_ERROR(CheckPart(parts.family, name));
  if (parts.has_tag) RETURN_IF_ERROR(CheckPart(parts.tag, name));
  return {};
}

std::string NameFolder(std::string_view name) {
  const Parts parts = Split(name);
  std::string out;
  if (parts.has_org) out.append(parts.org).append("@");
  out.append(parts.family).append("/");
  out.append(parts.has_tag ? parts.tag : "_");
  return out;
}

std::string NameFrom(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, kPartBytesMax)) out += IsPartByte(c) ? c : '-';
  while (!out.empty() && !IsAlnum(out[0])) out.erase(0, 1);
  return out.empty() ? "model" : out;
}

std::vector<std::string> NearNames(std::string_view name, const std::vector<std::string>& candidates,
                                   std::size_t count) {
  constexpr std::size_t kNameBytesMax = 200;  // the distance is quadratic
  if (name.size() > kNameBytesMax) return {};
  std::vector<std::pair<std::size_t, std::string>> scored;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kNameBytesMax) continue;
    std::size_t distance = Distance(name, candidate);
    if (candidate.starts_with(name) || name.starts_with(candidate)) distance = 1;
    if (distance <= std::max<std::size_t>(2, name.size() / 3)) scored.emplace_back(distance, candidate);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (auto& [distance, candidate] : scored) {
    if (out.size() < count) out.push_back(std::move(candidate));
  }
  return out;
}

}  // namespace yun::hub
