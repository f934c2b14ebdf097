#include "cli/admin_text.h"

#include <gtest/gtest.h>

namespace yun::cli {
namespace {

TEST(AdminText, Money) {
  struct Case {
    const char* text;
    std::int64_t micro;
    const char* shown;
  };
  for (const Case& c : {Case{"5", 5'000'000, "5.00"},
                        {"0.3", 300'000, "0.30"},
                        {"-1.5", -1'500'000, "-1.50"},
                        {"0.000001", 1, "0.000001"},
                        {"1234.5678", 1'234'567'800, "1234.5678"},
                        {"0", 0, "0.00"},
                        {"9000000000", 9'000'000'000'000'000, "9000000000.00"}}) {
    ASSERT_TRUE(ParseMoney(c.text)) << c.text;
    EXPECT_EQ(*ParseMoney(c.text), c.micro);
    EXPECT_EQ(MoneyText(c.micro), c.shown);
  }
  for (const char* wrong : {"", "-", ".", "5.", ".5", "1e3", "5,00", "0.0000001", "--1", "+1", "0.-5", "9000000001",
                            "99999999999999999999", "5 yuan", " 5"})
    EXPECT_FALSE(ParseMoney(wrong)) << wrong;
  EXPECT_EQ(MoneyText(INT64_MIN), "-9223372036854.775808");
}

TEST(AdminText, TimesAndSpans) {
  constexpr std::int64_t kNow = 1'800'000'000'000;
  EXPECT_EQ(*ParseSpan("24h"), 86'400'000);
  EXPECT_EQ(*ParseSpan("0s"), 0);
  for (const char* wrong : {"", "h", "24", "-1h", "1w", "1.5h", "100001d"}) EXPECT_FALSE(ParseSpan(wrong)) << wrong;
  EXPECT_EQ(*ParseTime("1970-01-02", kNow), 86'400'000);
  EXPECT_EQ(*ParseTime("2026-11-22T10:30", kNow), 1'795'343'400'000);
  EXPECT_EQ(TimeText(1'795'343'400'000), "2026-11-22 10:30:00");
  EXPECT_EQ(*ParseTime("now", kNow), kNow);
  EXPECT_EQ(*ParseTime("7d", kNow), kNow - 7 * 86'400'000LL);
  EXPECT_EQ(*ParseTime("+30d", kNow), kNow + 30 * 86'400'000LL);
  for (const char* wrong : {"", "2026-02-30", "2026-13-01", "2026-11-22T25:00", "2026-11-22T", "26-11-22", "soon"})
    EXPECT_FALSE(ParseTime(wrong, kNow)) << wrong;
  EXPECT_EQ(TimeText(0), "-");
}

}  // namespace
}  // namespace yun::cli
