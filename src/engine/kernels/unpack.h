// A row of a packed matrix as floats: embeddings, and the reference kernels.
#pragma once
#include <cstdint>

#include "engine/kernels/packed.h"

namespace yun::kernels {

/// shapes: out [w.cols]; row < 16 w.panels (rows of padding are zeros)
void UnpackRow(const PackedMatrix& w, std::uint32_t row, float* out);

}  // namespace yun::kernels
