// Scheduler, cache and residency under a virtual clock and a seed, without weights: a random trace of requests (shared
// prefixes, groups, tenants, priorities, batch work, drafts, cancels, kept prefixes; all policy switches; pools of few
// blocks), for one model or for many that share one byte budget (their weights come and go, they are pinned, join and
// leave, others reserve room), and after every step a look at everything that must hold.
#pragma once
#include <cstdint>
#include <string>

namespace yun::engine {

struct Simulation {
  std::string error;  // what did not hold, at which step; empty: all held
  std::string trace;  // what happened, a line an event, if asked for
  // What the trace had in it, so that a test can see that nothing is missing from all of them together.
  std::uint64_t steps = 0, requests = 0, cancelled = 0, generated = 0, cached = 0, recomputed = 0, preemptions = 0;
  std::uint64_t evictions = 0, drafts_accepted = 0, forks = 0, copies = 0, parked = 0, pins = 0, idle_rows = 0;
  // Of many models.
  std::uint64_t loads = 0, drops = 0, switches = 0, reserved = 0, joined = 0, left = 0, pinned = 0;
};

/// The cache is modelled as a number a token: that of its salt and of all tokens up to it. Each row writes the number
/// of its own position, and reads those of all positions before; it must find exactly those of its own tokens.
Simulation Simulate(std::uint64_t seed, bool with_trace = false);

/// Many models. Beside what holds of each: the budget is never passed; a model computes only while its weights are
/// there; they are not taken from a pinned one, nor from one that has work before its quantum is over (nor at all where
/// it keeps its place), nor from the one that is asked for; whoever waits gets its turn in time.
Simulation SimulateModels(std::uint64_t seed, bool with_trace = false);

}  // namespace yun::engine
