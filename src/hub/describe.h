// What a stored model is, in a few words, and whether yun can run it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace yun::hub {

struct Description {
  std::string architecture;   // "qwen3"; empty when it cannot be told
  std::string type;           // the element type that most bytes of weights have: "q4_k"
  std::uint64_t context = 0;  // tokens
  std::string cannot_run;     // why not; empty when it can
};

Description Describe(const std::filesystem::path& path);

}  // namespace yun::hub
