#include "hub/source.h"

#include <algorithm>
#include <cstdlib>

#include "base/ascii.h"
#include "hub/name.h"

namespace yun::hub {
namespace {

constexpr std::size_t kSourceBytesMax = 2048;

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

bool IsWord(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text[0] != '.' && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), IsWordByte);
}

bool IsRevision(std::string_view text) {
  return !text.empty() && text.size() <= 256 && text.find("..") == text.npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsWordByte(c) || c == '/'; });
}

Result<Source> ParseHub(SourceKind kind, std::string_view text, std::string_view whole) {
  Source out{.kind = kind};
  if (const auto colon = text.find(':'); colon != text.npos) {
    out.pattern = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (out.pattern.empty())
      return Fail(Code::kInvalidArgument, "'{}': an empty file pattern after the last ':'", whole);
  }
  if (const auto at = text.find('@'); at != text.npos) {
    out.revision = text.substr(at + 1);
    text = text.substr(0, at);
    if (!IsRevision(out.revision))
      return Fail(Code::kInvalidArgument, "'{}': '{}' is no revision", whole, out.revision);
  }
  const auto slash = text.find('/');
  if (slash == text.npos || !IsWord(text.substr(0, slash)) || !IsWord(text.substr(slash + 1))) {
    return Fail(Code::kInvalidArgument, "'{}': expected {}:org/repo[@revision][:file pattern]", whole,
                kind == SourceKind::kHuggingFace ? "hf" : "ms");
  }
  out.repo = text;
  return out;
}

Result<Source> ParsePypi(std::string_view text, std::string_view whole) {
  Source out{.kind = SourceKind::kPypi};
  const auto equals = text.find("==");
  if (equals == text.npos || !IsWord(text.substr(0, equals)) || !IsWord(text.substr(equals + 2))) {
    return Fail(Code::kInvalidArgument, "'{}': expected pypi:name==version", whole);
  }
  out.repo = text.substr(0, equals);
  out.revision = text.substr(equals + 2);
  return out;
}

}  // namespace

Result<Source> ParseSource(std::string_view text) {
  if (text.size() > kSourceBytesMax)
    return Fail(Code::kInvalidArgument, "a source longer than {} bytes", kSourceBytesMax);
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    return Fail(Code::kInvalidArgument, "a source with a control character");
  }
  if (text.starts_with("hf:")) return ParseHub(SourceKind::kHuggingFace, text.substr(3), text);
  if (text.starts_with("ms:")) return ParseHub(SourceKind::kModelScope, text.substr(3), text);
  if (text.starts_with("pypi:")) return ParsePypi(text.substr(5), text);
  // A repository's page, copied from the browser.
  for (const auto& [page, kind] :
       {std::pair<std::string_view, SourceKind>{"https://huggingface.co/", SourceKind::kHuggingFace},
        {"https://www.modelscope.cn/models/", SourceKind::kModelScope},
        {"https://modelscope.cn/models/", SourceKind::kModelScope}}) {
    if (!text.starts_with(page)) continue;
    std::string_view repo = text.substr(page.size());
    while (repo.ends_with('/')) repo.remove_suffix(1);
    if (std::count(repo.begin(), repo.end(), '/') == 1) return ParseHub(kind, repo, text);
  }
  if (text.starts_with("http://") || text.starts_with("https://")) {
    Source out{.kind = SourceKind::kUrl};
    out.target = text;
    return out;
  }
  if (text.starts_with("/") || text.starts_with("./") || text.starts_with("../") || text == "." || text == "..") {
    Source out{.kind = SourceKind::kFolder};
    out.target = text;
    return out;
  }
  if (text.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    Source out{.kind = SourceKind::kFolder};
    out.target = std::string(home != nullptr ? home : "") + std::string(text.substr(1));
    return out;
  }
  return Fail(Code::kNotFound, "'{}' is no source: give hf:org/repo, ms:org/repo, a URL or a path", text);
}

std::string DefaultName(const Source& source) {
  const auto stem = [](std::string_view path) {
    if (const auto query = path.find_first_of("?#"); query != path.npos) path = path.substr(0, query);
    while (path.ends_with('/')) path.remove_suffix(1);
    path.remove_prefix(std::min(path.size(), path.rfind('/') + 1));
    if (path.ends_with(".gguf")) path.remove_suffix(5);
    return NameFrom(path);
  };
  switch (source.kind) {
    case SourceKind::kHuggingFace:
    case SourceKind::kModelScope: {
      const auto slash = source.repo.find('/');
      std::string name = NameFrom(source.repo.substr(0, slash)) + "/" + NameFrom(source.repo.substr(slash + 1));
      if (!source.pattern.empty()) {
        std::string tag = LowerAscii(source.pattern);
        std::erase_if(tag, [](char c) { return c == '*' || c == '?'; });
        if (tag.ends_with(".gguf")) tag.resize(tag.size() - 5);
        name += ":" + NameFrom(tag);
      }
      return name;
    }
    case SourceKind::kPypi:
      return NameFrom(source.repo);
    case SourceKind::kUrl:
    case SourceKind::kFolder:
      return stem(source.target);
  }
  return "model";
}

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  const std::string p = LowerAscii(pattern), n = LowerAscii(name);
  if (p.find_first_of("*?") == p.npos) return n.find(p) != n.npos;
  // One star is remembered at a time: going back to the last one is enough, and linear in the number of stars.
  std::size_t pi = 0, ni = 0, star = p.npos, mark = 0;
  while (ni < n.size()) {
    if (pi < p.size() && p[pi] == '*') {
      star = pi++;
      mark = ni;
    } else if (pi < p.size() && (p[pi] == '?' || p[pi] == n[ni])) {
      ++pi;
      ++ni;
    } else if (star != p.npos) {
      pi = star + 1;
      ni = ++mark;
    } else {
      return false;
    }
  }
  while (pi < p.size() && p[pi] == '*') ++pi;
  return pi == p.size();
}

}  // namespace yun::hub
