#include "engine/residency/residency.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace yun::engine {

namespace {
constexpr double kNever = std::numeric_limits<double>::infinity();
}

Status Residency::CanHold(std::uint64_t fixed, std::uint64_t weights) const {
  const std::uint64_t largest = std::max(weights, LargestUnpinned());
  const std::uint64_t held = fixed_bytes_ + reserved_bytes_ + PinnedBytes() + largest;
  if (options_.bytes == 0 || held + fixed <= options_.bytes) return {};
  return Fail(Code::kNoMemory,
              "it needs {} bytes{}, and there are {}: of {} bytes others hold the rest for good, or it is the room for "
              "the weights of the largest model ({})",
              fixed, weights > 0 ? fmt::format(" beside {} bytes for weights", weights) : "",
              options_.bytes - std::min(held, options_.bytes), options_.bytes, largest);
}

Result<MemberId> Residency::Add(std::uint64_t bytes) {
  RETURN_IF_ERROR(CanHold(0, bytes));
  const auto free = std::ranges::find_if(members_, [](const Member& member) { return !member.exists; });
  const auto id = static_cast<MemberId>(free - members_.begin());
  if (free == members_.end()) members_.emplace_back();
  members_[id] = {};
  members_[id].bytes = bytes;
  return id;
}

Status Residency::Reserve(std::uint64_t bytes, std::uint64_t weights) {
  RETURN_IF_ERROR(CanHold(bytes, weights));
  reserved_bytes_ += bytes;
  return {};
}

bool Residency::Grant(std::uint64_t bytes) {
  if (options_.bytes > 0 && resident_bytes_ + fixed_bytes_ + bytes > options_.bytes) return false;
  reserved_bytes_ -= bytes;
  fixed_bytes_ += bytes;
  return true;
}

void Residency::Remove(MemberId member) {
  CHECK(members_[member].place == Place::kAway);
  members_[member] = {.exists = false};
}

void Residency::Wants(MemberId member, double deadline_s, double now_s) {
  Member& m = members_[member];
  if (!m.wants) m.since_s = now_s;
  // Who waits does not fall back by asking again.
  m.deadline_s = m.wants && m.place != Place::kIn ? std::min(m.deadline_s, deadline_s) : deadline_s;
  m.wants = true;
}

void Residency::Rests(MemberId member, double now_s) {
  Member& m = members_[member];
  if (m.wants) m.since_s = now_s;
  m.wants = false;
}

void Residency::Came(MemberId member, double load_s) {
  members_[member].load_s = load_s;
  no_switch_before_s_ = members_[member].came_s + (1 + options_.quantum_loads) * load_s;
}

void Residency::Away(MemberId member) {
  Member& m = members_[member];
  if (m.place == Place::kAway) return;
  m.place = Place::kAway;
  resident_bytes_ -= m.bytes;
}

Status Residency::Pin(MemberId member, bool pinned) {
  Member& m = members_[member];
  if (!pinned || m.pinned || options_.bytes == 0) {
    m.pinned = pinned;
    return {};
  }
  m.pinned = true;
  const std::uint64_t held = PinnedBytes(), needed = LargestUnpinned();
  if (held + needed <= room()) return {};
  m.pinned = false;
  return Fail(Code::kNoMemory,
              "pinned models would hold {} of {} bytes for weights, and the largest of the others needs {}", held,
              room(), needed);
}

Status Residency::MayDrop(MemberId member) {
  const Member& m = members_[member];
  if (m.place == Place::kAway) return Fail(Code::kNotFound, "its weights are not in memory");
  if (m.wants) return Fail(Code::kUnavailable, "it has requests to answer");
  return {};
}

bool Residency::Fits(const Member& member) const {
  return options_.bytes == 0 || resident_bytes_ + member.bytes <= room();
}

double Residency::QuantumEnd(const Member& member) const {
  return std::max(member.came_s + options_.quantum_s, no_switch_before_s_);
}

bool Residency::Before(const Member& a, const Member& b) {
  return std::pair(a.deadline_s, a.since_s) < std::pair(b.deadline_s, b.since_s);
}

std::optional<MemberId> Residency::Victim(const Member& wanted, double now_s, double& again_s) const {
  // Who may go now, or will go when its quantum ends; those who go already count as gone.
  std::uint64_t after = resident_bytes_;
  std::vector<MemberId> idle, busy;
  for (MemberId id = 0; id < members_.size(); ++id) {
    const Member& m = members_[id];
    if (m.place == Place::kLeaving) after -= m.bytes;
    if (m.place != Place::kIn || m.pinned) continue;
    if (!m.wants) idle.push_back(id);
    else if (options_.switches && m.deadline_s >= wanted.deadline_s) busy.push_back(id);
  }
  std::ranges::sort(idle, {}, [&](MemberId id) { return members_[id].since_s; });
  // Whose quantum is over first; of several the one that can wait longest.
  std::ranges::sort(busy, {}, [&](MemberId id) {
    return std::pair(std::max(now_s, QuantumEnd(members_[id])), -members_[id].deadline_s);
  });
  const auto enough = [&] { return after + wanted.bytes <= room(); };
  if (enough()) return {};  // they are on their way
  std::optional<MemberId> first;
  double last_end = now_s;
  for (const std::vector<MemberId>* group : {&idle, &busy})
    for (const MemberId id : *group) {
      if (enough()) break;
      if (!first) first = id;
      after -= members_[id].bytes;
      if (members_[id].wants) last_end = std::max(last_end, QuantumEnd(members_[id]));
    }
  if (!enough()) return {};
  if (last_end > now_s) {  // nobody goes before all can
    again_s = last_end;
    return {};
  }
  return first;
}

Residency::Decision Residency::Drop(MemberId victim, double now_s) {
  Member& m = members_[victim];
  m.place = Place::kLeaving;
  if (m.wants) m.since_s = now_s;  // it waits from now on, behind those who wait already
  return {What::kDrop, victim, 0};
}

Residency::Decision Residency::Decide(double now_s) {
  double again_s = 0;
  if (options_.bytes > 0 && resident_bytes_ > room())  // somebody reserves
    if (const auto victim = Victim(Member{}, now_s, again_s)) return Drop(*victim, now_s);
  const Member* waiter = nullptr;
  MemberId waiter_id = 0;
  const Member* next = nullptr;
  MemberId next_id = 0;
  for (MemberId id = 0; id < members_.size(); ++id) {
    const Member& m = members_[id];
    if (!m.exists || !m.wants || m.place == Place::kLeaving) continue;
    if (m.place == Place::kAway) {
      if (!waiter || Before(m, *waiter)) waiter = &m, waiter_id = id;
    } else if (!next || m.deadline_s < next->deadline_s) {
      next = &m, next_id = id;
    }
  }
  if (waiter) {
    if (Fits(*waiter)) {
      Member& m = members_[waiter_id];
      m.place = Place::kIn;
      m.came_s = now_s;
      resident_bytes_ += m.bytes;
      return {What::kRun, waiter_id, 0};
    }
    if (const auto victim = Victim(*waiter, now_s, again_s)) return Drop(*victim, now_s);
  }
  if (next) return {What::kRun, next_id, 0};
  return {What::kNothing, 0, again_s};
}

std::optional<std::size_t> Residency::PlaceInLine(MemberId member) const {
  const Member& m = members_[member];
  if (!m.wants || m.place == Place::kIn) return {};
  return LineFor(member);
}

std::size_t Residency::LineFor(MemberId member) const {
  const Member& m = members_[member];
  return static_cast<std::size_t>(std::ranges::count_if(members_, [&](const Member& other) {
    return other.exists && other.wants && other.place != Place::kIn && &other != &m &&
           (!m.wants || Before(other, m));
  }));
}

double Residency::WaitSeconds(MemberId member, double now_s) const {
  const Member& wanted = members_[member];
  if (wanted.place == Place::kIn || Fits(wanted)) return 0;
  double first_end = kNever;
  double quantum = options_.quantum_s;
  for (const Member& m : members_) {
    if (m.exists) quantum = std::max(quantum, (1 + options_.quantum_loads) * m.load_s);
    if (m.place != Place::kIn || m.pinned) continue;
    first_end = std::min(first_end, m.wants ? std::max(0., QuantumEnd(m) - now_s) : 0);
  }
  if (first_end == kNever) first_end = 0;
  return first_end + static_cast<double>(LineFor(member)) * quantum;
}

std::uint64_t Residency::PinnedBytes() const {
  std::uint64_t bytes = 0;
  for (const Member& m : members_)
    if (m.exists && m.pinned) bytes += m.bytes;
  return bytes;
}

std::uint64_t Residency::LargestUnpinned() const {
  std::uint64_t bytes = 0;
  for (const Member& m : members_)
    if (m.exists && !m.pinned) bytes = std::max(bytes, m.bytes);
  return bytes;
}

}  // namespace yun::engine
