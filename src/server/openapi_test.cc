#include "server/openapi.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/openai/parse.h"
#include "server/routes.h"

namespace yun::server {
namespace {

namespace json = boost::json;

/// Rows whose paths are described elsewhere: /admin/v1/openapi.json; pages for browsers are in none.
constexpr std::string_view kElsewhere[] = {"/admin/*", "/auth", "/auth/*"};

json::object Document() { return json::parse(OpenApiDocument()).as_object(); }

/// "POST /v1/rerank" of each operation, and it.
std::vector<std::pair<std::string, json::object>> Operations(const json::object& document) {
  std::vector<std::pair<std::string, json::object>> out;
  for (const auto& [path, item] : document.at("paths").as_object())
    for (const auto& [method, operation] : item.as_object()) {
      std::string name(method);
      for (char& c : name) c = static_cast<char>(c & ~0x20);
      out.emplace_back(name + " " + std::string(path), operation.as_object());
    }
  return out;
}

bool Answers(const Route& row, std::string_view operation) {
  const std::size_t space = operation.find(' ');
  return row.method == operation.substr(0, space) && Matches(row, operation.substr(space + 1));
}

TEST(OpenApi, EachRouteIsInTheDocument) {
  const auto operations = Operations(Document());
  for (const Route& row : Routes()) {
    if (std::ranges::find(kElsewhere, row.path) != std::end(kElsewhere)) continue;
    EXPECT_TRUE(std::ranges::any_of(operations, [&](const auto& one) { return Answers(row, one.first); }))
        << row.method << " " << row.path << " is routed, but server/openapi.cc does not describe it";
  }
}

TEST(OpenApi, WhatIsInTheDocumentIsRouted) {
  for (const auto& [name, operation] : Operations(Document())) {
    const auto rows = Routes();
    const auto row = std::ranges::find_if(rows, [&](const Route& r) { return Answers(r, name); });
    if (row == rows.end()) {
      ADD_FAILURE() << name << " is described, but no route answers it";
      continue;
    }
    EXPECT_EQ(operation.contains("security"), row->open) << name;
    EXPECT_EQ(operation.contains("x-yun-scope"), !row->endpoint.empty()) << name;
    EXPECT_EQ(operation.at("responses").as_object().contains("401"), !row->open) << name;
  }
}

TEST(OpenApi, EachFieldOfARequestIsDescribed) {
  const json::object document = Document();
  for (const auto& [name, schema] : document.at("components").at("schemas").as_object()) {
    if (!name.ends_with("Request")) continue;
    const json::object& fields = schema.at("properties").as_object();
    EXPECT_FALSE(fields.empty()) << name;
    for (const auto& [key, field] : fields)
      EXPECT_TRUE(field.as_object().contains("description"))
          << name << "." << key << ": what its parser reads by itself needs a line in api/*/schema.cc";
  }
}

TEST(OpenApi, RangesAreThoseOfTheParsers) {
  const json::value document = Document();
  const auto at = [&](std::string_view pointer) {
    return document.at_pointer("/components/schemas" + std::string(pointer));
  };
  EXPECT_EQ(at("/ChatRequest/properties/temperature/maximum"), 2);
  EXPECT_EQ(at("/MessagesRequest/properties/temperature/exclusiveMaximum"), 2);
  EXPECT_EQ(at("/ChatRequest/properties/n/maximum"), api::openai::kAnswersMax);
  EXPECT_EQ(at("/ChatRequest/properties/top_p/exclusiveMinimum"), 0);
  EXPECT_EQ(at("/GenerationRequest/properties/parameters/properties/max_tokens/maximum"), api::kMaxTokensMax);
  EXPECT_EQ(at("/ResponsesRequest/properties/top_p/exclusiveMinimum"), 0);
  EXPECT_EQ(at("/ChatRequest/additionalProperties"), false);
  EXPECT_FALSE(at("/ChatRequest/properties").as_object().contains("functions"));  // refused
  EXPECT_EQ(at("/ChatRequest/properties/model/type"), "string");                  // null would be missing
  EXPECT_EQ(at("/ChatRequest/properties/user/type"), (json::array{"string", "null"}));
}

}  // namespace
}  // namespace yun::server
