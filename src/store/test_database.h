// For tests: a database of either kind for one test, gone with the object. PostgreSQL is the one of YUN_TEST_POSTGRES
// (scripts/with-postgres sets it); without it, the test program starts one for itself when it is installed.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"

namespace yun::store {

/// The address of the tests' PostgreSQL; empty where none is installed. One that is given and not there is a failure.
/// Starts `scripts/with-postgres` with a command that ends when this process has: the server goes then.
inline const std::string& TestPostgres() {
  static const std::string url = [] {
    if (const char* given = std::getenv("YUN_TEST_POSTGRES"); given != nullptr && *given != '\0')
      return std::string(given);
    const std::string script = std::string(YUN_SOURCE_DIR) + "/scripts/with-postgres";
    int to_child[2], from_child[2];
    CHECK(::pipe(to_child) == 0 && ::pipe(from_child) == 0);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, to_child[0], 0);
    posix_spawn_file_actions_adddup2(&files, from_child[1], 1);
    for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]})
      posix_spawn_file_actions_addclose(&files, fd);
    // Its own session: what ends the tests (Ctrl-C, a time limit) must not keep it from tidying up.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    const char* const args[] = {"bash", script.c_str(), "sh", "-c", "echo \"$YUN_TEST_POSTGRES\"; exec cat >&2",
                                nullptr};
    pid_t pid = 0;
    CHECK(::posix_spawn(&pid, "/bin/bash", &files, &attributes, const_cast<char* const*>(args), environ) == 0);
    ::close(to_child[0]);
    ::close(from_child[1]);
    // The other end of its stdin stays open, here alone, until this process ends.
    (void)::fcntl(to_child[1], F_SETFD, FD_CLOEXEC);
    std::string line;
    for (char c; ::read(from_child[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(from_child[0]);
    return line;
  }();
  return url;
}

class TestDatabase {
 public:
  /// "sqlite": a file in a folder of its own. "postgres": a schema of its own.
  explicit TestDatabase(const std::string& kind) {
    static std::atomic<int> made = 0;
    name_ = "yun_test_" + std::to_string(::getpid()) + "_" + std::to_string(made++);
    folder_ = std::filesystem::temp_directory_path() / name_;
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    if (kind == "postgres") {
      schema_ = true;
      RunSql("DROP SCHEMA IF EXISTS " + name_ + " CASCADE; CREATE SCHEMA " + name_);
      url_ = TestPostgres() + (TestPostgres().find('?') == std::string::npos ? "?" : "&") +
             "application_name=" + name_ + "&options=-csearch_path%3D" + name_;
    } else {
      url_ = "sqlite:" + (folder_ / "yun.db").string();
    }
  }
  ~TestDatabase() {
    if (schema_) RunSql("DROP SCHEMA IF EXISTS " + name_ + " CASCADE");
    std::filesystem::remove_all(folder_);
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& url() const { return url_; }
  /// For files of the test; a SQLite database is `yun.db` in it.
  const std::filesystem::path& folder() const { return folder_; }

  /// Several statements by a connection of their own to the tests' PostgreSQL; the first value of the last one.
  static std::string RunSql(const std::string& sql) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(TestPostgres().c_str()), PQfinish);
    PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
    EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()), PQclear);
    EXPECT_LE(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQerrorMessage(connection.get());
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

 private:
  std::string name_, url_;
  std::filesystem::path folder_;
  bool schema_ = false;
};

/// A test that has the kind of database as its parameter; PostgreSQL's are skipped where none is installed.
class OnEachDatabase : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string("postgres") && TestPostgres().empty())
      GTEST_SKIP() << "no PostgreSQL is installed: scripts/setup --tests";
    database_ = std::make_unique<TestDatabase>(GetParam());
  }
  const std::string& url() const { return database_->url(); }
  const std::filesystem::path& folder() const { return database_->folder(); }
  std::unique_ptr<TestDatabase> database_;
};

}  // namespace yun::store

#define YUN_ON_EACH_DATABASE(suite)                                             \
  INSTANTIATE_TEST_SUITE_P(Kinds, suite, testing::Values("sqlite", "postgres"), \
                           [](const auto& info) { return std::string(info.param); })
