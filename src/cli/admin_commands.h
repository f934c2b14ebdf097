// The table of `yun admin`: each row says how a command line becomes a request of /admin/v1 and its answer a table.
#pragma once
#include <string_view>
#include <vector>

namespace yun::cli {

struct AdminArgument {
  enum class Kind {
    kText,
    kInteger,
    kMoney,      // "5.00" -> micro-units
    kTime,       // "2026-11-22", "7d" -> Unix milliseconds
    kSpan,       // "24h" -> milliseconds
    kTexts,      // separated by commas
    kBoolean,    // true or false
    kFlag,       // true when it is there
    kFile,       // a path: its text is sent; "-" is stdin
    kWorkspace,  // an id or a name
    kAccount,
    kPartner,
    kKey,     // an id or a name, of the workspace that stands before it
    kMember,  // an id or an e-mail address, of the workspace that stands before it
    kPerson,
  };
  std::string_view name;  // "--rpm", or "AMOUNT": by its place
  std::string_view
      field;  // "{workspace_id}" in the path; "?from_ms" of the query; "limits.requests_per_minute" of the body
  Kind kind = Kind::kText;
  std::string_view about;
  bool required = false;  // of those by place: all, but the last may not be
};

struct AdminColumn {
  enum class Kind { kText, kMoney, kTime, kPercent, kList };
  std::string_view head;
  std::string_view field;  // a name, or a JSON pointer
  Kind kind = Kind::kText;
};

struct AdminCommand {
  std::string_view noun, verb;  // an empty verb: the noun is the command
  std::string_view about;
  std::string_view method, path;  // behind /admin/v1
  std::vector<AdminArgument> arguments;
  std::vector<AdminColumn> columns;  // of a list, or of "data" or another list in an object; none: field by field
  std::string_view examples;
  std::string_view otherwise = {};  // the path where the first argument is left out
  bool once = false;                // moves money: sent with an Idempotency-Key
  bool file = false;                // may answer with a file: has --output
};

const std::vector<AdminCommand>& AdminCommands();
/// What each noun is, for its help.
std::string_view AboutNoun(std::string_view noun);

}  // namespace yun::cli
