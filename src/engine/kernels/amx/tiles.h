// What products and attention on tiles share. Included by amx.cc after the generic algorithms.

namespace {

constexpr uint32_t kTileRowsAmx = 16, kTileBytes = 1024;  // 16 rows of 32 bfloat16

struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

inline void LoadTileConfig(const TileConfig& config) {
  // Not _tile_loadconfig: GCC 12 thinks that it reads only the first 8 bytes.
  __asm__ volatile("ldtilecfg %0" ::"m"(config));
}

/// Full tiles, but of those that belong to the rows of a product: tmm0, 1 and 4 have first_rows, tmm2, 3 and 5
/// second_rows (0 where there is no such tile: it is not used then). cols: of a product, 32 or, where a whole product
/// has fewer, as many.
inline void ConfigureTiles(uint32_t first_rows, uint32_t second_rows, uint32_t cols = 32) {
  TileConfig config;
  const uint32_t second = second_rows ? second_rows : 1;
  for (int t = 0; t < 8; ++t) {
    const bool of_first = t == 0 || t == 1 || t == 4, of_second = t == 2 || t == 3 || t == 5;
    config.row_bytes[t] = static_cast<uint16_t>(t == 4 || t == 5 ? 2 * cols : 64);
    config.rows[t] = static_cast<uint8_t>(of_first ? first_rows : of_second ? second : t > 5 ? cols / 2 : kTileRowsAmx);
  }
  LoadTileConfig(config);
}
/// Products of `cols` columns: sums (tmm0 to 3) and activations (tmm4, 5) of so many rows; codes (tmm6, 7).
inline void ConfigureTilesInt8(uint32_t rows, uint32_t cols) {
  TileConfig config;
  for (int t = 0; t < 8; ++t) {
    config.row_bytes[t] = static_cast<uint16_t>(t == 4 || t == 5 ? cols : 64);
    config.rows[t] = static_cast<uint8_t>(t < 6 ? rows : cols / 4);
  }
  LoadTileConfig(config);
}

// Not _tile_loadd: GCC 12 thinks that it reads nothing.
#define TILE_LOAD_ROWS(t, from, row_bytes) \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t ::"r"(from), "r"(static_cast<uint64_t>(row_bytes)) : "memory")
#define TILE_LOAD(t, from) TILE_LOAD_ROWS(t, from, 64)
#define TILE_STORE(t, to) \
  __asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)" ::"r"(to), "r"(static_cast<uint64_t>(64)) : "memory")
#define TILE_ZERO(t) __asm__ volatile("tilezero %%tmm" #t ::)
#define TILE_DOT(c, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)

inline __m512i HighBf16(__m512 x) {  // round to nearest, ties away from zero, as f32 bits
  const __m512i bits = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
  return _mm512_and_si512(bits, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u)));
}
/// 16 pairs (even[i], odd[i]) as bf16
inline __m512i PairBf16(__m512 even, __m512 odd) {
  const __m512i round = _mm512_set1_epi32(0x8000);
  const __m512i low = _mm512_srli_epi32(_mm512_add_epi32(_mm512_castps_si512(even), round), 16);
  const __m512i high = _mm512_add_epi32(_mm512_castps_si512(odd), round);
  return _mm512_ternarylogic_epi32(low, high, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u)), 0xF8);  // a | (b & c)
}

}  // namespace
