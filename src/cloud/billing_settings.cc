#include "cloud/billing_settings.h"

#include <algorithm>
#include <boost/json.hpp>
#include <type_traits>

#include "cloud/tax.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kPrefixMax = 16;
constexpr std::size_t kNameMax = 64;  // of an unknown setting, to be named
constexpr std::int64_t kDueDaysMax = 3650;
constexpr std::int64_t kPriceMax = 1'000'000'000'000;  // a million of the currency
constexpr std::int64_t kMilliwattsMax = 10'000'000;

/// f(name, member) for each setting.
template <class Settings, class F>
void ForEach(Settings& settings, F&& f) {
  f("seller_name", settings.seller_name);
  f("seller_address", settings.seller_address);
  f("seller_tax_id", settings.seller_tax_id);
  f("number_prefix", settings.number_prefix);
  f("series_per_account", settings.series_per_account);
  f("tax_included", settings.tax_included);
  f("due_days", settings.due_days);
  f("note", settings.note);
  f("cost_currency", settings.cost_currency);
  f("cpu_hour_micro", settings.cpu_hour_micro);
  f("kwh_micro", settings.kwh_micro);
  f("cpu_milliwatts", settings.cpu_milliwatts);
}

Status Check(const BillingSettings& s) {
  Status status;
  const auto need = [&](bool good, std::string_view field, std::string_view what) {
    if (!good && status) status = Fail(Code::kInvalidArgument, "{}: {}", field, what);
  };
  ForEach(s, [&](std::string_view name, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
      need(value.size() <= kBillingTextMax, name, "too long");
      need(value.find('\0') == std::string::npos, name, "holds a NUL");
    }
  });
  need(!s.seller_name.empty(), "seller_name", "must not be empty");
  const auto is_number_char = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  need(!s.number_prefix.empty() && s.number_prefix.size() <= kPrefixMax &&
           std::ranges::all_of(s.number_prefix, is_number_char) && s.number_prefix.front() != '-',
       "number_prefix", "1 to 16 letters, digits and '-', not '-' first");
  need(s.due_days >= 0 && s.due_days <= kDueDaysMax, "due_days", "0 to 3650");
  need(s.cost_currency.size() == 3 && std::ranges::all_of(s.cost_currency, [](char c) { return c >= 'A' && c <= 'Z'; }),
       "cost_currency", "three capital letters");
  need(s.cpu_hour_micro >= 0 && s.cpu_hour_micro <= kPriceMax, "cpu_hour_micro", "out of range");
  need(s.kwh_micro >= 0 && s.kwh_micro <= kPriceMax, "kwh_micro", "out of range");
  need(s.cpu_milliwatts >= 0 && s.cpu_milliwatts <= kMilliwattsMax, "cpu_milliwatts", "out of range");
  return status;
}

}  // namespace

Result<BillingSettings> LoadBillingSettings(store::Connection& connection) {
  ASSIGN_OR_RETURN(const store::Rows rows, connection.Query("SELECT document FROM billing_settings WHERE id = 1"));
  BillingSettings settings;
  if (!rows.empty()) RETURN_IF_ERROR(MergeBillingSettings(rows[0].Text(0), settings));
  return settings;
}

Status SaveBillingSettings(store::Connection& connection, const BillingSettings& settings) {
  RETURN_IF_ERROR(Check(settings));
  auto changed = connection.Execute(
      "INSERT INTO billing_settings (id, document) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET document = "
      "excluded.document",
      {BillingSettingsJson(settings)});
  if (!changed) return tl::unexpected<Error>(changed.error());
  return {};
}

std::string BillingSettingsJson(const BillingSettings& settings) {
  json::object object;
  ForEach(settings, [&](std::string_view name, const auto& value) { object[name] = value; });
  return json::serialize(object);
}

Status MergeBillingSettings(std::string_view text, BillingSettings& settings) {
  json::error_code ec;
  const json::value value = json::parse(text, ec);
  const json::object* object = ec ? nullptr : value.if_object();
  if (!object) return Fail(Code::kInvalidArgument, "billing settings are a JSON object");
  BillingSettings merged = settings;
  for (const auto& [key, field] : *object) {
    bool known = false, fits = false;
    ForEach(merged, [&, &key = key, &field = field](std::string_view name, auto& member) {
      if (name != key) return;
      known = true;
      using T = std::decay_t<decltype(member)>;
      if constexpr (std::is_same_v<T, std::string>) {
        if (const json::string* held = field.if_string()) member = *held, fits = true;
      } else if constexpr (std::is_same_v<T, bool>) {
        if (const bool* held = field.if_bool()) member = *held, fits = true;
      } else {
        if (const std::int64_t* held = field.if_int64()) member = *held, fits = true;
      }
    });
    if (!known)
      return Fail(Code::kInvalidArgument, "{}: no such setting", key.size() <= kNameMax ? key : "a long name");
    if (!fits) return Fail(Code::kInvalidArgument, "{}: a value of another type is needed", std::string_view(key));
  }
  RETURN_IF_ERROR(Check(merged));
  settings = std::move(merged);
  return {};
}

}  // namespace yun::cloud
