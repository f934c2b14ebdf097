#include "engine/model/decoder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "engine/kernels/activations.h"
#include "engine/kernels/pack.h"

namespace yun::engine {

using kernels::ActForm;

namespace {

constexpr std::uint32_t kPanelRows = kernels::kPanelRows;
constexpr std::uint32_t kStepRows = 4;          // fewer rows than this are not worth waking workers for
constexpr std::uint32_t kSplitBlocksMin = 8;    // a part of a split attention has at least this many blocks
constexpr std::uint32_t kPieceRows = 64;         // attention pieces get more rows only when there are pieces for all
constexpr std::uint32_t kPartsMax = 64;         // parts of one attention
constexpr std::uint32_t kStreamRowsMax = 16;    // more rows of a sequence are a prompt
constexpr std::uint32_t kStreamPieceRows = 8;   // of a stream's piece, heads times positions: too few for tiles
constexpr std::uint32_t kAttendSerialTokens = 48;  // decode over fewer cached tokens than this stays on one thread
constexpr std::uint32_t kFfnChunkPanelsMax = 8;  // where the activations do not stay in the L2 cache
constexpr std::uint32_t kFfnChunkPanels = 4;    // 64 columns: even, so that a chunk is whole blocks of 32
constexpr std::uint32_t kAdapterRunRows = 64;   // more rows of one adapter are shared out among threads

std::size_t PaddedCols(const kernels::PackedMatrix& m) { return std::size_t{m.panels} * kPanelRows; }

}  // namespace

Decoder::Decoder(const ModelConfig& config, std::unique_ptr<Weights> weights, const kernels::Kernels& kernels,
                 ThreadPool& pool, kernels::CacheType cache_type, std::uint32_t rows_max, std::uint32_t logit_rows_max,
                 std::shared_ptr<DecoderScratch> scratch)
    : config_(config),
      weights_(std::move(weights)),
      kernels_(kernels),
      pool_(pool),
      cache_type_(cache_type),
      planes_(config.hidden < kWideActivationsBelow ? 2 : 1),
      rows_max_(rows_max),
      logit_rows_max_(logit_rows_max),
      logits_stride_(PaddedCols(weights_->output)),
      rope_(MakeRope(config)),
      scratch_(scratch ? std::move(scratch) : std::make_shared<DecoderScratch>()) {
  CHECK(rows_max >= 1 && logit_rows_max >= 1);
  const LayerWeights& first = weights_->layers.front();
  k_column_ = PaddedCols(first.q);
  v_column_ = k_column_ + PaddedCols(first.k);
  qkv_stride_ = v_column_ + PaddedCols(first.v) + kPanelRows;  // no power of two: rows would share cache sets
  using Scratch = DecoderScratch;
  sizes_.floats[Scratch::kResidual] = std::size_t{rows_max} * (config.hidden + kPanelRows);
  sizes_.floats[Scratch::kQkv] = rows_max * qkv_stride_;
  sizes_.floats[Scratch::kAttended] = std::size_t{rows_max} * config.heads * config.head_dim;
  sizes_.floats[Scratch::kCos] = sizes_.floats[Scratch::kSin] = std::size_t{rows_max} * (config.rope_dim / 2);
  sizes_.floats[Scratch::kLogits] = logit_rows_max * logits_stride_;
  sizes_.floats[Scratch::kParts] = std::size_t{16} * config.heads * kPartsMax * (config.head_dim + 2);
  sizes_.workers = static_cast<std::size_t>(pool.threads());
  sizes_.worker_floats = std::size_t{2} * rows_max * kFfnChunkPanelsMax * kPanelRows;
  for (const LayerWeights& layer : weights_->layers) {
    Prepare(hidden_acts_, config.hidden, {&layer.q, &layer.k, &layer.v, &layer.gate, &layer.up});
    Prepare(attended_acts_, config.heads * config.head_dim, {&layer.out});
    Prepare(ffn_acts_, config.ffn, {&layer.down});
  }
  Prepare(hidden_acts_, config.hidden, {&weights_->output});
  const auto same = [&](const ActBuffer& b) { return b.wanted[0][rows_like_one_ + 1] == b.wanted[0][1]; };
  while (rows_like_one_ < rows_max && same(hidden_acts_) && same(attended_acts_) && same(ffn_acts_)) ++rows_like_one_;
  places_.resize(rows_max);
  runs_.reserve(rows_max);
}

std::uint64_t DecoderScratch::Need(const Sizes& sizes) {
  const auto total = [](const Sizes& s) {
    std::uint64_t bytes = s.workers * s.worker_floats * sizeof(float);
    for (const std::size_t n : s.floats) bytes += n * sizeof(float);
    for (const auto& forms : s.acts)
      for (const std::size_t n : forms) bytes += n;
    return bytes;
  };
  std::lock_guard lock(mutex_);
  const std::uint64_t before = total(most_);
  const auto raise = [](std::size_t& most, std::size_t n) { most = std::max(most, n); };
  for (int i = 0; i < kFloatsCount; ++i) raise(most_.floats[i], sizes.floats[i]);
  for (int i = 0; i < kActsCount; ++i)
    for (int form = 0; form < kernels::kActForms; ++form) raise(most_.acts[i][form], sizes.acts[i][form]);
  raise(most_.workers, sizes.workers);
  raise(most_.worker_floats, sizes.worker_floats);
  return total(most_) - before;
}

void DecoderScratch::Fit(const Sizes& sizes) {
  const auto fit = [](auto& buffer, std::size_t n) {
    if (buffer.size() >= n) return;
    buffer.clear(), buffer.shrink_to_fit();  // first, or both would be there
    buffer.resize(n);
  };
  for (int i = 0; i < kFloatsCount; ++i) fit(floats[i], sizes.floats[i]);
  for (int i = 0; i < kActsCount; ++i)
    for (int form = 0; form < kernels::kActForms; ++form) fit(acts[i][form], sizes.acts[i][form]);
  if (workers.size() < sizes.workers) workers.resize(sizes.workers);
  for (auto& worker : workers) fit(worker, sizes.worker_floats);
}

ActForm Decoder::FormOf(const kernels::PackedMatrix& consumer, std::uint32_t rows, bool row_invariant) const {
  return kernels::FormFor(consumer.packing, kernels_, consumer.cols, row_invariant ? 1 : rows);
}

CacheShape Decoder::cache_shape() const { return {config_.layers, config_.kv_heads, config_.head_dim, cache_type_}; }

void Decoder::Prepare(ActBuffer& buffer, std::uint32_t cols,
                      std::initializer_list<const kernels::PackedMatrix*> consumers) {
  buffer.cols = cols;
  const std::uint32_t rows_max = std::max(rows_max_, logit_rows_max_);
  for (const bool invariant : {false, true}) {
    buffer.wanted[invariant].resize(rows_max + 1);
    for (const kernels::PackedMatrix* matrix : consumers) {
      // Few rows and many may come in different forms; room for the most rows of each.
      for (std::uint32_t rows = 1; rows <= rows_max; ++rows) {
        const ActForm form = FormOf(*matrix, rows, invariant);
        const std::uint64_t plane_bytes = kernels::ActivationBytes(rows, cols, form);
        std::uint64_t& most = buffer.plane_bytes[static_cast<int>(form)];
        most = std::max(most, plane_bytes);
        buffer.wanted[invariant][rows] |= static_cast<std::uint8_t>(1 << static_cast<int>(form));
      }
    }
  }
  for (int i = 0; i < kernels::kActForms; ++i) {
    sizes_.acts[buffer.in][i] = buffer.plane_bytes[i] * Planes(static_cast<ActForm>(i));
  }
}

std::uint8_t Decoder::Planes(ActForm form) const {
  return form == ActForm::kInt8 || form == ActForm::kAmx ? planes_ : std::uint8_t{1};
}

std::uint8_t* Decoder::Data(const ActBuffer& buffer, ActForm form) const {
  return scratch_->acts[buffer.in][static_cast<int>(form)].data();
}

kernels::Activations Decoder::View(ActBuffer& buffer, std::uint32_t rows, const kernels::PackedMatrix& consumer) {
  const ActForm form = FormOf(consumer, rows, row_invariant_);
  return {Data(buffer, form), rows, buffer.cols, kernels_.tile_rows_max, form, Planes(form),
          buffer.plane_bytes[static_cast<int>(form)]};
}

void Decoder::PutRow(ActBuffer& buffer, std::uint32_t rows, std::uint32_t row, const float* x, std::uint32_t col,
                     std::uint32_t n) {
  const std::uint8_t forms = buffer.wanted[row_invariant_][rows];
  const auto wanted = [&](ActForm form) { return forms >> static_cast<int>(form) & 1; };
  if (wanted(ActForm::kAmx))
    kernels_.to_amx(x, col, n, buffer.cols, Data(buffer, ActForm::kAmx),
                    planes_ == 2 ? buffer.plane_bytes[static_cast<int>(ActForm::kAmx)] : 0, row);
  if (forms == 1 << static_cast<int>(ActForm::kAmx)) return;
  const kernels::Tile tile = kernels::TileOfRow(rows, kernels_.tile_rows_max, row);
  const std::uint32_t m = row - tile.row_begin;
  const auto data_of = [&](ActForm form) {
    return kernels::TileData(Data(buffer, form), buffer.cols, form, tile.row_begin);
  };
  if (wanted(ActForm::kInt8)) {
    std::uint8_t* data = data_of(ActForm::kInt8);
    const std::uint32_t first = col / kernels::kBlockCols, count = n / kernels::kBlockCols;
    const std::uint32_t total = buffer.cols / kernels::kBlockCols;
    kernels_.quantize(x, first, count, total, data, tile.rows, m);
    if (planes_ == 2) {
      std::uint8_t* low = data + buffer.plane_bytes[static_cast<int>(ActForm::kInt8)];
      const auto* q = reinterpret_cast<const std::int8_t*>(data);
      const auto* meta = reinterpret_cast<const kernels::Meta*>(data + std::size_t{buffer.cols} * tile.rows);
      for (std::uint32_t b = 0; b < count; ++b) {
        float rest[kernels::kBlockCols];
        const std::size_t at = std::size_t{first + b} * tile.rows + m;
        for (std::uint32_t i = 0; i < kernels::kBlockCols; ++i)
          rest[i] =
              x[b * kernels::kBlockCols + i] - meta[at].scale * static_cast<float>(q[at * kernels::kBlockCols + i]);
        kernels_.quantize(rest, first + b, 1, total, low, tile.rows, m);
      }
    }
  }
  for (const ActForm form : {ActForm::kBf16, ActForm::kFloat})
    if (wanted(form))
      PutFloats(kernels_, {nullptr, rows, buffer.cols, kernels_.tile_rows_max, form}, Data(buffer, form), row, x, col,
                n);
}

/// Writes columns of a row in the one plane of a form of floats; `data` is that of `acts`.
void Decoder::PutFloats(const kernels::Kernels& kernels, const kernels::Activations& acts, std::uint8_t* data,
                        std::uint32_t row, const float* x, std::uint32_t col, std::uint32_t n) {
  if (acts.form == ActForm::kAmx) return kernels.to_amx(x, col, n, acts.cols, data, 0, row);
  const kernels::Tile tile = kernels::TileOfRow(acts.rows, acts.tile_rows_max, row);
  const std::uint32_t m = row - tile.row_begin;
  std::uint8_t* at = kernels::TileData(data, acts.cols, acts.form, tile.row_begin);
  if (acts.form == ActForm::kBf16) return kernels.to_bf16(x, col, n, at, tile.rows, m);
  auto* floats = reinterpret_cast<float*>(at);
  for (std::uint32_t i = 0; i < n; ++i) floats[std::size_t{col + i} * tile.rows + m] = x[i];
}

/// f(i) for each i below `count`, `step` at a time on the pool; all of them here if one step holds them.
template <class F>
void Decoder::ForEach(std::uint32_t count, std::uint32_t step, F&& f) {
  pool_.ParallelFor((count + step - 1) / step, [&](std::uint32_t chunk, int) {
    for (std::uint32_t i = chunk * step; i < std::min(count, (chunk + 1) * step); ++i) f(i);
  });
}

bool Decoder::Streamed(const ActBuffer& acts, std::uint32_t rows, const kernels::PackedMatrix& consumer) const {
  return FormOf(consumer, rows, row_invariant_) == ActForm::kAmx &&
         !kernels::AmxActivationsFitL2(rows, acts.cols);
}

void Decoder::MatMul(std::initializer_list<MatrixTask> tasks, ActBuffer& acts, std::uint32_t rows, bool add,
                     std::uint32_t layer) {
  std::uint32_t panels = 0;
  for (const MatrixTask& task : tasks) panels += task.matrix->panels;
  // Enough chunks that a slow core does not hold up the rest, few enough that handing them out costs nothing; and
  // where the activations pass through the L2 cache, so few that they seldom do.
  const bool streamed = Streamed(acts, rows, *tasks.begin()->matrix);
  std::uint32_t step = panels / static_cast<std::uint32_t>(pool_.threads() * (streamed ? 2 : 6));
  step = std::clamp(step / 4 * 4, 4u, 64u);
  std::uint32_t chunks = 0;
  for (const MatrixTask& task : tasks) chunks += (task.matrix->panels + step - 1) / step;
  pool_.ParallelFor(chunks, [&](std::uint32_t chunk, int) {
    for (const MatrixTask& task : tasks) {
      const std::uint32_t own = (task.matrix->panels + step - 1) / step;
      if (chunk >= own) {
        chunk -= own;
        continue;
      }
      const std::uint32_t begin = chunk * step, end = std::min(task.matrix->panels, begin + step);
      kernels_.matmul(*task.matrix, begin, end, View(acts, rows, *task.matrix), task.out, task.stride, add);
      if (task.part) AddB(layer, *task.part, begin, end, task.out, task.stride);
      return;
    }
  });
}

/// Finds the rows that adapters change, and room for their activations.
void Decoder::PlanAdapters(std::span<const SequenceRows> sequences, std::uint32_t rows) {
  adapter_runs_.clear();
  adapters_like_one_ = row_invariant_ || rows <= rows_like_one_;
  std::uint32_t row = 0;
  for (const SequenceRows& sequence : sequences) {
    const std::uint32_t end = row + static_cast<std::uint32_t>(sequence.tokens.size());
    for (; sequence.adapter && row < end;) {
      AdapterRun* last = adapter_runs_.empty() ? nullptr : &adapter_runs_.back();
      if (!last || last->adapter != sequence.adapter || last->row + last->rows != row || last->rows == kAdapterRunRows)
        last = &adapter_runs_.emplace_back(AdapterRun{sequence.adapter, row, 0, nullptr, nullptr});
      const std::uint32_t taken = std::min(kAdapterRunRows - last->rows, end - row);
      last->rows += taken;
      row += taken;
    }
    row = end;
  }
  if (adapter_runs_.empty()) return;
  const std::size_t widest =  // whole cache lines
      (std::max({config_.hidden, config_.heads * config_.head_dim, config_.ffn}) + kPanelRows - 1) / kPanelRows *
      kPanelRows;
  const auto place = [&](std::uint8_t* at) {
    std::size_t bytes = 0;
    for (AdapterRun& run : adapter_runs_) {
      run.x = at + bytes;
      run.low = run.x + RowsOf(run) * widest * sizeof(float);
      bytes += RowsOf(run) * (widest + run.adapter->low_columns()) * sizeof(float);
    }
    return bytes;
  };
  StreamedVector<std::uint8_t>& buffer = scratch_->adapters;
  const std::size_t bytes = place(buffer.data());
  if (bytes <= buffer.size()) return;
  buffer.clear(), buffer.shrink_to_fit();
  buffer.resize(bytes);
  place(buffer.data());
}

kernels::Activations Decoder::AdapterActs(const AdapterRun& run, const kernels::PackedMatrix& consumer,
                                          std::uint8_t* data) const {
  const ActForm form = kernels::FormFor(consumer.packing, kernels_, consumer.cols, adapters_like_one_ ? 1 : run.rows);
  return {data, run.rows, consumer.cols, kernels_.tile_rows_max, form};
}

template <class F>
void Decoder::MultiplyA(std::uint32_t layer, AdapterInput input, F&& put) {
  if (adapter_runs_.empty()) return;
  pool_.ParallelFor(static_cast<std::uint32_t>(adapter_runs_.size()), [&](std::uint32_t index, int) {
    const AdapterRun& run = adapter_runs_[index];
    const Adapter::Layer& weights = run.adapter->layer(layer);
    const kernels::PackedMatrix& a = weights.a[static_cast<std::size_t>(input)];
    if (a.panels == 0) return;
    const kernels::Activations acts = AdapterActs(run, a, run.x);
    for (std::uint32_t row = 0; row < run.rows; ++row) put(run, acts, row);
    thread_local StreamedVector<float> low;
    const std::size_t stride = PaddedCols(a);
    low.resize(run.rows * stride);
    kernels_.matmul(a, 0, a.panels, acts, low.data(), stride, false);
    const auto [begin, end] = PartsOf(input);
    for (std::size_t i = begin; i < end; ++i) {
      const Adapter::Part& part = weights.parts[i];
      if (part.rank() == 0) continue;
      std::uint8_t* data = LowOf(run, part);
      const kernels::Activations to = AdapterActs(run, part.b, data);
      for (std::uint32_t row = 0; row < run.rows; ++row)
        PutFloats(kernels_, to, data, row, low.data() + row * stride + part.column, 0, part.rank());
    }
  });
}

/// That a run's activations have room for: with tiles whole ones of 16.
std::size_t Decoder::RowsOf(const AdapterRun& run) const {
  const bool tiles = kernels_.amx_float_rows_min && run.rows >= kernels_.amx_float_rows_min;
  return tiles ? (run.rows + 15) / 16 * 16 : run.rows;
}

/// Where the results of A for a part lie among a run's.
std::uint8_t* Decoder::LowOf(const AdapterRun& run, const Adapter::Part& part) const {
  return run.low + RowsOf(run) * part.column * sizeof(float);
}

void Decoder::AddB(std::uint32_t layer, AdapterPart part, std::uint32_t panel_begin, std::uint32_t panel_end,
                   float* out, std::size_t stride) const {
  for (const AdapterRun& run : adapter_runs_) {
    const Adapter::Part& low = run.adapter->layer(layer).parts[static_cast<std::size_t>(part)];
    if (low.rank() == 0) continue;
    kernels_.matmul(low.b, panel_begin, panel_end, AdapterActs(run, low.b, LowOf(run, low)), out + run.row * stride,
                    stride, true);
  }
}

void Decoder::NormRows(std::uint32_t rows, const std::vector<float>& weight, const std::uint32_t* from) {
  const std::size_t stride = config_.hidden + kPanelRows;
  ForEach(rows, kStepRows, [&](std::uint32_t row) {
    thread_local std::vector<float> normed;
    normed.resize(config_.hidden);
    const float* x = Residual() + (from ? from[row] : row) * stride;
    kernels_.rms_norm(x, weight.data(), config_.hidden, config_.rms_eps, normed.data());
    PutRow(hidden_acts_, rows, row, normed.data(), 0, config_.hidden);
  });
}

/// Bias, head norms, rotation; queries scaled in place, keys and values into the cache.
void Decoder::StoreRun(const LayerWeights& layer, const StoredRun& run, std::uint8_t* cache_layer,
                       const CacheShape& shape) {
  const std::uint32_t hd = config_.head_dim, half = config_.rope_dim / 2;
  const float scale = 1.f / std::sqrt(static_cast<float>(hd));
  const float *q_norm = config_.qk_norm ? layer.q_norm.data() : nullptr, *k_norm = layer.k_norm.data();
  float* k_rows = Qkv() + run.row * qkv_stride_ + k_column_;
  float* v_rows = Qkv() + run.row * qkv_stride_ + v_column_;
  for (std::uint32_t row = run.row; row < run.row + run.rows; ++row) {
    float* q = Qkv() + row * qkv_stride_;
    float* k = q + k_column_;
    if (config_.qkv_bias) {
      kernels_.add(q, layer.q_bias.data(), config_.heads * hd);
      kernels_.add(k, layer.k_bias.data(), config_.kv_heads * hd);
      kernels_.add(q + v_column_, layer.v_bias.data(), config_.kv_heads * hd);
    }
    const float* cos = Cos() + std::size_t{row} * half;
    const float* sin = Sin() + std::size_t{row} * half;
    kernels_.rope(q, config_.heads, hd, q_norm, config_.rms_eps, cos, sin, half, scale);
    kernels_.rope(k, config_.kv_heads, hd, q_norm ? k_norm : nullptr, config_.rms_eps, cos, sin, half, 1.f);
  }
  std::uint8_t* block = cache_layer + run.block * shape.block_bytes();
  for (std::uint32_t h = 0; h < config_.kv_heads; ++h) {
    std::uint8_t* key = block + h * shape.head_bytes();
    kernels_.store(shape.type, k_rows + h * hd, v_rows + h * hd, qkv_stride_, run.rows, hd, run.slot, key,
                   key + shape.k_bytes());
  }
}

/// Cuts attention into pieces, the same for every layer: some positions times the heads that share a KV head, so that
/// each key and value is read once for all of them. Where a few streams would leave threads idle, long contexts are cut
/// into runs of blocks as well. How a stream's row is cut depends on its position and on how many sequences there are,
/// not on how many rows (drafts) it has: a draft changes no bit of what it is checked against.
void Decoder::PlanAttention(std::span<const SequenceRows> sequences) {
  pieces_.clear();
  merges_.clear();
  const std::uint32_t group = config_.heads / config_.kv_heads;
  const std::uint32_t wanted = static_cast<std::uint32_t>(pool_.threads()) * 4;
  const auto is_stream = [](const SequenceRows& s) { return s.tokens.size() <= kStreamRowsMax; };
  std::uint32_t total_rows = 0, units = 0;
  for (const SequenceRows& s : sequences) {
    total_rows += static_cast<std::uint32_t>(s.tokens.size());
    units += is_stream(s) ? config_.kv_heads : static_cast<std::uint32_t>(s.tokens.size()) * config_.kv_heads;
  }
  const std::uint32_t rows_max = kernels_.attend_rows_max, heads_step = std::min(group, rows_max);
  const std::uint32_t piece_rows =
      std::clamp(total_rows * config_.heads / wanted, std::min(kPieceRows, rows_max), rows_max);
  const std::uint32_t stream_rows = std::min(kStreamPieceRows, rows_max);
  const auto run_blocks = [&](std::uint32_t position) {  // of one part; 0: a single part
    const std::uint32_t blocks = BlockPool::BlocksFor(position + 1);
    if (row_invariant_ || units >= wanted || blocks < 2 * kSplitBlocksMin) return 0u;
    return std::max({kSplitBlocksMin, std::bit_ceil(blocks * units / wanted), std::bit_ceil(blocks / kPartsMax)});
  };
  const auto slots_max =
      static_cast<std::uint32_t>(sizes_.floats[DecoderScratch::kParts] / (config_.head_dim + 2));
  std::uint32_t row = 0, part_slots = 0;
  for (std::uint32_t i = 0; i < sequences.size(); ++i) {
    const SequenceRows& s = sequences[i];
    const auto count = static_cast<std::uint32_t>(s.tokens.size());
    const std::uint32_t step =
        row_invariant_ ? 1 : std::max(1u, (is_stream(s) ? stream_rows : piece_rows) / heads_step);
    for (std::uint32_t p = 0, rows; p < count; p += rows) {
      rows = std::min(step, count - p);
      std::uint32_t run = is_stream(s) ? run_blocks(s.position + p) : 0;
      if (is_stream(s))
        while (run_blocks(s.position + p + rows - 1) != run) --rows;
      const std::uint32_t blocks = BlockPool::BlocksFor(s.position + p + rows);
      std::uint32_t parts = run ? (blocks + run - 1) / run : 1;
      if (part_slots + parts * rows * config_.heads > slots_max) parts = 1;
      if (parts == 1) run = blocks;
      for (std::uint32_t kv = 0; kv < config_.kv_heads; ++kv)
        for (std::uint32_t h = 0; h < group; h += heads_step) {
          const std::uint32_t head = kv * group + h, heads = std::min(heads_step, group - h), slots = rows * heads;
          for (std::uint32_t part = 0; part < parts; ++part)
            pieces_.push_back({i, row + p, rows, s.position + p, head, heads, part * run,
                               std::min(blocks, (part + 1) * run),
                               parts == 1 ? -1 : static_cast<std::int32_t>(part_slots + part * slots)});
          if (parts == 1) continue;
          for (std::uint32_t r = 0; r < rows; ++r)
            for (std::uint32_t k = 0; k < heads; ++k)
              merges_.push_back({row + p + r, head + k, part_slots + r * heads + k, parts, slots});
          part_slots += parts * slots;
        }
    }
    row += count;
  }
}

/// Attention of all rows, into the activations of `out`.
void Decoder::Attend(std::span<const SequenceRows> sequences, std::uint32_t rows, const std::uint8_t* cache_layer,
                     const CacheShape& shape) {
  const std::uint32_t hd = config_.head_dim, group = config_.heads / config_.kv_heads, width = config_.heads * hd;
  // A piece puts its own heads, while they are in its caches, unless parts are merged first or blocks span heads.
  const bool puts = merges_.empty() && hd % kernels::kBlockCols == 0;
  const std::size_t slot_floats = hd + 2;
  const auto run = [&](std::uint32_t index, int) {
    const AttendPiece& piece = pieces_[pieces_.size() - 1 - index];  // the longest first: threads end together
    const float* q[kernels::kAttendRowsMax];
    float* out[kernels::kAttendRowsMax];
    std::uint32_t limits[kernels::kAttendRowsMax];
    float partial[2 * kernels::kAttendRowsMax];
    std::uint32_t n = 0;
    for (std::uint32_t r = 0; r < piece.rows; ++r)
      for (std::uint32_t h = 0; h < piece.heads; ++h, ++n) {
        q[n] = Qkv() + (piece.row + r) * qkv_stride_ + (piece.head + h) * hd;
        out[n] = piece.part < 0 ? Attended() + (std::size_t{piece.row + r} * config_.heads + piece.head + h) * hd
                                : Parts() + (static_cast<std::uint32_t>(piece.part) + n) * slot_floats;
        limits[n] = piece.position + r + 1;
      }
    const std::uint64_t head_offset = piece.head / group * shape.head_bytes();
    kernels_.attend({q, out, limits, n, hd, cache_layer, sequences[piece.sequence].blocks,
                     shape.block_bytes(), head_offset, head_offset + shape.k_bytes(), piece.block_begin,
                     piece.block_end, shape.type, piece.part < 0 ? nullptr : partial, planes_ == 2});
    if (piece.part >= 0)
      for (std::uint32_t i = 0; i < n; ++i) std::memcpy(out[i] + hd, partial + 2 * i, 2 * sizeof(float));
    if (puts)
      for (std::uint32_t r = 0; r < piece.rows; ++r)
        PutRow(attended_acts_, rows, piece.row + r, out[r * piece.heads], piece.head * hd, piece.heads * hd);
  };
  std::uint64_t tokens = 0;
  for (const AttendPiece& piece : pieces_) tokens += piece.rows * std::uint64_t{piece.block_end - piece.block_begin};
  if (tokens * kBlockTokens <= std::uint64_t{kAttendSerialTokens} * config_.kv_heads) {
    for (std::uint32_t i = 0; i < pieces_.size(); ++i) run(i, 0);
  } else {
    pool_.ParallelFor(static_cast<std::uint32_t>(pieces_.size()), run);
  }
  for (const AttendMerge& merge : merges_) {
    float most = -std::numeric_limits<float>::infinity(), total = 0;
    for (std::uint32_t p = 0; p < merge.parts; ++p)
      most = std::max(most, Parts()[(merge.part_begin + p * merge.part_stride) * slot_floats + hd]);
    float* out = Attended() + (std::size_t{merge.row} * config_.heads + merge.head) * hd;
    std::fill(out, out + hd, 0.f);
    for (std::uint32_t p = 0; p < merge.parts; ++p) {
      const float* part = Parts() + (merge.part_begin + p * merge.part_stride) * slot_floats;
      const float weight = std::exp(part[hd] - most);
      total += weight * part[hd + 1];
      for (std::uint32_t d = 0; d < hd; ++d) out[d] += weight * part[d];
    }
    for (std::uint32_t d = 0; d < hd; ++d) out[d] /= total;
  }
  if (puts) return;
  ForEach(rows, kStepRows, [&](std::uint32_t row) {
    PutRow(attended_acts_, rows, row, Attended() + std::size_t{row} * width, 0, width);
  });
}

/// gate and up for a few panels, SwiGLU, and the result straight into the activations of `down`.
void Decoder::FeedForward(std::uint32_t index, std::uint32_t rows) {
  const LayerWeights& layer = weights_->layers[index];
  const std::uint32_t panels = layer.gate.panels;
  // Activations that pass through the L2 cache shall do so seldom.
  const std::uint32_t step = Streamed(hidden_acts_, rows, layer.gate) &&
                                     panels >= kFfnChunkPanelsMax * 2 * static_cast<std::uint32_t>(pool_.threads())
                                 ? kFfnChunkPanelsMax
                                 : kFfnChunkPanels;
  const std::uint32_t width = step * kPanelRows;
  pool_.ParallelFor((panels + step - 1) / step, [&](std::uint32_t chunk, int worker) {
    const std::uint32_t begin = chunk * step, end = std::min(panels, begin + step);
    const std::uint32_t col = begin * kPanelRows, cols = std::min(config_.ffn, end * kPanelRows) - col;
    float* gate = scratch_->workers[static_cast<std::size_t>(worker)].data();
    float* up = gate + std::size_t{rows} * width;
    // The kernel writes panel p at column 16 p: shift the base so that this chunk starts at the scratch's column 0.
    kernels_.matmul(layer.gate, begin, end, View(hidden_acts_, rows, layer.gate), gate - col, width, false);
    kernels_.matmul(layer.up, begin, end, View(hidden_acts_, rows, layer.up), up - col, width, false);
    AddB(index, AdapterPart::kGate, begin, end, gate - col, width);
    AddB(index, AdapterPart::kUp, begin, end, up - col, width);
    for (std::uint32_t row = 0; row < rows; ++row) {
      kernels_.silu_mul(gate + row * width, up + row * width, cols);
      PutRow(ffn_acts_, rows, row, gate + row * width, col, cols);
    }
    for (const AdapterRun& run : adapter_runs_) {
      const kernels::PackedMatrix& a = run.adapter->layer(index).a[static_cast<std::size_t>(AdapterInput::kDown)];
      if (a.panels == 0) continue;
      const kernels::Activations acts = AdapterActs(run, a, run.x);
      for (std::uint32_t row = 0; row < run.rows; ++row)
        PutFloats(kernels_, acts, run.x, row, gate + (run.row + row) * width, col, cols);
    }
  });
}

void Decoder::Forward(std::span<const SequenceRows> sequences, CacheMemory& cache) {
  CHECK(weights_);
  weights_->Move();
  scratch_->Fit(sizes_);
  const CacheShape& shape = cache.shape();
  const std::size_t stride = config_.hidden + kPanelRows;
  const std::uint32_t half = config_.rope_dim / 2;
  std::uint32_t rows = 0;
  runs_.clear();
  for (std::uint32_t i = 0; i < sequences.size(); ++i)
    for (std::uint32_t t = 0; t < sequences[i].tokens.size(); ++t, ++rows) {
      CHECK(rows < rows_max_);
      places_[rows] = {i, sequences[i].position + t};
      const std::uint32_t slot = places_[rows].position % kBlockTokens;
      if (t == 0 || slot == 0)
        runs_.push_back({rows, 0, slot, sequences[i].blocks[places_[rows].position / kBlockTokens]});
      ++runs_.back().rows;
    }
  ForEach(rows, kStepRows, [&](std::uint32_t row) {
    const RowPlace place = places_[row];
    const SequenceRows& sequence = sequences[place.sequence];
    weights_->Embed(sequence.tokens[place.position - sequence.position], Residual() + row * stride);
    RopeAngles(rope_, place.position, Cos() + std::size_t{row} * half, Sin() + std::size_t{row} * half);
  });
  PlanAttention(sequences);
  PlanAdapters(sequences, rows);
  const auto put_normed = [&](const std::vector<float>& weight) {
    return [&](const AdapterRun& run, const kernels::Activations& acts, std::uint32_t row) {
      thread_local std::vector<float> normed;
      normed.resize(config_.hidden);
      const float* x = Residual() + (run.row + row) * stride;
      kernels_.rms_norm(x, weight.data(), config_.hidden, config_.rms_eps, normed.data());
      PutFloats(kernels_, acts, run.x, row, normed.data(), 0, config_.hidden);
    };
  };
  for (std::uint32_t i = 0; i < config_.layers; ++i) {
    const LayerWeights& layer = weights_->layers[i];
    std::uint8_t* cache_layer = cache.Layer(i);
    weights_->Need(layer);
    NormRows(rows, layer.attn_norm);
    MultiplyA(i, AdapterInput::kAttention, put_normed(layer.attn_norm));
    MatMul({{&layer.q, Qkv(), qkv_stride_, AdapterPart::kQ},
            {&layer.k, Qkv() + k_column_, qkv_stride_, AdapterPart::kK},
            {&layer.v, Qkv() + v_column_, qkv_stride_, AdapterPart::kV}}, hidden_acts_, rows, false, i);
    ForEach(static_cast<std::uint32_t>(runs_.size()), rows < kStepRows ? rows : 1,
            [&](std::uint32_t i) { StoreRun(layer, runs_[i], cache_layer, shape); });
    Attend(sequences, rows, cache_layer, shape);
    MultiplyA(i, AdapterInput::kOut, [&](const AdapterRun& run, const kernels::Activations& acts, std::uint32_t row) {
      const std::uint32_t width = config_.heads * config_.head_dim;
      PutFloats(kernels_, acts, run.x, row, Attended() + std::size_t{run.row + row} * width, 0, width);
    });
    MatMul({{&layer.out, Residual(), stride, AdapterPart::kOut}}, attended_acts_, rows, true, i);
    NormRows(rows, layer.ffn_norm);
    MultiplyA(i, AdapterInput::kFeedForward, put_normed(layer.ffn_norm));
    FeedForward(i, rows);
    MultiplyA(i, AdapterInput::kDown, [](const AdapterRun&, const kernels::Activations&, std::uint32_t) {});
    MatMul({{&layer.down, Residual(), stride, AdapterPart::kDown}}, ffn_acts_, rows, true, i);
  }
}

void Decoder::Hidden(std::uint32_t row, float* out) const {
  const float* x = Residual() + row * std::size_t{config_.hidden + kPanelRows};
  kernels_.rms_norm(x, weights_->output_norm.data(), config_.hidden, config_.rms_eps, out);
}

float* Decoder::Logits(std::span<const std::uint32_t> rows) {
  const auto count = static_cast<std::uint32_t>(rows.size());
  CHECK(count <= logit_rows_max_);
  weights_->NeedOutput();
  NormRows(count, weights_->output_norm, rows.data());
  MatMul({{&weights_->output, LogitRows(), logits_stride_}}, hidden_acts_, count, false);
  return LogitRows();
}

}  // namespace yun::engine
