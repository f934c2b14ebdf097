#include "cloud/totp.h"

#include <gtest/gtest.h>

namespace yun::cloud {
namespace {

constexpr std::string_view kRfcSecret = "12345678901234567890";

TEST(Totp, RfcVectors) {
  struct Case {
    std::int64_t seconds;
    const char* code;
  };
  // RFC 6238, appendix B, the rows for SHA-1.
  for (const Case& c : {Case{59, "94287082"}, Case{1111111109, "07081804"}, Case{1111111111, "14050471"},
                        Case{1234567890, "89005924"}, Case{2000000000, "69279037"}, Case{20000000000, "65353130"}})
    EXPECT_EQ(TotpCode(kRfcSecret, c.seconds / 30, 8), c.code) << c.seconds;
}

TEST(Totp, ACodeIsGoodOnceAndNotForLong) {
  const std::int64_t now_ms = 1'800'000'000'000, step = now_ms / kTotpStepMs;
  for (std::int64_t off = -3; off <= 3; ++off) {
    const auto found = TotpStep(kRfcSecret, TotpCode(kRfcSecret, step + off), now_ms, 0);
    EXPECT_EQ(found.has_value(), off >= -1 && off <= 1) << off;
    if (found) {
      EXPECT_EQ(*found, step + off);
    }
  }
  const std::string code = TotpCode(kRfcSecret, step);
  EXPECT_TRUE(TotpStep(kRfcSecret, code, now_ms, step - 1));
  EXPECT_FALSE(TotpStep(kRfcSecret, code, now_ms, step)) << "a replay";
  EXPECT_FALSE(TotpStep(kRfcSecret, TotpCode(kRfcSecret, step - 1), now_ms, step)) << "an older code";
  EXPECT_TRUE(TotpStep(kRfcSecret, TotpCode(kRfcSecret, step + 1), now_ms, step));
  for (const std::string& wrong : {std::string(), code + "0", code.substr(1), " " + code})
    EXPECT_FALSE(TotpStep(kRfcSecret, wrong, now_ms, 0)) << wrong;
}

TEST(Totp, Base32) {
  // RFC 4648, section 10.
  const std::pair<const char*, const char*> cases[] = {{"", ""},           {"f", "MY"},         {"fo", "MZXQ"},
                                                       {"foo", "MZXW6"},   {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"},
                                                       {"foobar", "MZXW6YTBOI"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(Base32(bytes), text);
    EXPECT_EQ(ParseBase32(text), bytes);
  }
  EXPECT_EQ(ParseBase32("mzxw 6ytb oi"), "foobar");
  for (const char* wrong : {"MZ=", "0", "1", "M8", "MZ-XW"}) EXPECT_FALSE(ParseBase32(wrong)) << wrong;
}

TEST(Totp, SecretAndAddress) {
  const auto a = MakeTotpSecret(), b = MakeTotpSecret();
  EXPECT_EQ(a.Reveal().size(), 20u);
  EXPECT_NE(a.Reveal(), b.Reveal());
  EXPECT_EQ(TotpUri("foobar", "my cloud", "a@b.c"),
            "otpauth://totp/my%20cloud:a%40b.c?secret=MZXW6YTBOI&issuer=my%20cloud&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace yun::cloud
