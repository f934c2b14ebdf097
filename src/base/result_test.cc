#include "base/result.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "base/mapped_file.h"

namespace yun {
namespace {

Result<std::unique_ptr<int>> Half(int x) {
  if (x % 2) return Fail(Code::kInvalidArgument, "{} is odd", x);
  return std::make_unique<int>(x / 2);
}
Result<int> Quarter(int x) {
  ASSIGN_OR_RETURN(auto half, Half(x));
  ASSIGN_OR_RETURN(auto quarter, Half(*half));
  return *quarter;
}

TEST(Result, PassesValuesAndErrors) {
  EXPECT_EQ(*Quarter(8), 2);
  const auto odd = Quarter(6);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, Code::kInvalidArgument);
  EXPECT_EQ(odd.error().message, "3 is odd");
}

TEST(Result, EveryCodeHasAStatus) {
  for (int c = 0; c <= static_cast<int>(Code::kInternal); ++c) {
    EXPECT_GE(HttpStatus(static_cast<Code>(c)), 400);
    EXPECT_FALSE(CodeName(static_cast<Code>(c)).empty());
  }
}

TEST(MappedFile, SaysWhatIsMissing) {
  const auto file = MappedFile::Open("/nonexistent/x.gguf");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::kNotFound);
  EXPECT_NE(file.error().message.find("/nonexistent/x.gguf"), std::string::npos);
}

TEST(MappedFile, EmptyAndFull) {
  const auto path = std::filesystem::temp_directory_path() / "yun_mapped_file_test";
  std::ofstream(path) << "";
  EXPECT_TRUE(MappedFile::Open(path)->bytes().empty());
  std::ofstream(path) << "cloud";
  EXPECT_EQ(MappedFile::Open(path)->bytes().size(), 5u);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace yun
