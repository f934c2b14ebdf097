#include "cli/policy.h"

namespace yun::cli {

namespace {

bool* Find(std::string_view name, engine::SchedulerOptions& policy) {
  if (name == "fair") return &policy.fair;
  if (name == "chunked") return &policy.chunked;
  if (name == "paged") return &policy.paged;
  return nullptr;
}

}  // namespace

Status ParsePolicy(std::string_view text, engine::SchedulerOptions& policy) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const std::size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    const std::string_view value = equals == item.npos ? std::string_view() : item.substr(equals + 1);
    bool* const found = Find(name, policy);
    if (!found) return Fail(Code::kInvalidArgument, "there is no policy '{}'; there are {}", name, kPolicyNames);
    if (value != "on" && value != "off")
      return Fail(Code::kInvalidArgument, "policy '{}' is '{}'; say {}=on or {}=off", name, value, name, name);
    *found = value == "on";
    if (comma == text.npos) return {};
    text.remove_prefix(comma + 1);
  }
}

}  // namespace yun::cli
