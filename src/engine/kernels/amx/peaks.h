// The most that tiles can multiply, on registers alone (roofs.h measures with these).

namespace {

double PeakTilesInt8(uint32_t rounds) {
  ConfigureTiles(kTileRowsAmx, kTileRowsAmx);
  for (uint32_t r = 0; r < rounds; ++r) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
  return 4.0 * 2 * 16 * 16 * 64 * rounds;
}

double PeakTilesBf16(uint32_t rounds) {
  ConfigureTiles(kTileRowsAmx, kTileRowsAmx);
  for (uint32_t r = 0; r < rounds; ++r) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return 4.0 * 2 * 16 * 16 * 32 * rounds;
}

}  // namespace
