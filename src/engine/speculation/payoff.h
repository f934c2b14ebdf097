// How many tokens to draft: as long as the next one is likelier to save time than to cost it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace yun::engine {

/// What steps of so many rows take, learned from the steps that were made.
class StepCosts {
 public:
  /// A step of `rows` rows without prompts took so long.
  void Measured(std::uint32_t rows, double seconds);
  /// Seconds of a step; 0: nothing measured yet.
  double Step(std::uint32_t rows) const;
  /// Seconds that one row more adds to a step of `rows`.
  double Row(std::uint32_t rows) const;

 private:
  static constexpr std::size_t kSizes = 8;  // 1, 2, 4 ... 128 rows
  static std::size_t SizeOf(std::uint32_t rows);
  std::array<double, kSizes> seconds_{};
};

/// How likely a sequence's next draft is right.
class Acceptance {
 public:
  double rate() const { return rate_; }
  void Drafted(std::uint32_t drafted, std::uint32_t accepted);
  /// A token was drawn without a draft: after a while it is worth another try.
  void Undrafted();

 private:
  double rate_ = kHope;
  static constexpr double kHope = 0.6;
};

inline constexpr std::uint32_t kDraftMax = 12;       // tokens of one draft
inline constexpr std::uint32_t kStepDraftsMax = 64;  // of all sequences in a step

/// Tokens to draft, at most `limit`, for one of `sequences` streams in a step of `rows` rows so far.
/// draft_s: what making one drafted token costs
std::uint32_t DraftLength(const Acceptance& acceptance, const StepCosts& costs, std::uint32_t rows,
                          std::uint32_t sequences, double draft_s, std::uint32_t limit);

}  // namespace yun::engine
