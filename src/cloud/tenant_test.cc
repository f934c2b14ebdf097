#include "cloud/tenant.h"

#include <gtest/gtest.h>

#include <set>

namespace yun::cloud {
namespace {

TEST(TenantNumbers, AreStableAndDiffer) {
  const TenantNumbers numbers(ServerKey({1})), others(ServerKey({2}));
  EXPECT_EQ(numbers.CacheSalt("ab", "c"), TenantNumbers(ServerKey({1})).CacheSalt("ab", "c")) << "after a restart";
  EXPECT_EQ(numbers.Tenant("key_1"), numbers.Tenant("key_1"));
  EXPECT_NE(numbers.Tenant("key_1"), numbers.Tenant("key_2"));
  EXPECT_NE(numbers.Tenant("key_1"), others.Tenant("key_1"));
  EXPECT_EQ(numbers.CacheSalt("ab", "c"), numbers.CacheSalt("ab", "c"));
  const std::set<std::uint64_t> all = {numbers.CacheSalt("ab", "c"), numbers.CacheSalt("a", "bc"),
                                       numbers.CacheSalt("abc", ""), numbers.CacheSalt("", "abc"),
                                       numbers.CacheSalt("", ""),    others.CacheSalt("ab", "c"),
                                       numbers.Tenant("ab"),         numbers.Tenant("")};
  EXPECT_EQ(all.size(), 8u);
}

}  // namespace
}  // namespace yun::cloud
