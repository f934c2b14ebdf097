// Who of those that wait is next: virtual token counters.
//
// Each tenant has a counter of the service that it got, divided by its weight; of the tenants that wait, the one with
// the smallest is next. A tenant that had nothing waiting is lifted to the smallest counter of those who wait (or to
// that of the last one who did), so that nobody saves up service by staying away. Then the service of two tenants
// that both always wait never differs by more than 2 max(w_p L, w_q M): w_p and w_q are what a prompt's and an
// answer's token cost, L is the longest prompt, M the tokens that run at once.
// source: Sheng et al., Fairness in Serving Large Language Models, OSDI 2024, section 4
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "engine/scheduler/scheduled_sequence.h"

namespace yun::engine {

/// Tenants whose service is remembered while they have no request here.
inline constexpr std::size_t kTenantsMax = 4096;

struct TenantService {
  double counter = 0;         // virtual: service by weight, lifted
  double service = 0;         // charged since the tenant is known
  std::uint64_t waiting = 0;  // sequences
};

/// thread: the engine thread
class FairQueue {
 public:
  /// Not fair: tenants make no difference, first come first served.
  explicit FairQueue(bool fair) : fair_(fair) {}

  /// The sequence waits / waits no longer. borrows: sequence, from Join to Leave
  void Join(ScheduledSequence* sequence);
  void Leave(ScheduledSequence* sequence);
  /// It still waits, but is passed over / is no longer passed over.
  void Park(ScheduledSequence* sequence);
  void Unpark(ScheduledSequence* sequence);

  /// The highest priority first; then the tenant with the smallest counter; within a tenant those that ran before, then
  /// the earliest deadline, then the earliest arrival. Null when nobody waits (parked ones aside).
  /// cost: one look at each tenant that waits
  ScheduledSequence* Front() const;

  void Charge(const ScheduledSequence& sequence, double service);

  std::uint64_t waiting() const { return waiting_; }
  TenantService Of(std::uint64_t tenant) const;
  /// Prompt tokens that would be computed before those of a new sequence; `token` is what a prompt token costs.
  std::uint64_t TokensAhead(const ScheduledSequence& sequence, double token) const;

 private:
  struct Before {
    bool operator()(const ScheduledSequence* a, const ScheduledSequence* b) const;
  };
  struct Tenant {
    double counter = 0, weight = 1, service = 0;
    std::uint64_t waiting = 0;
    std::set<ScheduledSequence*, Before> queue;  // without those parked
  };
  double Floor() const;

  bool fair_;
  std::map<std::uint64_t, Tenant> tenants_;
  std::vector<Tenant*> active_;  // those that wait
  Tenant* last_active_ = nullptr;
  std::uint64_t waiting_ = 0;
};

}  // namespace yun::engine
