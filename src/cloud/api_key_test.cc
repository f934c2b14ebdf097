#include "cloud/api_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "base/file.h"

namespace yun::cloud {
namespace {

namespace fs = std::filesystem;

class ApiKey : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::temp_directory_path() / ("yun_keys_" + std::to_string(::getpid()) + "_" +
                                         testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(home_);
  }
  void TearDown() override { fs::remove_all(home_); }
  std::unique_ptr<ApiKeyStore> Open() {
    auto store = ApiKeyStore::Open(home_);
    EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message);
    return store ? std::move(*store) : nullptr;
  }
  fs::path home_;
};

TEST_F(ApiKey, IsKnownAgainAfterARestart) {
  std::string key;
  {
    auto store = Open();
    EXPECT_TRUE(store->List().empty());
    key = store->Create("first")->Reveal();
    EXPECT_EQ(key.size(), 3 + 64u);
    EXPECT_EQ(key.substr(0, 3), "sk-");
  }
  auto store = Open();
  ASSERT_EQ(store->List().size(), 1u);
  EXPECT_EQ(store->List()[0].name, "first");
  EXPECT_EQ(store->List()[0].hint, key.substr(0, 7));
  const auto record = store->Verify(key);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->id, store->List()[0].id);
}

TEST_F(ApiKey, NothingElseIsAKey) {
  auto store = Open();
  const std::string key = store->Create("k")->Reveal();
  std::string changed = key;
  changed.back() = changed.back() == '0' ? '1' : '0';
  for (const std::string& wrong : {std::string(), std::string("sk-"), changed, key + "0", key.substr(0, key.size() - 1),
                                   " " + key, std::string(100000, 'x')})
    EXPECT_FALSE(store->Verify(wrong).has_value()) << wrong.substr(0, 80);
}

TEST_F(ApiKey, FilesHoldNoKeyAndAreForTheOwnerAlone) {
  auto store = Open();
  const std::string key = store->Create("k")->Reveal();
  for (const char* name : {"server.key", "keys.json"}) {
    struct stat st{};
    ASSERT_EQ(::stat((home_ / name).c_str(), &st), 0) << name;
    EXPECT_EQ(st.st_mode & 0777, 0600u) << name;
    EXPECT_EQ(ReadFile(home_ / name, 1 << 20)->find(key.substr(8)), std::string::npos) << name;
  }
}

TEST_F(ApiKey, AnotherServersKeyFileDoesNotKnowTheKey) {
  std::string key = Open()->Create("k")->Reveal();
  ASSERT_TRUE(WriteFileAtomic(home_ / "server.key", std::string(64, 'a')));
  EXPECT_FALSE(Open()->Verify(key).has_value());
}

TEST_F(ApiKey, TemporaryKeysAreNotWritten) {
  auto store = Open();
  const std::string temporary = store->CreateTemporary("demo").Reveal();
  EXPECT_TRUE(store->Verify(temporary).has_value());
  EXPECT_TRUE(store->List().empty());
  ASSERT_TRUE(store->Create("k").has_value());
  EXPECT_FALSE(Open()->Verify(temporary).has_value());
}

TEST_F(ApiKey, TwoStoresOfOneHomeKeepEachOthersKeys) {
  auto one = Open(), two = Open();
  const std::string a = one->Create("a")->Reveal(), b = two->Create("b")->Reveal();
  EXPECT_TRUE(Open()->Verify(a).has_value() && Open()->Verify(b).has_value());
}

TEST_F(ApiKey, BrokenFilesAreNamed) {
  struct Case {
    const char *file, *text;
  };
  const Case cases[] = {{"server.key", "abc"},
                        {"keys.json", "{"},
                        {"keys.json", "{}"},
                        {"keys.json", R"({"keys":[1]})"},
                        {"keys.json", R"({"keys":[{"id":"x","hash":"zz"}]})"}};
  for (const Case& c : cases) {
    fs::remove_all(home_);
    ASSERT_TRUE(Open()->Create("k").has_value());
    ASSERT_TRUE(WriteFileAtomic(home_ / c.file, c.text));
    auto store = ApiKeyStore::Open(home_);
    ASSERT_FALSE(store.has_value()) << c.text;
    EXPECT_EQ(store.error().code, Code::kCorrupt);
    EXPECT_NE(store.error().message.find(c.file), std::string::npos) << store.error().message;
  }
  fs::remove(home_ / "server.key");
  EXPECT_EQ(ApiKeyStore::Open(home_).error().code, Code::kCorrupt);
}

TEST_F(ApiKey, RandomHexDiffers) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(RandomHex(12)).second);
}

}  // namespace
}  // namespace yun::cloud
