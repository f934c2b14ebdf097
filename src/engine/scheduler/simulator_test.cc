// YUN_SIM_TRACES=100000 tries more traces; YUN_SIM_SEED=7 replays one and prints what happened.
#include "engine/scheduler/simulator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace yun::engine {
namespace {

std::uint64_t Environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

TEST(Simulator, RandomTracesKeepTheInvariants) {
  if (std::getenv("YUN_SIM_SEED")) {
    const Simulation simulation = Simulate(Environment("YUN_SIM_SEED", 0), true);
    std::cout << simulation.trace;
    ASSERT_EQ(simulation.error, "");
    return;
  }
  Simulation all;
  for (std::uint64_t seed = 0; seed < Environment("YUN_SIM_TRACES", 5000); ++seed) {
    const Simulation simulation = Simulate(seed);
    ASSERT_EQ(simulation.error, "") << "replay it with YUN_SIM_SEED=" << seed;
    all.steps += simulation.steps;
    all.cancelled += simulation.cancelled;
    all.cached += simulation.cached;
    all.recomputed += simulation.recomputed;
    all.preemptions += simulation.preemptions;
    all.evictions += simulation.evictions;
    all.drafts_accepted += simulation.drafts_accepted;
    all.forks += simulation.forks;
    all.copies += simulation.copies;
    all.parked += simulation.parked;
    all.pins += simulation.pins;
    all.idle_rows += simulation.idle_rows;
  }
  // What never happens is not tested.
  for (const std::uint64_t count : {all.cancelled, all.cached, all.recomputed, all.preemptions, all.evictions,
                                    all.drafts_accepted, all.forks, all.copies, all.parked, all.pins, all.idle_rows})
    EXPECT_GT(count, 100u);
  std::cout << all.steps << " steps, " << all.preemptions << " preemptions, " << all.cached << " tokens cached, "
            << all.recomputed << " recomputed, " << all.forks << " forks, " << all.copies << " copies, " << all.parked
            << " parked, " << all.pins << " pins, " << all.evictions << " evictions, " << all.idle_rows
            << " rows of batch work\n";
}

}  // namespace
}  // namespace yun::engine
