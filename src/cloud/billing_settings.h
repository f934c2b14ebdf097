// What the operator sets for all bills: who sends them, how they are numbered, what chips cost.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::store {
class Connection;
class Database;
}  // namespace yun::store

namespace yun::cloud {

inline constexpr std::size_t kBillingTextMax = 2000;  // bytes of one text

struct BillingSettings {
  std::string seller_name = "yun";
  std::string seller_address;  // several lines
  std::string seller_tax_id;
  std::string number_prefix = "INV";  // letters, digits and '-', at most 16
  bool series_per_account = false;    // one gapless row of numbers for the operator, or one for each account
  bool tax_included = true;           // see TaxRule
  std::int64_t due_days = 30;         // of a postpaid invoice
  std::string note;                   // at the foot of each invoice
  std::string cost_currency = "CNY";  // of the two prices below
  std::int64_t cpu_hour_micro = 0;    // what an hour of one CPU costs, without energy
  std::int64_t kwh_micro = 0;         // what a kilowatt hour costs
  std::int64_t cpu_milliwatts = 0;    // power drawn for one busy CPU; 0: energy is in the CPU-hour
  bool operator==(const BillingSettings&) const = default;
};

/// Those that are stored, else the defaults. errors: those of the database
Result<BillingSettings> LoadBillingSettings(store::Connection& connection);
/// errors: kInvalidArgument (names the field), those of the database
Status SaveBillingSettings(store::Connection& connection, const BillingSettings& settings);

/// As a JSON object, whose names are those of the struct; and back: a field that is not there keeps its value in
/// `settings`, an unknown one is an error. errors: kInvalidArgument
std::string BillingSettingsJson(const BillingSettings& settings);
Status MergeBillingSettings(std::string_view json, BillingSettings& settings);

}  // namespace yun::cloud
