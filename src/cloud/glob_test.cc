#include "cloud/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace yun::cloud {
namespace {

TEST(Glob, Matches) {
  struct Case {
    const char *pattern, *text;
    bool matches;
  };
  for (const Case& c : {Case{"", "", true}, Case{"", "a", false}, Case{"*", "", true}, Case{"*", "abc", true},
                        Case{"a*c", "abc", true}, Case{"a*c", "abcd", false}, Case{"a?c", "abc", true},
                        Case{"a?c", "ac", false}, Case{"qwen*", "qwen3:0.6b", true}, Case{"qwen*", "xqwen", false},
                        Case{"*b*b", "abbb", true}, Case{"**", "x", true}, Case{"a", "A", false}, Case{"?", "", false}})
    EXPECT_EQ(GlobMatches(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
  // Backtracking that doubled with each star would not end here.
  EXPECT_FALSE(GlobMatches("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

}  // namespace
}  // namespace yun::cloud
