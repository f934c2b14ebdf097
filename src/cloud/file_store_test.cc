#include "cloud/file_store.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "cloud/clock.h"
#include "cloud/vault.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::path(testing::TempDir()) / "yun_files";
    fs::remove_all(home_);
    fs::create_directories(home_);
    auto vault = Vault::Open(home_ / "vault.key", true);
    ASSERT_TRUE(vault) << vault.error().message;
    vault_ = std::make_unique<Vault>(std::move(*vault));
    auto database = store::Database::Open((home_ / "cloud.db").string());
    ASSERT_TRUE(database) << database.error().message;
    database_ = std::move(*database);
    Open();
  }
  void TearDown() override {
    files_.reset();
    database_.reset();
    fs::remove_all(home_);
  }
  void Open() {
    auto files = FileStore::Open(*database_, *vault_, home_, clock_);
    ASSERT_TRUE(files) << files.error().message;
    files_ = std::move(*files);
  }
  StoredFile Add(std::string name, std::string_view bytes, std::string workspace = "ws_a",
                 std::int64_t expires_ms = 0) {
    clock_.Advance(1);
    auto file = files_->Add({.workspace_id = workspace, .key_id = "key", .filename = name, .purpose = "batch",
                             .expires_ms = expires_ms},
                            bytes);
    EXPECT_TRUE(file) << file.error().message;
    return file.value_or(StoredFile{});
  }
  static std::string Names(const Result<FileList>& list) {
    std::string out;
    if (!list) return list.error().message;
    for (const StoredFile& file : list->files) out += file.filename;
    return out + (list->more ? "+" : "") + std::to_string(list->total);
  }

  ManualClock clock_;
  fs::path home_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<FileStore> files_;
};

TEST_F(Files, AreKeptSealed) {
  const std::string bytes = "a prompt that nobody may read" + std::string("\0\xff\n", 3);
  const StoredFile file = Add("in.jsonl", bytes);
  EXPECT_EQ(file.bytes, static_cast<std::int64_t>(bytes.size()));
  const fs::path path = home_ / "files" / "ws_a" / file.id;
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto sealed = ReadFile(path, 1 << 20);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->find("prompt"), std::string::npos);
  EXPECT_EQ(*files_->Read(file), bytes);
  EXPECT_EQ(files_->Find("ws_a", file.id)->filename, "in.jsonl");
  // Of another workspace, it is as if it were not there; nor does one file's seal open as another's.
  EXPECT_EQ(files_->Find("ws_b", file.id).error().code, Code::kNotFound);
  EXPECT_EQ(files_->Remove("ws_b", file.id).error().code, Code::kNotFound);
  const StoredFile other = Add("other", "x");
  fs::copy_file(path, home_ / "files" / "ws_a" / other.id, fs::copy_options::overwrite_existing);
  EXPECT_EQ(files_->Read(other).error().code, Code::kCorrupt);
  EXPECT_TRUE(files_->Remove("ws_a", file.id));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(files_->Find("ws_a", file.id).error().code, Code::kNotFound);
}

TEST_F(Files, ListsInPages) {
  std::vector<std::string> ids;
  for (const char* name : {"a", "b", "c"}) ids.push_back(Add(name, name).id);
  Add("z", "z", "ws_b");
  EXPECT_EQ(Names(files_->List({.workspace_id = "ws_a"})), "cba3");
  EXPECT_EQ(Names(files_->List({.workspace_id = "ws_a", .limit = 2})), "cb+3");
  EXPECT_EQ(Names(files_->List({.workspace_id = "ws_a", .after = ids[1], .limit = 2})), "a3");
  EXPECT_EQ(Names(files_->List({.workspace_id = "ws_a", .after = ids[1], .oldest_first = true})), "c3");
  EXPECT_EQ(Names(files_->List({.workspace_id = "ws_a", .offset = 2})), "a3");
  EXPECT_EQ(Names(files_->List({.workspace_id = "ws_a", .purpose = "evals"})), "0");
  EXPECT_EQ(files_->List({.workspace_id = "ws_b", .after = ids[0]}).error().code, Code::kNotFound);
}

TEST_F(Files, NamesAndBounds) {
  const auto refused = [&](std::string name) {
    const auto file = files_->Add({.workspace_id = "ws_a", .filename = std::move(name), .purpose = "batch"}, "x");
    return !file && file.error().code == Code::kInvalidArgument;
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("a\nb"));
  EXPECT_TRUE(refused("\xff"));
  EXPECT_TRUE(refused(std::string(kFileNameBytesMax + 1, 'a')));
  EXPECT_EQ(Add("../../etc/passwd", "x").filename, "../../etc/passwd");  // a name, no path
  // As much as a workspace may have, of which nothing is on the disk.
  const auto written = database_->Write([](store::Connection& c) -> Status {
    return FileStore::PutRow(c, {.id = "file-big", .workspace_id = "ws_b", .bytes = kFileBytesOfWorkspaceMax - 3});
  });
  ASSERT_TRUE(written);
  Add("fits", "123", "ws_b");
  const auto more = files_->Add({.workspace_id = "ws_b", .filename = "more", .purpose = "batch"}, "1");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::kTooMany);
}

TEST_F(Files, ExpireAndLeaveNothingBehind) {
  const StoredFile soon = Add("soon", "x", "ws_a", clock_.unix_ms() + 1000), stays = Add("stays", "y");
  const fs::path folder = home_ / "files" / "ws_a";
  EXPECT_TRUE(WriteFileAtomic(folder / "file-stray", "bytes without a row"));
  clock_.Advance(1000);
  EXPECT_EQ(files_->Find("ws_a", soon.id).error().code, Code::kNotFound);
  EXPECT_EQ(Names(files_->List({.workspace_id = "ws_a"})), "stays1");
  EXPECT_TRUE(files_->Sweep());
  EXPECT_FALSE(fs::exists(folder / soon.id));
  files_.reset();
  Open();
  EXPECT_FALSE(fs::exists(folder / "file-stray"));
  EXPECT_EQ(*files_->Read(stays), "y");
}

}  // namespace
}  // namespace yun::cloud
