// Files that are cut, replaced and removed while they are mapped: nobody dies of it, and it is told.
#include "base/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

namespace yun {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;

class MappedFileTest : public testing::Test {
 protected:
  MappedFileTest() {
    std::string name = (fs::temp_directory_path() / "yun_mapped_XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "file";
    std::ofstream(path_) << std::string(3 * kPage, 'x');
  }
  ~MappedFileTest() override { fs::remove_all(folder_); }
  fs::path folder_, path_;
};

TEST_F(MappedFileTest, CutItReadsAsZerosAndTells) {
  const MappedFile file = *MappedFile::Open(path_);
  const fs::path other_path = folder_ / "other";
  fs::copy_file(path_, other_path);
  const MappedFile other = *MappedFile::Open(other_path);
  EXPECT_TRUE(file.CheckMapped());
  EXPECT_TRUE(file.CheckPath());
  fs::resize_file(path_, kPage);
  const auto* bytes = reinterpret_cast<const volatile char*>(file.bytes().data());
  EXPECT_EQ(bytes[0], 'x');
  EXPECT_EQ(bytes[kPage + 5], 0);
  EXPECT_EQ(bytes[3 * kPage - 1], 0);
  EXPECT_EQ(file.CheckMapped().error().code, Code::kUnavailable);
  EXPECT_NE(file.CheckPath().error().message.find(path_.string()), std::string::npos);
  EXPECT_TRUE(other.CheckMapped()) << "each for itself";
}

TEST_F(MappedFileTest, WhoLiesThereNowIsAnotherQuestionThanWhatIsMapped) {
  const MappedFile file = *MappedFile::Open(path_);
  const fs::path aside = folder_ / "aside";
  fs::rename(path_, aside);
  EXPECT_TRUE(file.CheckMapped());
  EXPECT_FALSE(file.CheckPath());
  std::ofstream(path_) << std::string(3 * kPage, 'y');
  EXPECT_FALSE(file.CheckPath()) << "written at another time";
  EXPECT_EQ(static_cast<char>(file.bytes()[kPage]), 'x');
  fs::rename(aside, path_);
  EXPECT_TRUE(file.CheckPath());
  struct stat st = {};
  ASSERT_EQ(::stat(path_.c_str(), &st), 0);
  std::ofstream(path_, std::ios::in | std::ios::out) << "z";
  const timespec later[2] = {st.st_atim, {st.st_mtim.tv_sec + 1, st.st_mtim.tv_nsec}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), later, 0), 0);
  EXPECT_FALSE(file.CheckMapped());
  EXPECT_FALSE(file.CheckPath());
}

}  // namespace
}  // namespace yun
