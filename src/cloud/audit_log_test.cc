#include "cloud/audit_log.h"

#include <boost/json.hpp>

#include "cloud/people_test.h"

namespace yun::cloud {
namespace {

class Audit : public People {
 protected:
  void Add(int n) {
    for (int i = 0; i < n; ++i) {
      clock_.Advance(1000);
      const AuditEntry entry{{"usr_1", "key_1", "192.0.2.1"},
                             i % 2 ? "odd" : "even",
                             fmt::format("t{}", i),
                             i % 3 ? "ws_a" : "ws_b",
                             "acc_1",
                             fmt::format(R"({{"n": {}, "text": "a\"b\n\u4e91"}})", i)};
      ASSERT_OK(log().Append(entry));
    }
  }
  const AuditLog& log() { return directory().audit(); }
};

TEST_P(Audit, HoldsAndFilters) {
  EXPECT_EQ(log().Verify()->rows, 0);
  Add(12);
  const auto head = log().Verify();
  ASSERT_TRUE(head.has_value()) << head.error().message;
  EXPECT_EQ(head->rows, 12);
  EXPECT_EQ(head->hash.size(), 64u);
  const auto all = log().List({});
  ASSERT_EQ(all->size(), 12u);
  EXPECT_EQ(all->front().id, 1);
  EXPECT_EQ(all->back().hash, head->hash);
  EXPECT_EQ(all->front().entry.detail_json, "{\"n\":0,\"text\":\"a\\\"b\\n云\"}");
  EXPECT_EQ(log().List({.workspace_id = "ws_b"})->size(), 4u);
  EXPECT_EQ(log().List({.action = "odd"})->size(), 6u);
  EXPECT_EQ(log().List({.workspace_id = "ws_b", .action = "odd"})->size(), 2u);
  EXPECT_EQ(log().List({.person_id = "usr_2"})->size(), 0u);
  EXPECT_EQ(log().List({.target = "t7"})->size(), 1u);
  EXPECT_EQ(log().List({.from_ms = (*all)[3].at_ms, .to_ms = (*all)[5].at_ms})->size(), 2u);
  EXPECT_EQ(log().List({.after_id = 10})->size(), 2u);
  EXPECT_EQ(log().List({.limit = 5})->size(), 5u);
  Reopen();
  Add(1);
  EXPECT_EQ(log().Verify()->rows, 13);
}

TEST_P(Audit, ExportsLinesOfJson) {
  Add(3);
  std::string lines;
  ASSERT_OK(log().Export({.action = "even"}, [&](std::string_view line) {
    lines += line;
    return true;
  }));
  std::size_t count = 0, at = 0;
  for (std::size_t end; (end = lines.find('\n', at)) != std::string::npos; at = end + 1, ++count) {
    const boost::json::value value = boost::json::parse(lines.substr(at, end - at));
    EXPECT_EQ(value.at("action").as_string(), "even");
    EXPECT_EQ(value.at("detail").at("n").as_int64(), value.at("id").as_int64() - 1);
    EXPECT_EQ(value.at("hash").as_string().size(), 64u);
  }
  EXPECT_EQ(count, 2u);
  EXPECT_CODE(log().Export({}, [](std::string_view) { return false; }), Code::kCancelled);
}

TEST_P(Audit, EveryChangeOfARowIsFound) {
  struct Case {
    const char *sql, *says;
  };
  const Case cases[] = {
      {"UPDATE audit_log SET action = 'none' WHERE id = 3", "row 3"},
      {"UPDATE audit_log SET person_id = '' WHERE id = 2", "row 2"},
      {"UPDATE audit_log SET at_ms = at_ms + 1 WHERE id = 4", "row 4"},
      {"UPDATE audit_log SET detail = '{}' WHERE id = 5", "row 5"},
      {"UPDATE audit_log SET hash = 'x' WHERE id = 1", "row 1"},
      {"UPDATE audit_log SET ip = key_id, key_id = ip WHERE id = 6", "row 6"},
      {"DELETE FROM audit_log WHERE id = 1", "row 1"},
      {"DELETE FROM audit_log WHERE id = 3", "row 3"},
      {"DELETE FROM audit_log WHERE id > 4", "last rows"},
      {"DELETE FROM audit_log", "last rows"},
      {"UPDATE audit_head SET id = 5", "last rows"},
  };
  for (const Case& c : cases) {
    Sql("DELETE FROM audit_log");
    Sql("UPDATE audit_head SET id = 0, hash = ''");
    Add(6);
    ASSERT_TRUE(log().Verify().has_value());
    Sql(c.sql);
    const auto head = log().Verify();
    ASSERT_FALSE(head.has_value()) << c.sql;
    EXPECT_EQ(head.error().code, Code::kCorrupt);
    EXPECT_NE(head.error().message.find(c.says), std::string::npos) << c.sql << ": " << head.error().message;
  }
}

TEST_P(Audit, WhatDoesNotFitIsRefusedAndLeavesNoGap) {
  Add(1);
  EXPECT_CODE(log().Append({{}, "a", "", "", "", "no json"}), Code::kInternal);
  EXPECT_CODE(log().Append({{}, "a", "", "", "", R"({"x":")" + std::string(kAuditDetailBytesMax, 'x') + "\"}"}),
              Code::kTooLarge);
  EXPECT_CODE(log().Append({{}, "a\xff", "", "", "", "{}"}), Code::kInvalidArgument);
  Add(1);
  EXPECT_EQ(log().Verify()->rows, 2);
}

TEST_P(Audit, AChangeThatFailsLeavesNoRow) {
  const Status failed = store_->Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(log().Append(c, {{}, "doomed"}));
    return Fail(Code::kInvalidArgument, "no");
  });
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(log().Verify()->rows, 0);
}

YUN_ON_EACH_DATABASE(Audit);

}  // namespace
}  // namespace yun::cloud
