#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "formats/quant/dequantize.h"
#include "formats/quant/half.h"
#include "formats/quant/quantize.h"
#include "formats/quant/types.h"

namespace yun::quant {
namespace {

TEST(Types, NumbersAndNames) {
  for (const char* name :
       {"f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k"}) {
    const TypeInfo* info = FindType(name);
    ASSERT_NE(info, nullptr) << name;
    EXPECT_EQ(FindType(static_cast<std::uint32_t>(info->type)), info);
    EXPECT_EQ(&InfoOf(info->type), info);
  }
  EXPECT_EQ(FindType("q4_k_m"), nullptr);
  EXPECT_EQ(FindType(4u), nullptr);
  EXPECT_EQ(RowBytes(Type::kQ4_1, 576), 360u);
}

TEST(Half, EveryHalfSurvivesTheRoundTrip) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const float f = HalfToFloat(static_cast<std::uint16_t>(h));
    if (std::isnan(f)) {
      EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(f))));
    } else {
      EXPECT_EQ(FloatToHalf(f), h);
    }
  }
}

TEST(Half, RoundsToNearestEven) {
  const struct {
    float in;
    std::uint16_t half, bf16;
  } cases[] = {
      {1.f, 0x3c00, 0x3f80},
      {1.f + 0x1p-11f, 0x3c00, 0x3f80},      // tie, down to even
      {1.f + 3 * 0x1p-11f, 0x3c02, 0x3f80},  // tie, up to even
      {1.f + 0x1p-8f, 0x3c04, 0x3f80},       // bf16 tie, down to even
      {1.f + 3 * 0x1p-8f, 0x3c0c, 0x3f82},   // bf16 tie, up to even
      {65504.f, 0x7bff, 0x4780},
      {65519.99f, 0x7bff, 0x4780},
      {65520.f, 0x7c00, 0x4780},
      {0x1p-24f, 0x0001, 0x3380},
      {0x1p-25f, 0x0000, 0x3300},  // tie with zero
      {0x1.8p-25f, 0x0001, 0x3340},
      {0x1.ff8p-15f, 0x03ff, 0x3880},  // largest subnormal half
      {0x1.ffcp-15f, 0x0400, 0x3880},  // tie, up to the smallest normal one
      {-2.f, 0xc000, 0xc000},
      {-0.f, 0x8000, 0x8000},
      {std::numeric_limits<float>::infinity(), 0x7c00, 0x7f80},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(FloatToHalf(c.in), c.half) << c.in;
    EXPECT_EQ(FloatToBf16(c.in), c.bf16) << c.in;
  }
  EXPECT_TRUE(std::isnan(Bf16ToFloat(FloatToBf16(BitsToFloat(0x7f800001)))));
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(BitsToFloat(0x7f800001)))));
}

// tools/golden/make_quant_vectors.py
TEST(Golden, BlocksEqualTheReferencePackage) {
  std::ifstream in(YUN_SOURCE_DIR "/tests/golden/quant/vectors.bin", std::ios::binary);
  const std::vector<char> data{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(data.empty());
  int records = 0;
  for (std::size_t at = 0; at < data.size(); ++records) {
    std::uint32_t head[4];
    ASSERT_LE(at + sizeof head, data.size());
    std::memcpy(head, data.data() + at, sizeof head);
    at += sizeof head;
    const auto [kind, number, items, bytes] = std::tie(head[0], head[1], head[2], head[3]);
    ASSERT_NE(FindType(number), nullptr);
    const Type type = static_cast<Type>(number);
    ASSERT_EQ(RowBytes(type, items), bytes);
    ASSERT_LE(at + bytes + 4 * items, data.size());
    const std::byte* blocks = reinterpret_cast<const std::byte*>(data.data() + at);
    std::vector<float> floats(items);
    std::memcpy(floats.data(), data.data() + at + bytes, 4 * items);
    at += bytes + 4 * items;
    if (kind == 0) {
      std::vector<float> got(items);
      DequantizeRow(type, blocks, got.data(), items);
      for (std::uint32_t i = 0; i < items; ++i)
        ASSERT_FLOAT_EQ(got[i], floats[i]) << InfoOf(type).name << " element " << i;
    } else {
      std::vector<std::byte> got(bytes);
      ASSERT_TRUE(QuantizeRow(type, floats.data(), got.data(), items));
      EXPECT_EQ(std::memcmp(got.data(), blocks, bytes), 0) << InfoOf(type).name;
    }
  }
  EXPECT_EQ(records, 19);
}

std::vector<float> Normal(std::size_t n, float scale, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.f, scale);
  std::vector<float> x(n);
  for (float& v : x) v = normal(random);
  return x;
}

double RelativeRms(Type type, const std::vector<float>& x) {
  std::vector<std::byte> blocks(RowBytes(type, x.size()));
  EXPECT_TRUE(QuantizeRow(type, x.data(), blocks.data(), x.size()));
  std::vector<float> y(x.size());
  DequantizeRow(type, blocks.data(), y.data(), x.size());
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    error += (x[i] - y[i]) * (x[i] - y[i]);
    norm += x[i] * x[i];
  }
  return norm > 0 ? std::sqrt(error / norm) : std::sqrt(error);
}

TEST(Quantize, RoundTripErrorOfNormalWeights) {
  // Bounds a little above what was measured; half of a uniform step would be far outside.
  const struct {
    Type type;
    double bound;
  } cases[] = {{Type::kF32, 0},       {Type::kF16, 2.2e-4},  {Type::kBF16, 1.8e-3}, {Type::kQ8_0, 5.5e-3},
               {Type::kQ6_K, 1.9e-2}, {Type::kQ5_1, 4.0e-2}, {Type::kQ5_0, 4.5e-2}, {Type::kQ4_K, 7.4e-2},
               {Type::kQ4_1, 8.2e-2}, {Type::kQ4_0, 9.2e-2}};
  for (float scale : {1.f, 0.02f, 300.f})
    for (const auto& c : cases)
      EXPECT_LE(RelativeRms(c.type, Normal(256 * 64, scale, 7)), c.bound)
          << InfoOf(c.type).name << " at scale " << scale;
}

TEST(Quantize, EdgeRows) {
  for (Type type : {Type::kQ8_0, Type::kQ4_0, Type::kQ4_1, Type::kQ5_0, Type::kQ5_1, Type::kQ4_K, Type::kQ6_K}) {
    EXPECT_EQ(RelativeRms(type, std::vector<float>(256, 0.f)), 0) << InfoOf(type).name;
    EXPECT_LE(RelativeRms(type, std::vector<float>(256, 1.f)), 5e-3) << InfoOf(type).name;
    EXPECT_LE(RelativeRms(type, std::vector<float>(256, -3.f)), 5e-3) << InfoOf(type).name;
    std::vector<float> spike(256, 0.f);
    spike[77] = 5.f;
    EXPECT_LE(RelativeRms(type, spike), 1e-2) << InfoOf(type).name;
    for (float tiny : {1e-38f, 1e-42f, 1e-7f}) RelativeRms(type, std::vector<float>(256, tiny));
    std::vector<float> bad(256, 1.f);
    std::vector<std::byte> blocks(RowBytes(type, bad.size()));
    for (float value :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(), 3e38f, -3e38f}) {
      bad[200] = value;
      const Status status = QuantizeRow(type, bad.data(), blocks.data(), bad.size());
      ASSERT_FALSE(status) << InfoOf(type).name << " " << value;
      EXPECT_EQ(status.error().code, Code::kInvalidArgument);
      EXPECT_NE(status.error().message.find("element 200"), std::string::npos) << status.error().message;
    }
  }
}

TEST(Quantize, KScaleSearchBeatsPlainRounding) {
  // The same data with q4_1's plain min/max rounding has finer groups' worth of scale bits and is still worse.
  const std::vector<float> x = Normal(256 * 64, 0.02f, 11);
  EXPECT_LT(RelativeRms(Type::kQ4_K, x), RelativeRms(Type::kQ4_1, x));
  EXPECT_LT(RelativeRms(Type::kQ6_K, x), RelativeRms(Type::kQ5_1, x) / 2);
}

TEST(Quantize, RefusesWhatItCannotWrite) {
  std::vector<float> x(256, 1.f);
  std::vector<std::byte> blocks(RowBytes(Type::kQ3_K, 256));
  const Status status = QuantizeRow(Type::kQ3_K, x.data(), blocks.data(), 256);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kUnsupported);
  x[3] = 1e6f;
  EXPECT_FALSE(QuantizeRow(Type::kF16, x.data(), blocks.data(), 32));
}

}  // namespace
}  // namespace yun::quant
