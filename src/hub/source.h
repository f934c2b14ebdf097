// Where a model comes from, as a person writes it.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::hub {

enum class SourceKind { kHuggingFace, kModelScope, kPypi, kUrl, kFolder };

struct Source {
  SourceKind kind = SourceKind::kFolder;
  std::string repo;      // "org/repo"; a package's name
  std::string revision;  // branch, tag or commit; a package's version; empty: the hub's main one
  std::string pattern;   // of files; may be empty
  std::string target;    // URL or path
};

/// "hf:org/repo[@revision][:pattern]", "ms:org/repo[@revision][:pattern]", "pypi:name==version", "http(s)://...", or a
/// path that begins with '/', './', '../' or '~/'. errors: kInvalidArgument (says what forms there are), kNotFound
/// (none of these: a catalogue name, perhaps)
Result<Source> ParseSource(std::string_view text);

/// The name in the store when the user gives none: "Qwen/Qwen3-8B-GGUF:q4_k_m", or a file's stem.
std::string DefaultName(const Source& source);

/// `pattern` with * and ?, without regard to case; without either it may stand anywhere in `name`.
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace yun::hub
