#include "cloud/meter.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/check.h"
#include "base/log.h"

namespace yun::cloud {
namespace {

constexpr std::array<char, 8> kMagic = {'y', 'u', 'n', 'm', 'e', 't', 'e', 'r'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kFree = 0, kUsed = 1;
constexpr std::string_view kOtherModels = "(other)";

using AtomicUnits = std::array<std::atomic<std::int64_t>, kKinds>;
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free,
              "a lock in the map would stay locked for ever after a kill");

Units Load(const AtomicUnits& from) {
  Units units;
  for (std::size_t i = 0; i < kKinds; ++i) units.of[i] = from[i].load(std::memory_order_relaxed);
  return units;
}
void Store(AtomicUnits& to, const Units& units) {
  for (std::size_t i = 0; i < kKinds; ++i) to[i].store(units.of[i], std::memory_order_relaxed);
}

template <std::size_t N>
void PutText(std::array<char, N>& to, std::string_view text) {
  to.fill(0);
  text = text.substr(0, N - 1);
  std::copy(text.begin(), text.end(), to.begin());
}
template <std::size_t N>
std::string GetText(const std::array<char, N>& from) {
  return std::string(from.data(), std::find(from.begin(), from.end(), '\0') - from.begin());
}

/// Keeps the order of stores as it is written. What a killed process had stored stays in the map in that order, so no
/// more than this is needed.
void KeepOrder() { std::atomic_signal_fence(std::memory_order_seq_cst); }

/// MeterInfo as it lies in the file.
struct PackedInfo {
  std::array<char, 40> receipt_id, workspace_id, account_id, key_id, partner_id, price_version, free_id;
  std::array<char, 128> model;
  std::array<char, 64> app, request_id;
  std::array<char, 8> currency;
  std::array<std::int64_t, kKinds> micro_per_million;
  std::int64_t reserved_micro, free_reserved, started_ms;
  std::array<std::uint64_t, 2> claim;
  std::int32_t batch_ppm, discount_ppm, share_ppm;
  std::uint8_t priced, batch;
  std::array<std::uint8_t, 2> unused;
};
static_assert(std::is_trivially_copyable_v<PackedInfo>);

PackedInfo Pack(const MeterInfo& info) {
  PackedInfo packed{};
  PutText(packed.receipt_id, info.receipt_id);
  PutText(packed.workspace_id, info.workspace_id);
  PutText(packed.account_id, info.account_id);
  PutText(packed.key_id, info.key_id);
  PutText(packed.partner_id, info.partner_id);
  PutText(packed.price_version, info.price_version);
  PutText(packed.free_id, info.free_id);
  PutText(packed.model, info.model);
  PutText(packed.app, info.app);
  PutText(packed.request_id, info.request_id);
  PutText(packed.currency, info.currency);
  packed.micro_per_million = info.rates.micro_per_million;
  packed.reserved_micro = info.reserved_micro;
  packed.free_reserved = info.free_reserved;
  packed.started_ms = info.started_ms;
  packed.claim = info.claim;
  packed.batch_ppm = info.rates.batch_ppm;
  packed.discount_ppm = info.rates.discount_ppm;
  packed.share_ppm = info.share_ppm;
  packed.priced = info.rates.priced;
  packed.batch = info.batch;
  return packed;
}

MeterInfo Unpack(const PackedInfo& packed) {
  MeterInfo info;
  info.receipt_id = GetText(packed.receipt_id);
  info.workspace_id = GetText(packed.workspace_id);
  info.account_id = GetText(packed.account_id);
  info.key_id = GetText(packed.key_id);
  info.partner_id = GetText(packed.partner_id);
  info.price_version = GetText(packed.price_version);
  info.free_id = GetText(packed.free_id);
  info.model = GetText(packed.model);
  info.app = GetText(packed.app);
  info.request_id = GetText(packed.request_id);
  info.currency = GetText(packed.currency);
  info.rates = {packed.priced != 0, packed.micro_per_million, packed.batch_ppm, packed.discount_ppm};
  info.batch = packed.batch != 0;
  info.share_ppm = packed.share_ppm;
  info.reserved_micro = packed.reserved_micro;
  info.free_reserved = packed.free_reserved;
  info.started_ms = packed.started_ms;
  info.claim = packed.claim;
  return info;
}

/// FNV-1a: finds a slot that a power cut left half written.
std::uint64_t Checksum(const PackedInfo& packed) {
  std::uint64_t hash = 14695981039346656037u;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&packed);
  for (std::size_t i = 0; i < sizeof(packed); ++i) hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

}  // namespace

struct Meter::Slot {
  std::atomic<std::uint32_t> sequence;  // its lowest bit says which of `used` holds
  std::atomic<std::uint32_t> ended;     // 0: it runs; else an EndReason and 1
  std::array<AtomicUnits, 2> used;
  std::uint64_t checksum;
  PackedInfo info;
};

struct Meter::File {
  struct Total {
    std::array<char, 128> model;
    AtomicUnits units;
  };
  /// What a Free is about to write. While `valid`, the writing is done again at the next start.
  struct Redo {
    std::atomic<std::uint32_t> valid;
    std::uint32_t slot, model;
    Units totals;
  };

  std::array<char, 8> magic;
  std::uint32_t version, slot_bytes, slots, models;
  std::atomic<std::uint32_t> model_count;
  Redo redo;
  std::array<Total, kMeterModels> totals;
  std::array<std::atomic<std::uint32_t>, kMeterSlots> states;
  alignas(64) std::array<Slot, kMeterSlots> slot;
};

Meter::Slot& Meter::At(std::size_t slot) const { return file_->slot[slot]; }

Result<std::unique_ptr<Meter>> Meter::Open(const std::filesystem::path& home) {
  const std::filesystem::path path = home / "meter.journal";
  const auto failed = [&](std::string_view what) {
    return Fail(Code::kDisk, "{}: {}: {}", path.string(), what, std::strerror(errno));
  };
  std::unique_ptr<Meter> meter(new Meter);
  meter->fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (meter->fd_ < 0) return failed("cannot open");
  if (::flock(meter->fd_, LOCK_EX | LOCK_NB) != 0)
    return Fail(Code::kUnavailable, "{}: another yun is using it", path.string());
  struct stat stat{};
  if (::fstat(meter->fd_, &stat) != 0) return failed("cannot be read");
  const bool fresh = stat.st_size == 0;
  if (!fresh && stat.st_size != sizeof(File))
    return Fail(Code::kCorrupt, "{}: {} bytes, not {}: not a journal of this version", path.string(), stat.st_size,
                sizeof(File));
  if (fresh && ::ftruncate(meter->fd_, sizeof(File)) != 0) return failed("cannot make it");
  void* map = ::mmap(nullptr, sizeof(File), PROT_READ | PROT_WRITE, MAP_SHARED, meter->fd_, 0);
  if (map == MAP_FAILED) return failed("cannot map");
  File& file = *(meter->file_ = static_cast<File*>(map));

  // The magic is written last: without it, a kill fell into the making, and all else is still zero.
  if (std::all_of(file.magic.begin(), file.magic.end(), [](char c) { return c == 0; })) {
    file.version = kVersion;
    file.slot_bytes = sizeof(Slot);
    file.slots = kMeterSlots;
    file.models = kMeterModels;
    KeepOrder();
    file.magic = kMagic;
  }
  if (file.magic != kMagic) return Fail(Code::kCorrupt, "{}: not a meter's journal", path.string());
  if (file.version != kVersion || file.slot_bytes != sizeof(Slot) || file.slots != kMeterSlots ||
      file.models != kMeterModels) {
    return Fail(Code::kUnsupported, "{}: a journal of another version of yun", path.string());
  }
  const std::uint32_t models = file.model_count;
  if (models > kMeterModels) return Fail(Code::kCorrupt, "{}: {} models", path.string(), models);

  File::Redo& redo = file.redo;
  if (redo.valid != 0) {
    if (redo.slot >= kMeterSlots || redo.model >= models)
      return Fail(Code::kCorrupt, "{}: an unfinished record of no slot", path.string());
    Store(file.totals[redo.model].units, redo.totals);
    file.states[redo.slot] = kFree;
    redo.valid = 0;
  }
  for (std::uint32_t i = 0; i < models; ++i) meter->models_.emplace(GetText(file.totals[i].model), i);
  for (std::size_t i = kMeterSlots; i-- > 0;) {
    if (file.states[i] == kFree) meter->free_.push_back(static_cast<std::uint32_t>(i));
  }
  meter->in_use_ = kMeterSlots - meter->free_.size();
  return meter;
}

Meter::~Meter() {
  if (file_ != nullptr) ::munmap(file_, sizeof(File));
  if (fd_ >= 0) ::close(fd_);
}

Result<std::shared_ptr<Ticket>> Meter::Begin(const MeterInfo& info) {
  constexpr std::size_t kIdMax = sizeof(PackedInfo::receipt_id) - 1;
  for (const std::string* id : {&info.receipt_id, &info.workspace_id, &info.account_id, &info.key_id, &info.partner_id,
                                &info.price_version, &info.free_id}) {
    if (id->size() > kIdMax) return Fail(Code::kInvalidArgument, "an id of {} bytes; at most {}", id->size(), kIdMax);
  }
  if (info.currency.size() >= sizeof(PackedInfo::currency))
    return Fail(Code::kInvalidArgument, "a currency of {} bytes", info.currency.size());
  std::uint32_t index;
  {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return Fail(Code::kTooMany, "{} sequences are running; try again later", kMeterSlots);
    index = free_.back();
    free_.pop_back();
    ++in_use_;
  }
  Slot& slot = At(index);
  slot.info = Pack(info);
  slot.checksum = Checksum(slot.info);
  slot.sequence.store(0, std::memory_order_relaxed);
  slot.ended.store(0, std::memory_order_relaxed);
  Store(slot.used[0], {});
  file_->states[index].store(kUsed, std::memory_order_release);
  return std::shared_ptr<Ticket>(new Ticket(*this, index));
}

void Meter::Free(Ticket& ticket) {
  std::lock_guard lock(mutex_);
  const std::size_t index = ticket.slot_;
  CHECK(file_->states[index].load(std::memory_order_relaxed) == kUsed);
  Slot& slot = At(index);
  const Units used = ticket.used();
  if (used != Units{}) {
    const std::string name = GetText(slot.info.model);
    auto model = models_.find(name);
    if (model == models_.end()) {
      // The last line is for all models that have no line of their own.
      const bool other = models_.size() + 1 >= kMeterModels;
      const std::string_view line_name = other ? kOtherModels : std::string_view(name);
      model = models_.find(line_name);
      if (model == models_.end()) {
        const std::uint32_t line = file_->model_count;
        PutText(file_->totals[line].model, line_name);
        file_->model_count.store(line + 1, std::memory_order_release);
        model = models_.emplace(line_name, line).first;
      }
    }
    File::Redo& redo = file_->redo;
    File::Total& total = file_->totals[model->second];
    KeepOrder();
    redo.slot = static_cast<std::uint32_t>(index);
    redo.model = static_cast<std::uint32_t>(model->second);
    redo.totals = Load(total.units);
    redo.totals += used;
    redo.valid.store(1, std::memory_order_release);
    KeepOrder();
    Store(total.units, redo.totals);
    file_->states[index].store(kFree, std::memory_order_release);
    redo.valid.store(0, std::memory_order_release);
  } else {
    file_->states[index].store(kFree, std::memory_order_release);
  }
  free_.push_back(static_cast<std::uint32_t>(index));
  --in_use_;
}

std::vector<Unsettled> Meter::Recover() {
  std::map<std::string, Unsettled> found;
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kMeterSlots; ++i) {
    if (file_->states[i] != kUsed) continue;
    const Slot& slot = At(i);
    if (slot.checksum != Checksum(slot.info) || GetText(slot.info.receipt_id).empty()) {
      log::warn("meter.journal: slot {} is damaged (a power cut?) and is left out", i);
      file_->states[i] = kFree;
      free_.push_back(static_cast<std::uint32_t>(i));
      --in_use_;
      continue;
    }
    MeterInfo info = Unpack(slot.info);
    Unsettled& unsettled = found[info.receipt_id];
    std::shared_ptr<Ticket> ticket(new Ticket(*this, i));
    unsettled.used += ticket->used();
    unsettled.info = std::move(info);
    // Killed while it was written into several slots: one is enough.
    if (const std::uint32_t ended = slot.ended; ended != 0 && ended <= kEndReasons)
      unsettled.ended = static_cast<EndReason>(ended - 1);
    unsettled.tickets.push_back(std::move(ticket));
  }
  std::vector<Unsettled> out;
  for (auto& [id, unsettled] : found) out.push_back(std::move(unsettled));
  return out;
}

Meter::Totals Meter::ReadTotals() const {
  Totals totals;
  std::lock_guard lock(mutex_);
  for (const auto& [name, line] : models_) totals.settled[name] = Load(file_->totals[line].units);
  std::vector<bool> free(kMeterSlots);
  for (const std::uint32_t slot : free_) free[slot] = true;
  for (std::size_t i = 0; i < kMeterSlots; ++i) {
    if (free[i] || file_->states[i].load(std::memory_order_acquire) != kUsed) continue;
    ++totals.slots;
    totals.running[GetText(At(i).info.model)] += Ticket(const_cast<Meter&>(*this), i).used();
  }
  return totals;
}

Ticket::~Ticket() = default;

void Ticket::Used(const Units& so_far) {
  Meter::Slot& slot = meter_.At(slot_);
  const std::uint32_t next = slot.sequence.load(std::memory_order_relaxed) + 1;
  std::atomic_thread_fence(std::memory_order_release);  // a reader of the other half sees that it is overwritten
  Store(slot.used[next & 1], so_far);
  slot.sequence.store(next, std::memory_order_release);
}

void Ticket::Ended(EndReason reason) {
  meter_.At(slot_).ended.store(static_cast<std::uint32_t>(reason) + 1, std::memory_order_release);
}

Units Ticket::used() const {
  const Meter::Slot& slot = meter_.At(slot_);
  for (;;) {
    const std::uint32_t before = slot.sequence.load(std::memory_order_acquire);
    const Units units = Load(slot.used[before & 1]);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (slot.sequence.load(std::memory_order_relaxed) == before) return units;
  }
}

}  // namespace yun::cloud
