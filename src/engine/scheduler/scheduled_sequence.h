// What the scheduler knows of a request.
#pragma once
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "engine/kvcache/block_pool.h"

namespace yun::engine {

struct ScheduledSequence {
  // Set by the owner before Add, and left alone until Remove.
  std::uint64_t id = 0;
  void* owner = nullptr;  // the owner's own record
  std::uint64_t tenant = 0;
  double weight = 1;          // of the tenant: its share among those who wait
  std::int32_t priority = 0;  // higher first
  bool idle = false;          // in the idle lane: batch work, computed when nobody else waits
  double arrival_s = 0;
  double ttft_deadline_s = std::numeric_limits<double>::infinity();
  std::uint64_t salt = 0;  // who may share cached prefixes: those with the same salt
  bool use_cache = true;
  const std::vector<std::int32_t>* tokens = nullptr;  // borrows: the prompt, then the committed answer so far
  std::uint32_t prompt_tokens = 0;
  std::uint32_t answer_max = 0;         // bound of the answer's tokens
  /// Of a group of answers to one prompt: the one that computes it for all. Null again when this one begins or that one
  /// is removed.
  ScheduledSequence* leader = nullptr;

  std::uint32_t draft = 0;  // tokens proposed after the committed ones; set by the owner before each PlanStep

  // Kept by the scheduler.
  std::uint64_t computed = 0;    // committed tokens whose keys and values are in the cache
  std::uint64_t cached = 0;      // prompt tokens found in the prefix cache when first admitted
  std::uint64_t preemptions = 0;
  std::uint64_t recomputed = 0;  // tokens computed again after them
  BlockTable blocks;
  enum class State { kNone, kWaiting, kParked, kRunning } state = State::kNone;
  bool admitted = false;                    // has been running before
  std::uint64_t computed_max = 0;           // the most that `computed` has been
  ScheduledSequence* awaited = nullptr;     // parked: until this one has computed
  std::uint64_t awaited_tokens = 0;         // so many tokens
  bool fetching = false;                    // parked: until what a lower tier has of it is in the cache
  bool fetched = false;                     // that has been tried

  std::uint64_t remaining() const { return tokens->size() - computed; }
};

/// Who gives way to whom: lower ranks to higher ones, and the idle lane to everybody.
inline std::pair<bool, std::int32_t> Rank(const ScheduledSequence& sequence) {
  return {!sequence.idle, sequence.priority};
}

}  // namespace yun::engine
