// One engine's part of the disk tier: which blocks go there, which come back, and whether that pays.
#pragma once
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/kvcache/block_pool.h"
#include "engine/kvcache/cache_memory.h"
#include "engine/kvcache/kv_disk.h"
#include "engine/scheduler/scheduler.h"
#include "formats/checkpoint/checkpoint.h"

namespace yun::engine {

inline constexpr std::size_t kFetchesMax = 2;  // of one engine at once

/// What an engine's tier is made of. Functions: `wake` from any thread; must not block.
struct KvTierParts {
  std::shared_ptr<KvDisk> disk;
  Scheduler* scheduler = nullptr;  // borrows, all three
  BlockPool* pool = nullptr;
  CacheMemory* memory = nullptr;
  std::function<void()> wake;                                  // something has been read
  std::function<double(std::uint64_t tokens)> compute_seconds;  // of a prompt; 0: not known
};

/// thread: the engine thread
class KvTier : public PrefixTier {
 public:
  /// `what`: as KvDisk::Join. errors: as KvDisk::Join
  static Result<std::unique_ptr<KvTier>> Create(KvTierParts parts, const std::string& what, const std::string& model);
  ~KvTier() override;

  Answer Fetch(ScheduledSequence& sequence, const BlockTable& cached, std::uint32_t spare) override;
  /// Takes in what has been read, if anything has, and begins to read for those whose turn is next.
  bool Collect();
  /// Has the computed full blocks of a running sequence written, as far as there is room to stage them.
  void Save(const ScheduledSequence& sequence);
  /// The sequence is about to be removed.
  void Forget(const ScheduledSequence& sequence);

  KvDiskStats stats() const { return parts_.disk->Stats(store_); }

 private:
  struct Known {
    std::vector<KvKey> keys;  // of the first blocks
    std::size_t saved = 0;    // blocks
    bool wanted = false;      // was to be saved
    bool counted = false;     // looked for
  };
  struct Fetching {
    ScheduledSequence* sequence;  // null: gone meanwhile
    std::uint64_t salt;
    std::vector<std::int32_t> tokens;
    BlockTable table;  // what was cached, then what is being read
    std::size_t cached;
    std::shared_ptr<KvRead> read;
    double late_at;  // on the clock: then its sequence is computed after all
    bool late = false;
  };
  KvTier(KvTierParts parts, KvDisk::StoreId store) : parts_(std::move(parts)), store_(store) {}
  Known& KeysOf(const ScheduledSequence& sequence, std::size_t blocks);
  bool Pays(std::uint64_t blocks);
  unsigned char* At(std::uint32_t block) const;

  const KvTierParts parts_;
  const KvDisk::StoreId store_;
  std::unordered_map<const ScheduledSequence*, Known> known_;
  std::list<Fetching> fetching_;
  std::uint32_t refused_ = 0;
};

/// Everything that says whether two engines have the same keys and values for the same tokens.
/// Empty: the model does not come from files that can be told apart.
std::string KvIdentity(const Checkpoint& checkpoint, const ModelConfig& config, const CacheShape& shape, bool f32,
                       std::string_view kernels);

}  // namespace yun::engine
