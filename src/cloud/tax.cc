#include "cloud/tax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace yun::cloud {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kMicro = 1'000'000;

/// a / b, half away from zero. b > 0
std::int64_t DivideRounded(Wide a, Wide b) {
  const Wide magnitude = (2 * (a < 0 ? -a : a) + b) / (2 * b);
  return static_cast<std::int64_t>(a < 0 ? -magnitude : magnitude);
}

std::string Decimal(std::int64_t amount_micro, int decimals) {
  const std::uint64_t magnitude =
      amount_micro < 0 ? 0 - static_cast<std::uint64_t>(amount_micro) : static_cast<std::uint64_t>(amount_micro);
  std::string text = fmt::format("{}{}.{:06}", amount_micro < 0 ? "-" : "", magnitude / kMicro, magnitude % kMicro);
  text.resize(text.size() - 6 + decimals);
  if (decimals == 0) text.pop_back();
  return text;
}

}  // namespace

std::int64_t TaxOf(std::int64_t amount_micro, const TaxRule& rule) {
  CHECK(rule.ppm >= 0 && rule.ppm <= kTaxPpmMax);
  return DivideRounded(static_cast<Wide>(amount_micro) * rule.ppm, rule.included ? kMicro + rule.ppm : kMicro);
}

int CurrencyDecimals(std::string_view currency) {
  static constexpr std::array<std::string_view, 6> kNone = {"JPY", "KRW", "VND", "CLP", "ISK", "XAF"};
  static constexpr std::array<std::string_view, 6> kThree = {"KWD", "BHD", "OMR", "JOD", "TND", "LYD"};
  if (std::ranges::count(kNone, currency)) return 0;
  return std::ranges::count(kThree, currency) ? 3 : 2;
}

std::int64_t Payable(std::int64_t amount_micro, std::string_view currency) {
  static constexpr std::array<std::int64_t, 4> kCoin = {1'000'000, 100'000, 10'000, 1'000};
  const std::int64_t coin = kCoin[CurrencyDecimals(currency)];
  const Wide payable = static_cast<Wide>(DivideRounded(amount_micro, coin)) * coin;
  // At the ends of 64 bits there is no coin beyond: the one before it.
  return static_cast<std::int64_t>(payable > INT64_MAX   ? payable - coin
                                   : payable < INT64_MIN ? payable + coin
                                                         : payable);
}

std::string MoneyText(std::int64_t amount_micro, std::string_view currency) {
  return Decimal(Payable(amount_micro, currency), CurrencyDecimals(currency));
}

std::string MicroText(std::int64_t amount_micro) { return Decimal(amount_micro, 6); }

}  // namespace yun::cloud
