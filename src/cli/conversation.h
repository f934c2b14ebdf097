// What has been said in `yun chat`, how to answer, and both as a file.
#pragma once
#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/session.h"

namespace yun::cli {

struct Conversation {
  std::string system;
  boost::json::array messages;  // without the system message
  Wish wish;

  /// What the model gets: the system message, if there is one, and the others.
  boost::json::array ForModel() const;
  /// Drops the last answer, so that the last question may be answered anew; false when there is none.
  bool DropLastAnswer();

  /// `temperature 0.2`; `default` as the value takes a setting back.
  /// errors: kInvalidArgument (unknown name, or a value outside its bounds: says them)
  Status Set(std::string_view name, std::string_view value);
  /// One line a setting.
  std::string Settings() const;

  /// errors: kDisk
  Status Save(const std::filesystem::path& path, std::string_view model) const;
  /// Replaces all by what a file holds: one that Save wrote, or OpenAI's {"messages": [...]}.
  /// errors: kDisk, kTooLarge, kCorrupt; it is then as it was
  Status Load(const std::filesystem::path& path);
};

}  // namespace yun::cli
