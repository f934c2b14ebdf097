// Which models' weights are in memory, and which model computes next: decisions only, so that they can be simulated.
//
// Many models share one byte budget and one set of processors. A model's weights come when it has work, and go when
// another needs the room: first those of models without work, the one used longest ago first. Where all that are there
// have work, one whose next token is due later than that of the model that waits gives way once its quantum is over:
// token-level switching, after Aegaeon (SOSP 2025, section 4). Earliest deadline first decides throughout: who comes
// next, and which of the models that are there computes the next step. Nobody starves where a deadline, once said,
// does not move before a token came.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"

namespace yun::engine {

struct ResidencyOptions {
  std::uint64_t bytes = 0;     // of all together; 0: no bound
  bool switches = true;        // false: a model that has work keeps its place until it has none (request-level)
  double quantum_s = 0.25;     // it keeps it at least so long,
  double quantum_loads = 4;    // and all do for so many times what the last weights took to come: most time is work
};

using MemberId = std::size_t;

/// units: seconds of one clock that never goes back, bytes
/// thread: one at a time
class Residency {
 public:
  explicit Residency(ResidencyOptions options) : options_(options) {}

  /// A model whose weights are not in memory.
  /// errors: kNoMemory (it could never come: says what is needed and there)
  Result<MemberId> Add(std::uint64_t bytes);
  /// It must be away: see Away.
  void Remove(MemberId member);

  // What is so.
  /// It has work, whose next token is due then. since: when it had none before, it waits from now on
  void Wants(MemberId member, double deadline_s, double now_s);
  /// It has no work any more.
  void Rests(MemberId member, double now_s);
  /// Its weights took so long to come.
  void Came(MemberId member, double load_s);
  /// Its weights are gone.
  void Away(MemberId member);
  /// Bytes that no weights shall have any more. They are granted once so much is free: Decide has models leave for it.
  /// weights: of the model that they are for, if it is to be added once it has them.
  /// errors: kNoMemory (it would keep a model from ever coming: says what is needed and there)
  Status Reserve(std::uint64_t bytes, std::uint64_t weights = 0);
  /// What was reserved, if it is free: it is fixed from now on, until Release.
  bool Grant(std::uint64_t bytes);
  /// Gives up what was reserved and not granted.
  void Waive(std::uint64_t bytes) { reserved_bytes_ -= bytes; }
  void Release(std::uint64_t bytes) { fixed_bytes_ -= bytes; }
  /// A pinned model never gives way. errors: kNoMemory (with the other pinned ones too little is left for the rest)
  Status Pin(MemberId member, bool pinned);

  enum class What { kNothing, kRun, kDrop };
  struct Decision {
    What what = What::kNothing;
    MemberId member = 0;
    double again_s = 0;  // of kNothing: when to ask again if nothing changes before; 0: never
  };
  /// What is to happen now that nobody computes. kRun: this member computes a step; if its weights are away they may
  /// come, and count from now on. kDrop: this member's weights are to go (until Away it neither runs nor is asked).
  Decision Decide(double now_s);
  /// The member to give way if somebody asks for the room by hand. errors: kUnavailable (it has work), kNotFound (away)
  Status MayDrop(MemberId member);

  std::uint64_t bytes_resident() const { return resident_bytes_; }
  std::uint64_t bytes_fixed() const { return fixed_bytes_; }
  bool resident(MemberId member) const { return members_[member].place != Place::kAway; }
  bool leaving(MemberId member) const { return members_[member].place == Place::kLeaving; }
  bool pinned(MemberId member) const { return members_[member].pinned; }
  /// Members that wait for room before this one; nothing: it does not wait.
  std::optional<std::size_t> PlaceInLine(MemberId member) const;
  /// The same of one that is away, as if it had work since now at the latest.
  std::size_t LineFor(MemberId member) const;
  double load_seconds(MemberId member) const { return members_[member].load_s; }
  /// Until a member that is away may come if it has work, as far as can be known: quanta and loads of those before it.
  double WaitSeconds(MemberId member, double now_s) const;

 private:
  enum class Place { kAway, kIn, kLeaving };
  struct Member {
    bool exists = true, wants = false, pinned = false;
    std::uint64_t bytes = 0;
    Place place = Place::kAway;
    double deadline_s = 0;
    double since_s = 0;   // wants: since when. Rests: since when
    double came_s = 0;    // when it was let in
    double load_s = 0;    // what its weights took the last time
  };
  std::uint64_t room() const { return options_.bytes - fixed_bytes_ - reserved_bytes_; }  // for weights
  Decision Drop(MemberId victim, double now_s);
  bool Fits(const Member& member) const;
  Status CanHold(std::uint64_t fixed, std::uint64_t weights) const;  // more, and every model may still come
  double QuantumEnd(const Member& member) const;
  static bool Before(const Member& a, const Member& b);  // in the line of those that wait for room
  /// Whom to drop so that `wanted` fits; nothing if that cannot be now. again_s: when it can.
  std::optional<MemberId> Victim(const Member& wanted, double now_s, double& again_s) const;
  std::uint64_t PinnedBytes() const;
  std::uint64_t LargestUnpinned() const;

  ResidencyOptions options_;
  std::vector<Member> members_;
  std::uint64_t resident_bytes_ = 0, fixed_bytes_ = 0, reserved_bytes_ = 0;
  double no_switch_before_s_ = 0;  // between models that all have work
};

}  // namespace yun::engine
