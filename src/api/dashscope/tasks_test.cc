#include "api/dashscope/tasks.h"

#include <gtest/gtest.h>

namespace yun::api::dashscope {
namespace {

constexpr std::int64_t kTime = 1'767'225'600'120;  // 2026-01-01 00:00:00.120

TEST(DashscopeTasks, WhatIsKeptOfARequest) {
  const auto kept = ParseTaskRequest(R"({"model":"m","input":{"prompt":"a"},"parameters":{"stream":true,"n":1}})");
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->model, "m");
  EXPECT_EQ(kept->body, R"({"model":"m","input":{"prompt":"a"},"parameters":{"n":1}})");
  struct Case {
    std::string body, param;
    int status = 400;
  };
  const Case cases[] = {
      {"[]", ""},
      {R"({"input":{}})", "model"},
      {R"({"model":"m"})", "input"},
      {R"({"model":"m","input":"x"})", "input"},
      {R"({"model":"m","input":{"url":"http://x"}})", "url"},
      {R"({"model":"m","input":{},"parameters":1})", "parameters"},
      {std::string(kTaskBytesMax + 1, ' '), "", 413},
  };
  for (const Case& c : cases) {
    const auto parsed = ParseTaskRequest(c.body);
    ASSERT_FALSE(parsed.has_value()) << c.body.substr(0, 100);
    EXPECT_EQ(parsed.error().status, c.status);
    EXPECT_EQ(parsed.error().param, c.param);
  }
}

TEST(DashscopeTasks, ATaskFromItsBeginToItsEnd) {
  EXPECT_EQ(WriteTaskMade("t", "r"), R"({"output":{"task_status":"PENDING","task_id":"t"},"request_id":"r"})");
  TaskEntry task{.id = "t", .status = "PENDING", .submitted_ms = kTime};
  EXPECT_EQ(WriteTask(task, "r"),
            R"({"request_id":"r","output":{"task_id":"t","task_status":"PENDING","submit_time":)"
            R"("2026-01-01 00:00:00.120","task_metrics":{"TOTAL":1,"SUCCEEDED":0,"FAILED":0}}})");
  task.status = "SUCCEEDED", task.scheduled_ms = kTime + 1, task.ended_ms = kTime + 1000;
  task.answer = R"({"request_id":"x","output":{"text":"a"},"usage":{"total_tokens":3}})";
  EXPECT_EQ(WriteTask(task, "r"),
            R"({"request_id":"r","output":{"task_id":"t","task_status":"SUCCEEDED","submit_time":)"
            R"("2026-01-01 00:00:00.120","scheduled_time":"2026-01-01 00:00:00.121","end_time":)"
            R"("2026-01-01 00:00:01.120","task_metrics":{"TOTAL":1,"SUCCEEDED":1,"FAILED":0},"text":"a"},)"
            R"("usage":{"total_tokens":3}})");
  task.status = "FAILED", task.answer = R"({"code":"InvalidParameter","message":"no","request_id":"x"})";
  EXPECT_NE(WriteTask(task, "r").find(R"("FAILED":1},"code":"InvalidParameter","message":"no"}})"), std::string::npos);
  EXPECT_EQ(WriteUnknownTask("t\xff", "r"), R"({"request_id":"r","output":{"task_id":"t?","task_status":"UNKNOWN"}})");
}

TEST(DashscopeTasks, AListOfTasks) {
  const TaskEntry task{.id = "t", .status = "RUNNING", .model = "m", .key_id = "k", .request_id = "x",
                       .submitted_ms = 1, .scheduled_ms = 2};
  EXPECT_EQ(WriteTaskPage({.total = 11, .page_no = 2, .page_size = 10, .tasks = {task}}, "r"),
            R"({"request_id":"r","total":11,"total_page":2,"page_no":2,"page_size":10,"data":[{"task_id":"t",)"
            R"("status":"RUNNING","model_name":"m","api_key_id":"k","request_id":"x","gmt_create":1,"start_time":2,)"
            R"("end_time":0}]})");
}

TEST(DashscopeTasks, Times) {
  EXPECT_EQ(ParseTaskTime("20260101000000"), kTime - 120);
  EXPECT_EQ(ParseTaskTime("20240229235959"), 1'709'251'199'000);
  for (const char* bad : {"", "2026010100000", "202601010000000", "20260230000000", "20261301000000", "20260101240000",
                          "2026-01-01 00:", "2026010100006x"})
    EXPECT_FALSE(ParseTaskTime(bad)) << bad;
}

}  // namespace
}  // namespace yun::api::dashscope
