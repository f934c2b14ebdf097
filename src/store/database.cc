#include "store/database.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "store/backup.h"
#include "store/migrate.h"
#include "store/postgres.h"
#include "store/session.h"
#include "store/sqlite.h"

namespace yun::store {
namespace {

class DatabaseOfBackend final : public Database {
 public:
  DatabaseOfBackend(std::unique_ptr<Backend> backend, std::unique_ptr<Session> writer,
                    std::vector<Migration> migrations, const DatabaseOptions& options)
      : backend_(std::move(backend)),
        migrations_(std::move(migrations)),
        readers_max_(std::max(options.readers, 1)),
        batch_time_max_(options.batch_time_max),
        writer_(std::move(writer)),
        thread_([this] { WriteAll(); }) {}

  ~DatabaseOfBackend() override {
    {
      std::lock_guard lock(queue_mutex_);
      stopping_ = true;
    }
    queue_changed_.notify_one();
    thread_.join();
  }

  Status Read(const Work& work) override {
    static thread_local const DatabaseOfBackend* reading = nullptr;
    CHECK(reading != this);
    ASSIGN_OR_RETURN(auto session, TakeReader());
    const auto* outer = std::exchange(reading, this);
    Status status = session->Begin();
    if (status) {
      status = RunWork(*session, work);
      session->Rollback();
    }
    reading = outer;
    ReturnReader(std::move(session));
    return status;
  }

  Status Write(Work work) override { return Wait(std::move(work), kWritesQueuedMax); }
  Status Flush() override {
    return Wait([](Connection&) -> Status { return {}; }, SIZE_MAX);
  }
  Status Enqueue(Work work, Done done) override { return Push({std::move(work), std::move(done)}, kWritesQueuedMax); }

  Status Backup(const std::string& path) override { return WriteBackup(*backend_, path, migrations_); }

  Status RestoreFrom(const std::string& path) override {
    ASSIGN_OR_RETURN(const auto backup, OpenBackup(path, migrations_));
    return Write([&](Connection& c) { return Restore(*backup, static_cast<Session&>(c), migrations_); });
  }

  std::int64_t schema_version() const override { return static_cast<std::int64_t>(migrations_.size()); }
  const char* kind() const override { return backend_->kind(); }
  QueueStats queue() const override {
    std::lock_guard lock(queue_mutex_);
    QueueStats stats = stats_;
    stats.waiting = queue_.size();
    const std::optional<Clock::time_point> first =
        batch_since_ || queue_.empty() ? batch_since_ : queue_.front().queued_at;
    if (first) stats.oldest_seconds = std::chrono::duration<double>(Clock::now() - *first).count();
    return stats;
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Job {
    Work work;
    Done done;
    Clock::time_point queued_at = Clock::now();
  };
  struct Ended {
    Done done;
    Status status;
  };

  Status Push(Job job, std::size_t queued_max) {
    {
      std::lock_guard lock(queue_mutex_);
      if (stopping_) return Fail(Code::kUnavailable, "the database is closing");
      if (queue_.size() >= queued_max) {
        return tl::unexpected<Error>(
            Error{Code::kTooMany, fmt::format("{} writes wait for the database: try again", queue_.size()), 1});
      }
      queue_.push_back(std::move(job));
    }
    queue_changed_.notify_one();
    return {};
  }

  Status Wait(Work work, std::size_t queued_max) {
    CHECK(std::this_thread::get_id() != thread_.get_id());
    // Shared: the writer thread may still be inside set_value when this one has got the value.
    auto ended = std::make_shared<std::promise<Status>>();
    auto status = ended->get_future();
    RETURN_IF_ERROR(Push({std::move(work), [ended](const Status& s) { ended->set_value(s); }}, queued_max));
    return status.get();
  }

  std::optional<Job> Pop() {
    std::lock_guard lock(queue_mutex_);
    if (queue_.empty()) return std::nullopt;
    std::optional<Job> job(std::move(queue_.front()));
    queue_.pop_front();
    if (!batch_since_) batch_since_ = job->queued_at;
    return job;
  }

  void WriteAll() {
    for (;;) {
      {
        std::unique_lock lock(queue_mutex_);
        queue_changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
      }
      WriteBatch();
    }
  }

  /// One transaction over what is queued. What was well before the commit is well only after it.
  void WriteBatch() {
    const auto end = std::chrono::steady_clock::now() + batch_time_max_;
    std::vector<Ended> ended;
    Status transaction = writer_->Begin();
    const bool begun = transaction.has_value();
    while (ended.size() < kBatchJobsMax && (transaction || !begun)) {
      std::optional<Job> job = Pop();
      if (!job) break;
      Status status = begun ? RunInSavepoint(job->work, transaction) : transaction;
      job->work = {};
      ended.push_back({std::move(job->done), std::move(status)});
      if (std::chrono::steady_clock::now() >= end) break;
    }
    if (transaction) {
      transaction = writer_->Commit();
    } else {
      writer_->Rollback();
    }
    {
      std::lock_guard lock(queue_mutex_);
      batch_since_.reset();
      if (transaction) {
        stats_.written += stats_.batch = ended.size();
        ++stats_.commits;
      } else {
        ++stats_.failures;
      }
    }
    for (Ended& e : ended) {
      if (e.status && !transaction) e.status = transaction;
      if (e.done) e.done(e.status);
    }
  }

  /// `transaction` becomes an error when it was lost as a whole.
  Status RunInSavepoint(const Work& work, Status& transaction) {
    if (transaction = writer_->Savepoint(); !transaction) return transaction;
    Status status = RunWork(*writer_, work);
    if (!status && !writer_->RollBackToSavepoint()) {
      transaction = Fail(status.error().code, "nothing was stored, a write in the same transaction failed: {}",
                         status.error().message);
    }
    return status;
  }

  Result<std::unique_ptr<Session>> TakeReader() {
    {
      std::unique_lock lock(readers_mutex_);
      reader_free_.wait(lock, [&] { return !readers_.empty() || readers_open_ < readers_max_; });
      if (!readers_.empty()) {
        auto session = std::move(readers_.back());
        readers_.pop_back();
        return session;
      }
      ++readers_open_;
    }
    auto session = backend_->Connect(Access::kRead);
    if (!session) {
      {
        std::lock_guard lock(readers_mutex_);
        --readers_open_;
      }
      reader_free_.notify_one();
    }
    return session;
  }

  void ReturnReader(std::unique_ptr<Session> session) {
    {
      std::lock_guard lock(readers_mutex_);
      readers_.push_back(std::move(session));
    }
    reader_free_.notify_one();
  }

  std::unique_ptr<Backend> backend_;
  std::vector<Migration> migrations_;

  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<Session>> readers_;  // idle
  int readers_open_ = 0;
  int readers_max_;

  std::chrono::milliseconds batch_time_max_;

  mutable std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::deque<Job> queue_;
  std::optional<Clock::time_point> batch_since_;  // when the first write of the running batch was queued
  QueueStats stats_;
  bool stopping_ = false;

  std::unique_ptr<Session> writer_;  // of the writer thread
  std::thread thread_;               // last: begins when all else is there
};

bool IsPostgres(std::string_view url) { return url.starts_with("postgres://") || url.starts_with("postgresql://"); }

Result<std::unique_ptr<Backend>> OpenBackend(std::string_view url) {
  if (IsPostgres(url)) return OpenPostgres(std::string(url));
  SqliteOptions options;
  constexpr std::string_view kScheme = "sqlite:", kFull = "?synchronous=full", kNormal = "?synchronous=normal";
  if (url.starts_with(kScheme)) {
    url.remove_prefix(kScheme.size());
    if (url.starts_with("//")) url.remove_prefix(2);
    if (url.ends_with(kFull)) {
      options.synchronous_full = true;
      url.remove_suffix(kFull.size());
    } else if (url.ends_with(kNormal)) {
      url.remove_suffix(kNormal.size());
    }
    if (url.find('?') != url.npos)
      return Fail(Code::kInvalidArgument, "the database \"{}\": the only option is synchronous=full (or normal)", url);
  } else if (const auto scheme = url.find("://"); scheme != url.npos) {
    // What follows may hold a password.
    return Fail(Code::kInvalidArgument,
                "a database cannot begin with \"{}\": give sqlite:<file>, a file, or postgres://...",
                url.substr(0, scheme + 3));
  }
  if (url.empty() || url.find('\0') != url.npos)
    return Fail(Code::kInvalidArgument, "no database: give sqlite:<file>, a file, or postgres://...");
  return OpenSqlite(std::string(url), options);
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(std::string_view url, DatabaseOptions options) {
  std::vector<Migration> migrations = options.migrations ? std::move(*options.migrations) : EmbeddedMigrations();
  RETURN_IF_ERROR(CheckMigrations(migrations));
  ASSIGN_OR_RETURN(auto backend, OpenBackend(url));
  ASSIGN_OR_RETURN(auto writer, backend->Connect(Access::kWrite));
  RETURN_IF_ERROR(Migrate(*writer, migrations));
  return std::make_unique<DatabaseOfBackend>(std::move(backend), std::move(writer), std::move(migrations), options);
}

}  // namespace yun::store
