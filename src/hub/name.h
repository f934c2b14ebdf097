// Names of models, and the folder each one has in the store.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::hub {

/// A name is `family`, `family:tag`, `org/family` or `org/family:tag`; a part begins with a letter or a digit and goes
/// on with those or . _ - (64 bytes at most each). Upper and lower case are different. errors: kInvalidArgument (says
/// what is wrong)
Status CheckName(std::string_view name);

/// The folder of a name, two levels below the store: "qwen3:0.6b" -> "qwen3/0.6b", "Qwen/Qwen3-8B" ->
/// "Qwen@Qwen3-8B/_". One folder for one name: '@' and a leading '_' cannot stand in a part. The name must have passed
/// CheckName.
std::string NameFolder(std::string_view name);

/// Makes a name of any text (a file's stem, a repository): other bytes become '-'.
std::string NameFrom(std::string_view text);

/// The candidates that a person may have meant, nearest first, at most `count`.
std::vector<std::string> NearNames(std::string_view name, const std::vector<std::string>& candidates,
                                   std::size_t count = 3);

}  // namespace yun::hub
