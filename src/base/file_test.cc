#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace yun {
namespace {

std::filesystem::path TempFolder() {
  std::string name = testing::TempDir() + "file_test.XXXXXX";
  EXPECT_NE(nullptr, mkdtemp(name.data()));
  return name;
}

TEST(File, WritesReadsAndReplaces) {
  const auto folder = TempFolder();
  ASSERT_TRUE(WriteFileAtomic(folder / "a", "one", 0600));
  ASSERT_TRUE(WriteFileAtomic(folder / "a", "two\n", 0600));
  EXPECT_EQ(*ReadFile(folder / "a", 4), "two\n");
  EXPECT_EQ(ReadFile(folder / "a", 3).error().code, Code::kTooLarge);
  EXPECT_EQ(ReadFile(folder / "b", 3).error().code, Code::kNotFound);
  EXPECT_EQ(ReadFile(folder, 3).error().code, Code::kDisk);
  struct stat st{};
  ASSERT_EQ(stat((folder / "a").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) entries += entry.exists();
  EXPECT_EQ(entries, 1);
  std::filesystem::remove_all(folder);
}

TEST(File, AFailedWriteLeavesTheTargetAlone) {
  const auto folder = TempFolder();
  ASSERT_TRUE(WriteFileAtomic(folder / "a", "kept"));
  std::filesystem::create_directory(folder / "d");
  EXPECT_EQ(WriteFileAtomic(folder / "no" / "a", "x").error().code, Code::kDisk);
  EXPECT_EQ(WriteFileAtomic(folder / "d", "x").error().code, Code::kDisk);
  EXPECT_EQ(*ReadFile(folder / "a", 10), "kept");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace yun
