// A cloud's people in a database of either kind, with clocks that the test moves.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "cloud/clock.h"
#include "cloud/directory.h"
#include "store/database.h"
#include "store/test_database.h"

namespace yun::cloud {

template <class R>
std::string OutcomeOf(const R& result) {
  return result ? "ok" : fmt::format("{}", CodeName(result.error().code));
}
template <class R>
std::string MessageOf(const R& result) {
  return result ? "" : result.error().message;
}
#define ASSERT_OK(expr) ASSERT_EQ(::yun::cloud::MessageOf(expr), "")
#define EXPECT_OK(expr) EXPECT_EQ(::yun::cloud::MessageOf(expr), "")
#define EXPECT_CODE(expr, wanted) EXPECT_EQ(::yun::cloud::OutcomeOf(expr), CodeName(wanted))

class People : public store::OnEachDatabase {
 protected:
  void SetUp() override {
    OnEachDatabase::SetUp();
    if (IsSkipped()) return;
    home_ = folder() / "home";
    Open();
  }
  void TearDown() override {
    directory_.reset();
    store_.reset();
  }
  void Open() {
    auto opened = store::Database::Open(url());
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(*opened);
    auto directory = Directory::Open(*store_, home_, clock_);
    ASSERT_TRUE(directory.has_value()) << directory.error().message;
    directory_ = std::move(*directory);
  }
  void Reopen() {
    directory_.reset();
    store_.reset();
    Open();
  }
  Directory& directory() { return *directory_; }
  /// A person who is a member of the first workspace.
  Person MakeMember(const std::string& email, Role role) {
    auto person = directory().MakePerson({}, {.email = email, .name = email});
    EXPECT_TRUE(person.has_value()) << person.error().message;
    const Status set = directory().SetMember({}, directory().Workspaces()[0].id, person->id, role);
    EXPECT_TRUE(set.has_value()) << set.error().message;
    return *person;
  }
  /// A key of that person in the first workspace.
  MadeKey MakeKeyOf(const Person& person, KeyScopes scopes = {}, std::int64_t expires_ms = 0) {
    auto key = directory().MakeKey({}, {directory().Workspaces()[0].id, person.id, "k", std::move(scopes), expires_ms});
    EXPECT_TRUE(key.has_value()) << (key ? "" : key.error().message);
    return key ? *key : MadeKey{};
  }
  /// Runs SQL past the directory.
  void Sql(std::string_view sql, std::vector<store::Value> params = {}) {
    const Status done = store_->Write([&](store::Connection& c) -> Status {
      RETURN_IF_ERROR(c.Execute(sql, params));
      return {};
    });
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  /// Every text and blob of every table that a secret could have reached.
  std::string Everything() {
    std::string all;
    const Status read = store_->Read([&](store::Connection& c) -> Status {
      for (const char* table : {"account", "workspace", "person", "member", "api_key", "person_identity",
                                "console_session", "sign_in_link", "audit_log"}) {
        ASSIGN_OR_RETURN(const store::Rows rows, c.Query(fmt::format("SELECT * FROM {}", table)));
        for (const store::Row& row : rows)
          for (const store::Value& value : row.values()) {
            if (const auto* text = std::get_if<std::string>(&value)) all += *text + "\n";
            if (const auto* blob = std::get_if<store::Blob>(&value)) all += blob->bytes + "\n";
          }
      }
      return {};
    });
    EXPECT_TRUE(read.has_value()) << read.error().message;
    return all;
  }

  std::filesystem::path home_;
  ManualClock clock_;
  std::unique_ptr<store::Database> store_;
  std::unique_ptr<Directory> directory_;
};

}  // namespace yun::cloud
