#include "cloud/price_book.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace yun::cloud {
namespace {

constexpr std::int64_t kNow = 1'795'000'000'000;  // 2026-11-18

PriceBook Book(std::string_view text) {
  auto book = PriceBook::Parse(text);
  EXPECT_TRUE(book) << (book ? "" : book.error().message);
  return book ? *book : PriceBook();
}

Units Of(std::initializer_list<std::pair<Kind, std::int64_t>> counts) {
  Units units;
  for (const auto& [kind, count] : counts) units[kind] = count;
  return units;
}

TEST(PriceBook, TheExampleIsMarkedAsOne) {
  const PriceBook book = Book(ExamplePriceBook());
  EXPECT_TRUE(book.example());
  EXPECT_TRUE(ExamplePriceBook().starts_with("# EXAMPLE"));
  EXPECT_TRUE(book.RatesFor("anything", "CNY", kNow, 1).priced);
  EXPECT_FALSE(book.RatesFor("anything", "EUR", kNow, 1).priced);
}

TEST(PriceBook, TheMostSpecificThenTheLatestThenTheHighestTier) {
  const PriceBook book = Book(R"(
version = "1"
[[price]]
model = "*"
currency = "CNY"
input = 1
[[price]]
model = "qwen3-*"
currency = "CNY"
from = "2026-01-01"
input = 2
[[price]]
model = "qwen3-*"
currency = "CNY"
from = "2026-01-01"
over_input_tokens = 1000
input = 3
[[price]]
model = "qwen3-*"
currency = "CNY"
from = "2027-01-01T08:00:00+08:00"
until = "2028-01-01"
input = 4
[[price]]
model = "qwen3-0.6b"
currency = "CNY"
from = "2026-06-01"
input = 5
[[price]]
model = "qwen3-*"
currency = "USD"
input = 6
[[price]]
model = "turbo"
currency = "GBP"
input = 7
[[price]]
model = "turbo+mine"
currency = "GBP"
input = 8
)");
  const std::int64_t y2027 = 1'798'761'600'000, y2028 = 1'830'297'600'000, may_2026 = 1'777'593'600'000;
  const struct {
    std::string_view model, currency;
    std::int64_t at_ms, input_tokens, price;
  } kCases[] = {
      {"other", "CNY", kNow, 5, 1},         {"qwen3-8b", "CNY", kNow, 1000, 2}, {"qwen3-8b", "CNY", kNow, 1001, 3},
      {"qwen3-8b", "CNY", y2027 - 1, 1, 2}, {"qwen3-8b", "CNY", y2027, 1, 4},   {"qwen3-8b", "CNY", y2027, 5000, 4},
      {"qwen3-8b", "CNY", y2028, 1, 2},     {"qwen3-0.6b", "CNY", kNow, 1, 5},  {"qwen3-0.6b", "CNY", may_2026, 1, 2},
      {"qwen3-0.6b", "USD", kNow, 1, 6},    {"other", "USD", kNow, 1, 0},       {"qwen3-8b", "CNY", 0, 1, 1},
      // An adapter: a row of its own or a pattern, else its base's.
      {"qwen3-0.6b+shop", "CNY", kNow, 1, 2}, {"turbo+shop", "GBP", kNow, 1, 7}, {"turbo+mine", "GBP", kNow, 1, 8},
      {"turbo", "GBP", kNow, 1, 7}, {"turbo-2+shop", "GBP", kNow, 1, 0},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(book.RatesFor(c.model, c.currency, c.at_ms, c.input_tokens).micro_per_million[0], c.price)
        << c.model << " " << c.currency << " " << c.at_ms << " " << c.input_tokens;
  }
}

TEST(PriceBook, KindsThatAreLeftOutCostAsTheirLikes) {
  const Rates rates = Book("version = \"1\"\n[[price]]\nmodel = \"m\"\ncurrency = \"CNY\"\ninput = 7\noutput = 9\n")
                          .RatesFor("m", "CNY", kNow, 1);
  const std::array<std::int64_t, kKinds> expected = {7, 7, 7, 9, 9, 0, 0, 0, 0, 0};
  EXPECT_EQ(rates.micro_per_million, expected);
  EXPECT_EQ(rates.batch_ppm, 500'000);
}

TEST(PriceBook, ErrorsNameLineAndKey) {
  const std::string head = "version = \"1\"\n[[price]]\nmodel = \"m\"\ncurrency = \"CNY\"\n";
  const struct {
    std::string text;
    std::string_view message;
  } kCases[] = {
      {"", "line 1: book: version: is missing"},
      {"version = 3\n", "line 1: book: version: must be a text in quotes"},
      {"version = \"1\"\nprise = 1\n", "line 2: book: prise: no such key"},
      {"version = \"1\"\nprice = 1\n", "line 2: price: must be [[price]] tables"},
      {"version = \"1\"\nprice = [1]\n", "line 2: price: must be a table"},
      {"version = \"1\"\n[[price]]\nmodel = \"m\"\n", "line 2: price: currency: is missing"},
      {head + "inptu = 5\n", "line 5: price: inptu: no such key"},
      {head + "input = -5\n", "line 5: price: input: must be 0 to 10000000000000"},
      {head + "input = \"5\"\n", "line 5: price: input: must be a whole number"},
      {head + "from = \"2026-02-30\"\n", "line 5: price: from: no such day"},
      {head + "from = \"2026-02-03T25:00:00Z\"\n", "line 5: price: from: no such time of day"},
      {head + "from = \"soon\"\n",
       "line 5: price: from: '2026-11-01', '2026-11-01T08:00:00Z' or ...+08:00 is asked for"},
      {head + "from = \"2026-02-03\"\nuntil = \"2026-02-03\"\n", "line 6: price: until: must be later than 'from'"},
      {head + "over_input_tokens = 5\n", "line 2: price: over_input_tokens: the lowest tier must begin at 0"},
      {head + "[[price]]\nmodel = \"m\"\ncurrency = \"CNY\"\n",
       "line 5: price: the same model, currency, date and tier as in line 2"},
      {"version = \"1\"\n[[discount]]\nppm = 1000001\n", "line 3: discount: ppm: must be 0 to 1000000"},
      {"version = \"1\"\n[[free]]\ntokens = 5\n", "line 2: free: id: is missing"},
      {"version = \"1\"\nx\n", "line 2, column 2: expected '='"},
  };
  for (const auto& c : kCases) {
    const auto book = PriceBook::Parse(c.text);
    ASSERT_FALSE(book) << c.text;
    EXPECT_EQ(book.error().message, c.message);
  }
}

TEST(PriceBook, DiscountsAndFreeQuotas) {
  const PriceBook book = Book(ExamplePriceBook());
  const std::string_view ws = "ws_0123456789abcdef01234567";
  EXPECT_EQ(book.DiscountFor(ws, "m", kNow), 100'000);
  EXPECT_EQ(book.DiscountFor("ws_other", "m", kNow), 0);
  EXPECT_EQ(book.DiscountFor(ws, "m", 1'798'761'600'000), 0);
  const auto always = [](const FreeRow&) { return true; };
  ASSERT_NE(book.FreeFor(ws, "qwen3-8b", kNow, always), nullptr);
  EXPECT_EQ(book.FreeFor(ws, "qwen3-8b", kNow, always)->tokens, 1'000'000);
  EXPECT_EQ(book.FreeFor(ws, "gpt", kNow, always), nullptr);
  EXPECT_EQ(book.FreeFor(ws, "qwen3-8b", kNow, [](const FreeRow&) { return false; }), nullptr);
}

TEST(Charge, RoundsHalfUpOnceAndLinesAddUp) {
  Rates rates{.priced = true, .micro_per_million = {300'000, 60'000, 300'000, 600'000, 3'000'000}};
  const struct {
    Units units;
    bool batch;
    std::int32_t discount_ppm;
    std::int64_t free_left, amount, free_used;
  } kCases[] = {
      {{}, false, 0, 0, 0, 0},
      {Of({{Kind::kInput, 1}}), false, 0, 0, 0, 0},                      // 0.3
      {Of({{Kind::kInput, 1}, {Kind::kOutput, 1}}), false, 0, 0, 1, 0},  // 0.9
      {Of({{Kind::kInput, 5}}), false, 0, 0, 2, 0},                      // 1.5
      {Of({{Kind::kInput, 5}}), true, 0, 0, 1, 0},                       // 0.75
      {Of({{Kind::kInput, 5}}), true, 400'000, 0, 0, 0},                 // 0.45
      {Of({{Kind::kInput, 1'000'000}, {Kind::kCachedInput, 500'000}, {Kind::kThinking, 100}}), false, 0, 0, 330'300, 0},
      {Of({{Kind::kInput, 1'000'000}, {Kind::kOutput, 1'000'000}}), false, 0, 1'500'000, 300'000, 1'500'000},
      {Of({{Kind::kInput, 10}, {Kind::kImage, 3}}), false, 0, 100, 0, 10},  // images are no tokens
  };
  for (const auto& c : kCases) {
    rates.discount_ppm = c.discount_ppm;
    const Charge charge = ChargeOf(c.units, rates, c.batch, c.free_left);
    EXPECT_EQ(charge.amount_micro, c.amount);
    EXPECT_EQ(charge.free_units, c.free_used);
    std::int64_t sum = 0;
    for (const ChargeLine& line : charge.lines) sum += line.amount_micro;
    EXPECT_EQ(sum, c.amount);
  }
}

TEST(Charge, TheLargestFitsIn128Bits) {
  Units units;
  units.of.fill(kUnitsMax);
  Rates rates{.priced = true};
  rates.micro_per_million.fill(kPriceMax);
  EXPECT_EQ(ChargeOf(units, rates, false).amount_micro, 1'000'000'000'000'000'000);
  rates.batch_ppm = kMillion;
  rates.discount_ppm = 1;
  EXPECT_EQ(ChargeOf(units, rates, true).amount_micro, 999'999'000'000'000'000);
}

TEST(Charge, NeverAboveItsBoundAndWhatIsAffordedIsTheMost) {
  std::mt19937_64 random(5);
  const auto below = [&](std::int64_t max) { return std::uniform_int_distribution<std::int64_t>(0, max)(random); };
  for (int round = 0; round < 20'000; ++round) {
    Rates rates{.priced = true};
    for (auto& price : rates.micro_per_million) price = below(round % 2 ? 5 : 4'000'000);
    rates.discount_ppm = static_cast<std::int32_t>(below(kMillion));
    rates.batch_ppm = static_cast<std::int32_t>(below(kMillion));
    const bool batch = below(1) == 1;
    Units most = Of({{Kind::kInput, below(3000)}, {Kind::kOutput, below(3000)}, {Kind::kImage, below(3)}});
    const std::int64_t free_left = below(2) ? below(5000) : 0;
    const std::int64_t bound = BoundOf(most, rates, batch, free_left);

    Units used;
    std::int64_t input = most[Kind::kInput], output = below(most[Kind::kOutput]);
    used[Kind::kCachedInput] = below(input);
    used[Kind::kCacheWrite] = below(input - used[Kind::kCachedInput]);
    used[Kind::kInput] = input - used[Kind::kCachedInput] - used[Kind::kCacheWrite];
    used[Kind::kThinking] = below(output);
    used[Kind::kOutput] = output - used[Kind::kThinking];
    used[Kind::kImage] = below(most[Kind::kImage]);
    ASSERT_LE(ChargeOf(used, rates, batch, free_left).amount_micro, bound) << round;

    const std::int64_t micro = below(bound + 10);
    const auto afforded = OutputAfforded(most, rates, batch, free_left, micro);
    Units cut = most;
    cut[Kind::kOutput] = 0;
    ASSERT_EQ(afforded.has_value(), BoundOf(cut, rates, batch, free_left) <= micro) << round;
    if (!afforded) continue;
    cut[Kind::kOutput] = *afforded;
    ASSERT_LE(BoundOf(cut, rates, batch, free_left), micro) << round;
    ++cut[Kind::kOutput];
    if (*afforded < most[Kind::kOutput]) {
      ASSERT_GT(BoundOf(cut, rates, batch, free_left), micro) << round;
    }
  }
}

TEST(PriceBook, DiffSaysWhatChanges) {
  const std::string row = "[[price]]\nmodel = \"m\"\ncurrency = \"CNY\"\nfrom = \"2026-11-01\"\n";
  const PriceBook a = Book("version = \"1\"\n" + row + "input = 300000\n");
  EXPECT_EQ(Diff(a, Book("version = \"2\"\n" + row + "input = 300000\n")), "");
  EXPECT_EQ(Diff(a, Book("version = \"2\"\n" + row + "input = 250000\noutput = 1\nthinking = 0\n")),
            "  price m CNY from 2026-11-01 over 0: cache_write 300000 -> 250000, cached_input 300000 -> 250000, "
            "input 300000 -> 250000, output 0 -> 1\n");
  EXPECT_EQ(Diff(a, Book("version = \"2\"\n[[free]]\nid = \"f\"\ntokens = 5\n")),
            "- price m CNY from 2026-11-01 over 0\n+ free f * * from 1970-01-01: tokens 5\n");
}

}  // namespace
}  // namespace yun::cloud
