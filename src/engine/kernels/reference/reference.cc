// The oracle: plain loops, never optimised. Every other table is tested against this one.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "engine/kernels/activations.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/unpack.h"
#include "formats/quant/half.h"

namespace yun::kernels {
namespace {

constexpr std::uint32_t kTileRows = 4;

void Quantize(const float* x, std::uint32_t first, std::uint32_t blocks, std::uint32_t total, std::uint8_t* tile,
              std::uint32_t tile_rows, std::uint32_t m) {
  auto* q = reinterpret_cast<std::int8_t*>(tile);
  auto* meta = reinterpret_cast<Meta*>(tile + std::size_t{total} * tile_rows * kBlockCols);
  for (std::uint32_t b = first; b < first + blocks; ++b, x += kBlockCols) {
    float largest = 0;
    for (std::uint32_t i = 0; i < kBlockCols; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float inverse = largest > 0 ? 127.f / largest : 0.f;
    const std::size_t at = std::size_t{b} * tile_rows + m;
    std::int32_t sums[2] = {0, 0};
    for (std::uint32_t i = 0; i < kBlockCols; ++i) {
      const auto code = static_cast<std::int32_t>(std::nearbyintf(x[i] * inverse));
      q[at * kBlockCols + i] = static_cast<std::int8_t>(code);
      sums[i / 16] += code;
    }
    const float scale = largest / 127.f;
    meta[at] = {scale, scale * static_cast<float>(sums[0] + sums[1]), -128 * (sums[0] + sums[1]), -128 * sums[0]};
  }
}

void ToBf16(const float* x, std::uint32_t first, std::uint32_t cols, std::uint8_t* tile, std::uint32_t tile_rows,
            std::uint32_t m) {
  for (std::uint32_t i = 0; i < cols + cols % 2; ++i) {
    const std::uint16_t value = i < cols ? quant::FloatToBf16(x[i]) : std::uint16_t{0};
    std::memcpy(tile + ((std::size_t{first + i} / 2 * tile_rows + m) * 2 + i % 2) * 2, &value, 2);
  }
}

void MatMul(const PackedMatrix& w, std::uint32_t begin, std::uint32_t end, const Activations& acts, float* out,
            std::size_t stride, bool add) {
  std::vector<float> weights(w.cols), row(w.cols);
  std::vector<float> products(acts.rows);
  for (std::uint32_t n = begin * kPanelRows; n < end * kPanelRows; ++n) {
    UnpackRow(w, n, weights.data());
    for (std::uint32_t t = 0; t < TileCount(acts.rows, acts.tile_rows_max); ++t) {
      const Tile tile = TileOf(acts.rows, acts.tile_rows_max, t);
      const std::uint8_t* data = acts.data + tile.row_begin * ActivationRowBytes(w.cols, acts.form);
      for (std::uint32_t m = 0; m < tile.rows; ++m) {
        double sum = 0;
        if (acts.form == ActForm::kInt8) {
          const auto* q = reinterpret_cast<const std::int8_t*>(data);
          const auto* meta = reinterpret_cast<const Meta*>(data + std::size_t{w.cols} * tile.rows);
          for (std::uint32_t plane = 0; plane < acts.planes;
               ++plane, q += acts.plane_bytes, meta += acts.plane_bytes / sizeof(Meta))
            for (std::uint32_t k = 0; k < w.cols; ++k) {
              const std::size_t at = std::size_t{k / kBlockCols} * tile.rows + m;
              sum += double{weights[k]} * meta[at].scale * q[at * kBlockCols + k % kBlockCols];
            }
        } else {
          const auto* x = reinterpret_cast<const float*>(data);
          for (std::uint32_t k = 0; k < w.cols; ++k) sum += double{weights[k]} * x[std::size_t{k} * tile.rows + m];
        }
        float& o = out[(tile.row_begin + m) * stride + n];
        o = static_cast<float>(sum) + (add ? o : 0.f);
      }
    }
  }
}

void RmsNorm(const float* x, const float* weight, std::uint32_t n, float eps, float* out) {
  double sum = 0;
  for (std::uint32_t i = 0; i < n; ++i) sum += double{x[i]} * x[i];
  const auto scale = static_cast<float>(1.0 / std::sqrt(sum / n + eps));
  for (std::uint32_t i = 0; i < n; ++i) out[i] = x[i] * scale * weight[i];
}

void SiluMul(float* gate, const float* up, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) gate[i] = gate[i] / (1.f + std::exp(-gate[i])) * up[i];
}

void Rope(float* x, std::uint32_t heads, std::uint32_t head_dim, const float* norm, float eps, const float* cos,
          const float* sin, std::uint32_t half, float scale) {
  for (std::uint32_t h = 0; h < heads; ++h, x += head_dim) {
    if (norm) RmsNorm(x, norm, head_dim, eps, x);
    for (std::uint32_t i = 0; i < half; ++i) {
      const float a = x[i], b = x[half + i];
      x[i] = a * cos[i] - b * sin[i];
      x[half + i] = b * cos[i] + a * sin[i];
    }
    for (std::uint32_t d = 0; d < head_dim; ++d) x[d] *= scale;
  }
}

void Add(float* x, const float* y, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) x[i] += y[i];
}

/// A code of a kQ8 cache: where it lies, and its scale.
struct Code {
  std::size_t code, scale;
};
Code KeyCode(std::uint32_t head_dim, std::uint32_t d, std::uint32_t slot) {
  const std::size_t groups = (head_dim + kCacheGroup - 1) / kCacheGroup;
  return {d / 4 * std::size_t{64} + slot * 4 + d % 4,
          groups * kCacheGroup * kCacheBlockTokens + (d / kCacheGroup * kCacheBlockTokens + slot) * 2};
}
Code ValueCode(std::uint32_t head_dim, std::uint32_t d, std::uint32_t slot) {
  const std::size_t groups = (head_dim + kCacheGroup - 1) / kCacheGroup;
  return {(slot / 4 * groups * kCacheGroup + d) * 4 + slot % 4, KeyCode(head_dim, d, slot).scale};
}
float Decoded(const std::uint8_t* p, Code at) {
  std::uint16_t scale;
  std::memcpy(&scale, p + at.scale, 2);
  return quant::HalfToFloat(scale) * static_cast<float>(p[at.code] - 128);
}

float FloatOf(CacheType type, const std::uint8_t* p, std::size_t index) {
  if (type == CacheType::kF32) {
    float value;
    std::memcpy(&value, p + 4 * index, 4);
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, p + 2 * index, 2);
  return type == CacheType::kBF16 ? quant::Bf16ToFloat(bits) : quant::HalfToFloat(bits);
}
void PutFloat(CacheType type, float x, std::uint8_t* p, std::size_t index) {
  if (type == CacheType::kF32) {
    std::memcpy(p + 4 * index, &x, 4);
    return;
  }
  const std::uint16_t bits = type == CacheType::kBF16 ? quant::FloatToBf16(x) : quant::FloatToHalf(x);
  std::memcpy(p + 2 * index, &bits, 2);
}

std::size_t KeyIndex(std::uint32_t d, std::uint32_t slot) { return std::size_t{d} * kCacheBlockTokens + slot; }
std::size_t ValueIndex(std::uint32_t head_dim, std::uint32_t d, std::uint32_t slot) {
  return std::size_t{slot} * ((head_dim + 15) / 16 * 16) + d;
}
float Key(CacheType type, const std::uint8_t* block, std::uint32_t head_dim, std::uint32_t d, std::uint32_t slot) {
  return type == CacheType::kQ8 ? Decoded(block, KeyCode(head_dim, d, slot)) : FloatOf(type, block, KeyIndex(d, slot));
}
float Value(CacheType type, const std::uint8_t* block, std::uint32_t head_dim, std::uint32_t d, std::uint32_t slot) {
  return type == CacheType::kQ8 ? Decoded(block, ValueCode(head_dim, d, slot))
                                : FloatOf(type, block, ValueIndex(head_dim, d, slot));
}

void StoreToken(CacheType type, const float* k, const float* v, std::uint32_t head_dim, std::uint32_t slot,
                std::uint8_t* key_block, std::uint8_t* value_block) {
  if (type != CacheType::kQ8) {
    for (std::uint32_t d = 0; d < head_dim; ++d) {
      PutFloat(type, k[d], key_block, KeyIndex(d, slot));
      PutFloat(type, v[d], value_block, ValueIndex(head_dim, d, slot));
    }
    return;
  }
  const auto encode = [&](const float* x, std::uint8_t* block, auto place) {
    for (std::uint32_t first = 0; first < head_dim; first += kCacheGroup) {
      const std::uint32_t end = std::min(first + kCacheGroup, head_dim);
      float largest = 0;
      for (std::uint32_t d = first; d < end; ++d) largest = std::max(largest, std::fabs(x[d]));
      const std::uint16_t scale = quant::FloatToHalf(std::min(largest / 127.f, 65504.f));
      const float rounded = quant::HalfToFloat(scale), inverse = rounded > 0 ? 1.f / rounded : 0.f;
      std::memcpy(block + place(head_dim, first, slot).scale, &scale, 2);
      for (std::uint32_t d = first; d < first + kCacheGroup; ++d) {
        const float code = d < end ? std::nearbyintf(std::clamp(x[d] * inverse, -127.f, 127.f)) : 0.f;
        block[place(head_dim, d, slot).code] = static_cast<std::uint8_t>(static_cast<int>(code) + 128);
      }
    }
  };
  encode(k, key_block, KeyCode);
  encode(v, value_block, ValueCode);
}

void Store(CacheType type, const float* k, const float* v, std::size_t stride, std::uint32_t tokens,
           std::uint32_t head_dim, std::uint32_t slot, std::uint8_t* key_block, std::uint8_t* value_block) {
  for (std::uint32_t t = 0; t < tokens; ++t)
    StoreToken(type, k + t * stride, v + t * stride, head_dim, slot + t, key_block, value_block);
}

void Attend(const AttendTask& task) {
  for (std::uint32_t r = 0; r < task.q_rows; ++r) {
    const std::uint32_t begin = task.block_begin * kCacheBlockTokens;
    const std::uint32_t end = std::min(task.limits[r], task.block_end * kCacheBlockTokens);
    std::vector<double> scores;
    double most = -std::numeric_limits<double>::infinity(), total = 0;
    const auto block = [&](std::uint32_t t) {
      return task.cache + task.blocks[t / kCacheBlockTokens] * task.block_bytes;
    };
    for (std::uint32_t t = begin; t < end; ++t) {
      double score = 0;
      for (std::uint32_t d = 0; d < task.head_dim; ++d)
        score += double{task.q[r][d]} *
                 Key(task.cache_type, block(t) + task.k_offset, task.head_dim, d, t % kCacheBlockTokens);
      scores.push_back(score);
      most = std::max(most, score);
    }
    std::vector<double> sums(task.head_dim, 0.0);
    for (std::uint32_t t = begin; t < end; ++t) {
      const double p = std::exp(scores[t - begin] - most);
      total += p;
      for (std::uint32_t d = 0; d < task.head_dim; ++d)
        sums[d] += p * Value(task.cache_type, block(t) + task.v_offset, task.head_dim, d, t % kCacheBlockTokens);
    }
    for (std::uint32_t d = 0; d < task.head_dim; ++d)
      task.out[r][d] = static_cast<float>(task.partial ? sums[d] : total > 0 ? sums[d] / total : 0.0);
    if (task.partial)
      task.partial[2 * r] = static_cast<float>(most), task.partial[2 * r + 1] = static_cast<float>(total);
  }
}

std::uint32_t ArgMax(const float* x, std::uint32_t n) {
  std::uint32_t best = 0;
  for (std::uint32_t i = 1; i < n; ++i)
    if (x[i] > x[best] || std::isnan(x[best])) best = i;
  return best;
}

float LogSumExp(const float* x, std::uint32_t n) {
  const double most = x[ArgMax(x, n)];
  double total = 0;
  for (std::uint32_t i = 0; i < n; ++i) total += std::exp(x[i] - most);
  return static_cast<float>(most + std::log(total));
}

double ExpWeights(const float* x, std::uint32_t n, float most, float scale, float* out) {
  double total = 0;
  for (std::uint32_t i = 0; i < n; ++i) total += out[i] = std::exp((x[i] - most) * scale);
  return total;
}

double PeakInt8(std::uint32_t rounds) {
  volatile std::int32_t sum = 0, a = 3, b = 5;
  for (std::uint32_t r = 0; r < rounds; ++r) sum = sum + a * b;
  return 2.0 * rounds;
}

double PeakF32(std::uint32_t rounds) {
  volatile double sum = 0, a = 0.5, b = 0.25;
  for (std::uint32_t r = 0; r < rounds; ++r) sum = sum + a * b;
  return 2.0 * rounds;
}

std::uint64_t Read(const std::uint8_t* data, std::uint64_t bytes, std::uint32_t streams) {
  const std::uint64_t part = bytes / streams / 128 * 128;
  std::uint64_t all = 0;
  for (std::uint64_t at = 0; at < part; at += 8)
    for (std::uint32_t s = 0; s < streams; ++s) {
      std::uint64_t word;
      std::memcpy(&word, data + s * part + at, 8);
      all ^= word;
    }
  volatile std::uint64_t kept = all;
  static_cast<void>(kept);
  return part * streams;
}

}  // namespace

extern const Kernels kReferenceTable;
const Kernels kReferenceTable = {
    .name = "reference",
    .tile_rows_max = kTileRows,
    .attend_rows_max = 12,
    .bf16_dot = false,
    .amx_rows_min = 0,
    .amx_float_rows_min = 0,
    .quantize = Quantize,
    .to_bf16 = ToBf16,
    .to_amx = nullptr,
    .matmul = MatMul,
    .rms_norm = RmsNorm,
    .silu_mul = SiluMul,
    .rope = Rope,
    .add = Add,
    .store = Store,
    .attend = Attend,
    .argmax = ArgMax,
    .log_sum_exp = LogSumExp,
    .exp_weights = ExpWeights,
    .peak_int8 = PeakInt8,
    .peak_bf16 = nullptr,
    .peak_f32 = PeakF32,
    .read = Read,
};

}  // namespace yun::kernels
