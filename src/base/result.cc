#include "base/result.h"

#include <array>

namespace yun {
namespace {
struct Row {
  Code code;
  std::string_view name;
  int http;
};
constexpr std::array kRows = {
    Row{Code::kInvalidArgument, "invalid_argument", 400}, Row{Code::kCorrupt, "corrupt", 400},
    Row{Code::kUnsupported, "unsupported", 400},          Row{Code::kUnauthenticated, "unauthenticated", 401},
    Row{Code::kPermissionDenied, "permission_denied", 403}, Row{Code::kNotFound, "not_found", 404},
    Row{Code::kAlreadyExists, "already_exists", 409},     Row{Code::kTooLarge, "too_large", 413},
    Row{Code::kTooMany, "too_many", 429},                 Row{Code::kUnavailable, "unavailable", 503},
    Row{Code::kDeadline, "deadline", 504},                Row{Code::kCancelled, "cancelled", 499},
    Row{Code::kNoMemory, "no_memory", 503},               Row{Code::kDisk, "disk", 500},
    Row{Code::kNetwork, "network", 502},                  Row{Code::kInternal, "internal", 500},
};
const Row& RowOf(Code code) {
  for (const Row& row : kRows)
    if (row.code == code) return row;
  return kRows.back();
}
}  // namespace

std::string_view CodeName(Code code) { return RowOf(code).name; }
int HttpStatus(Code code) { return RowOf(code).http; }

}  // namespace yun
