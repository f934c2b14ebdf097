#include "cli/metrics_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace yun::cli {
namespace {

TEST(MetricsText, ReadsSamples) {
  const auto parsed = MetricsText::Parse(
      "# HELP a what\n# TYPE a counter\na{m=\"x\",w=\"1\"} 3\na{m=\"x\",w=\"2\"} 4.5e0\n\n"
      "a{ m = \"y\\\"\\\\\\n\" , } +7 1395066363000\n"
      "b 1\n  c\t-Inf\nd NaN");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->Sum("a"), 14.5);
  EXPECT_EQ(parsed->Sum("a", {{"m", "x"}}), 7.5);
  EXPECT_EQ(parsed->Sum("a", {{"m", "x"}, {"w", "2"}}), 4.5);
  EXPECT_EQ(parsed->Sum("a", {{"m", "y\"\\\n"}}), 7);
  EXPECT_EQ(parsed->Sum("a", {{"q", "x"}}), 0);
  EXPECT_EQ(parsed->Sum("b"), 1);
  EXPECT_EQ(parsed->Sum("c"), -INFINITY);
  EXPECT_TRUE(std::isnan(parsed->Sum("d")));
  EXPECT_EQ(parsed->Sum("e"), 0);
  EXPECT_EQ(parsed->Values("a", "w"), (std::vector<std::string>{"1", "2"}));
}

TEST(MetricsText, RefusesWhatIsNot) {
  for (const char* text : {"1a 2", "a", "a x", "a{ 1", "a{b} 1", "a{b=\"x} 1", "a{b=\"x\\", "a{b=x} 1", "a 1 2 3",
                           "a 1 x", "<html>", "{\"error\": 1}"}) {
    const auto parsed = MetricsText::Parse(std::string("ok 1\n") + text + "\n");
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Code::kCorrupt);
    EXPECT_NE(parsed.error().message.find("line 2"), std::string::npos);
  }
}

TEST(MetricsText, Quantiles) {
  const auto parsed = MetricsText::Parse(
      "h_bucket{w=\"1\",le=\"0.1\"} 1\nh_bucket{w=\"1\",le=\"0.2\"} 3\nh_bucket{w=\"1\",le=\"+Inf\"} 4\n"
      "h_bucket{w=\"2\",le=\"0.1\"} 1\nh_bucket{w=\"2\",le=\"0.2\"} 1\nh_bucket{w=\"2\",le=\"+Inf\"} 1\n");
  ASSERT_TRUE(parsed.has_value());
  const auto all = parsed->Buckets("h");
  EXPECT_EQ(all, (std::map<double, double>{{0.1, 2}, {0.2, 4}, {INFINITY, 5}}));
  EXPECT_DOUBLE_EQ(*Quantile(all, 0.2), 0.05);
  EXPECT_DOUBLE_EQ(*Quantile(all, 0.6), 0.15);
  EXPECT_DOUBLE_EQ(*Quantile(all, 1), 0.2);  // somewhere above
  EXPECT_FALSE(Quantile({}, 0.5).has_value());
  EXPECT_FALSE(Quantile({{1, 0}, {INFINITY, 0}}, 0.5).has_value());
  const auto one = parsed->Buckets("h", {{"w", "1"}});
  EXPECT_EQ(Since(all, one), parsed->Buckets("h", {{"w", "2"}}));
  EXPECT_EQ(Since(one, all), one);  // a server that started anew
}

}  // namespace
}  // namespace yun::cli
