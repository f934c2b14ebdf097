#include "engine/scheduler/fair_queue.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace yun::engine {

bool FairQueue::Before::operator()(const ScheduledSequence* a, const ScheduledSequence* b) const {
  const auto key = [](const ScheduledSequence& s) {
    return std::tuple(-std::int64_t{s.priority}, !s.admitted, s.ttft_deadline_s, s.arrival_s, s.id);
  };
  return key(*a) < key(*b);
}

double FairQueue::Floor() const {
  if (active_.empty()) return last_active_ ? last_active_->counter : 0;
  double floor = active_.front()->counter;
  for (const Tenant* tenant : active_) floor = std::min(floor, tenant->counter);
  return floor;
}

void FairQueue::Join(ScheduledSequence* sequence) {
  if (tenants_.size() >= kTenantsMax)  // small debts of those who are away are forgiven
    std::erase_if(tenants_, [&](const auto& t) { return t.second.waiting == 0 && &t.second != last_active_; });
  Tenant& tenant = tenants_[sequence->tenant];
  tenant.weight = sequence->weight;
  if (tenant.waiting++ == 0) {
    tenant.counter = std::max(tenant.counter, Floor());
    active_.push_back(&tenant);
  }
  tenant.queue.insert(sequence);
  ++waiting_;
}

void FairQueue::Leave(ScheduledSequence* sequence) {
  Tenant& tenant = tenants_[sequence->tenant];
  tenant.queue.erase(sequence);
  --waiting_;
  if (--tenant.waiting > 0) return;
  std::erase(active_, &tenant);
  last_active_ = &tenant;
}

void FairQueue::Park(ScheduledSequence* sequence) { CHECK(tenants_[sequence->tenant].queue.erase(sequence) == 1); }
void FairQueue::Unpark(ScheduledSequence* sequence) { CHECK(tenants_[sequence->tenant].queue.insert(sequence).second); }

ScheduledSequence* FairQueue::Front() const {
  const Tenant* best = nullptr;
  const auto before = [&](const Tenant& a, const Tenant& b) {
    const ScheduledSequence *first = *a.queue.begin(), *second = *b.queue.begin();
    if (first->priority != second->priority) return first->priority > second->priority;
    if (fair_ && a.counter != b.counter) return a.counter < b.counter;
    return Before()(first, second);
  };
  for (const Tenant* tenant : active_)
    if (!tenant->queue.empty() && (best == nullptr || before(*tenant, *best))) best = tenant;
  return best ? *best->queue.begin() : nullptr;
}

void FairQueue::Charge(const ScheduledSequence& sequence, double service) {
  Tenant& tenant = tenants_[sequence.tenant];
  tenant.weight = sequence.weight;
  tenant.service += service;
  tenant.counter += service / tenant.weight;
}

TenantService FairQueue::Of(std::uint64_t tenant) const {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return {};
  return {found->second.counter, found->second.service, found->second.waiting};
}

std::uint64_t FairQueue::TokensAhead(const ScheduledSequence& sequence, double token) const {
  struct Share {
    const Tenant* tenant;
    std::uint64_t tokens;
  };
  std::uint64_t higher = 0, own = 0;
  std::vector<Share> others;
  for (const Tenant* tenant : active_) {
    std::uint64_t equal = 0;
    for (const ScheduledSequence* s : tenant->queue) {
      if (s->priority > sequence.priority) higher += s->remaining();
      else if (s->priority == sequence.priority) equal += s->remaining();
    }
    const auto itself = tenants_.find(sequence.tenant);
    if (!fair_ || (itself != tenants_.end() && &itself->second == tenant)) own += equal;
    else others.push_back({tenant, equal});
  }
  // The others are served until their counters pass the one that the tenant will have when its turn comes.
  const TenantService mine = Of(sequence.tenant);
  const double counter = (mine.waiting ? mine.counter : std::max(mine.counter, Floor())) +
                         static_cast<double>(own) * token / sequence.weight;
  double ahead = static_cast<double>(higher + own);
  for (const Share& share : others)
    ahead += std::clamp((counter - share.tenant->counter) * share.tenant->weight / token, 0.0,
                        static_cast<double>(share.tokens));
  return static_cast<std::uint64_t>(ahead);
}

}  // namespace yun::engine
