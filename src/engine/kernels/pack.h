// From the blocks of a file to the panels of packed.h, once, when a model is loaded.
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/kernels/packed.h"
#include "formats/quant/types.h"

namespace yun::kernels {

/// Counts up whenever PackPanel or PackedShape would make other bytes of the same rows: packed files say it.
inline constexpr std::uint32_t kPackingVersion = 1;

/// The packing that keeps a type's values: exact for every type but q2_k and q3_k, which become f16 (relative error
/// 2^-11). `f32` asks for floats.
Packing PackingOf(quant::Type type, bool f32);
/// Whether the packing multiplies with quantised activations.
bool IsQuantised(Packing packing);

/// Sizes of a packed matrix; `data` is null. cols must be a multiple of the type's block (and of 32 where quantised).
PackedMatrix PackedShape(Packing packing, std::uint32_t rows, std::uint32_t cols);
inline std::uint64_t PackedBytes(const PackedMatrix& m) { return m.panels * m.panel_bytes; }

/// Packs one panel. rows: 16 pointers to rows of `type`; null ones become zeros. out: panel_bytes, 64-byte aligned.
void PackPanel(const PackedMatrix& shape, quant::Type type, const std::byte* const rows[kPanelRows], std::uint8_t* out);

}  // namespace yun::kernels
