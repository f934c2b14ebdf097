// Runs batches: lines of a file, each a call that the server makes to itself in its owner's name, when nobody else
// wants the machine, at the price for batches.
//
// A line's answer is written to the database first and paid for then: BatchStore::PutAnswer, LateCharge. A start after
// a crash goes on with the lines that have no answer; of these the former process charged nothing. Workspaces take
// turns, line by line, and a workspace's batches run one after another.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/openai/batch.h"
#include "cloud/batch_store.h"

namespace yun::server {

struct InnerAnswer;
class LateCharge;
class Service;

inline constexpr int kBatchLinesRunningMax = 8;  // at once, of all batches together
inline constexpr std::size_t kBatchesRunningMax = 16;  // one of a workspace at a time

/// thread: all methods from any thread
class Batches {
 public:
  explicit Batches(Service& service);
  ~Batches();
  /// Begins nothing more; answers that still come are not kept, so that the next start asks again. Before the workers
  /// stop; what they still end needs this object.
  void Stop();
  /// There is a new batch, or one that was cancelled.
  void Look();
  cloud::BatchStore& store() { return store_; }

 private:
  struct Running {
    cloud::Batch batch;
    std::string input;                      // bytes of its file
    std::deque<api::openai::BatchLine> left;  // views into input
    int running = 0;
    std::int64_t answers_bytes = 0;
    std::int64_t not_before_ms = 0;  // one of its limits was reached
    bool stops = false;  // cancelled or expired: no more lines are begun
  };
  using Shared = std::shared_ptr<Running>;
  /// An answer on its way into the database.
  struct Answer {
    Shared running;
    std::shared_ptr<LateCharge> charge;
    cloud::BatchAnswer answer;
  };

  void Loop(const std::stop_token& stop);
  void Refresh();
  /// Reads and checks the input; what has an answer is not asked again. Null: it could not begin.
  Shared Prepare(cloud::Batch batch);
  void Ask(const Shared& running, api::openai::BatchLine line);
  void Answered(const Shared& running, const api::openai::BatchLine& line, std::shared_ptr<LateCharge> charge,
                InnerAnswer inner);
  void Keep(std::shared_ptr<const Answer> answer);
  /// Writes its files.
  Status End(Running& running);

  Service& service_;  // borrows:
  cloud::BatchStore store_;
  std::mutex mutex_;  // all below, and what is in Running
  std::condition_variable_any changed_;
  std::vector<Shared> running_;
  std::vector<std::shared_ptr<const Answer>> unwritten_;  // the database did not take them, or did not say so
  int lines_running_ = 0;
  std::size_t next_ = 0;  // whose turn it is
  bool stopped_ = false, look_ = true;
  std::int64_t not_before_ms_ = 0;  // the server was too busy, or the database failed
  std::jthread thread_;
};

}  // namespace yun::server
