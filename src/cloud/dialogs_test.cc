#include "cloud/dialogs.h"

#include <gtest/gtest.h>

#include "store/database.h"
#include "store/test_database.h"

namespace yun::cloud {
namespace {

class DialogsTest : public store::OnEachDatabase {
 protected:
  void SetUp() override {
    store::OnEachDatabase::SetUp();
    if (IsSkipped()) return;
    auto vault = Vault::Open(folder() / "vault.key", true);
    ASSERT_TRUE(vault) << vault.error().message;
    vault_ = std::make_unique<Vault>(std::move(*vault));
    auto database = store::Database::Open(url());
    ASSERT_TRUE(database) << database.error().message;
    store_ = std::move(*database);
    dialogs_ = std::make_unique<Dialogs>(*store_, *vault_, clock_);
  }

  StoredResponse Of(std::string id, std::string previous) {
    return {id, std::move(previous), "m", "[\"secret of " + id + "\"]", "{\"id\":\"" + id + "\"}"};
  }

  void TearDown() override {
    dialogs_.reset();
    store_.reset();
    store::OnEachDatabase::TearDown();
  }

  ManualClock clock_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<store::Database> store_;
  std::unique_ptr<Dialogs> dialogs_;
};

TEST_P(DialogsTest, AResponseIsFoundByItsWorkspaceAloneWhileItIsKept) {
  ASSERT_TRUE(dialogs_->Keep("ws", Of("resp_1", "")));
  for (const bool written : {false, true}) {
    if (written) ASSERT_TRUE(store_->Flush());
    const auto found = dialogs_->Find("ws", "resp_1");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->input, "[\"secret of resp_1\"]");
    EXPECT_EQ(found->response, "{\"id\":\"resp_1\"}");
    EXPECT_EQ(dialogs_->Find("other", "resp_1").error().code, Code::kNotFound);
    EXPECT_EQ(dialogs_->Find("ws", "resp_2").error().code, Code::kNotFound);
  }
  EXPECT_FALSE(dialogs_->Remove("other", "resp_1"));
  clock_.Advance(kDialogKeptMs);
  EXPECT_FALSE(dialogs_->Find("ws", "resp_1"));
  ASSERT_TRUE(dialogs_->Sweep());
  EXPECT_FALSE(dialogs_->Remove("ws", "resp_1"));
}

TEST_P(DialogsTest, AChainIsWhatCameBefore) {
  ASSERT_TRUE(dialogs_->Keep("ws", Of("resp_1", "")));
  ASSERT_TRUE(dialogs_->Keep("ws", Of("resp_2", "resp_1")));
  ASSERT_TRUE(dialogs_->Keep("ws", Of("resp_3", "resp_2")));
  auto chain = dialogs_->Chain("ws", "resp_3");
  ASSERT_TRUE(chain) << chain.error().message;
  ASSERT_EQ(chain->size(), 3u);
  EXPECT_EQ(chain->front().id, "resp_1");
  EXPECT_EQ(chain->back().id, "resp_3");
  ASSERT_TRUE(dialogs_->Remove("ws", "resp_2"));
  EXPECT_EQ(dialogs_->Chain("ws", "resp_3")->size(), 1u);
  EXPECT_EQ(dialogs_->Chain("ws", "resp_2").error().code, Code::kNotFound);
  for (std::size_t i = 4; i < 6 + kChainMax; ++i)
    ASSERT_TRUE(dialogs_->Keep("ws", Of("resp_" + std::to_string(i), "resp_" + std::to_string(i - 1))));
  EXPECT_EQ(dialogs_->Chain("ws", "resp_" + std::to_string(5 + kChainMax)).error().code, Code::kTooLarge);
}

TEST_P(DialogsTest, ConversationsKeepTheirNewestItems) {
  const auto made = dialogs_->MakeConversation("ws", R"({"a":"b"})");
  ASSERT_TRUE(made) << made.error().message;
  std::vector<ConversationItem> items;
  for (std::size_t i = 0; i < kConversationItemsKept + 5; ++i)
    items.push_back({"msg_" + std::to_string(i), "{\"n\":" + std::to_string(i) + "}"});
  ASSERT_TRUE(dialogs_->AddItems("ws", made->id, items));
  auto kept = dialogs_->Items("ws", made->id);
  ASSERT_TRUE(kept) << kept.error().message;
  ASSERT_EQ(kept->size(), kConversationItemsKept);
  EXPECT_EQ(kept->front().body, "{\"n\":5}");
  EXPECT_EQ(kept->back().id, items.back().id);
  EXPECT_FALSE(dialogs_->Items("other", made->id));
  EXPECT_FALSE(dialogs_->AddItems("other", made->id, {{"x", "{}"}}));
  ASSERT_TRUE(dialogs_->RemoveItem("ws", made->id, "msg_7"));
  EXPECT_FALSE(dialogs_->RemoveItem("ws", made->id, "msg_7"));
  ASSERT_TRUE(dialogs_->SetMetadata("ws", made->id, "{}"));
  EXPECT_EQ(dialogs_->FindConversation("ws", made->id)->metadata, "{}");
  EXPECT_FALSE(dialogs_->RemoveConversation("other", made->id));
  ASSERT_TRUE(dialogs_->RemoveConversation("ws", made->id));
  EXPECT_FALSE(dialogs_->FindConversation("ws", made->id));
}

TEST_P(DialogsTest, NothingThatWasSaidStandsInTheDatabase) {
  ASSERT_TRUE(dialogs_->Keep("ws", Of("resp_1", "")));
  const auto made = dialogs_->MakeConversation("ws", "{}");
  ASSERT_TRUE(dialogs_->AddItems("ws", made->id, {{"msg_1", "secret of an item"}}));
  ASSERT_TRUE(store_->Flush());
  ASSERT_TRUE(store_->Read([](store::Connection& connection) -> Status {
    for (const char* sql : {"SELECT body FROM stored_response", "SELECT body FROM conversation_item"}) {
      auto rows = connection.Query(sql);
      EXPECT_TRUE(rows);
      EXPECT_EQ(rows->size(), 1u);
      EXPECT_EQ((*rows)[0].Bytes(0).find("secret"), std::string_view::npos);
    }
    return {};
  }));
}

YUN_ON_EACH_DATABASE(DialogsTest);

}  // namespace
}  // namespace yun::cloud
