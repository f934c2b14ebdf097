#include "api/chat.h"

#include <algorithm>

namespace yun::api {
namespace {

struct Effort {
  std::string_view name;
  std::uint32_t budget;
};
constexpr Effort kEfforts[] = {{"minimal", 1024}, {"low", 4096},     {"medium", 16384},
                               {"high", 65536},   {"xhigh", 262144}, {"max", 0}};

}  // namespace

std::optional<std::uint32_t> EffortBudget(std::string_view effort) {
  for (const Effort& known : kEfforts)
    if (effort == known.name) return known.budget;
  return {};
}

std::vector<std::string_view> EffortNames() {
  std::vector<std::string_view> names;
  for (const Effort& known : kEfforts) names.push_back(known.name);
  return names;
}

bool IsToolName(std::string_view name) {
  const auto may = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:/-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kToolNameBytesMax && std::ranges::all_of(name, may);
}

}  // namespace yun::api
