#include "cloud/ip_range.h"

#include <gtest/gtest.h>

namespace yun::cloud {
namespace {

TEST(IpRange, Contains) {
  struct Case {
    const char *range, *ip;
    bool inside;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.128/25", "192.0.2.200", true},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.6", false},
      {"192.0.2.7/32", "::ffff:192.0.2.7", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "203.0.113.9", true},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::1", false},
      {"2001:db8::8000/113", "2001:db8::8001", true},
      {"2001:db8::8000/113", "2001:db8::7fff", false},
      {"10.0.0.0/8", "10.1.2.3:4567", true},
      {"::1", "[::1]:8080", true},
  };
  for (const Case& c : cases) {
    const auto range = ParseIpRange(c.range);
    ASSERT_TRUE(range.has_value()) << c.range;
    const auto ip = ParseIp(c.ip);
    ASSERT_TRUE(ip.has_value()) << c.ip;
    EXPECT_EQ(range->Contains(*ip), c.inside) << c.range << " " << c.ip;
  }
}

TEST(IpRange, NothingElseIsOne) {
  for (const char* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8x",
                           "10.0.0.1/8", "2001:db8::/129", "2001:db8::1/32", "10.0.0", "010.0.0.0/8", "example.com",
                           "10.0.0.0/8/8", "1::2::3", "10.0.0.0/99999999999999999999"})
    EXPECT_FALSE(ParseIpRange(text).has_value()) << text;
  for (const char* text : {"", ":80", "[::1", "[::1]80", "10.0.0.1.2", "::1:2:3:4:5:6:7:8:9", "localhost"})
    EXPECT_FALSE(ParseIp(text).has_value()) << text;
}

}  // namespace
}  // namespace yun::cloud
