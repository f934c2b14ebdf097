// Runs tasks: requests that were submitted to be answered later, a few at a time, as calls to the server itself.
// Workspaces take turns, so that many tasks of one do not hold up those of others.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cloud/task_store.h"

namespace yun::server {

class Service;

inline constexpr int kTasksRunningMax = 8;

/// thread: all methods from any thread
class Tasks {
 public:
  /// What ran when the last server ended waits again. errors: as store::Database
  static Result<std::unique_ptr<Tasks>> Open(Service& service);
  ~Tasks() { Stop(); }
  /// Begins nothing more and writes down nothing more: what runs is taken up again by the next server. Before the
  /// workers stop; what they still end needs this object.
  void Stop();

  /// errors: as TaskStore::Add
  Status Submit(const cloud::Task& task);
  cloud::TaskStore& store() { return store_; }

 private:
  explicit Tasks(Service& service);
  void Loop(const std::stop_token& stop);
  void Run(cloud::Task task);

  void End(const std::string& id, const std::string& workspace_id, int status, const std::string& body);

  Service& service_;  // borrows:
  cloud::TaskStore store_;
  std::mutex mutex_;  // all below
  std::condition_variable_any changed_;
  bool stopped_ = false;
  bool look_ = true;  // there may be a task to take
  int running_ = 0;
  std::int64_t not_before_ms_ = 0;  // by the clock: the server was too busy
  std::map<std::string, std::int64_t, std::less<>> limited_;  // the same of workspaces that reached a limit
  std::string last_;  // whose turn it was; of the thread
  std::jthread thread_;
};

}  // namespace yun::server
