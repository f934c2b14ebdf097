#include "api/openai/write.h"

#include <gtest/gtest.h>

namespace yun::api::openai {
namespace {

TEST(Write, ModelsAndErrors) {
  EXPECT_EQ(WriteModelList({{"a", 1}, {"b", 2}}),
            R"({"object":"list","data":[{"id":"a","object":"model","created":1,"owned_by":"yun"},{"id":"b",)"
            R"("object":"model","created":2,"owned_by":"yun"}]})");
  EXPECT_EQ(WriteError({400, "no \"x\"", "messages", "invalid_type"}, "req_1"),
            R"({"error":{"message":"no \"x\"","type":"invalid_request_error","param":"messages",)"
            R"("code":"invalid_type"},"request_id":"req_1"})");
  EXPECT_EQ(WriteError({401, "m", "", ""}, ""),
            R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}})");
}

}  // namespace
}  // namespace yun::api::openai
