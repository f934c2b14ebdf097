#include "cloud/task_store.h"

#include <gtest/gtest.h>

#include "cloud/clock.h"
#include "store/database.h"
#include "store/test_database.h"

namespace yun::cloud {
namespace {

class TaskStoreTest : public store::OnEachDatabase {
 protected:
  void SetUp() override {
    OnEachDatabase::SetUp();
    if (IsSkipped()) return;
    auto opened = store::Database::Open(url());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  void Add(const std::string& id, const std::string& workspace = "ws_1") {
    Task task;
    task.id = id, task.workspace_id = workspace, task.key_id = "key_1", task.request_id = "req_1", task.model = "m";
    task.path = "/p", task.body = "{\"a\":\"" + id + "\"}";
    const Status added = tasks().Add(task);
    ASSERT_TRUE(added) << added.error().message;
    clock_.Advance(1);
  }
  Task Find(const std::string& id) {
    auto found = tasks().Find("ws_1", id);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : Task();
  }
  std::string Take() {
    auto taken = tasks().Take();
    EXPECT_TRUE(taken) << taken.error().message;
    return taken && *taken ? (*taken)->id : "";
  }
  TaskStore tasks() { return {*store_, clock_}; }

  ManualClock clock_;
  std::unique_ptr<store::Database> store_;
};

TEST_P(TaskStoreTest, AreTakenInOrderAndEnd) {
  EXPECT_EQ(Take(), "");
  Add("b"), Add("a");
  const std::int64_t submitted = Find("b").submitted_ms;
  EXPECT_EQ(Find("b").status, TaskStatus::kPending);
  const auto taken = tasks().Take();
  ASSERT_TRUE(taken && *taken);
  EXPECT_EQ((*taken)->id, "b");
  EXPECT_EQ((*taken)->body, "{\"a\":\"b\"}");
  EXPECT_EQ((*taken)->path, "/p");
  EXPECT_EQ((*taken)->key_id, "key_1");
  EXPECT_EQ(Find("b").status, TaskStatus::kRunning);
  EXPECT_EQ(Find("b").submitted_ms, submitted);
  EXPECT_GT(Find("b").scheduled_ms, submitted);
  ASSERT_TRUE(tasks().Finish("b", TaskStatus::kSucceeded, "{}"));
  EXPECT_EQ(Find("b").answer, "{}");
  EXPECT_EQ(Find("b").status, TaskStatus::kSucceeded);
  ASSERT_TRUE(tasks().Finish("b", TaskStatus::kFailed, "late"));  // it has ended
  EXPECT_EQ(Find("b").answer, "{}");
  EXPECT_EQ(Take(), "a");
  ASSERT_TRUE(tasks().PutBack("a"));
  EXPECT_EQ(Find("a").status, TaskStatus::kPending);
  EXPECT_EQ(Take(), "a");
  EXPECT_EQ(Take(), "");
}

TEST_P(TaskStoreTest, WorkspacesTakeTurns) {
  for (const char* id : {"a1", "a2", "a3", "a4"}) Add(id, "ws_1");
  Add("c1", "ws_3"), Add("b1", "ws_2"), Add("b2", "ws_2");
  std::string last, order;
  const auto take = [&](const std::function<bool(std::string_view)>& may = {}) {
    const auto taken = tasks().Take(last, may);
    ASSERT_TRUE(taken) << taken.error().message;
    if (*taken) last = (*taken)->workspace_id;
    order += *taken ? (*taken)->id + " " : "- ";
  };
  for (int i = 0; i < 4; ++i) take();
  EXPECT_EQ(order, "a1 b1 c1 a2 ");
  order.clear();
  take([](std::string_view workspace) { return workspace == "ws_1"; });
  take([](std::string_view workspace) { return workspace != "ws_1"; });
  take([](std::string_view workspace) { return workspace != "ws_1"; });
  take([](std::string_view) { return false; });
  take(), take();
  EXPECT_EQ(order, "a3 b2 - - a4 - ");
}

TEST_P(TaskStoreTest, OnlyWhatWaitsIsCanceledAndOnlyByItsOwn) {
  Add("a"), Add("b");
  EXPECT_EQ(tasks().Cancel("ws_2", "a").error().code, Code::kNotFound);
  EXPECT_EQ(tasks().Cancel("ws_1", "x").error().code, Code::kNotFound);
  EXPECT_TRUE(tasks().Cancel("ws_1", "a"));
  EXPECT_EQ(Find("a").status, TaskStatus::kCanceled);
  EXPECT_EQ(tasks().Cancel("ws_1", "a").error().code, Code::kInvalidArgument);
  EXPECT_EQ(Take(), "b");
  EXPECT_EQ(tasks().Cancel("ws_1", "b").error().code, Code::kInvalidArgument);
  EXPECT_EQ(tasks().Find("ws_2", "b").error().code, Code::kNotFound);
}

TEST_P(TaskStoreTest, AreListedByWhatTheyAre) {
  const std::int64_t start = clock_.unix_ms();
  Add("a"), Add("b"), Add("c"), Add("other", "ws_2");
  Take();
  const auto ids = [&](TaskFilter filter) {
    filter.workspace_id = "ws_1";
    auto list = tasks().List(filter);
    EXPECT_TRUE(list) << list.error().message;
    std::string out;
    for (const Task& task : list->tasks) out += task.id;
    return out + std::to_string(list->total);
  };
  EXPECT_EQ(ids({}), "cba3");
  EXPECT_EQ(ids({.status = TaskStatus::kRunning}), "a1");
  EXPECT_EQ(ids({.model = "m", .key_id = "key_1"}), "cba3");
  EXPECT_EQ(ids({.model = "n"}), "0");
  EXPECT_EQ(ids({.from_ms = start + 1, .to_ms = start + 2}), "b1");
  EXPECT_EQ(ids({.offset = 1, .limit = 1}), "b3");
}

TEST_P(TaskStoreTest, AServersEndIsSurvivedButNotForEver) {
  Add("a");
  for (std::int64_t i = 0; i < kTaskAttemptsMax; ++i) {
    EXPECT_EQ(Find("a").status, TaskStatus::kPending);
    EXPECT_EQ(Take(), "a");
    ASSERT_TRUE(tasks().Recover("gone"));
  }
  EXPECT_EQ(Find("a").status, TaskStatus::kFailed);
  EXPECT_EQ(Find("a").answer, "gone");
}

TEST_P(TaskStoreTest, NothingWaitsOrIsKeptForEver) {
  Add("waits"), Add("ends");
  ASSERT_TRUE(tasks().Cancel("ws_1", "ends"));
  clock_.Advance(kTaskWaitMsMax - 2);
  ASSERT_TRUE(tasks().Sweep("late"));
  EXPECT_EQ(Find("waits").status, TaskStatus::kPending);
  clock_.Advance(10);
  ASSERT_TRUE(tasks().Sweep("late"));
  EXPECT_EQ(Find("waits").status, TaskStatus::kFailed);
  EXPECT_EQ(Find("waits").answer, "late");
  clock_.Advance(kTaskKeptMs - kTaskWaitMsMax);
  ASSERT_TRUE(tasks().Sweep("late"));
  EXPECT_EQ(tasks().Find("ws_1", "ends").error().code, Code::kNotFound);
  EXPECT_TRUE(tasks().Find("ws_1", "waits"));
}

TEST_P(TaskStoreTest, AWorkspaceHasItsBound) {
  ASSERT_TRUE(store_->Write([](store::Connection& c) -> Status {
    for (std::int64_t i = 0; i < kTasksOfWorkspaceMax; ++i)
      RETURN_IF_ERROR(c.Execute("INSERT INTO task (id, workspace_id, key_id, request_id, model, path, body, status, "
                                "submitted_ms) VALUES (?, 'ws_1', 'k', 'r', 'm', '/p', ?, 'PENDING', 1)",
                                {fmt::format("t{}", i), store::Blob{"{}"}}));
    return {};
  }));
  Task task;
  task.id = "more", task.workspace_id = "ws_1";
  EXPECT_EQ(tasks().Add(task).error().code, Code::kTooMany);
  task.workspace_id = "ws_2";
  EXPECT_TRUE(tasks().Add(task));
}

YUN_ON_EACH_DATABASE(TaskStoreTest);

}  // namespace
}  // namespace yun::cloud
