// Engines that share one machine: they compute one at a time, a step each, and their weights share one byte budget.
// Who is next, and whose weights go, engine/residency decides.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "engine/residency/residency.h"

namespace yun::engine {

class DecoderScratch;

/// One model as it stands; a snapshot.
struct FleetRow {
  std::string name;
  std::uint64_t weight_bytes = 0;
  bool resident = false, leaving = false, pinned = false, computing = false, works = false;
  std::optional<std::size_t> line;  // models that wait for room before it; nothing: it does not wait
  double wait_seconds = 0;          // until there is room for it, as far as can be known
  double load_seconds = 0;          // that its weights took to come the last time; 0: they never did
  std::uint64_t loads = 0;          // times that they came
};

/// thread: all methods from any thread, but for those of a seat
class Fleet : public std::enable_shared_from_this<Fleet> {
 public:
  /// threads: as EngineOptions
  Fleet(ResidencyOptions options, int threads);

  /// One engine's place. Its methods are for the engine's thread, and must not be called with a lock held that `wake`
  /// takes. Destroyed: the weights are gone, and the turn, if it has it.
  class Seat {
   public:
    ~Seat();
    Seat(const Seat&) = delete;
    /// The next token is due then. True: this engine computes now, until GiveTurn. False: `wake` will tell, but ask
    /// again in a while (kAskAgainSeconds) too: some turns come with time alone.
    bool TakeTurn(double deadline_s);
    /// deadline_s: of the next token; nothing: there is no work left.
    void GiveTurn(std::optional<double> deadline_s);
    /// There is no work.
    void Rest() { GiveTurn({}); }
    /// The weights are to go, and then Left is to be called.
    bool must_leave() const;
    void Left();
    /// The weights are here, after so long.
    void Came(double seconds);

   private:
    friend class Fleet;
    Seat(std::shared_ptr<Fleet> fleet, std::shared_ptr<const void> room, MemberId member)
        : fleet_(std::move(fleet)), room_(std::move(room)), member_(member) {}
    const std::shared_ptr<Fleet> fleet_;
    const std::shared_ptr<const void> room_;  // of what it takes also while its weights are away
    const MemberId member_;
  };
  static constexpr double kAskAgainSeconds = 0.01;

  /// fixed_bytes: what it takes also while its weights are away; waits for them as Reserve. wake: called from any
  /// thread when the engine should call TakeTurn again, or leave; must not block, nor call the fleet.
  /// errors: kNoMemory (says what is needed and there)
  Result<std::unique_ptr<Seat>> Join(std::string name, std::uint64_t weight_bytes, std::uint64_t fixed_bytes,
                                     std::function<void()> wake);

  /// The processors, for whoever has the turn.
  ThreadPool& pool() { return pool_; }
  /// So too what a step needs beside weights and caches. What an engine's decoders need is said first, and counted.
  const std::shared_ptr<DecoderScratch>& scratch() const { return scratch_; }
  /// errors: kNoMemory
  Status NeedScratch(std::uint64_t more_bytes);

  /// Bytes beside weights and caches that count until the returned is gone. Waits, for kRoomSeconds at most, until
  /// models without work, or whose quantum is over, have given way for them.
  /// errors: kNoMemory (never, or not now: says what is needed and there)
  Result<std::shared_ptr<const void>> Reserve(std::uint64_t bytes);
  static constexpr std::chrono::seconds kRoomSeconds{30};

  /// errors: kNotFound (no such model), kNoMemory (too little would be left for the others)
  Status Pin(std::string_view name, bool pinned);

  std::uint64_t bytes() const { return bytes_; }  // for all; 0: no bound
  std::uint64_t bytes_used() const;               // fixed ones, and weights that are there
  std::uint64_t bytes_fixed() const;              // whichever weights are there
  std::vector<FleetRow> Rows() const;
  /// Of a request that came now: models before its own, and seconds until its weights are here. Nothing: they are.
  struct Wait {
    std::size_t line = 0;
    double seconds = 0;
  };
  std::optional<Wait> WaitFor(std::string_view name) const;

 private:
  struct Member {
    std::string name;
    std::function<void()> wake;  // null: gone
    std::uint64_t bytes = 0, loads = 0;
    bool works = false;
  };
  void Decide();  // mutex_ is held
  Status Take(std::uint64_t bytes, std::uint64_t weights = 0);
  std::shared_ptr<const void> Taken(std::uint64_t bytes);  // until the returned is gone

  const std::uint64_t bytes_;
  ThreadPool pool_;
  const std::shared_ptr<DecoderScratch> scratch_;
  std::uint64_t scratch_bytes_owed_ = 0;  // said and not counted yet
  std::condition_variable freed_;
  mutable std::mutex mutex_;
  Residency residency_;
  std::vector<Member> members_;
  std::optional<MemberId> turn_;
};

}  // namespace yun::engine
