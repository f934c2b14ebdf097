#include "engine/kv_tier.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "base/steady.h"
#include "engine/kernels/pack.h"

namespace yun::engine {
namespace {

/// Of how keys and values are computed and lie in a block; whoever changes that counts it up.
constexpr std::uint32_t kKvLayoutVersion = 1;
constexpr double kFetchSeconds = 0.001;      // that a fetch takes beside reading
constexpr std::uint32_t kTryAgainAfter = 16;  // refusals: the disk may have become faster
// A disk that hangs holds requests up for so long, or for some times what computing would take.
constexpr double kLateSeconds = 2, kLateTimes = 4;

}  // namespace

Result<std::unique_ptr<KvTier>> KvTier::Create(KvTierParts parts, const std::string& what, const std::string& model) {
  ASSIGN_OR_RETURN(const KvDisk::StoreId store, parts.disk->Join(what, model, parts.memory->shape().block_bytes()));
  Scheduler* const scheduler = parts.scheduler;
  std::unique_ptr<KvTier> tier(new KvTier(std::move(parts), store));
  scheduler->set_tier(tier.get());
  return tier;
}

KvTier::~KvTier() {
  parts_.scheduler->set_tier(nullptr);
  for (Fetching& fetching : fetching_) {
    parts_.disk->Cancel(fetching.read);
    parts_.pool->Release(fetching.table);
  }
}

unsigned char* KvTier::At(std::uint32_t block) const {
  return parts_.memory->Layer(0) + block * parts_.memory->shape().block_bytes();
}

KvTier::Known& KvTier::KeysOf(const ScheduledSequence& sequence, std::size_t blocks) {
  Known& known = known_[&sequence];
  const std::span<const std::int32_t> tokens(*sequence.tokens);
  for (std::size_t i = known.keys.size(); i < blocks; ++i)
    known.keys.push_back(parts_.disk->NextKey(i == 0 ? parts_.disk->RootKey(store_, sequence.salt) : known.keys.back(),
                                              tokens.subspan(i * kBlockTokens, kBlockTokens)));
  return known;
}

bool KvTier::Pays(std::uint64_t blocks) {
  if (parts_.disk->options().read_always) return true;
  const double read = parts_.disk->ReadSeconds(blocks * parts_.memory->shape().block_bytes());
  const double compute = parts_.compute_seconds(blocks * kBlockTokens);
  if (read == 0 || compute == 0 || read + kFetchSeconds < compute || ++refused_ >= kTryAgainAfter) {
    refused_ = 0;
    return true;
  }
  return false;
}

PrefixTier::Answer KvTier::Fetch(ScheduledSequence& sequence, const BlockTable& cached, std::uint32_t spare) {
  const std::size_t full = (sequence.tokens->size() - 1) / kBlockTokens;  // one token is left to compute
  if (cached.size() >= full) return Answer::kNone;
  Known& known = KeysOf(sequence, full);
  const auto wanted = std::span(known.keys).first(full).subspan(cached.size());
  std::uint64_t blocks = parts_.disk->Find(store_, wanted);
  if (!std::exchange(known.counted, true)) parts_.disk->CountLookup(store_, blocks, wanted.size() - blocks);
  if (blocks == 0) return Answer::kNone;
  if (std::ranges::any_of(fetching_, &Fetching::late)) return Answer::kNone;
  if (fetching_.size() >= kFetchesMax) return Answer::kBusy;
  // Where there is no room for them there is none for the sequence: its turn comes later.
  if (blocks + spare > std::uint64_t{parts_.pool->free()} + parts_.pool->idle()) return Answer::kNone;
  if (!Pays(blocks)) {
    sequence.fetched = true;
    return Answer::kNone;
  }
  const double patience = std::max(kLateSeconds, kLateTimes * parts_.compute_seconds(blocks * kBlockTokens));
  const double late = SteadySeconds() + patience;
  Fetching fetching{&sequence, sequence.salt, {}, cached, cached.size(), std::make_shared<KvRead>(), late};
  const std::size_t total = cached.size() + blocks;
  fetching.tokens.assign(sequence.tokens->begin(),
                         sequence.tokens->begin() + static_cast<std::ptrdiff_t>(total * kBlockTokens));
  for (const std::uint32_t block : fetching.table) parts_.pool->Share(block);
  CHECK(parts_.scheduler->cache().MakeFree(static_cast<std::uint32_t>(blocks)));
  KvRead& read = *fetching.read;
  read.store = store_;
  read.keys.assign(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(blocks));
  while (fetching.table.size() < total) {
    fetching.table.push_back(parts_.pool->Take());
    read.out.push_back(At(fetching.table.back()));
  }
  read.done = parts_.wake;
  parts_.disk->Start(fetching.read);
  fetching_.push_back(std::move(fetching));
  return Answer::kComes;
}

bool KvTier::Collect() {
  bool any = false;
  for (auto at = fetching_.begin(); at != fetching_.end();) {
    Fetching& fetching = *at;
    if (!fetching.read->finished) {
      if (SteadySeconds() > fetching.late_at && !std::exchange(fetching.late, true)) {
        fetching.read->cancelled = true;
        if (ScheduledSequence* waiting = std::exchange(fetching.sequence, nullptr)) parts_.scheduler->Fetched(waiting);
      }
      ++at;
      continue;
    }
    const std::size_t right = fetching.cached + fetching.read->blocks;
    for (; fetching.table.size() > right; fetching.table.pop_back()) parts_.pool->Drop(fetching.table.back());
    parts_.scheduler->cache().Insert(fetching.salt, std::span(fetching.tokens).first(right * kBlockTokens),
                                     fetching.table);
    parts_.pool->Release(fetching.table);
    if (fetching.sequence) parts_.scheduler->Fetched(fetching.sequence);
    at = fetching_.erase(at);
    any = true;
  }
  parts_.scheduler->Prefetch();
  return any;
}

void KvTier::Save(const ScheduledSequence& sequence) {
  const std::size_t full = std::min<std::size_t>(sequence.computed / kBlockTokens, sequence.blocks.size());
  if (const auto known = known_.find(&sequence); known != known_.end() && known->second.saved >= full) return;
  if (full == 0) return;
  Known& known = KeysOf(sequence, full);
  known.wanted = true;
  while (known.saved < full && parts_.disk->Put(store_, known.keys[known.saved], At(sequence.blocks[known.saved])))
    ++known.saved;
}

void KvTier::Forget(const ScheduledSequence& sequence) {
  for (Fetching& fetching : fetching_) {
    if (fetching.sequence != &sequence) continue;
    fetching.sequence = nullptr;
    fetching.read->cancelled = true;
  }
  const auto known = known_.find(&sequence);
  if (known == known_.end()) return;
  const std::size_t full = sequence.computed / kBlockTokens;
  if (known->second.wanted && full > known->second.saved)
    parts_.disk->CountSkipped(store_, full - known->second.saved);
  known_.erase(known);
}

std::string KvIdentity(const Checkpoint& checkpoint, const ModelConfig& config, const CacheShape& shape, bool f32,
                       std::string_view kernels) {
  const auto files = checkpoint.TensorFiles();
  if (files.empty()) return {};
  std::string text = fmt::format(
      "{} {} {} {} {} {} {} {} {}", kKvLayoutVersion, kernels::kPackingVersion, kernels, f32, shape.layers,
      shape.kv_heads, shape.head_dim, static_cast<int>(shape.type), config.architecture);
  // What a folder's config.json may change while the weights stay.
  text += fmt::format(" {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", config.heads, config.rms_eps, config.qkv_bias,
                      config.qk_norm, config.rope_interleaved, config.rope_theta, config.rope_dim,
                      static_cast<int>(config.rope_scaling), config.rope_factor, config.rope_original_context,
                      config.yarn_beta_fast, config.yarn_beta_slow, config.yarn_attention_factor,
                      config.llama3_low_freq_factor, config.llama3_high_freq_factor, config.yarn_truncate);
  for (const TensorFile& file : files)
    text += fmt::format(" {} {} {}", file.bytes, file.modified_ns, file.changed_ns);
  return text;
}

}  // namespace yun::engine
