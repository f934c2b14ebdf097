#include "engine/fleet.h"

#include "base/steady.h"
#include "base/topology.h"
#include "engine/model/decoder.h"

namespace yun::engine {

Fleet::Fleet(ResidencyOptions options, int threads)
    : bytes_(options.bytes),
      pool_(threads > 0 ? threads : PhysicalCores()),
      scratch_(std::make_shared<DecoderScratch>()),
      residency_(options) {}

Result<std::unique_ptr<Fleet::Seat>> Fleet::Join(std::string name, std::uint64_t weight_bytes,
                                                 std::uint64_t fixed_bytes, std::function<void()> wake) {
  RETURN_IF_ERROR(Take(fixed_bytes, weight_bytes));
  std::shared_ptr<const void> room = Taken(fixed_bytes);
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const MemberId member, residency_.Add(weight_bytes));
  if (members_.size() <= member) members_.resize(member + 1);
  members_[member] = {std::move(name), std::move(wake), weight_bytes, 0, false};
  return std::unique_ptr<Seat>(new Seat(shared_from_this(), std::move(room), member));
}

Fleet::Seat::~Seat() {
  std::lock_guard lock(fleet_->mutex_);
  fleet_->members_[member_] = {};
  if (fleet_->turn_ == member_) fleet_->turn_.reset();
  fleet_->residency_.Rests(member_, SteadySeconds());
  fleet_->residency_.Away(member_);
  fleet_->residency_.Remove(member_);
  fleet_->freed_.notify_all();
  fleet_->Decide();
}

bool Fleet::Seat::TakeTurn(double deadline_s) {
  std::lock_guard lock(fleet_->mutex_);
  fleet_->members_[member_].works = true;
  fleet_->residency_.Wants(member_, deadline_s, SteadySeconds());
  if (fleet_->turn_ != member_) fleet_->Decide();
  return fleet_->turn_ == member_;
}

void Fleet::Seat::GiveTurn(std::optional<double> deadline_s) {
  std::lock_guard lock(fleet_->mutex_);
  const bool had = fleet_->turn_ == member_;
  if (!had && !deadline_s && !fleet_->members_[member_].works) return;
  if (had) fleet_->turn_.reset();
  fleet_->members_[member_].works = deadline_s.has_value();
  if (deadline_s) fleet_->residency_.Wants(member_, *deadline_s, SteadySeconds());
  else fleet_->residency_.Rests(member_, SteadySeconds());
  fleet_->Decide();
}

bool Fleet::Seat::must_leave() const {
  std::lock_guard lock(fleet_->mutex_);
  return fleet_->residency_.leaving(member_);
}

void Fleet::Seat::Left() {
  std::lock_guard lock(fleet_->mutex_);
  fleet_->residency_.Away(member_);
  fleet_->freed_.notify_all();
  fleet_->Decide();
}

void Fleet::Seat::Came(double seconds) {
  std::lock_guard lock(fleet_->mutex_);
  fleet_->residency_.Came(member_, seconds);
  ++fleet_->members_[member_].loads;
}

void Fleet::Decide() {
  while (!turn_) {
    const Residency::Decision decision = residency_.Decide(SteadySeconds());
    if (decision.what == Residency::What::kNothing) return;
    if (decision.what == Residency::What::kRun) turn_ = decision.member;
    if (const auto& wake = members_[decision.member].wake) wake();
  }
}

Status Fleet::Take(std::uint64_t bytes, std::uint64_t weights) {
  std::unique_lock lock(mutex_);
  RETURN_IF_ERROR(residency_.Reserve(bytes, weights));
  Decide();
  if (freed_.wait_for(lock, kRoomSeconds, [&] { return residency_.Grant(bytes); })) return {};
  residency_.Waive(bytes);
  Decide();
  return Fail(Code::kNoMemory,
              "it needs {} bytes; of {} bytes {} are in use, by models that have work or stay for good", bytes, bytes_,
              residency_.bytes_resident() + residency_.bytes_fixed());
}

std::shared_ptr<const void> Fleet::Taken(std::uint64_t bytes) {
  struct Room {
    std::shared_ptr<Fleet> fleet;
    std::uint64_t bytes;
    ~Room() {
      std::lock_guard lock(fleet->mutex_);
      fleet->residency_.Release(bytes);
      fleet->freed_.notify_all();
      fleet->Decide();
    }
  };
  return std::shared_ptr<const void>(new Room{shared_from_this(), bytes});
}

Result<std::shared_ptr<const void>> Fleet::Reserve(std::uint64_t bytes) {
  RETURN_IF_ERROR(Take(bytes));
  return Taken(bytes);
}

Status Fleet::NeedScratch(std::uint64_t more_bytes) {
  std::uint64_t owed;
  {
    std::lock_guard lock(mutex_);
    owed = scratch_bytes_owed_ += more_bytes;
    scratch_bytes_owed_ = 0;
  }
  Status taken = owed > 0 ? Take(owed) : Status();
  if (!taken) {
    std::lock_guard lock(mutex_);
    scratch_bytes_owed_ += owed;
  }
  return taken;
}

Status Fleet::Pin(std::string_view name, bool pinned) {
  std::lock_guard lock(mutex_);
  for (MemberId id = 0; id < members_.size(); ++id)
    if (members_[id].wake && members_[id].name == name) return residency_.Pin(id, pinned);
  return Fail(Code::kNotFound, "no model '{}' is served", name);
}

std::uint64_t Fleet::bytes_used() const {
  std::lock_guard lock(mutex_);
  return residency_.bytes_resident() + residency_.bytes_fixed();
}

std::uint64_t Fleet::bytes_fixed() const {
  std::lock_guard lock(mutex_);
  return residency_.bytes_fixed();
}

std::optional<Fleet::Wait> Fleet::WaitFor(std::string_view name) const {
  std::lock_guard lock(mutex_);
  for (MemberId id = 0; id < members_.size(); ++id) {
    if (!members_[id].wake || members_[id].name != name) continue;
    if (residency_.resident(id) && !residency_.leaving(id)) return {};
    return Wait{residency_.LineFor(id), residency_.WaitSeconds(id, SteadySeconds()) + residency_.load_seconds(id)};
  }
  return {};
}

std::vector<FleetRow> Fleet::Rows() const {
  std::lock_guard lock(mutex_);
  std::vector<FleetRow> rows;
  const double now = SteadySeconds();
  for (MemberId id = 0; id < members_.size(); ++id) {
    const Member& m = members_[id];
    if (!m.wake) continue;
    rows.push_back({m.name, m.bytes, residency_.resident(id) && !residency_.leaving(id), residency_.leaving(id),
                    residency_.pinned(id), turn_ == id, m.works, residency_.PlaceInLine(id),
                    residency_.WaitSeconds(id, now), residency_.load_seconds(id), m.loads});
  }
  return rows;
}

}  // namespace yun::engine
