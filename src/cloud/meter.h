// What requests have used, kept where a killed process cannot lose it: a mapped file of fixed slots, one a running
// sequence, written by the engine's thread before anybody hears of a token. A slot is free again only when its receipt
// is committed; what it counted then goes into the journal's totals, by model and kind. So at any instant, and after a
// kill at any instruction, totals + slots = all that was ever computed.
//
// The map is shared with the kernel's page cache: it survives the process, not a power cut (then at most the last
// seconds of requests that were running are lost; reservations without a slot are released at the next start).
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/price_book.h"
#include "cloud/usage.h"

namespace yun::cloud {

inline constexpr std::size_t kMeterSlots = 65'536;
inline constexpr std::size_t kMeterModels = 1'024;  // with totals of their own; later ones share one line, "(other)"

/// All that is needed to settle a request without its process: who, what, at what price.
/// units: texts up to the bytes said; longer ones are cut (names of models and apps) or refused (ids)
struct MeterInfo {
  std::string receipt_id, workspace_id, account_id, key_id;  // 39 bytes each
  std::string model;                                         // 127 bytes
  std::string app;                                           // 63 bytes; empty: none
  std::string partner_id;                                    // 39 bytes; empty: none
  std::string request_id;                                    // 63 bytes
  std::string currency;                                      // 7 bytes
  std::string price_version;                                 // 39 bytes
  std::string free_id;                                       // 39 bytes: the free quota that it draws on, if any
  Rates rates;
  bool batch = false;
  std::int32_t share_ppm = 0;  // the partner's
  std::int64_t reserved_micro = 0, free_reserved = 0;
  std::int64_t started_ms = 0;
  std::array<std::uint64_t, 2> claim{};  // hash of workspace and Idempotency-Key; zeros: none
};

class Meter;

/// One slot. The last owner's going does not free it: Meter::Free does, after the commit.
class Ticket {
 public:
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  /// What has been used so far, absolute; seen as a whole or not at all. A few stores. thread: one (the engine's)
  void Used(const Units& so_far);
  /// thread: any
  Units used() const;
  /// How its request ended: a start after a kill settles it so. Before its receipt is queued. thread: any
  void Ended(EndReason reason);

 private:
  friend class Meter;
  Ticket(Meter& meter, std::size_t slot) : meter_(meter), slot_(slot) {}
  Meter& meter_;  // borrows:
  std::size_t slot_;
};

/// A receipt that a former process left unsettled, and the slots that counted for it.
struct Unsettled {
  MeterInfo info;
  Units used;
  std::optional<EndReason> ended;  // nothing: it was running
  std::vector<std::shared_ptr<Ticket>> tickets;
};

/// thread: all methods from any thread
class Meter {
 public:
  /// <home>/meter.journal, made when there is none (64 MiB, sparse).
  /// errors: kUnavailable (another process has it), kCorrupt, kUnsupported (another version), kDisk
  static Result<std::unique_ptr<Meter>> Open(const std::filesystem::path& home);
  ~Meter();

  /// errors: kTooMany (kMeterSlots are in use), kInvalidArgument (an id that is too long)
  Result<std::shared_ptr<Ticket>> Begin(const MeterInfo& info);
  /// Adds what the slot counted to the totals and frees it, once: after its receipt is committed, or when its request
  /// was never started.
  void Free(Ticket& ticket);
  /// What was left by a former process; once, before the first Begin.
  std::vector<Unsettled> Recover();

  struct Totals {
    std::map<std::string, Units, std::less<>> settled;  // freed slots, by model
    std::map<std::string, Units, std::less<>> running;  // slots in use
    std::size_t slots = 0;                              // in use
    bool operator==(const Totals&) const = default;
  };
  Totals ReadTotals() const;
  std::size_t slots_in_use() const { return in_use_; }

 private:
  friend class Ticket;
  struct Slot;
  struct File;
  Meter() = default;
  Slot& At(std::size_t slot) const;

  File* file_ = nullptr;
  int fd_ = -1;
  mutable std::mutex mutex_;  // totals, the list of free slots
  std::vector<std::uint32_t> free_;
  std::map<std::string, std::size_t, std::less<>> models_;
  std::atomic<std::size_t> in_use_{0};
};

}  // namespace yun::cloud
