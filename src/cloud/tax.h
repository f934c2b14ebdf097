// What tax is due on an amount, and how exact amounts become ones that can be paid.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace yun::cloud {

/// An account's tax. `included`: prices hold it already (a prepaid balance is then charged what the receipt says, and
/// an invoice only shows what part of it is tax); otherwise an invoice adds it.
struct TaxRule {
  std::string name;      // "VAT"; empty: none is shown
  std::int64_t ppm = 0;  // 60 000 = 6 %; 0 to kTaxPpmMax
  bool included = true;
  bool operator==(const TaxRule&) const = default;
};
inline constexpr std::int64_t kTaxPpmMax = 1'000'000;

/// The tax of an amount; half a micro-unit is rounded away from zero. With an included tax: the part of `amount` that
/// is tax, amount * ppm / (1e6 + ppm). units: micro-units
std::int64_t TaxOf(std::int64_t amount_micro, const TaxRule& rule);

/// How many decimals the currency's coins have: 2, or 0 (JPY, KRW, VND), or 3 (KWD, BHD, OMR, JOD, TND).
int CurrencyDecimals(std::string_view currency);
/// `amount_micro` as it can be paid: rounded to the currency's smallest coin, half away from zero. units: micro-units
std::int64_t Payable(std::int64_t amount_micro, std::string_view currency);
/// "1234.50": what Payable gives, with the currency's decimals, no separators, "-" in front of less than nothing.
std::string MoneyText(std::int64_t amount_micro, std::string_view currency);
/// "1234.500001": all six decimals.
std::string MicroText(std::int64_t amount_micro);

}  // namespace yun::cloud
