#include "cloud/prompts.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <iterator>

#include "cloud/people_test.h"

namespace yun::cloud {
namespace {

constexpr std::string_view kRequest = R"({"messages":[{"role":"user","content":"my-private-question"}]})";
constexpr std::string_view kAnswer = R"({"choices":[{"index":0,"text":"my-private-answer"}]})";
constexpr std::int64_t kDay = std::int64_t{24} * 3600 * 1000;

class PromptsTest : public People {
 protected:
  void SetUp() override {
    People::SetUp();
    if (IsSkipped()) return;
    ASSERT_OK(directory().MakeFirst());
    auto vault = Vault::Open(folder() / "vault.key", true);
    ASSERT_OK(vault);
    vault_.emplace(std::move(*vault));
    Make();
  }
  void TearDown() override {
    prompts_.reset();
    People::TearDown();
  }
  void Make() { prompts_ = std::make_unique<Prompts>(*store_, *vault_, directory()); }
  std::string Here() { return directory().Workspaces()[0].id; }
  void Keep(const std::string& receipt_id, std::string request = std::string(kRequest)) {
    prompts_->Keep({receipt_id, Here(), "key_1", "m", 0, 0, std::move(request), std::string(kAnswer)});
  }
  std::vector<std::string> Listed(std::int64_t before_ms = INT64_MAX, std::string_view before_id = {},
                                  std::size_t rows_max = 100) {
    EXPECT_OK(store_->Flush());
    const auto prompts = prompts_->List(Here(), before_ms, before_id, rows_max);
    EXPECT_OK(prompts);
    std::vector<std::string> ids;
    for (const StoredPrompt& prompt : *prompts) ids.push_back(prompt.receipt_id);
    return ids;
  }
  std::int64_t Rows() {
    std::int64_t rows = 0;
    EXPECT_OK(store_->Read([&](store::Connection& db) -> Status {
      ASSIGN_OR_RETURN(const store::Rows found, db.Query("SELECT COUNT(*) FROM prompt"));
      rows = found[0].Int(0);
      return {};
    }));
    return rows;
  }
  using Ids = std::vector<std::string>;

  std::optional<Vault> vault_;
  std::unique_ptr<Prompts> prompts_;
};

TEST_P(PromptsTest, AreFoundByTheirReceiptInTheirWorkspace) {
  clock_.SetUnix(1000);
  Keep("rcp_1");
  clock_.SetUnix(2000);
  Keep("rcp_3");
  Keep("rcp_2");
  EXPECT_EQ(Listed(), (Ids{"rcp_3", "rcp_2", "rcp_1"}));
  EXPECT_EQ(Listed(INT64_MAX, "", 2), (Ids{"rcp_3", "rcp_2"}));
  EXPECT_EQ(Listed(2000, "rcp_2"), (Ids{"rcp_1"}));
  const auto found = prompts_->Find(Here(), "rcp_1");
  ASSERT_OK(found);
  EXPECT_EQ(found->request, kRequest);
  EXPECT_EQ(found->answer, kAnswer);
  EXPECT_EQ(found->key_id, "key_1");
  EXPECT_EQ(found->created_ms, 1000);
  EXPECT_EQ(found->bytes, static_cast<std::int64_t>(kRequest.size() + kAnswer.size()));
  EXPECT_CODE(prompts_->Find("ws_other", "rcp_1"), Code::kNotFound);
  EXPECT_CODE(prompts_->Find(Here(), "rcp_9"), Code::kNotFound);
  EXPECT_CODE(prompts_->Delete("ws_other", "rcp_1"), Code::kNotFound);
  EXPECT_OK(prompts_->Delete(Here(), "rcp_1"));
  EXPECT_CODE(prompts_->Delete(Here(), "rcp_1"), Code::kNotFound);
  EXPECT_EQ(*prompts_->Clear("ws_other"), 0);
  EXPECT_EQ(*prompts_->Clear(Here()), 2);
  EXPECT_EQ(Rows(), 0);
  EXPECT_EQ(prompts_->counts().stored, 3u);
}

TEST_P(PromptsTest, NoByteOfThemLiesOpen) {
  Keep("rcp_1");
  ASSERT_OK(store_->Flush());
  ASSERT_OK(store_->Read([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, db.Query("SELECT * FROM prompt"));
    EXPECT_EQ(rows.size(), 1u);
    for (const store::Value& value : rows.at(0).values())
      if (const auto* blob = std::get_if<store::Blob>(&value)) {
        EXPECT_EQ(blob->bytes.find("private"), std::string::npos);
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        EXPECT_EQ(text->find("private"), std::string::npos);
      }
    return {};
  }));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find("private"), std::string::npos) << entry.path();
  }
  EXPECT_TRUE(*AnythingSealed(*store_));
}

TEST_P(PromptsTest, ARowThatWasMovedDoesNotOpen) {
  Keep("rcp_1");
  ASSERT_OK(store_->Flush());
  Workspace draft;
  draft.account_id = directory().Accounts()[0].id, draft.name = "Other";
  const auto other = directory().MakeWorkspace({}, draft, directory().People()[0].id);
  ASSERT_OK(other);
  Sql("UPDATE prompt SET workspace_id = ?", {other->id});
  EXPECT_CODE(prompts_->Find(other->id, "rcp_1"), Code::kCorrupt);
  Sql("UPDATE prompt SET workspace_id = ?, receipt_id = 'rcp_2'", {Here()});
  EXPECT_CODE(prompts_->Find(Here(), "rcp_2"), Code::kCorrupt);
  Sql("UPDATE prompt SET receipt_id = 'rcp_1', answer = request");
  EXPECT_CODE(prompts_->Find(Here(), "rcp_1"), Code::kCorrupt);
}

TEST_P(PromptsTest, GoWhenTheirTimeIsOver) {
  Workspace workspace = directory().Workspaces()[0];
  workspace.store_prompts = true;
  workspace.retention_days = 2;
  ASSERT_OK(directory().UpdateWorkspace({}, workspace));
  clock_.SetUnix(kDay);
  for (std::size_t i = 0; i < kPromptsRemovedMax + 5; ++i) Keep(fmt::format("rcp_{:04}", i));
  clock_.SetUnix(2 * kDay);
  Keep("rcp_later");
  ASSERT_OK(store_->Flush());
  clock_.SetUnix(3 * kDay - 1);
  ASSERT_OK(prompts_->Sweep());
  EXPECT_EQ(Rows(), static_cast<std::int64_t>(kPromptsRemovedMax) + 6);
  clock_.SetUnix(3 * kDay);
  EXPECT_CODE(prompts_->Find(Here(), "rcp_0000"), Code::kNotFound) << "not shown, although not removed yet";
  EXPECT_EQ(Listed(), (Ids{"rcp_later"}));
  ASSERT_OK(prompts_->Sweep());
  EXPECT_EQ(Rows(), 1);
  workspace.retention_days = 1;
  ASSERT_OK(directory().UpdateWorkspace({}, workspace));
  EXPECT_EQ(Listed(), Ids{}) << "a shorter time counts at once";
  ASSERT_OK(prompts_->Sweep());
  EXPECT_EQ(Rows(), 0);
}

TEST_P(PromptsTest, TooMuchIsDroppedAndCounted) {
  std::promise<void> go;
  ASSERT_OK(store_->Enqueue([wait = go.get_future().share()](store::Connection&) -> Status {
    wait.wait();
    return {};
  }));
  Keep("rcp_large", std::string(kPromptBytesMax, 'x'));
  EXPECT_EQ(prompts_->counts().dropped_too_large, 1u);
  for (std::size_t i = 0; i < kPromptsQueuedMax; ++i) Keep(fmt::format("rcp_{}", i));
  EXPECT_EQ(prompts_->counts().dropped_queue_full, 0u);
  Keep("rcp_one_more");
  EXPECT_EQ(prompts_->counts().dropped_queue_full, 1u);
  go.set_value();
  ASSERT_OK(store_->Flush());
  EXPECT_EQ(prompts_->counts().stored, kPromptsQueuedMax);
  Keep("rcp_again");
  Keep("rcp_again");
  ASSERT_OK(store_->Flush());
  EXPECT_EQ(prompts_->counts().stored, kPromptsQueuedMax + 1);
  EXPECT_EQ(prompts_->counts().dropped_failed, 1u);
}

TEST_P(PromptsTest, TheQueuesBytesAreBoundedToo) {
  std::promise<void> go;
  ASSERT_OK(store_->Enqueue([wait = go.get_future().share()](store::Connection&) -> Status {
    wait.wait();
    return {};
  }));
  const std::string large(kPromptBytesMax - kAnswer.size(), 'x');
  for (std::size_t i = 0; i < kPromptBytesQueuedMax / kPromptBytesMax; ++i) Keep(fmt::format("rcp_{}", i), large);
  EXPECT_EQ(prompts_->counts().dropped_queue_full, 0u);
  Keep("rcp_small");
  EXPECT_EQ(prompts_->counts().dropped_queue_full, 1u);
  go.set_value();
}

YUN_ON_EACH_DATABASE(PromptsTest);

}  // namespace
}  // namespace yun::cloud
