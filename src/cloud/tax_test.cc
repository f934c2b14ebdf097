#include "cloud/tax.h"

#include <gtest/gtest.h>

#include "cloud/month.h"

namespace yun::cloud {
namespace {

TEST(Tax, RoundsHalfAwayFromZeroOnTopAndWithin) {
  struct Row {
    std::int64_t amount, ppm;
    bool included;
    std::int64_t tax;
  };
  for (const Row& row : std::initializer_list<Row>{
           {1'000'000, 60'000, false, 60'000},
           {1'060'000, 60'000, true, 60'000},
           {-1'060'000, 60'000, true, -60'000},
           {25, 20'000, false, 1},  // 0.5
           {24, 20'000, false, 0},  // 0.48
           {-25, 20'000, false, -1},
           {0, 190'000, false, 0},
           {9'000'000'000'000'000'000, 1'000'000, false, 9'000'000'000'000'000'000},
           {9'000'000'000'000'000'000, 1'000'000, true, 4'500'000'000'000'000'000},
           {123'456'789, 0, true, 0},
       })
    EXPECT_EQ(TaxOf(row.amount, {"VAT", row.ppm, row.included}), row.tax) << row.amount << ' ' << row.ppm;
}

TEST(Tax, MoneyIsShownInTheCurrencysCoins) {
  EXPECT_EQ(Payable(12'345'678, "CNY"), 12'350'000);
  EXPECT_EQ(Payable(12'345'000, "CNY"), 12'350'000);
  EXPECT_EQ(Payable(-12'345'000, "CNY"), -12'350'000);
  EXPECT_EQ(Payable(4'999, "USD"), 0);
  EXPECT_EQ(Payable(1'499'999, "JPY"), 1'000'000);
  EXPECT_EQ(Payable(1'499'499, "KWD"), 1'499'000);
  EXPECT_EQ(Payable(INT64_MAX, "CNY"), 9'223'372'036'854'770'000);
  EXPECT_EQ(Payable(INT64_MIN, "CNY"), -9'223'372'036'854'770'000);
  EXPECT_EQ(MoneyText(12'345'678, "CNY"), "12.35");
  EXPECT_EQ(MoneyText(-4'000, "CNY"), "0.00");
  EXPECT_EQ(MoneyText(-5'000, "CNY"), "-0.01");
  EXPECT_EQ(MoneyText(1'500'000, "JPY"), "2");
  EXPECT_EQ(MicroText(-5'000), "-0.005000");
  EXPECT_EQ(MicroText(INT64_MIN), "-9223372036854.775808");
}

TEST(Month, KnowsItsInstants) {
  const Result<Month> month = Month::Parse("2024-02");
  ASSERT_TRUE(month);
  EXPECT_EQ(month->from_ms(), 1'706'745'600'000);
  EXPECT_EQ(month->to_ms() - month->from_ms(), 29 * 86'400'000ll);
  EXPECT_EQ(Month::Of(month->to_ms() - 1), *month);
  EXPECT_EQ(Month::Of(month->to_ms()), month->Plus(1));
  EXPECT_EQ(month->Plus(-2).Text(), "2023-12");
  EXPECT_EQ(month->Plus(11).Text(), "2025-01");
  EXPECT_EQ(DateText(month->to_ms() - 1), "2024-02-29");
  for (const char* wrong : {"", "2024", "2024-13", "2024-00", "1969-01", "2024-1", "2024/01", "+024-01", "2024-0x"})
    EXPECT_FALSE(Month::Parse(wrong)) << wrong;
}

}  // namespace
}  // namespace yun::cloud
