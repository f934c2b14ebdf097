#include "cloud/role.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace yun::cloud {
namespace {

TEST(Role, NamesComeBack) {
  for (const Role role : kRoles) EXPECT_EQ(ParseRole(RoleName(role)), role);
  for (const char* wrong : {"", "Owner", "operator", "owner ", "root"}) EXPECT_FALSE(ParseRole(wrong)) << wrong;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRights; ++i) EXPECT_TRUE(names.insert(RightName(static_cast<Right>(i))).second);
}

// The whole table once more, written the other way round: who has each right.
TEST(Role, TheTable) {
  const auto who = [](Right right) {
    std::string text;
    for (const Role role : kRoles)
      if (May(role, right)) text += (text.empty() ? "" : " ") + std::string(RoleName(role));
    return text;
  };
  EXPECT_EQ(who(Right::kSeeWorkspace), "viewer billing developer admin owner");
  EXPECT_EQ(who(Right::kUseModels), "developer admin owner");
  EXPECT_EQ(who(Right::kManageOwnKeys), "developer admin owner");
  EXPECT_EQ(who(Right::kManageKeys), "admin owner");
  EXPECT_EQ(who(Right::kManageMembers), "admin owner");
  EXPECT_EQ(who(Right::kManageOwners), "owner");
  EXPECT_EQ(who(Right::kManageWorkspace), "admin owner");
  EXPECT_EQ(who(Right::kSeeUsage), "viewer billing developer admin owner");
  EXPECT_EQ(who(Right::kSeeMoney), "billing admin owner");
  EXPECT_EQ(who(Right::kManageMoney), "billing owner");
  EXPECT_EQ(who(Right::kSeeAudit), "admin owner");
  EXPECT_EQ(who(Right::kPublish), "admin owner");
  EXPECT_EQ(who(Right::kOperate), "");
}

TEST(Role, AnAdminMakesNoOwners) {
  EXPECT_EQ(RightToChange({}, Role::kAdmin), Right::kManageMembers);
  EXPECT_EQ(RightToChange(Role::kViewer, {}), Right::kManageMembers);
  EXPECT_EQ(RightToChange({}, Role::kOwner), Right::kManageOwners);
  EXPECT_EQ(RightToChange(Role::kOwner, Role::kViewer), Right::kManageOwners);
  EXPECT_EQ(RightToChange(Role::kOwner, {}), Right::kManageOwners);
}

}  // namespace
}  // namespace yun::cloud
