#include "hub/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "base/file.h"
#include "hub/digest.h"
#include "hub/name.h"

namespace yun::hub {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string name = testing::TempDir() + "store_test.XXXXXX";
    EXPECT_NE(nullptr, mkdtemp(name.data()));
    home_ = name;
  }
  ~StoreTest() override { fs::remove_all(home_); }
  fs::path Write(const std::string& name, std::string_view bytes) {
    fs::create_directories((home_ / name).parent_path());
    std::ofstream(home_ / name, std::ios::binary) << bytes;
    return home_ / name;
  }
  std::vector<std::string> Names(const Store& store) {
    std::vector<std::string> out;
    for (const auto& model : store.List()) out.push_back(model.name);
    return out;
  }
  fs::path home_;
};

TEST(Name, GoodAndBad) {
  struct Case {
    const char* name;
    bool good;
  };
  for (const Case& c :
       {Case{"qwen3:0.6b", true}, Case{"Qwen/Qwen3-8B", true}, Case{"Qwen/Qwen3-8B:q4_k_m", true}, Case{"a", true},
        Case{"", false}, Case{":x", false}, Case{"a:", false}, Case{"..", false}, Case{"../x", false},
        Case{"a/../b", false}, Case{"a:..", false}, Case{"/etc", false}, Case{"a b", false}, Case{"a:b:c", false},
        Case{"a/b/c", false}, Case{".incoming", false}, Case{"_", false}, Case{"a\\b", false}, Case{"ä", false}}) {
    EXPECT_EQ(CheckName(c.name).has_value(), c.good) << c.name;
  }
  EXPECT_FALSE(CheckName(std::string(65, 'a')));
  EXPECT_EQ(NameFolder("qwen3:0.6b"), "qwen3/0.6b");
  EXPECT_EQ(NameFolder("Qwen/Qwen3-8B"), "Qwen@Qwen3-8B/_");
  EXPECT_TRUE(CheckName(NameFrom("..odd name!")));
}

TEST(Name, TwoNamesNeverShareAFolder) {
  // Every text of up to 5 bytes over what separates parts.
  constexpr std::string_view kAlphabet = "aB._/:@";
  std::map<std::string, std::string> folders;
  std::vector<std::string> level{""};
  for (int length = 1; length <= 5; ++length) {
    std::vector<std::string> next;
    for (const std::string& begin : level) {
      for (const char c : kAlphabet) next.push_back(begin + c);
    }
    for (const std::string& name : next) {
      if (!CheckName(name)) continue;
      const std::string folder = NameFolder(name);
      EXPECT_EQ(std::count(folder.begin(), folder.end(), '/'), 1) << name;
      EXPECT_TRUE(folders.emplace(folder, name).second) << name << " and " << folders[folder];
    }
    level = std::move(next);
  }
  EXPECT_GT(folders.size(), 500u);
}

TEST(Name, Near) {
  const std::vector<std::string> all = {"qwen3:0.6b", "qwen3:4b", "smollm2:135m"};
  EXPECT_THAT(NearNames("smollm:135m", all), ElementsAre("smollm2:135m"));
  EXPECT_THAT(NearNames("qwen3:5b", all), testing::Contains("qwen3:4b"));
  EXPECT_THAT(NearNames("zzz", all), ElementsAre());
}

TEST(Record, SafePaths) {
  for (const char* good : {"a.gguf", "a/b.json", "model-00001-of-00002.safetensors"})
    EXPECT_TRUE(IsSafeRelativePath(good)) << good;
  for (const char* bad : {"", "/a", "../a", "a/../b", "a//b", "a/", ".x", "a/.x", "a\\b", "a\nb", "a\x7f"}) {
    EXPECT_FALSE(IsSafeRelativePath(bad)) << bad;
  }
}

TEST(Record, RoundTrip) {
  ModelRecord record{
      .name = "a:b", .path = "x.gguf", .bytes = 7, .source = "hf:o/\"r\"\n", .licence = "MIT", .added_unix = 5};
  record.files.push_back({"x.gguf", 7, std::string(64, 'a')});
  const auto back = ParseRecord(WriteRecord(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->source, record.source);
  EXPECT_EQ(back->files.at(0).sha256, record.files[0].sha256);
  EXPECT_EQ(back->bytes, 7u);
  EXPECT_FALSE(ParseRecord("name = 'a'\npath = '../../etc/passwd'"));
  EXPECT_FALSE(ParseRecord("name = 'a'\npath = '.'\n[[file]]\npath = '/x'"));
  EXPECT_THAT(ParseRecord("name = 'a'\npath = ").error().message, HasSubstr("line 2"));
}

TEST(SplitNames, Cases) {
  EXPECT_THAT(*SplitNames("m-00002-of-00003.gguf"),
              ElementsAre("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"));
  EXPECT_THAT(*SplitNames("m.gguf"), ElementsAre("m.gguf"));
  EXPECT_THAT(*SplitNames("m-00004-of-00003.gguf"), ElementsAre("m-00004-of-00003.gguf"));
  EXPECT_THAT(*SplitNames("m-0000x-of-00003.gguf"), ElementsAre("m-0000x-of-00003.gguf"));
  EXPECT_FALSE(SplitNames("m-00001-of-99999.gguf"));
}

TEST_F(StoreTest, ImportListFindRemove) {
  auto store = Store::Open(home_ / "home");
  ASSERT_TRUE(store) << store.error().message;
  const auto gguf = Write("in/tiny.gguf", "GGUFabc");
  const auto imported = store->Import(gguf, "tiny:1b");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->bytes, 7u);
  EXPECT_EQ(*ReadFile(imported->path, 100), "GGUFabc");
  Write("in/hf/config.json", "{}");
  Write("in/hf/model.safetensors", "w");
  Write("in/hf/README.md", "no");
  const auto folder = store->Import(home_ / "in/hf", "org/tiny");
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_TRUE(fs::exists(folder->path / "config.json"));
  EXPECT_FALSE(fs::exists(folder->path / "README.md"));
  EXPECT_THAT(Names(*store), ElementsAre("org/tiny", "tiny:1b"));

  EXPECT_EQ(store->Find("tiny")->name, "tiny:1b");
  EXPECT_EQ(store->Import(gguf, "tiny:1b").error().code, Code::kAlreadyExists);
  EXPECT_TRUE(store->Import(gguf, "tiny:1b", {.replace = true}));
  EXPECT_TRUE(store->Import(gguf, "tiny:2b"));
  EXPECT_THAT(store->Find("tiny").error().message, HasSubstr("more than one"));
  EXPECT_THAT(store->Find("tinny:2b").error().message, HasSubstr("tiny:2b"));
  EXPECT_THAT(store->Find("other:7b").error().message, HasSubstr("yun pull other:7b"));

  EXPECT_EQ(*ResolveModel(*store, "tiny:2b"), store->Find("tiny:2b")->path);
  EXPECT_EQ(*ResolveModel(*store, gguf.string()), gguf);
  EXPECT_EQ(ResolveModel(*store, "./none.gguf").error().code, Code::kNotFound);

  EXPECT_TRUE(store->Remove("tiny:1b"));
  EXPECT_EQ(store->Remove("tiny:1b").error().code, Code::kNotFound);
  EXPECT_EQ(store->Remove("../../in").error().code, Code::kInvalidArgument);
  EXPECT_TRUE(store->Remove("org/tiny"));
  EXPECT_FALSE(fs::exists(home_ / "home/models/org@tiny"));
  EXPECT_THAT(Names(*store), ElementsAre("tiny:2b"));
  EXPECT_EQ(*ReadFile(gguf, 100), "GGUFabc");
}

TEST_F(StoreTest, ImportChecks) {
  auto store = Store::Open(home_ / "home");
  ASSERT_TRUE(store);
  const auto bad = Write("in/bad.gguf", "nope");
  EXPECT_EQ(store->Import(bad, "a").error().code, Code::kInvalidArgument);
  EXPECT_EQ(store->Import(home_ / "in", "a").error().code, Code::kInvalidArgument);
  EXPECT_EQ(store->Import(home_ / "none", "a").error().code, Code::kNotFound);
  const auto good = Write("in/good.gguf", "GGUF");
  const auto wrong = store->Import(good, "a", {.sha256 = std::string(64, '0')});
  EXPECT_EQ(wrong.error().code, Code::kCorrupt);
  EXPECT_TRUE(store->Import(good, "a", {.sha256 = *FileSha256(good)}));
  Write("in/s-00001-of-00002.gguf", "GGUF1");
  EXPECT_EQ(store->Import(home_ / "in/s-00001-of-00002.gguf", "s").error().code, Code::kNotFound);
  Write("in/s-00002-of-00002.gguf", "GGUF2");
  const auto split = store->Import(home_ / "in/s-00001-of-00002.gguf", "s");
  ASSERT_TRUE(split) << split.error().message;
  EXPECT_TRUE(fs::exists(split->path.parent_path() / "s-00002-of-00002.gguf"));
  // Nothing half-made is left of the failures.
  for (const auto& entry : fs::directory_iterator(home_ / "home/models/.incoming")) {
    EXPECT_EQ(entry.path().extension(), ".lock") << entry.path();
  }
}

TEST_F(StoreTest, OneAtATime) {
  auto store = Store::Open(home_);
  ASSERT_TRUE(store);
  auto lock = NameLock::Take(*store, "a:b");
  ASSERT_TRUE(lock);
  EXPECT_EQ(NameLock::Take(*store, "a:b").error().code, Code::kUnavailable);
  EXPECT_TRUE(NameLock::Take(*store, "a:c"));
}

TEST_F(StoreTest, StrangersInTheFolderAreIgnored) {
  auto store = Store::Open(home_);
  ASSERT_TRUE(store);
  Write("models/x/y/model.toml", "name = 'other:name'\npath = '.'");
  Write("models/x/z/model.toml", "not toml");
  Write("models/loose", "file");
  EXPECT_TRUE(store->List().empty());
}

TEST(Digest, KnownValues) {
  Digest sha(DigestKind::kSha256, 0);
  sha.Update("a");
  sha.Update("bc");
  EXPECT_EQ(sha.Finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Digest git(DigestKind::kGitBlob, 6);  // `echo hello | git hash-object --stdin`
  git.Update("hello\n");
  EXPECT_EQ(git.Finish(), "ce013625030ba8dba906f756967f9e9ca394464a");
}

}  // namespace
}  // namespace yun::hub
