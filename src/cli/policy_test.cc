#include "cli/policy.h"

#include <gtest/gtest.h>

namespace yun::cli {
namespace {

TEST(Policy, SetsWhatIsNamedAndNothingElse) {
  engine::SchedulerOptions policy;
  ASSERT_TRUE(ParsePolicy("fair=off,paged=off", policy));
  EXPECT_FALSE(policy.fair);
  EXPECT_FALSE(policy.paged);
  EXPECT_TRUE(policy.chunked);
  ASSERT_TRUE(ParsePolicy("fair=on,chunked=off", policy));
  EXPECT_TRUE(policy.fair);
  EXPECT_FALSE(policy.chunked);
  EXPECT_FALSE(policy.paged);
}

TEST(Policy, SaysWhatIsWrong) {
  const struct {
    const char *text, *told;
  } kCases[] = {
      {"", "no policy ''"},          {"fare=off", "no policy 'fare'; there are fair, chunked, paged"},
      {"fair", "say fair=on or"},    {"fair=", "say fair=on or fair=off"},
      {"fair=no", "is 'no'"},        {"fair=off,", "no policy ''"},
      {"=off", "no policy ''"},      {"fair=off,chunked=off=on", "is 'off=on'"},
  };
  for (const auto& c : kCases) {
    engine::SchedulerOptions policy;
    const Status told = ParsePolicy(c.text, policy);
    ASSERT_FALSE(told) << c.text;
    EXPECT_NE(told.error().message.find(c.told), std::string::npos) << told.error().message;
  }
}

}  // namespace
}  // namespace yun::cli
