// The disk tier of the prefix cache: full blocks of keys and values in segment files (kv_segment.h), for all models of
// a home folder together. Written behind the requests' back by one thread, read back by another. It is a cache: what
// is lost, torn or wrong is computed again, and nothing that fails here fails a request.
//
// A block's key is a keyed hash of salt and all tokens up to its end. The secret lies in the folder, or comes of the
// operator's key; with that the blocks are encrypted too. A folder a model and way of computing it, whole segments go
// when room is needed, the one used longest ago first.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cipher/aes_gcm.h"
#include "engine/kvcache/kv_segment.h"

namespace yun::engine {

inline constexpr char kKvFolder[] = "kv";  // in the home folder
inline constexpr std::size_t kKvSegmentsMax = 4096;
inline constexpr std::uint64_t kKvSegmentBytesMin = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kKvSegmentBytesMax = std::uint64_t{256} << 20;
inline constexpr std::uint64_t kKvSegmentsOfBound = 64;  // a full tier has about so many

struct KvDiskOptions {
  std::filesystem::path folder;
  std::uint64_t bytes_max = 0;
  std::optional<cipher::Key> key;                           // of the operator: encrypts
  std::uint64_t staging_bytes = 4 * kKvBlockBytesMax;       // of memory, for blocks on their way to the disk
  double retry_seconds = 30;                                // after a write that failed
  double flush_seconds = 5;                                 // at most, at the end
  bool read_always = false;                                 // also where computing is quicker: for tests
};

/// units: blocks, but for bytes and seconds; since start, but for the first two
struct KvDiskStats {
  std::uint64_t bytes = 0, blocks = 0;
  std::uint64_t hits = 0, misses = 0;  // of prompts' blocks that memory did not have
  std::uint64_t read = 0, written = 0, evicted = 0;
  std::uint64_t skipped = 0;           // not written: the disk was too slow, or failed
  std::uint64_t damaged = 0;           // found unreadable or wrong, and given up
  std::uint64_t write_errors = 0;
  double read_seconds = 0;
};

/// Blocks on their way back into memory.
struct KvRead {
  std::uint32_t store = 0;
  std::vector<KvKey> keys;
  std::vector<unsigned char*> out;  // borrows: each a block, until `finished`
  std::function<void()> done;       // from the reader thread, after `finished`; must not block
  std::atomic<std::uint32_t> blocks{0};  // of the first keys, that have been read and are right
  std::atomic<bool> finished{false}, cancelled{false};
};

/// thread: all methods from any thread
class KvDisk {
 public:
  using StoreId = std::uint32_t;

  /// errors: kDisk, kUnavailable (another process uses the folder), as cipher::ReadKeyFile
  static Result<std::shared_ptr<KvDisk>> Open(KvDiskOptions options);
  /// Writes what is staged, for a while.
  ~KvDisk();
  KvDisk(const KvDisk&) = delete;
  KvDisk& operator=(const KvDisk&) = delete;

  const KvDiskOptions& options() const { return options_; }
  /// The blocks of a model. `what`: everything that says whether two runs have the same bytes for the same tokens.
  /// errors: kTooLarge (a block, for the bound)
  Result<StoreId> Join(std::string_view what, std::string_view model, std::uint64_t block_bytes);

  /// Of no tokens, and of one block more.
  KvKey RootKey(StoreId store, std::uint64_t salt) const;
  KvKey NextKey(const KvKey& before, std::span<const std::int32_t> tokens) const;

  /// Has the block written soon. False when there is no room in the staging memory, or the disk has failed of late.
  bool Put(StoreId store, const KvKey& key, const unsigned char* block);
  /// How many of the first keys can be read.
  std::uint32_t Find(StoreId store, std::span<const KvKey> keys) const;
  /// Reads blocks in order, as far as they are right.
  void Start(std::shared_ptr<KvRead> read);
  /// Returns when nothing of it is written to any more, and `done` has returned or never will be called.
  void Cancel(const std::shared_ptr<KvRead>& read);

  /// What reading so much would take; 0: not known yet.
  double ReadSeconds(std::uint64_t bytes) const;
  KvDiskStats Stats(StoreId store) const;
  void CountLookup(StoreId store, std::uint64_t hits, std::uint64_t misses);
  void CountSkipped(StoreId store, std::uint64_t blocks);
  /// Waits until nothing is staged. False: not within the time.
  bool Flush(double seconds);

 private:
  struct KeyHash {
    std::size_t operator()(const KvKey& key) const;
  };
  struct Place {
    std::uint64_t segment = 0;  // 0: staged
    std::uint32_t slot = 0;
    KvTag tag{};
  };
  struct Segment {
    std::filesystem::path path;
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;                // on the clock of uses
    std::optional<StoreId> store;          // nothing: of a model that is not served now
    KvSegment head;                        // of a store
    std::optional<cipher::Key> key;        // of a store that is sealed
    std::vector<KvKey> keys;
    double touched = 0;
  };
  struct Store {
    std::string name;  // of its folder
    std::array<unsigned char, 16> id;
    std::string model;
    std::uint64_t block_bytes = 0;
    std::unordered_map<KvKey, Place, KeyHash> index;
    KvDiskStats stats;
  };
  struct Staged {
    StoreId store;
    KvKey key;
    std::uint64_t begin, end;  // in the ring; what is before is free when this one is done
    bool ready = false;
  };
  struct OpenSegment {
    std::uint64_t number = 0;
    std::uint32_t next = 0;
    int fd = -1;
  };

  explicit KvDisk(KvDiskOptions options) : options_(std::move(options)) {}
  void Scan();
  void LoadIndex(StoreId store);
  std::optional<std::uint64_t> Reserve(std::uint64_t bytes, std::uint64_t& end);
  void Write();
  Status WriteOne(std::unique_lock<std::mutex>& lock, const Staged& item);
  Result<OpenSegment*> SegmentFor(std::unique_lock<std::mutex>& lock, StoreId store);
  Status CreateSegment(std::unique_lock<std::mutex>& lock, StoreId store);
  void CloseOpen(StoreId store);
  /// Forgets a segment; the file is the caller's to remove.
  std::filesystem::path Drop(std::uint64_t number);
  void Read();
  std::uint32_t ReadBlocks(KvRead& read);
  void Touch(const std::set<std::uint64_t>& segments);

  const KvDiskOptions options_;
  cipher::Key names_;  // the hashes' secret
  int lock_fd_ = -1;
  std::uint8_t* ring_ = nullptr;

  mutable std::mutex mutex_;
  std::condition_variable staged_, written_, wanted_, idle_;
  std::deque<Store> stores_;
  std::map<std::uint64_t, Segment> segments_;  // by number, from 1
  std::uint64_t last_segment_ = 0, uses_ = 0, bytes_ = 0;
  std::deque<Staged> items_;
  std::uint64_t ring_head_ = 0, ring_tail_ = 0;
  std::deque<std::shared_ptr<KvRead>> reads_;
  std::shared_ptr<KvRead> reading_;
  double paused_until_ = 0, seconds_per_byte_ = 0;
  bool failing_ = false, stop_ = false;

  std::map<StoreId, OpenSegment> open_;  // of the writer thread alone
  std::thread writer_, reader_;
};

/// What is kept for a model, in one way of computing it.
struct KvInfo {
  std::filesystem::path folder;
  std::string model;
  std::uint64_t bytes = 0, blocks = 0, block_bytes = 0;
  std::int64_t used_unix = 0;  // seconds
  bool sealed = false;
};
/// The last used first.
std::vector<KvInfo> ListKv(const std::filesystem::path& folder);
struct KvRemoved {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};
/// Of a model, or of all (""). errors: kDisk, kUnavailable (a running server uses the folder)
Result<KvRemoved> RemoveKv(const std::filesystem::path& folder, std::string_view model);

}  // namespace yun::engine
