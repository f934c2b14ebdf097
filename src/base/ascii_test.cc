#include "base/ascii.h"

#include <gtest/gtest.h>

namespace yun {
namespace {

TEST(Ascii, LowerCaseOfLettersAlone) { EXPECT_EQ(LowerAscii("aZ@[`{9 \xC3\x84"), "az@[`{9 \xC3\x84"); }

TEST(Ascii, PercentEncoding) {
  EXPECT_EQ(PercentEncoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncoded("a b/c?d=e&f+%:"), "a%20b%2Fc%3Fd%3De%26f%2B%25%3A");
  EXPECT_EQ(PercentEncoded("a b/c:", "/"), "a%20b/c%3A");
  EXPECT_EQ(PercentEncoded("\xE4\xB8\xAD"), "%E4%B8%AD");
}

TEST(Ascii, WholeNumbers) {
  EXPECT_EQ(WholeNumber("0"), 0);
  EXPECT_EQ(WholeNumber("-12"), -12);
  EXPECT_EQ(WholeNumber("9223372036854775807"), 9223372036854775807);
  for (const char* other : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "one"})
    EXPECT_FALSE(WholeNumber(other)) << other;
}

}  // namespace
}  // namespace yun
