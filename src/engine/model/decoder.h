// The dense decoder of the Llama, Qwen2 and Qwen3 families: rows of tokens in, logits out.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/kernels/kernels.h"
#include "engine/kvcache/block_pool.h"
#include "engine/kvcache/cache_memory.h"
#include "engine/model/adapter.h"
#include "engine/model/huge_pages.h"
#include "engine/model/rope.h"
#include "engine/model/weights.h"
#include "formats/checkpoint/checkpoint.h"

namespace yun::engine {

/// Consecutive tokens of one sequence. The block table already covers position + tokens.size().
struct SequenceRows {
  std::span<const std::int32_t> tokens;
  std::uint32_t position = 0;               // of the first token
  const std::uint32_t* blocks = nullptr;    // borrows: the sequence's block table
  const Adapter* adapter = nullptr;         // borrows; sequences of one adapter best stand next to each other
};

/// What a step writes and the next one writes over. Decoders that never compute at the same time may share one: its
/// buffers grow to what the largest of them needs.
/// thread: whoever computes; Need from any
class DecoderScratch {
 public:
  enum Floats { kResidual, kQkv, kAttended, kCos, kSin, kLogits, kParts, kFloatsCount };
  enum Acts { kHiddenActs, kAttendedActs, kFfnActs, kActsCount };
  /// Of one decoder: elements, and bytes of activations.
  struct Sizes {
    std::size_t floats[kFloatsCount] = {};
    std::size_t acts[kActsCount][kernels::kActForms] = {};
    std::size_t workers = 0, worker_floats = 0;
  };
  StreamedVector<float> floats[kFloatsCount];
  StreamedVector<std::uint8_t> acts[kActsCount][kernels::kActForms];
  std::vector<StreamedVector<float>> workers;
  StreamedVector<std::uint8_t> adapters;  // grows with what batches need

  /// Says that a decoder will need so much. Returns by how many bytes the most that all have said grows.
  std::uint64_t Need(const Sizes& sizes);
  /// Has at least so much; what was in a buffer that grows is lost.
  void Fit(const Sizes& sizes);

 private:
  std::mutex mutex_;
  Sizes most_;
};

/// thread: one at a time (its ThreadPool does the work)
class Decoder {
 public:
  /// rows_max: rows of one Forward; logit_rows_max: rows of one Logits. scratch: null: one of its own
  /// borrows: kernels and pool, for its whole life; the weights borrow the checkpoint
  Decoder(const ModelConfig& config, std::unique_ptr<Weights> weights, const kernels::Kernels& kernels,
          ThreadPool& pool, kernels::CacheType cache_type, std::uint32_t rows_max, std::uint32_t logit_rows_max,
          std::shared_ptr<DecoderScratch> scratch = nullptr);
  /// Activations of models narrower than this carry 15 bits instead of 8: rounding hurts them most and they are cheap.
  static constexpr std::uint32_t kWideActivationsBelow = 1024;

  /// The cache that Forward needs.
  CacheShape cache_shape() const;

  /// Computes the hidden states of all rows of all sequences and appends their keys and values to the cache.
  /// Rows are numbered through the sequences in order.
  void Forward(std::span<const SequenceRows> sequences, CacheMemory& cache);

  /// Logits of rows of the last Forward: row i at result + i * logits_stride(), `vocab` floats. Until the next call of
  /// a decoder with this scratch, as what Hidden says.
  float* Logits(std::span<const std::uint32_t> rows);
  std::size_t logits_stride() const { return logits_stride_; }

  /// The final hidden state of a row of the last Forward, normed as the output layer sees it. shapes: out [hidden]
  void Hidden(std::uint32_t row, float* out) const;

  const DecoderScratch::Sizes& scratch_sizes() const { return sizes_; }

  /// So many rows are multiplied as one row is: with more of them other arithmetic may pay.
  std::uint32_t rows_like_one() const { return rows_like_one_; }

  /// From here on a row's results are the same bits whatever rows it is computed with, at the cost of speed: no tiles,
  /// whose arithmetic differs from that of few rows, and attention a position at a time, never in parts.
  void SetRowInvariant(bool on) { row_invariant_ = on; }

  /// Null between a SetWeights of nothing and the next.
  Weights* weights() { return weights_.get(); }
  /// Gives the weights back, or takes others of the same shapes, before the next Forward.
  void SetWeights(std::unique_ptr<Weights> weights) { weights_ = std::move(weights); }

 private:
  /// Activations of some rows in the forms that the consuming matrices eat.
  struct ActBuffer {
    DecoderScratch::Acts in;  // the scratch's
    std::uint64_t plane_bytes[kernels::kActForms] = {};  // 0 where nobody eats that form
    std::uint32_t cols = 0;
    std::vector<std::uint8_t> wanted[2];  // [row_invariant_][rows]: a bit for each form that some consumer eats
  };
  /// A piece of attention: some rows of a sequence, some heads of one KV head, a run of blocks.
  struct AttendPiece {
    std::uint32_t sequence, row, rows, position;  // row: in the batch
    std::uint32_t head, heads;                    // query heads
    std::uint32_t block_begin, block_end;
    std::int32_t part;                            // -1: whole; else slot of partial results
  };
  struct AttendMerge {
    std::uint32_t row, head, part_begin, parts, part_stride;
  };
  /// Rows whose tokens lie in one block of the cache, from `slot` on.
  struct StoredRun {
    std::uint32_t row, rows, slot, block;
  };
  struct MatrixTask {
    const kernels::PackedMatrix* matrix;
    float* out;
    std::size_t stride;
    std::optional<AdapterPart> part = {};  // what adapters may add to
  };
  /// Rows next to each other that one adapter changes, at most kAdapterRunRows.
  struct AdapterRun {
    const Adapter* adapter;
    std::uint32_t row, rows;
    std::uint8_t *x, *low;  // activations: an input's, and what A makes of it
  };

  kernels::ActForm FormOf(const kernels::PackedMatrix& consumer, std::uint32_t rows, bool row_invariant) const;
  void Prepare(ActBuffer& buffer, std::uint32_t cols, std::initializer_list<const kernels::PackedMatrix*> consumers);
  std::uint8_t Planes(kernels::ActForm form) const;
  std::uint8_t* Data(const ActBuffer& buffer, kernels::ActForm form) const;
  // Of the scratch.
  float* Residual() const { return scratch_->floats[DecoderScratch::kResidual].data(); }  // [rows][hidden + 16]
  float* Qkv() const { return scratch_->floats[DecoderScratch::kQkv].data(); }            // [rows][qkv_stride_]
  float* Attended() const { return scratch_->floats[DecoderScratch::kAttended].data(); }  // [rows][heads * head_dim]
  float* Cos() const { return scratch_->floats[DecoderScratch::kCos].data(); }            // [rows][rope_dim / 2]
  float* Sin() const { return scratch_->floats[DecoderScratch::kSin].data(); }
  float* LogitRows() const { return scratch_->floats[DecoderScratch::kLogits].data(); }   // [rows][logits_stride_]
  float* Parts() const { return scratch_->floats[DecoderScratch::kParts].data(); }        // [slots][head_dim + 2]
  kernels::Activations View(ActBuffer& buffer, std::uint32_t rows, const kernels::PackedMatrix& consumer);
  /// Writes columns [col, col + n) of a row of activations.
  void PutRow(ActBuffer& buffer, std::uint32_t rows, std::uint32_t row, const float* x, std::uint32_t col,
              std::uint32_t n);
  static void PutFloats(const kernels::Kernels& kernels, const kernels::Activations& acts, std::uint8_t* data,
                        std::uint32_t row, const float* x, std::uint32_t col, std::uint32_t n);
  template <class F>
  void ForEach(std::uint32_t count, std::uint32_t step, F&& f);
  /// Whether the consumer's activations are on AMX and too large for the L2 cache.
  bool Streamed(const ActBuffer& acts, std::uint32_t rows, const kernels::PackedMatrix& consumer) const;
  void MatMul(std::initializer_list<MatrixTask> tasks, ActBuffer& acts, std::uint32_t rows, bool add,
              std::uint32_t layer = 0);
  /// Norms rows of the residual stream, all or those that `from` lists, into hidden_acts_.
  void NormRows(std::uint32_t rows, const std::vector<float>& weight, const std::uint32_t* from = nullptr);
  void StoreRun(const LayerWeights& layer, const StoredRun& run, std::uint8_t* cache_layer, const CacheShape& shape);
  void PlanAttention(std::span<const SequenceRows> sequences);
  void Attend(std::span<const SequenceRows> sequences, std::uint32_t rows, const std::uint8_t* cache_layer,
              const CacheShape& shape);
  void FeedForward(std::uint32_t index, std::uint32_t rows);
  void PlanAdapters(std::span<const SequenceRows> sequences, std::uint32_t rows);
  kernels::Activations AdapterActs(const AdapterRun& run, const kernels::PackedMatrix& consumer,
                                   std::uint8_t* data) const;
  std::size_t RowsOf(const AdapterRun& run) const;
  std::uint8_t* LowOf(const AdapterRun& run, const Adapter::Part& part) const;
  /// What A of an input's matrices makes of it, for every run. put(run, acts, row): the input of a run's row into acts
  template <class F>
  void MultiplyA(std::uint32_t layer, AdapterInput input, F&& put);
  /// Adds B times that to panels of a matrix's results.
  void AddB(std::uint32_t layer, AdapterPart part, std::uint32_t panel_begin, std::uint32_t panel_end, float* out,
            std::size_t stride) const;

  ModelConfig config_;
  std::unique_ptr<Weights> weights_;
  const kernels::Kernels& kernels_;  // borrows
  ThreadPool& pool_;                 // borrows
  kernels::CacheType cache_type_;
  std::uint8_t planes_;
  std::uint32_t rows_max_, logit_rows_max_, rows_like_one_ = 1;
  std::size_t logits_stride_;
  RopeFrequencies rope_;
  bool row_invariant_ = false;

  std::shared_ptr<DecoderScratch> scratch_;
  DecoderScratch::Sizes sizes_;  // that this one needs
  std::size_t qkv_stride_ = 0, k_column_ = 0, v_column_ = 0;
  ActBuffer hidden_acts_{DecoderScratch::kHiddenActs}, attended_acts_{DecoderScratch::kAttendedActs},
      ffn_acts_{DecoderScratch::kFfnActs};
  struct RowPlace {
    std::uint32_t sequence, position;
  };
  std::vector<RowPlace> places_;    // [rows]
  std::vector<StoredRun> runs_;
  std::vector<AttendPiece> pieces_;
  std::vector<AttendMerge> merges_;
  std::vector<AdapterRun> adapter_runs_;
  bool adapters_like_one_ = false;           // as one row is multiplied
};

}  // namespace yun::engine
