#include "store/session.h"

#include <cmath>
#include <cstring>

namespace yun::store {
namespace {

/// Length of the UTF-8 sequence at the beginning of `text` (not ASCII), or 0. source: Unicode 15, table 3-7
std::size_t SequenceBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xBF; };
  const unsigned lead = byte(0), second = byte(1);
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2) || (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

Status CheckParams(std::string_view sql, std::span<const Value> params) {
  if (params.size() > kParametersMax)
    return Fail(Code::kTooLarge, "a statement with {} parameters; at most {}: {}", params.size(), kParametersMax, sql);
  for (std::size_t i = 0; i < params.size(); ++i) {
    const auto* text = std::get_if<std::string>(&params[i]);
    const auto* real = std::get_if<double>(&params[i]);
    if (text != nullptr && !IsStorableText(*text))
      return Fail(Code::kInvalidArgument, "text that is not UTF-8, or holds a NUL, cannot be stored (value {} of: {})",
                  i + 1, sql);
    if (real != nullptr && !std::isfinite(*real))
      return Fail(Code::kInvalidArgument, "a number that is not finite cannot be stored (value {} of: {})", i + 1, sql);
  }
  return {};
}

}  // namespace

bool IsStorableText(std::string_view text) {
  constexpr std::uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
  while (!text.empty()) {
    if (std::uint64_t word; text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      // No high bit, and no zero byte (which would borrow into one).
      if (((word | (word - kOnes)) & kHigh) == 0) {
        text.remove_prefix(sizeof word);
        continue;
      }
    }
    const auto c = static_cast<unsigned char>(text[0]);
    const std::size_t n = c == 0 ? 0 : c < 0x80 ? 1 : SequenceBytes(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string WithBlobType(std::string_view sql, std::string_view blob) {
  constexpr std::string_view kMark = "{{blob}}";
  std::string out;
  for (std::size_t at; (at = sql.find(kMark)) != sql.npos; sql.remove_prefix(at + kMark.size()))
    out.append(sql.substr(0, at)).append(blob);
  return out.append(sql);
}

auto Connection::RunChecked(std::string_view sql, std::span<const Value> params) -> Result<Outcome> {
  if (failed_) return tl::unexpected<Error>(*failed_);
  const auto run = [&]() -> Result<Outcome> {
    RETURN_IF_ERROR(CheckParams(sql, params));
    return Run(sql, params);
  };
  auto out = run();
  if (!out) failed_ = out.error();
  return out;
}

Result<Rows> Connection::Query(std::string_view sql, std::span<const Value> params) {
  ASSIGN_OR_RETURN(auto outcome, RunChecked(sql, params));
  return std::move(outcome.rows);
}

Result<std::int64_t> Connection::Execute(std::string_view sql, std::span<const Value> params) {
  ASSIGN_OR_RETURN(const auto outcome, RunChecked(sql, params));
  return outcome.changed;
}

Status Session::Savepoint() {
  const SavepointState before = std::exchange(savepoint_, SavepointState::kUsed);
  if (before == SavepointState::kFresh) return {};
  if (before == SavepointState::kNone) return Commands({"SAVEPOINT work"});
  return Commands({"RELEASE SAVEPOINT work", "SAVEPOINT work"});
}

Status Session::RollBackToSavepoint() {
  RETURN_IF_ERROR(Commands({"ROLLBACK TO SAVEPOINT work"}));
  savepoint_ = SavepointState::kFresh;
  return {};
}

Status RunWork(Session& session, const Database::Work& work) {
  session.ForgetFailure();
  Status status = work(session);
  if (status && session.failure()) return tl::unexpected<Error>(*session.failure());
  return status;
}

}  // namespace yun::store
