// Prices: a versioned, effective-dated TOML text, and the arithmetic from units to money.
//
//   version = "2026-11"                  # any label, new for each text that is loaded
//   example = true                       # optional: shown with a warning wherever prices are shown
//   refuse_unpriced = true               # optional: requests for models without a price are refused; else they cost 0
//
//   [[price]]                            # one row a model, currency and date
//   model = "qwen3-*"                    # `*` any text, `?` one character; an exact name beats a pattern, a longer
//   currency = "CNY"                     # pattern a shorter one; of equals the latest `from` that has come
//   from = "2026-11-01"                  # UTC; until replaced, or until = "2027-01-01"
//   over_input_tokens = 0                # tier: for requests with more input than this; the lowest tier is 0
//   input = 300_000                      # micro-units per million units: 0.3 yuan a million tokens
//   cached_input = 60_000                # kinds: KindName(); left out: cached_input and cache_write as input,
//   output = 600_000                     # thinking as output, others 0
//   batch_ppm = 500_000                  # batch requests pay this part; half when left out
//
//   [[discount]]                         # the largest that fits, or the workspace's own if that is larger
//   workspace = "ws_0123456789abcdef"    # a pattern as above; also `model`, `from`, `until`
//   ppm = 100_000                        # 10 % off
//
//   [[free]]                             # tokens of any kind that each workspace has for nothing with each such model;
//                                        # one after another, that which ends first before others
//   id = "welcome"                       # what use is counted under
//   model = "qwen3-*"                    # also `workspace`, `from`
//   tokens = 1_000_000
//   until = "2027-01-01"
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/usage.h"

namespace yun::cloud {

inline constexpr std::int64_t kMillion = 1'000'000;
inline constexpr std::int64_t kPriceMax = 10'000'000'000'000;  // micro-units a million units: 10 yuan an image
inline constexpr std::int64_t kUnitsMax = 10'000'000'000;      // of one kind in one receipt; with kPriceMax: 128 bits
inline constexpr std::size_t kPriceRowsMax = 10'000;           // of each list of a book

/// Prices as they apply to one request.
struct Rates {
  bool priced = false;  // false: the book has no row, and every price is 0
  std::array<std::int64_t, kKinds> micro_per_million{};
  std::int32_t batch_ppm = kMillion / 2;
  std::int32_t discount_ppm = 0;
};

struct ChargeLine {
  Kind kind = Kind::kInput;
  std::int64_t units = 0;
  std::int64_t free_units = 0;         // of these, for nothing
  std::int64_t micro_per_million = 0;  // before batch and discount
  std::int64_t amount_micro = 0;       // after them
};

struct Charge {
  std::vector<ChargeLine> lines;  // kinds with units, in the order of Kind; their amounts add up to the whole
  std::int64_t amount_micro = 0;  // rounded half up, once
  std::int64_t free_units = 0;
};

/// What units cost. `free_left` tokens are taken off first, in the order of Kind (tokens only).
/// units: each of 0 to kUnitsMax (CHECK)
Charge ChargeOf(const Units& units, const Rates& rates, bool batch, std::int64_t free_left = 0);

/// The most that a request can cost that uses at most `most` units, whatever part of its input turns out to be cached
/// and of its output to be thinking (give all input as kInput, all output as kOutput).
std::int64_t BoundOf(const Units& most, const Rates& rates, bool batch, std::int64_t free_left = 0);

/// The most output tokens, up to most[kOutput], with which BoundOf stays within `micro`; nothing when not even the
/// input does.
std::optional<std::int64_t> OutputAfforded(const Units& most, const Rates& rates, bool batch, std::int64_t free_left,
                                           std::int64_t micro);

struct PriceRow {
  std::string model, currency;
  std::int64_t from_ms = 0, until_ms = 0;  // until 0: open
  std::int64_t over_input_tokens = 0;
  std::array<std::int64_t, kKinds> micro_per_million{};
  std::int32_t batch_ppm = kMillion / 2;
};
struct DiscountRow {
  std::string workspace = "*", model = "*";
  std::int64_t from_ms = 0, until_ms = 0;
  std::int32_t ppm = 0;
};
struct FreeRow {
  std::string id, workspace = "*", model = "*";
  std::int64_t from_ms = 0, until_ms = 0;
  std::int64_t tokens = 0;
};

/// Immutable once parsed. thread: all methods from any thread
class PriceBook {
 public:
  /// errors: kCorrupt ("line 7: ...", names the key), kTooLarge
  static Result<PriceBook> Parse(std::string_view toml);
  /// No prices: everything costs 0. Version "none".
  PriceBook() = default;

  const std::string& version() const { return version_; }
  bool example() const { return example_; }
  bool refuse_unpriced() const { return refuse_unpriced_; }
  const std::vector<PriceRow>& prices() const { return prices_; }
  const std::vector<DiscountRow>& discounts() const { return discounts_; }
  const std::vector<FreeRow>& free() const { return free_; }

  /// Without discount. `input_tokens` chooses the tier.
  Rates RatesFor(std::string_view model, std::string_view currency, std::int64_t at_ms,
                 std::int64_t input_tokens) const;
  std::int32_t DiscountFor(std::string_view workspace, std::string_view model, std::int64_t at_ms) const;
  /// The free quota that applies, if any: of those with something left the one that ends first.
  const FreeRow* FreeFor(std::string_view workspace, std::string_view model, std::int64_t at_ms,
                         const std::function<bool(const FreeRow&)>& has_left) const;

 private:
  std::string version_ = "none";
  bool example_ = false, refuse_unpriced_ = false;
  std::vector<PriceRow> prices_;
  std::vector<DiscountRow> discounts_;
  std::vector<FreeRow> free_;
};

/// What changes from one book to another, one line a difference ("  price qwen3-* CNY from 2026-11-01 over 0:
/// input 300000 -> 250000", or with + or - for a row that comes or goes); empty when nothing does but the version.
std::string Diff(const PriceBook& from, const PriceBook& to);

/// prices.example.toml: made-up prices that show the format. Never loaded by itself.
std::string_view ExamplePriceBook();

}  // namespace yun::cloud
