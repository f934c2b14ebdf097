// YUN_SIM_TRACES=100000 tries more traces; YUN_SIM_SEED=7 replays one and prints what happened.
#include "engine/simulator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace yun::engine {
namespace {

std::uint64_t Environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

struct Count {
  const char* name;
  std::uint64_t Simulation::*count;
};
constexpr Count kOfEach[] = {{"cancelled", &Simulation::cancelled},     {"cached tokens", &Simulation::cached},
                             {"recomputed", &Simulation::recomputed},   {"preemptions", &Simulation::preemptions},
                             {"evictions", &Simulation::evictions},     {"drafts", &Simulation::drafts_accepted},
                             {"forks", &Simulation::forks},             {"copies", &Simulation::copies},
                             {"parked", &Simulation::parked},           {"pins", &Simulation::pins},
                             {"rows of batch work", &Simulation::idle_rows}};
constexpr Count kOfMany[] = {{"loads", &Simulation::loads},       {"drops", &Simulation::drops},
                             {"switches", &Simulation::switches}, {"reserved", &Simulation::reserved},
                             {"joined", &Simulation::joined},     {"left", &Simulation::left},
                             {"pinned", &Simulation::pinned}};

/// What happened in all traces together.
class Totals {
 public:
  void Add(const Simulation& simulation) {
    steps_ += simulation.steps;
    for (std::size_t i = 0; i < std::size(kOfEach); ++i) each_[i] += simulation.*kOfEach[i].count;
    for (std::size_t i = 0; i < std::size(kOfMany); ++i) many_[i] += simulation.*kOfMany[i].count;
  }
  /// What never happens is not tested.
  void Expect(bool many) const {
    std::cout << steps_ << " steps";
    for (std::size_t i = 0; i < std::size(kOfEach); ++i) One(kOfEach[i], each_[i]);
    for (std::size_t i = 0; many && i < std::size(kOfMany); ++i) One(kOfMany[i], many_[i]);
    std::cout << "\n";
  }

 private:
  static void One(const Count& count, std::uint64_t seen) {
    std::cout << ", " << seen << " " << count.name;
    EXPECT_GT(seen, 100u) << count.name;
  }
  std::uint64_t steps_ = 0, each_[std::size(kOfEach)] = {}, many_[std::size(kOfMany)] = {};
};

void Try(Simulation (*simulate)(std::uint64_t, bool), std::uint64_t traces, bool many) {
  if (std::getenv("YUN_SIM_SEED")) {
    const Simulation simulation = simulate(Environment("YUN_SIM_SEED", 0), true);
    std::cout << simulation.trace;
    ASSERT_EQ(simulation.error, "");
    return;
  }
  Totals totals;
  for (std::uint64_t seed = 0; seed < Environment("YUN_SIM_TRACES", traces); ++seed) {
    const Simulation simulation = simulate(seed, false);
    ASSERT_EQ(simulation.error, "") << "replay it with YUN_SIM_SEED=" << seed;
    totals.Add(simulation);
  }
  totals.Expect(many);
}

TEST(Simulator, RandomTracesKeepTheInvariants) { Try(Simulate, 5000, false); }
TEST(Simulator, ManyModelsKeepTheInvariants) { Try(SimulateModels, 1000, true); }

}  // namespace
}  // namespace yun::engine
