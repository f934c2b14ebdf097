// Scheduler and cache under a virtual clock and a seed, without weights: a random trace of requests (shared prefixes,
// groups, tenants, priorities, batch work, drafts, cancels, kept prefixes; all policy switches; pools of a few blocks),
// and after every step a look at everything that must hold.
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
};

/// The cache is modelled as a number a token: that of its salt and of all tokens up to it. Each row writes the number
/// of its own position, and reads those of all positions before; it must find exactly those of its own tokens.
Simulation Simulate(std::uint64_t seed, bool with_trace = false);

}  // namespace yun::engine
