// Every table against reference/, on ragged shapes and odd values. The bounds are stated with each case.
#include "engine/kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "engine/kernels/activations.h"
#include "engine/kernels/cache.h"
#include "engine/kernels/pack.h"
#include "engine/kernels/registry.h"
#include "engine/kernels/roofs.h"
#include "engine/kernels/unpack.h"
#include "formats/quant/dequantize.h"
#include "formats/quant/half.h"
#include "formats/quant/quantize.h"

namespace yun::kernels {
namespace {

using quant::Type;

struct Aligned {
  explicit Aligned(std::size_t bytes) : raw(bytes + 64) {}
  std::uint8_t* get() {
    auto at = reinterpret_cast<std::uintptr_t>(raw.data());
    return raw.data() + ((at + 63) / 64 * 64 - at);
  }
  std::vector<std::uint8_t> raw;
};

std::vector<float> Random(std::size_t n, unsigned seed, float spread = 1.f) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> v(n);
  for (float& x : v) x = normal(rng);
  return v;
}

/// Random bytes with finite, moderate scales make a valid row of any quantised type.
std::vector<std::byte> RandomBlocks(Type type, std::uint32_t rows, std::uint32_t cols, unsigned seed) {
  const std::size_t row_bytes = quant::RowBytes(type, cols);
  std::vector<std::byte> bytes(rows * row_bytes);
  std::mt19937 rng(seed);
  if (type == Type::kF32 || type == Type::kF16 || type == Type::kBF16) {
    for (std::size_t i = 0; i < std::size_t{rows} * cols; ++i) {
      const float x = std::normal_distribution<float>(0, 0.5f)(rng);
      const std::uint16_t half = type == Type::kF16 ? quant::FloatToHalf(x) : quant::FloatToBf16(x);
      if (type == Type::kF32) std::memcpy(bytes.data() + 4 * i, &x, 4);
      else std::memcpy(bytes.data() + 2 * i, &half, 2);
    }
    return bytes;
  }
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng());
  const auto& info = quant::InfoOf(type);
  const auto put = [&](std::size_t at) {
    const std::uint16_t half = quant::FloatToHalf(std::uniform_real_distribution<float>(-0.01f, 0.01f)(rng));
    std::memcpy(bytes.data() + at, &half, 2);
  };
  for (std::size_t at = 0; at < bytes.size(); at += info.block_bytes) {
    switch (type) {
      case Type::kQ4_0: case Type::kQ5_0: case Type::kQ8_0: put(at); break;
      case Type::kQ6_K: put(at + 208); break;
      case Type::kQ2_K: put(at + 80), put(at + 82); break;
      case Type::kQ3_K: put(at + 108); break;
      default: put(at), put(at + 2);
    }
  }
  return bytes;
}

struct Packed {
  PackedMatrix matrix;
  Aligned memory{0};
};
Packed Pack(Type type, bool f32, std::uint32_t rows, std::uint32_t cols, const std::vector<std::byte>& bytes) {
  Packed p;
  p.matrix = PackedShape(PackingOf(type, f32), rows, cols);
  p.memory = Aligned(PackedBytes(p.matrix));
  for (std::uint32_t panel = 0; panel < p.matrix.panels; ++panel) {
    const std::byte* pointers[kPanelRows] = {};
    for (std::uint32_t r = 0; r < kPanelRows && panel * kPanelRows + r < rows; ++r)
      pointers[r] = bytes.data() + (panel * kPanelRows + r) * quant::RowBytes(type, cols);
    PackPanel(p.matrix, type, pointers, p.memory.get() + panel * p.matrix.panel_bytes);
  }
  p.matrix.data = p.memory.get();
  return p;
}

constexpr Type kTypes[] = {Type::kF32, Type::kF16, Type::kBF16, Type::kQ8_0, Type::kQ4_0, Type::kQ4_1, Type::kQ5_0,
                           Type::kQ5_1, Type::kQ2_K, Type::kQ3_K, Type::kQ4_K, Type::kQ5_K, Type::kQ6_K};

TEST(Pack, UnpacksToWhatTheFileSays) {
  for (const Type type : kTypes) {
    for (const bool f32 : {false, true}) {
      const std::uint32_t rows = 37, cols = 512;
      const auto bytes = RandomBlocks(type, rows, cols, 1);
      const Packed packed = Pack(type, f32, rows, cols, bytes);
      std::vector<float> expected(cols), got(cols);
      for (std::uint32_t r = 0; r < rows; ++r) {
        quant::DequantizeRow(type, bytes.data() + r * quant::RowBytes(type, cols), expected.data(), cols);
        UnpackRow(packed.matrix, r, got.data());
        for (std::uint32_t k = 0; k < cols; ++k)
          ASSERT_NEAR(got[k], expected[k],
                      std::fabs(expected[k]) * 6e-4 * (PackingOf(type, f32) == Packing::kF16) + 1e-6)
              << quant::InfoOf(type).name << " row " << r << " col " << k;
      }
      for (std::uint32_t r = rows; r < packed.matrix.panels * kPanelRows; ++r) {
        UnpackRow(packed.matrix, r, got.data());
        if (PackingOf(type, f32) == Packing::kQ8 || PackingOf(type, f32) == Packing::kQ4)
          continue;  // scale 0 times offset
        for (float x : got) ASSERT_EQ(x, 0.f);
      }
    }
  }
}

class Tables : public testing::TestWithParam<const Kernels*> {};
std::string NameOf(const testing::TestParamInfo<const Kernels*>& info) { return info.param->name; }
INSTANTIATE_TEST_SUITE_P(All, Tables, testing::ValuesIn(RunnableKernels()), NameOf);

struct Acts {
  Activations view;
  Aligned memory{0};
};
Acts MakeActs(const Kernels& k, const std::vector<float>& x, std::uint32_t rows, std::uint32_t cols, ActForm form,
              std::uint8_t planes = 1) {
  Acts a;
  const std::size_t plane_bytes = ActivationBytes(rows, cols, form);
  a.memory = Aligned(plane_bytes * planes);
  for (std::uint32_t m = 0; m < rows; ++m) {
    const Tile tile = TileOfRow(rows, k.tile_rows_max, m);
    std::uint8_t* data = TileData(a.memory.get(), cols, form, tile.row_begin);
    if (form == ActForm::kAmx) {
      k.to_amx(x.data() + std::size_t{m} * cols, 0, cols, cols, a.memory.get(), planes == 2 ? plane_bytes : 0, m);
    } else if (form == ActForm::kBf16) {
      k.to_bf16(x.data() + std::size_t{m} * cols, 0, cols, data, tile.rows, m - tile.row_begin);
    } else if (form == ActForm::kInt8) {
      k.quantize(x.data() + std::size_t{m} * cols, 0, cols / 32, cols / 32, data, tile.rows, m - tile.row_begin);
    } else {
      for (std::uint32_t c = 0; c < cols; ++c)
        reinterpret_cast<float*>(data)[std::size_t{c} * tile.rows + m - tile.row_begin] = x[std::size_t{m} * cols + c];
    }
  }
  a.view = {a.memory.get(), rows, cols, k.tile_rows_max, form, planes, plane_bytes};
  return a;
}

// Bounds, of the sum of magnitudes: f32 accumulation of exact integer block sums 2e-5 (the offset of codes makes
// intermediate sums larger than the result: their rounding counts too); activations in bfloat16 are off by up to 2^-8
// each (random ones cancel), on AMX the weights as well; with two planes of activations only those.
TEST_P(Tables, MatMulEqualsReference) {
  const Kernels& k = *GetParam();
  const Kernels& reference = *ReferenceKernels();
  for (const Type type : kTypes) {
    for (const std::uint32_t rows : {1u, 2u, 3u, 5u, 7u, 12u, 13u, 16u, 20u, 29u, 32u, 47u, 64u, 67u}) {
      const bool plain_rows = type == Type::kF32 || type == Type::kBF16;  // 12, 16: less than a step of tiles
      const std::uint32_t cols = quant::InfoOf(type).block_items == 256 ? 512
                                 : !plain_rows                          ? 352
                                 : rows == 20                           ? 12
                                 : rows == 64                           ? 16
                                 : rows % 2                             ? 45
                                                                        : 96;
      const std::uint32_t n = 16 * 5 + 3;
      const auto bytes = RandomBlocks(type, n, cols, rows);
      const Packed w = Pack(type, false, n, cols, bytes);
      const ActForm form = FormFor(w.matrix.packing, k, cols, rows),
                    plain = FormFor(w.matrix.packing, reference, cols, rows);
      auto x = Random(std::size_t{rows} * cols, 7 + rows);
      for (std::uint32_t i = 0; i < cols / 3; ++i) x[i] = 0;         // whole blocks of zeros
      x[cols - 1] = 1e4f;                                            // an outlier
      if (rows > 1) x[cols] = 1e-41f;                                // a denormal
      for (const std::uint8_t planes : {1, 2}) {
        if (planes == 2 && form != ActForm::kAmx) continue;
        const Acts fast = MakeActs(k, x, rows, cols, form, planes), slow = MakeActs(reference, x, rows, cols, plain);
        const std::size_t stride = w.matrix.panels * kPanelRows;
        std::vector<float> got(rows * stride, 1.f), expected(rows * stride, 1.f);
        const bool add = rows % 2;
        k.matmul(w.matrix, 0, 2, fast.view, got.data(), stride, add);
        k.matmul(w.matrix, 2, w.matrix.panels, fast.view, got.data(), stride, add);
        reference.matmul(w.matrix, 0, w.matrix.panels, slow.view, expected.data(), stride, add);
        const double bound = form == ActForm::kBf16   ? 2e-3
                             : form != ActForm::kAmx  ? 2e-5
                             : planes == 2            ? 4e-3
                                                      : 8e-3;
        std::vector<float> weights(cols);
        for (std::uint32_t col = 0; col < n; ++col) {
          UnpackRow(w.matrix, col, weights.data());
          for (std::uint32_t m = 0; m < rows; ++m) {
            double magnitude = 1, exact = add;
            for (std::uint32_t c = 0; c < cols; ++c) {
              const double product = double{weights[c]} * x[std::size_t{m} * cols + c];
              magnitude += std::fabs(product);
              exact += product;
            }
            // The others share the reference's rounding of activations to 8 bits; AMX has none.
            ASSERT_NEAR(got[m * stride + col], form == ActForm::kAmx ? exact : expected[m * stride + col],
                        bound * magnitude)
                << quant::InfoOf(type).name << " rows " << rows << " row " << m << " col " << col;
          }
        }
      }
    }
  }
}

// A row's bits with 8-bit activations do not depend on how many rows are multiplied at once, whatever code that takes:
// determinism rests on it.
TEST_P(Tables, RowsOfBytesAreTheSameAmongOthers) {
  const Kernels& k = *GetParam();
  for (const Type type : kTypes) {
    if (FormFor(PackingOf(type, false), *ReferenceKernels(), 256, 1) != ActForm::kInt8) continue;
    for (const std::uint32_t rows :
         {2u, 5u, 6u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 14u, 15u, 16u, 17u, 24u, 31u, 33u, 48u}) {
      const bool super = quant::InfoOf(type).block_items == 256;
      const std::uint32_t cols = super ? 256 + rows % 2 * 256 : 32 * (1 + rows % 6), n = 16 * 3;
      const Packed w = Pack(type, false, n, cols, RandomBlocks(type, n, cols, rows));
      auto x = Random(std::size_t{rows} * cols, rows);
      x[cols - 1] = 1e4f, x[cols] = 1e-41f;
      for (std::uint32_t i = 0; i < 32; ++i) x[i] = 0;
      const Acts all = MakeActs(k, x, rows, cols, ActForm::kInt8);
      const std::size_t bytes = rows * ActivationRowBytes(cols, ActForm::kInt8), one = bytes / rows;
      for (const std::uint8_t planes : {1, 2}) {
        Aligned both(2 * bytes);  // the second plane is as good as any: the first once more
        std::memcpy(both.get(), all.view.data, bytes);
        std::memcpy(both.get() + bytes, all.view.data, bytes);
        for (const bool add : {false, true}) {
          std::vector<float> got(rows * n, 1.f), expected(rows * n, 1.f);
          k.matmul(w.matrix, 0, 3, {both.get(), rows, cols, k.tile_rows_max, ActForm::kInt8, planes, bytes}, got.data(),
                   n, add);
          for (std::uint32_t m = 0; m < rows; ++m) {
            const std::vector<float> own(x.begin() + m * cols, x.begin() + (m + 1) * cols);
            const Acts alone = MakeActs(k, own, 1, cols, ActForm::kInt8);
            Aligned twice(2 * one);
            std::memcpy(twice.get(), alone.view.data, one);
            std::memcpy(twice.get() + one, alone.view.data, one);
            k.matmul(w.matrix, 0, 3, {twice.get(), 1, cols, k.tile_rows_max, ActForm::kInt8, planes, one},
                     expected.data() + m * n, n, add);
          }
          ASSERT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)), 0)
              << quant::InfoOf(type).name << " rows " << rows << " planes " << int{planes} << " add " << add;
        }
      }
    }
  }
}

// Two planes: the sum of what each gives alone, on top of what is there.
TEST_P(Tables, PlanesAddUp) {
  const Kernels& k = *GetParam();
  for (const std::uint32_t rows : {1u, 2u, 5u})
    for (const Type type : {Type::kQ4_1, Type::kQ8_0, Type::kQ4_K, Type::kQ6_K}) {
      const std::uint32_t cols = 512, n = 16 * 7;
      const Packed w = Pack(type, false, n, cols, RandomBlocks(type, n, cols, 3));
      const Acts a = MakeActs(k, Random(rows * cols, 1), rows, cols, ActForm::kInt8),
                 b = MakeActs(k, Random(rows * cols, 2), rows, cols, ActForm::kInt8);
      const std::size_t bytes = rows * ActivationRowBytes(cols, ActForm::kInt8);
      Aligned both(2 * bytes);
      std::memcpy(both.get(), a.view.data, bytes);
      std::memcpy(both.get() + bytes, b.view.data, bytes);
      std::vector<float> got(rows * n, 1.f), expected(rows * n, 1.f);
      const Activations planes = {both.get(), rows, cols, k.tile_rows_max, ActForm::kInt8, 2, bytes};
      k.matmul(w.matrix, 0, 7, planes, got.data(), n, true);
      k.matmul(w.matrix, 0, 7, a.view, expected.data(), n, true);
      k.matmul(w.matrix, 0, 7, b.view, expected.data(), n, true);
      for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got[i], expected[i], 1e-5f * (10 + std::fabs(expected[i])));
    }
}

TEST_P(Tables, QuantizeEqualsReference) {
  const Kernels& k = *GetParam();
  const std::uint32_t cols = 256;
  auto x = Random(cols, 3);
  for (int i = 0; i < 32; ++i) x[i] = 0;
  x[40] = 3e38f, x[70] = 1e-42f, x[100] = -0.f;
  const Acts fast = MakeActs(k, x, 1, cols, ActForm::kInt8),
             slow = MakeActs(*ReferenceKernels(), x, 1, cols, ActForm::kInt8);
  EXPECT_EQ(std::memcmp(fast.view.data, slow.view.data, ActivationRowBytes(cols, ActForm::kInt8)), 0);
}

TEST_P(Tables, RowsEqualReference) {
  const Kernels& k = *GetParam();
  const Kernels& reference = *ReferenceKernels();
  for (const std::uint32_t n : {1u, 15u, 16u, 17u, 64u, 576u, 1000u}) {
    const auto x = Random(n, n, 3.f), y = Random(n, n + 1);
    std::vector<float> a(n), b(n);
    k.rms_norm(x.data(), y.data(), n, 1e-5f, a.data());
    reference.rms_norm(x.data(), y.data(), n, 1e-5f, b.data());
    for (std::uint32_t i = 0; i < n; ++i) ASSERT_NEAR(a[i], b[i], 2e-6f * (1 + std::fabs(b[i])));
    a = x, b = x;
    k.silu_mul(a.data(), y.data(), n), reference.silu_mul(b.data(), y.data(), n);
    for (std::uint32_t i = 0; i < n; ++i) ASSERT_NEAR(a[i], b[i], 1e-6f * (1 + std::fabs(b[i])));
    a = x, b = x;
    k.add(a.data(), y.data(), n), reference.add(b.data(), y.data(), n);
    EXPECT_EQ(a, b);
    EXPECT_EQ(k.argmax(x.data(), n), reference.argmax(x.data(), n));
    const double sum = k.exp_weights(x.data(), n, 3.f, 0.7f, a.data());
    EXPECT_NEAR(sum, reference.exp_weights(x.data(), n, 3.f, 0.7f, b.data()), 1e-6 * sum);
    for (std::uint32_t i = 0; i < n; ++i) ASSERT_NEAR(a[i], b[i], 1e-6f * b[i] + 1e-37f);
    EXPECT_NEAR(k.log_sum_exp(x.data(), n), reference.log_sum_exp(x.data(), n), 2e-6f * 10);
  }
  for (const std::uint32_t half : {4u, 16u, 32u, 64u, 40u})
    for (const std::uint32_t rest : {0u, 16u, 9u})  // dimensions that are not rotated
      for (const bool normed : {false, true})
        for (const float scale : {1.f, 0.3f}) {
          const std::uint32_t heads = 3, head_dim = 2 * half + rest;
          auto a = Random(heads * head_dim, half), b = a;
          const auto norm = Random(head_dim, half + 1);
          std::vector<float> c(half), s(half);
          for (std::uint32_t i = 0; i < half; ++i) c[i] = std::cos(0.3f * i), s[i] = std::sin(0.3f * i);
          for (const auto& [table, x] : {std::pair{&k, &a}, std::pair{&reference, &b}})
            table->rope(x->data(), heads, head_dim, normed ? norm.data() : nullptr, 1e-5f, c.data(), s.data(), half,
                        scale);
          for (std::uint32_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 3e-6f * (1 + std::fabs(b[i])));
        }
}

TEST_P(Tables, SiluOfExtremes) {
  float gate[4] = {-1e30f, -100.f, 100.f, 0.f}, up[4] = {1.f, 1.f, 1.f, 1.f};
  GetParam()->silu_mul(gate, up, 4);
  EXPECT_NEAR(gate[0], 0.f, 1e-5f);
  EXPECT_NEAR(gate[1], 0.f, 1e-5f);
  EXPECT_FLOAT_EQ(gate[2], 100.f);
  EXPECT_EQ(gate[3], 0.f);
}

TEST_P(Tables, ArgMaxTakesTheFirstAndNoNaN) {
  std::vector<float> x(100, 1.f);
  x[0] = std::nanf(""), x[33] = 5.f, x[34] = 5.f;
  EXPECT_EQ(GetParam()->argmax(x.data(), 100), 33u);
}

constexpr CacheType kCacheTypes[] = {CacheType::kF16, CacheType::kBF16, CacheType::kQ8, CacheType::kF32};

/// Blocks of one head. Bytes that no token owns are NaN, and must not matter.
struct Cache {
  /// Tokens are stored in runs of `run`, cut at the ends of blocks.
  Cache(const Kernels& k, CacheType type, std::uint32_t head_dim, std::uint32_t blocks, std::uint32_t run = 1)
      : k_bytes(CacheKeyBytes(type, head_dim)), block_bytes(k_bytes + CacheValueBytes(type, head_dim)),
        memory(block_bytes * blocks) {
    std::memset(memory.get(), 0xFF, block_bytes * blocks);
    auto values = Random(std::size_t{2} * head_dim * blocks * kCacheBlockTokens, head_dim);
    for (std::uint32_t token = 0, count; token < blocks * kCacheBlockTokens; token += count) {
      const std::uint32_t slot = token % kCacheBlockTokens;
      count = std::min(run, kCacheBlockTokens - slot);
      std::uint8_t* block = memory.get() + token / kCacheBlockTokens * block_bytes;
      const float* key = values.data() + std::size_t{2} * head_dim * token;
      k.store(type, key, key + head_dim, std::size_t{2} * head_dim, count, head_dim, slot, block, block + k_bytes);
    }
  }
  std::uint64_t k_bytes, block_bytes;
  Aligned memory;
};

TEST_P(Tables, StoreEqualsReference) {
  for (const CacheType type : kCacheTypes)
    for (const std::uint32_t head_dim : {8u, 40u, 64u, 128u, 131u})
      for (const std::uint32_t run : {1u, 5u, 16u}) {
        Cache fast(*GetParam(), type, head_dim, 2, run), slow(*ReferenceKernels(), type, head_dim, 2);
        EXPECT_EQ(std::memcmp(fast.memory.get(), slow.memory.get(), 2 * fast.block_bytes), 0)
            << "head_dim " << head_dim << " run " << run;
      }
  std::vector<float> x(64, 0.f);  // a group of extremes, a group of next to nothing
  x[0] = 3e38f, x[1] = -3e38f, x[2] = 1.f, x[40] = 1e-42f, x[41] = -1e-7f;
  for (const CacheType type : kCacheTypes)
    for (const std::uint32_t tokens : {1u, 16u}) {
      Cache fast(*GetParam(), type, 64, 1), slow(*GetParam(), type, 64, 1);
      const std::uint32_t slot = tokens == 1 ? 3 : 0;
      for (Cache* cache : {&fast, &slow}) {
        const Kernels& k = cache == &fast ? *GetParam() : *ReferenceKernels();
        k.store(type, x.data(), x.data(), 0, tokens, 64, slot, cache->memory.get(), cache->memory.get() + fast.k_bytes);
      }
      EXPECT_EQ(std::memcmp(fast.memory.get(), slow.memory.get(), fast.block_bytes), 0);
    }
}

// Bound, of the largest magnitude: half a step of a 127th, whose f16 rounding adds a little; f16 and bf16 keep 11 and 8
// bits. One token is its own attention, so `attend` gives its value back.
TEST_P(Tables, StoredValuesComeBack) {
  const std::uint32_t head_dim = 64, block = 0, limit = 1;
  const auto k = Random(head_dim, 1), v = Random(head_dim, 2);
  for (const CacheType type : kCacheTypes) {
    Cache cache(*GetParam(), type, head_dim, 1);
    GetParam()->store(type, k.data(), v.data(), 0, 1, head_dim, 0, cache.memory.get(),
                      cache.memory.get() + cache.k_bytes);
    std::vector<float> out(head_dim);
    const float* q = k.data();
    float* outs = out.data();
    GetParam()->attend({&q, &outs, &limit, 1, head_dim, cache.memory.get(), &block, cache.block_bytes, 0,
                        cache.k_bytes, 0, 1, type, nullptr, false});
    float largest = 0;
    for (const float x : v) largest = std::max(largest, std::fabs(x));
    const float bound = type == CacheType::kQ8 ? 0.51f / 127 : type == CacheType::kBF16 ? 1.f / 256 : 1.f / 2048;
    for (std::uint32_t d = 0; d < head_dim; ++d) ASSERT_NEAR(out[d], v[d], bound * largest) << d;
  }
}

/// A cache of 30 blocks for one head, a block table of 29 of them, and queries.
struct AttendCase {
  AttendCase(CacheType type, std::uint32_t head_dim, std::uint32_t rows)
      : type(type), head_dim(head_dim), rows(rows), cache(*ReferenceKernels(), type, head_dim, 30),
        q(Random(std::size_t{rows} * head_dim, rows, 0.5f)) {
    for (std::uint32_t i = 0; i < kBlocks; ++i) blocks.push_back((3 + 7 * i) % 30);
    for (std::uint32_t r = 0; r < rows; ++r) limits.push_back(r == 0 ? 1 : kBlocks * 16 - (rows - 1 - r) * 5 / 3);
  }
  AttendTask Task(std::vector<float>& out, bool wide) {
    out.assign(q.size(), -1.f), outs.clear(), qs.clear();
    for (std::uint32_t r = 0; r < rows; ++r)
      qs.push_back(q.data() + r * head_dim), outs.push_back(out.data() + r * head_dim);
    return {qs.data(), outs.data(), limits.data(), rows, head_dim, cache.memory.get(), blocks.data(),
            cache.block_bytes, 0, cache.k_bytes, 0, kBlocks, type, nullptr, wide};
  }
  static constexpr std::uint32_t kBlocks = 29;  // more than three runs of 8, and an odd rest
  CacheType type;
  std::uint32_t head_dim, rows;
  Cache cache;
  std::vector<float> q;
  std::vector<std::uint32_t> blocks, limits;
  std::vector<const float*> qs;
  std::vector<float*> outs;
};

// Bounds, values up to 5: 3e-5 in f32 (sums of a softmax); wide on tiles 2e-4 (2^-16 of each product); bf16 on tiles
// 2 % of the rms (a score of spread 5.6 is off by 0.01).
// A kQ8 cache without tiles is multiplied with queries and weights of 15 bits: 2e-3. The cache's rounding is in both.
TEST_P(Tables, AttendEqualsReference) {
  const Kernels& k = *GetParam();
  const bool tiles = k.attend_rows_max > 12;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> shapes = {
      {64, 64}, {128, 100}, {128, 256}, {131, 60}, {256, 200}};
  for (const std::uint32_t head_dim : {8u, 16u, 40u, 64u, 80u, 128u, 131u, 264u})
    for (const std::uint32_t rows : {1u, 2u, 3u, 4u, 5u, 8u, 12u, 13u, 16u, 33u}) shapes.emplace_back(head_dim, rows);
  for (const CacheType type : kCacheTypes)
    for (const auto& [head_dim, rows] : shapes) {
      if (rows > k.attend_rows_max) continue;
      const bool q8 = type == CacheType::kQ8;
      AttendCase attend(type, head_dim, rows);
      std::vector<float> a, whole_run, part_run;
      ReferenceKernels()->attend(attend.Task(whole_run, false));
      AttendTask part = attend.Task(part_run, false);
      part.block_begin = 2, part.block_end = 15;
      ReferenceKernels()->attend(part);
      for (const bool wide : {false, true}) {
        SCOPED_TRACE(testing::Message() << "head_dim " << head_dim << " rows " << rows << " wide " << wide);
        const auto compare = [&](const std::vector<float>& b, std::uint32_t first) {
          double error = 0, size = 0, most = 0;
          for (std::size_t i = std::size_t{first} * head_dim; i < a.size(); ++i) {
            ASSERT_TRUE(std::isfinite(a[i]));
            error += std::pow(a[i] - b[i], 2), size += std::pow(b[i], 2);
            most = std::max(most, std::fabs(double{a[i]} - b[i]));
          }
          if (!tiles || rows < 12) EXPECT_LE(most, q8 ? 2e-3 : 3e-5);
          else if (wide) EXPECT_LE(most, q8 && head_dim > 256 ? 2e-3 : 2e-4);
          else EXPECT_LE(error, size * 0.02 * 0.02);
        };
        k.attend(attend.Task(a, wide));
        compare(whole_run, 0);
        // A part of the run: maximum, sum and weighted values together give the same mean.
        std::vector<float> partial(2 * rows);
        part = attend.Task(a, wide);
        part.partial = partial.data(), part.block_begin = 2, part.block_end = 15;
        k.attend(part);
        for (std::uint32_t r = 1; r < rows; ++r)
          for (std::uint32_t d = 0; d < head_dim; ++d) a[r * head_dim + d] /= partial[2 * r + 1];
        compare(part_run, 1);
        EXPECT_EQ(partial[0], -std::numeric_limits<float>::infinity());  // row 0 sees nothing of it
        EXPECT_EQ(partial[1], 0.f);
      }
    }
}

// Parts whose maxima differ widely, and grow from run to run, merge to the whole.
TEST_P(Tables, AttendRescalesAndMerges) {
  const Kernels& k = *GetParam();
  constexpr std::uint32_t kHeadDim = 64, kParts = 3;
  const std::uint32_t rows = std::min(k.attend_rows_max, 40u);
  AttendCase attend(CacheType::kF16, kHeadDim, rows);
  for (float& x : attend.q) x = 1.f;  // a score is the sum of a key
  for (std::uint32_t i = 0; i < attend.kBlocks; ++i)
    for (std::uint32_t d = 0; d < kHeadDim; ++d)
      for (std::uint32_t t = 0; t < 16; ++t) {
        const std::uint16_t half = quant::FloatToHalf(d ? 0.f : static_cast<float>(4 * i) - 100.f);  // steps of e^4
        std::uint8_t* block = attend.cache.memory.get() + attend.blocks[i] * attend.cache.block_bytes;
        std::memcpy(block + (d * 16 + t) * 2, &half, 2);
      }
  std::vector<float> whole, merged(rows * kHeadDim, 0.f), b;
  k.attend(attend.Task(whole, false));
  ReferenceKernels()->attend(attend.Task(b, false));
  std::vector<std::vector<float>> outs(kParts), partials(kParts, std::vector<float>(2 * rows));
  for (std::uint32_t i = 0; i < kParts; ++i) {
    AttendTask task = attend.Task(outs[i], false);
    task.block_begin = attend.kBlocks * i / kParts, task.block_end = attend.kBlocks * (i + 1) / kParts;
    task.partial = partials[i].data();
    k.attend(task);
  }
  for (std::uint32_t r = 0; r < rows; ++r) {
    float most = -std::numeric_limits<float>::infinity(), total = 0;
    for (const auto& partial : partials) most = std::max(most, partial[2 * r]);
    for (std::uint32_t i = 0; i < kParts; ++i) {
      const float weight = std::exp(partials[i][2 * r] - most);
      total += weight * partials[i][2 * r + 1];
      for (std::uint32_t d = 0; d < kHeadDim; ++d) merged[r * kHeadDim + d] += weight * outs[i][r * kHeadDim + d];
    }
    for (std::uint32_t d = 0; d < kHeadDim; ++d) {
      EXPECT_NEAR(whole[r * kHeadDim + d], b[r * kHeadDim + d], 5 * 0x1p-8) << "row " << r;
      EXPECT_NEAR(merged[r * kHeadDim + d] / total, b[r * kHeadDim + d], 5 * 0x1p-8) << "row " << r;
    }
  }
}

TEST_P(Tables, PeaksCountTheirWork) {
  const Kernels& k = *GetParam();
  for (const auto peak : {k.peak_int8, k.peak_bf16, k.peak_f32}) {
    if (!peak) continue;
    EXPECT_GT(peak(1), 0);
    EXPECT_EQ(peak(5), 5 * peak(1));
  }
  for (const std::uint64_t bytes : {0u, 127u, 128u, 1024u, 5000u}) {  // nothing beyond the end: asan looks
    Aligned data(std::max<std::uint64_t>(bytes, 1));
    EXPECT_EQ(k.read(data.get(), bytes, 1), bytes / 128 * 128);
    EXPECT_EQ(k.read(data.get(), bytes, 8), bytes / 1024 * 1024);
  }
}

TEST(Roofs, AreMeasuredForEachThreadCount) {
  const auto roofs = MeasureRoofs(*RunnableKernels().back(), {1, 2}, {.buffer_bytes = 16 << 20, .seconds = 0.001});
  ASSERT_TRUE(roofs);
  ASSERT_EQ(roofs->size(), 2u);
  EXPECT_EQ((*roofs)[1].threads, 2);
  for (const Roofs& r : *roofs)
    for (const double rate : {r.read_1_stream, r.read_8_streams, r.int8, r.bf16, r.f32}) EXPECT_GT(rate, 0);
}

TEST(Registry, ForcesAndRefuses) {
  EXPECT_STREQ((*FindKernels("reference"))->name, "reference");
  const auto none = FindKernels("sse9");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("reference"), std::string::npos);
}

}  // namespace
}  // namespace yun::kernels
