#include "cloud/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "base/file.h"
#include "cipher/key_file.h"
#include "cloud/people_test.h"
#include "cloud/random.h"

namespace yun::cloud {
namespace {

class VaultTest : public testing::Test {
 protected:
  VaultTest() : folder_(std::filesystem::temp_directory_path() / ("yun_vault_" + RandomHex(6))) {
    std::filesystem::create_directories(folder_);
  }
  ~VaultTest() override { std::filesystem::remove_all(folder_); }
  /// A vault with these keys, the last one sealing.
  Vault With(const std::vector<std::string>& keys) {
    std::string text = "# the cloud's\n\n";
    for (const std::string& key : keys) text += key + "\n";
    EXPECT_OK(WriteFileAtomic(file(), text, 0600));
    auto vault = Vault::Open(file(), false);
    EXPECT_OK(vault);
    return *vault;
  }
  std::filesystem::path file() const { return folder_ / "vault.key"; }

  const std::filesystem::path folder_;
  const std::string one_ = std::string(64, '1'), two_ = std::string(64, '2');
};

TEST_F(VaultTest, OpensWhatItSealed) {
  const Vault vault = With({one_});
  for (const std::string& text : {std::string(), std::string("s3cret"), std::string(100'000, 'x'),
                                  std::string("\0\xff", 2)}) {
    const std::string sealed = vault.Seal("budget", "bud_1", text);
    EXPECT_EQ(sealed.size(), text.size() + 33);
    const auto opened = vault.Unseal("budget", "bud_1", sealed);
    ASSERT_OK(opened);
    EXPECT_EQ(*opened, text);
  }
  EXPECT_EQ(vault.Seal("budget", "bud_1", "s3cret").find("s3cret"), std::string::npos);
}

TEST_F(VaultTest, NoTwoSealsAreAlike) {
  const Vault vault = With({one_});
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(vault.Seal("t", "r", "").substr(5, 12)).second);
}

TEST_F(VaultTest, AnyChangedBitIsSeen) {
  const Vault vault = With({one_});
  const std::string sealed = vault.Seal("budget", "bud_1", "s3cret");
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(vault.Unseal("budget", "bud_1", changed)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(vault.Unseal("budget", "bud_1", sealed.substr(0, size)));
  EXPECT_CODE(vault.Unseal("budget", "bud_1", sealed + '\0'), Code::kCorrupt);
}

TEST_F(VaultTest, ASealIsGoodInItsOwnPlaceAlone) {
  const Vault vault = With({one_});
  const std::string sealed = vault.Seal("budget", "bud_1", "s3cret");
  EXPECT_CODE(vault.Unseal("budget", "bud_2", sealed), Code::kCorrupt);
  EXPECT_CODE(vault.Unseal("prompt", "bud_1", sealed), Code::kCorrupt);
  EXPECT_CODE(vault.Unseal("budge", "tbud_1", sealed), Code::kCorrupt);
}

TEST_F(VaultTest, AnotherKeyOpensNothing) {
  const std::string sealed = With({one_}).Seal("budget", "bud_1", "s3cret");
  EXPECT_CODE(With({two_}).Unseal("budget", "bud_1", sealed), Code::kNotFound);
}

TEST_F(VaultTest, OldKeysOpenAndTheLastOneSeals) {
  const std::string old = With({one_}).Seal("budget", "bud_1", "s3cret");
  const Vault both = With({one_, two_});
  ASSERT_OK(both.Unseal("budget", "bud_1", old));
  EXPECT_FALSE(both.IsCurrent(old));
  const std::string fresh = both.Seal("budget", "bud_1", "s3cret");
  EXPECT_TRUE(both.IsCurrent(fresh));
  EXPECT_OK(With({two_}).Unseal("budget", "bud_1", fresh));
  EXPECT_CODE(With({one_}).Unseal("budget", "bud_1", fresh), Code::kNotFound);
}

TEST_F(VaultTest, MakesItsFileOnceForItsOwnerAlone) {
  EXPECT_CODE(Vault::Open(file(), false), Code::kNotFound);
  const auto made = Vault::Open(file(), true);
  ASSERT_OK(made);
  struct stat how {};
  ASSERT_EQ(::stat(file().c_str(), &how), 0);
  EXPECT_EQ(how.st_mode & 0777, 0600u);
  const auto again = Vault::Open(file(), true);
  ASSERT_OK(again);
  EXPECT_OK(again->Unseal("t", "r", made->Seal("t", "r", "text")));
}

TEST_F(VaultTest, AFileThatIsNoKeyIsRefused) {
  for (const std::string& text : {std::string(), std::string("# nothing\n"), std::string(63, '1'),
                                  std::string(66, '1'), std::string(64, 'g'), one_ + "\nkey\n"}) {
    ASSERT_OK(WriteFileAtomic(file(), text, 0600));
    EXPECT_CODE(Vault::Open(file(), true), Code::kCorrupt) << text;
  }
  ASSERT_OK(WriteFileAtomic(file(), one_ + "\nkey\n", 0600));
  EXPECT_NE(MessageOf(Vault::Open(file(), true)).find("line 2"), std::string::npos);
  EXPECT_EQ(MessageOf(Vault::Open(file(), true)).find(one_), std::string::npos);
  std::string many;
  for (std::size_t i = 0; i <= cipher::kFileKeysMax; ++i) many += RandomHex(32) + "\n";
  ASSERT_OK(WriteFileAtomic(file(), many, 0600));
  EXPECT_CODE(Vault::Open(file(), true), Code::kTooLarge);
}

}  // namespace
}  // namespace yun::cloud
