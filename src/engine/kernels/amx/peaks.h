// The most that tiles can multiply, on registers alone (roofs.h measures with these).

namespace {

/// `products`: four products of tiles with `cols` columns.
template <class F>
double PeakOfTiles(uint32_t rounds, uint32_t cols, F&& products) {
  ConfigureTiles(kTileRowsAmx, kTileRowsAmx);
  for (uint32_t r = 0; r < rounds; ++r) products();
  _tile_release();
  return 4.0 * 2 * 16 * 16 * cols * rounds;
}

double PeakTilesInt8(uint32_t rounds) {
  return PeakOfTiles(rounds, 64, [] {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  });
}

double PeakTilesBf16(uint32_t rounds) {
  return PeakOfTiles(rounds, 32, [] {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  });
}

}  // namespace
