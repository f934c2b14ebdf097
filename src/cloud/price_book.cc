#include "cloud/price_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <initializer_list>
#include <map>
#include <tuple>

#include "base/check.h"
#include "base/toml.h"
#include "cloud/glob.h"
#include "cloud/month.h"

namespace yun::embedded {
std::string_view cloud_prices_example_toml();
}

namespace yun::cloud {
namespace {

using Wide = __int128;

constexpr std::size_t kTextMax = 200;    // of a name or pattern
constexpr std::size_t kVersionMax = 39;  // as in the meter's slots
constexpr std::int64_t kTokensMax = 1'000'000'000'000'000;

bool IsToken(Kind kind) { return kind != Kind::kImage && kind != Kind::kAudioSecond; }

/// How well a pattern fits before another that fits too: literal characters; an exact name above all.
int Specificity(std::string_view pattern) {
  const auto wild = std::count_if(pattern.begin(), pattern.end(), [](char c) { return c == '*' || c == '?'; });
  return wild == 0 ? INT_MAX : static_cast<int>(pattern.size()) - static_cast<int>(wild);
}

/// Rounds half up; `numerator` is not negative.
std::int64_t Rounded(Wide numerator, Wide denominator) {
  return static_cast<std::int64_t>((numerator + denominator / 2) / denominator);
}

bool Holds(std::int64_t from_ms, std::int64_t until_ms, std::int64_t at_ms) {
  return from_ms <= at_ms && (until_ms == 0 || at_ms < until_ms);
}

// --- reading

Result<std::int64_t> Number(std::string_view text, std::size_t at, std::size_t digits) {
  std::int64_t value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return Fail(Code::kCorrupt, "a digit is missing");
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// "2026-11-01" (UTC), "2026-11-01T08:00:00Z", "2026-11-01T08:00:00+08:00".
Result<std::int64_t> ParseTime(std::string_view text) {
  using namespace std::chrono;
  const auto wrong = Fail(Code::kCorrupt, "'2026-11-01', '2026-11-01T08:00:00Z' or ...+08:00 is asked for");
  const auto year_part = Number(text, 0, 4), month_part = Number(text, 5, 2), day_part = Number(text, 8, 2);
  if (!year_part || !month_part || !day_part || text[4] != '-' || text[7] != '-') return wrong;
  const year_month_day date{year(static_cast<int>(*year_part)), month(static_cast<unsigned>(*month_part)),
                            day(static_cast<unsigned>(*day_part))};
  if (!date.ok() || *year_part < 1970) return Fail(Code::kCorrupt, "no such day");
  std::int64_t ms = duration_cast<milliseconds>(sys_days(date).time_since_epoch()).count();
  if (text.size() == 10) return ms;
  const auto hour = Number(text, 11, 2), minute = Number(text, 14, 2), second = Number(text, 17, 2);
  if (!hour || !minute || !second || text[10] != 'T' || text[13] != ':' || text[16] != ':') return wrong;
  if (*hour > 23 || *minute > 59 || *second > 59) return Fail(Code::kCorrupt, "no such time of day");
  ms += ((*hour * 60 + *minute) * 60 + *second) * 1000;
  const std::string_view zone = text.substr(19);
  if (zone == "Z") return ms;
  const auto zone_hour = Number(zone, 1, 2), zone_minute = Number(zone, 4, 2);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || !zone_hour || !zone_minute || zone[3] != ':' ||
      *zone_hour > 14 || *zone_minute > 59) {
    return wrong;
  }
  const std::int64_t shift = (*zone_hour * 60 + *zone_minute) * 60'000;
  return zone[0] == '+' ? ms - shift : ms + shift;
}

std::string TimeText(std::int64_t ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ms)};
  std::string text = DateText(ms);
  const std::int64_t rest = (time - floor<days>(time)).count() / 1000;
  if (rest != 0) text += fmt::format("T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60);
  return text;
}

/// A table of the book, whose keys are taken one by one; what is left at the end is unknown.
class Table {
 public:
  Table(const TomlValue& value, std::string_view what) : value_(value), what_(what), seen_(value.members.size()) {}

  tl::unexpected<Error> Wrong(const TomlValue* at, std::string_view key, std::string_view why) const {
    return Fail(Code::kCorrupt, "line {}: {}: {}: {}", at ? at->line : value_.line, what_, key, why);
  }

  const TomlValue* Take(std::string_view key) {
    for (std::size_t i = 0; i < value_.members.size(); ++i) {
      if (value_.members[i].key != key) continue;
      seen_[i] = true;
      return &value_.members[i].value;
    }
    return nullptr;
  }

  Status Text(std::string_view key, bool needed, std::size_t bytes_max, std::string& out) {
    const TomlValue* value = Take(key);
    if (value == nullptr) {
      if (needed) return Wrong(nullptr, key, "is missing");
      return {};
    }
    if (value->kind != TomlValue::Kind::kString) return Wrong(value, key, "must be a text in quotes");
    if (value->text.empty() || value->text.size() > bytes_max)
      return Wrong(value, key, fmt::format("must have 1 to {} bytes", bytes_max));
    out = value->text;
    return {};
  }

  template <class Integer>
  Status Whole(std::string_view key, bool needed, std::int64_t max, Integer& out) {
    const TomlValue* value = Take(key);
    if (value == nullptr) {
      if (needed) return Wrong(nullptr, key, "is missing");
      return {};
    }
    if (value->kind != TomlValue::Kind::kInteger) return Wrong(value, key, "must be a whole number");
    if (value->number < 0 || value->number > max) return Wrong(value, key, fmt::format("must be 0 to {}", max));
    out = static_cast<Integer>(value->number);
    return {};
  }

  Status Boolean(std::string_view key, bool& out) {
    const TomlValue* value = Take(key);
    if (value == nullptr) return {};
    if (value->kind != TomlValue::Kind::kBoolean) return Wrong(value, key, "must be true or false");
    out = value->number != 0;
    return {};
  }

  Status Times(std::int64_t& from_ms, std::int64_t& until_ms) {
    for (const auto& [key, out] : {std::pair{"from", &from_ms}, std::pair{"until", &until_ms}}) {
      const TomlValue* value = Find(key);
      std::string text;
      RETURN_IF_ERROR(Text(key, false, kTextMax, text));
      if (text.empty()) continue;
      const Result<std::int64_t> ms = ParseTime(text);
      if (!ms) return Wrong(value, key, ms.error().message);
      *out = *ms;
    }
    if (until_ms != 0 && until_ms <= from_ms) return Wrong(Find("until"), "until", "must be later than 'from'");
    return {};
  }

  Status End() const {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (!seen_[i]) return Wrong(&value_.members[i].value, value_.members[i].key, "no such key");
    }
    return {};
  }

 private:
  const TomlValue* Find(std::string_view key) const { return value_.Find(key); }

  const TomlValue& value_;  // borrows: the document
  std::string_view what_;
  std::vector<bool> seen_;
};

Result<PriceRow> ReadPrice(const TomlValue& value) {
  Table table(value, "price");
  PriceRow row;
  RETURN_IF_ERROR(table.Text("model", true, kTextMax, row.model));
  RETURN_IF_ERROR(table.Text("currency", true, 7, row.currency));
  RETURN_IF_ERROR(table.Times(row.from_ms, row.until_ms));
  RETURN_IF_ERROR(table.Whole("over_input_tokens", false, kUnitsMax, row.over_input_tokens));
  RETURN_IF_ERROR(table.Whole("batch_ppm", false, kMillion, row.batch_ppm));
  std::array<bool, kKinds> given{};
  for (std::size_t i = 0; i < kKinds; ++i) {
    const std::string_view name = KindName(static_cast<Kind>(i));
    given[i] = value.Find(name) != nullptr;
    RETURN_IF_ERROR(table.Whole(name, false, kPriceMax, row.micro_per_million[i]));
  }
  constexpr std::pair<Kind, Kind> kLikes[] = {
      {Kind::kCachedInput, Kind::kInput}, {Kind::kCacheWrite, Kind::kInput}, {Kind::kThinking, Kind::kOutput}};
  for (const auto& [kind, as] : kLikes) {
    const auto i = static_cast<std::size_t>(kind);
    if (!given[i]) row.micro_per_million[i] = row.micro_per_million[static_cast<std::size_t>(as)];
  }
  RETURN_IF_ERROR(table.End());
  return row;
}

Result<DiscountRow> ReadDiscount(const TomlValue& value) {
  Table table(value, "discount");
  DiscountRow row;
  RETURN_IF_ERROR(table.Text("workspace", false, kTextMax, row.workspace));
  RETURN_IF_ERROR(table.Text("model", false, kTextMax, row.model));
  RETURN_IF_ERROR(table.Times(row.from_ms, row.until_ms));
  RETURN_IF_ERROR(table.Whole("ppm", true, kMillion, row.ppm));
  RETURN_IF_ERROR(table.End());
  return row;
}

Result<FreeRow> ReadFree(const TomlValue& value) {
  Table table(value, "free");
  FreeRow row;
  RETURN_IF_ERROR(table.Text("id", true, kVersionMax, row.id));
  RETURN_IF_ERROR(table.Text("workspace", false, kTextMax, row.workspace));
  RETURN_IF_ERROR(table.Text("model", false, kTextMax, row.model));
  RETURN_IF_ERROR(table.Times(row.from_ms, row.until_ms));
  RETURN_IF_ERROR(table.Whole("tokens", true, kTokensMax, row.tokens));
  RETURN_IF_ERROR(table.End());
  return row;
}

template <class Row>
Status ReadRows(const TomlValue* list, std::string_view name, Result<Row> (*read)(const TomlValue&),
                std::vector<Row>& out) {
  if (list == nullptr) return {};
  if (list->kind != TomlValue::Kind::kArray)
    return Fail(Code::kCorrupt, "line {}: {}: must be [[{}]] tables", list->line, name, name);
  if (list->items.size() > kPriceRowsMax) return Fail(Code::kTooLarge, "{}: more than {} rows", name, kPriceRowsMax);
  for (const TomlValue& item : list->items) {
    if (item.kind != TomlValue::Kind::kTable)
      return Fail(Code::kCorrupt, "line {}: {}: must be a table", item.line, name);
    ASSIGN_OR_RETURN(Row row, read(item));
    out.push_back(std::move(row));
  }
  return {};
}

/// Rows of one model, currency and date are tiers of each other: each bound once, the lowest 0, all until the same day.
Status CheckTiers(const std::vector<PriceRow>& rows, const TomlValue& list) {
  std::map<std::tuple<std::string_view, std::string_view, std::int64_t>, std::map<std::int64_t, std::size_t>> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& tiers = groups[{rows[i].model, rows[i].currency, rows[i].from_ms}];
    const auto [it, fresh] = tiers.emplace(rows[i].over_input_tokens, i);
    if (!fresh)
      return Fail(Code::kCorrupt, "line {}: price: the same model, currency, date and tier as in line {}",
                  list.items[i].line, list.items[it->second].line);
  }
  for (const auto& [key, tiers] : groups) {
    const std::size_t first = tiers.begin()->second;
    if (tiers.begin()->first != 0)
      return Fail(Code::kCorrupt, "line {}: price: over_input_tokens: the lowest tier must begin at 0",
                  list.items[first].line);
    for (const auto& [over, i] : tiers)
      if (rows[i].until_ms != rows[first].until_ms)
        return Fail(Code::kCorrupt, "line {}: price: until: must be the same in all tiers", list.items[i].line);
  }
  return {};
}

/// The part of a charge's numerator and denominator that is the same for all lines: batch and discount.
struct Factor {
  Wide numerator = 1, denominator = kMillion;
};
Factor FactorOf(const Rates& rates, bool batch) {
  Factor factor;
  if (batch) {
    factor.numerator *= rates.batch_ppm;
    factor.denominator *= kMillion;
  }
  if (rates.discount_ppm != 0) {
    factor.numerator *= kMillion - rates.discount_ppm;
    factor.denominator *= kMillion;
  }
  return factor;
}

}  // namespace

Charge ChargeOf(const Units& units, const Rates& rates, bool batch, std::int64_t free_left) {
  const Factor factor = FactorOf(rates, batch);
  Charge charge;
  Wide numerator = 0;  // at most kKinds * kUnitsMax * kPriceMax * 1e12 = 1e36
  for (std::size_t i = 0; i < kKinds; ++i) {
    const std::int64_t count = units.of[i];
    CHECK(count >= 0 && count <= kUnitsMax);
    if (count == 0) continue;
    const auto kind = static_cast<Kind>(i);
    ChargeLine line{.kind = kind, .units = count, .micro_per_million = rates.micro_per_million[i]};
    if (IsToken(kind)) {
      line.free_units = std::min(count, std::max<std::int64_t>(free_left - charge.free_units, 0));
      charge.free_units += line.free_units;
    }
    numerator += Wide{count - line.free_units} * line.micro_per_million * factor.numerator;
    // Lines are differences of the rounded running sum, so that they add up to the whole.
    const std::int64_t sum = Rounded(numerator, factor.denominator);
    line.amount_micro = sum - charge.amount_micro;
    charge.amount_micro = sum;
    charge.lines.push_back(line);
  }
  return charge;
}

std::int64_t BoundOf(const Units& most, const Rates& rates, bool batch, std::int64_t free_left) {
  // Free tokens go to the input first, here as in ChargeOf; within input and within output all cost as the dearest.
  Rates dearest = rates;
  const auto of = [&](Kind kind) -> std::int64_t& { return dearest.micro_per_million[static_cast<std::size_t>(kind)]; };
  of(Kind::kInput) = std::max({of(Kind::kInput), of(Kind::kCachedInput), of(Kind::kCacheWrite)});
  of(Kind::kOutput) = std::max(of(Kind::kOutput), of(Kind::kThinking));
  return ChargeOf(most, dearest, batch, free_left).amount_micro;
}

std::optional<std::int64_t> OutputAfforded(const Units& most, const Rates& rates, bool batch, std::int64_t free_left,
                                           std::int64_t micro) {
  Units units = most;
  const auto fits = [&](std::int64_t output) {
    units[Kind::kOutput] = output;
    return BoundOf(units, rates, batch, free_left) <= micro;
  };
  if (!fits(0)) return {};
  std::int64_t low = 0, high = most[Kind::kOutput];  // low fits
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

Result<PriceBook> PriceBook::Parse(std::string_view toml) {
  ASSIGN_OR_RETURN(const TomlValue root, ParseToml(toml));
  Table table(root, "book");
  PriceBook book;
  RETURN_IF_ERROR(table.Text("version", true, kVersionMax, book.version_));
  RETURN_IF_ERROR(table.Boolean("example", book.example_));
  RETURN_IF_ERROR(table.Boolean("refuse_unpriced", book.refuse_unpriced_));
  const TomlValue* prices = table.Take("price");
  RETURN_IF_ERROR(ReadRows<PriceRow>(prices, "price", ReadPrice, book.prices_));
  RETURN_IF_ERROR(ReadRows<DiscountRow>(table.Take("discount"), "discount", ReadDiscount, book.discounts_));
  RETURN_IF_ERROR(ReadRows<FreeRow>(table.Take("free"), "free", ReadFree, book.free_));
  RETURN_IF_ERROR(table.End());
  if (prices != nullptr) RETURN_IF_ERROR(CheckTiers(book.prices_, *prices));
  return book;
}

namespace {

Rates RatesOf(const std::vector<PriceRow>& prices, std::string_view model, std::string_view currency,
              std::int64_t at_ms, std::int64_t input_tokens) {
  const PriceRow* best = nullptr;
  std::tuple<int, std::int64_t, std::string_view, std::int64_t> best_rank;
  for (const PriceRow& row : prices) {
    if (row.currency != currency || !Holds(row.from_ms, row.until_ms, at_ms)) continue;
    if (row.over_input_tokens > 0 && input_tokens <= row.over_input_tokens) continue;
    // The pattern itself stands in the rank so that tiers are compared within one pattern only.
    const std::tuple rank{Specificity(row.model), row.from_ms, std::string_view(row.model), row.over_input_tokens};
    if (best != nullptr && rank < best_rank) continue;
    if (!GlobMatches(row.model, model)) continue;
    best = &row;
    best_rank = rank;
  }
  Rates rates;
  if (best == nullptr) return rates;
  rates.priced = true;
  rates.micro_per_million = best->micro_per_million;
  rates.batch_ppm = best->batch_ppm;
  return rates;
}

}  // namespace

/// An adapter, "base+name", that no row is for costs what its base costs.
Rates PriceBook::RatesFor(std::string_view model, std::string_view currency, std::int64_t at_ms,
                          std::int64_t input_tokens) const {
  const Rates rates = RatesOf(prices_, model, currency, at_ms, input_tokens);
  const std::size_t plus = model.rfind('+');
  if (rates.priced || plus == model.npos) return rates;
  return RatesOf(prices_, model.substr(0, plus), currency, at_ms, input_tokens);
}

std::int32_t PriceBook::DiscountFor(std::string_view workspace, std::string_view model, std::int64_t at_ms) const {
  std::int32_t ppm = 0;
  for (const DiscountRow& row : discounts_) {
    if (row.ppm > ppm && Holds(row.from_ms, row.until_ms, at_ms) && GlobMatches(row.workspace, workspace) &&
        GlobMatches(row.model, model)) {
      ppm = row.ppm;
    }
  }
  return ppm;
}

const FreeRow* PriceBook::FreeFor(std::string_view workspace, std::string_view model, std::int64_t at_ms,
                                  const std::function<bool(const FreeRow&)>& has_left) const {
  const auto end = [](const FreeRow& row) { return row.until_ms == 0 ? INT64_MAX : row.until_ms; };
  const FreeRow* best = nullptr;
  for (const FreeRow& row : free_) {
    if (Holds(row.from_ms, row.until_ms, at_ms) && GlobMatches(row.workspace, workspace) &&
        GlobMatches(row.model, model) && (best == nullptr || end(row) < end(*best)) && has_left(row)) {
      best = &row;
    }
  }
  return best;
}

std::string Diff(const PriceBook& from, const PriceBook& to) {
  const auto flatten = [](const PriceBook& book) {
    std::map<std::string, std::map<std::string, std::string>> out;
    for (const PriceRow& row : book.prices()) {
      auto& fields = out[fmt::format("price {} {} from {} over {}", row.model, row.currency, TimeText(row.from_ms),
                                     row.over_input_tokens)];
      for (std::size_t i = 0; i < kKinds; ++i)
        fields[std::string(KindName(static_cast<Kind>(i)))] = std::to_string(row.micro_per_million[i]);
      fields["batch_ppm"] = std::to_string(row.batch_ppm);
      if (row.until_ms != 0) fields["until"] = TimeText(row.until_ms);
    }
    for (const DiscountRow& row : book.discounts()) {
      auto& fields = out[fmt::format("discount {} {} from {}", row.workspace, row.model, TimeText(row.from_ms))];
      fields["ppm"] = std::to_string(row.ppm);
      if (row.until_ms != 0) fields["until"] = TimeText(row.until_ms);
    }
    for (const FreeRow& row : book.free()) {
      auto& fields = out[fmt::format("free {} {} {} from {}", row.id, row.workspace, row.model, TimeText(row.from_ms))];
      fields["tokens"] = std::to_string(row.tokens);
      if (row.until_ms != 0) fields["until"] = TimeText(row.until_ms);
    }
    out["book"]["refuse_unpriced"] = book.refuse_unpriced() ? "true" : "false";
    return out;
  };
  const auto before = flatten(from), after = flatten(to);
  std::string text;
  for (const auto& [row, fields] : before) {
    const auto other = after.find(row);
    if (other == after.end()) {
      text += fmt::format("- {}\n", row);
      continue;
    }
    std::string changes;
    auto all = fields;
    all.insert(other->second.begin(), other->second.end());
    for (const auto& [name, unused] : all) {
      const auto old_value = fields.find(name), new_value = other->second.find(name);
      const std::string was = old_value == fields.end() ? "none" : old_value->second;
      const std::string is = new_value == other->second.end() ? "none" : new_value->second;
      if (was != is) changes += fmt::format("{}{} {} -> {}", changes.empty() ? "" : ", ", name, was, is);
    }
    if (!changes.empty()) text += fmt::format("  {}: {}\n", row, changes);
  }
  for (const auto& [row, fields] : after)
    if (!before.contains(row)) {
      std::string values;
      for (const auto& [name, value] : fields)
        if (value != "0") values += fmt::format("{}{} {}", values.empty() ? "" : ", ", name, value);
      text += fmt::format("+ {}: {}\n", row, values);
    }
  return text;
}

std::string_view ExamplePriceBook() { return embedded::cloud_prices_example_toml(); }

}  // namespace yun::cloud
