#!/usr/bin/env python3
"""Writes tests/golden/quant/vectors.bin: what PyPI `gguf` (numpy) makes of fixed blocks, for formats/quant.

Needs: pip install gguf numpy.   Usage: make_quant_vectors.py [OUT]

The file is a row of records, little-endian: u32 kind (0 dequantise, 1 quantise), u32 ggml type, u32 items, u32 bytes,
then the block bytes, then items floats. Kind 0: the floats are the blocks' values. Kind 1: the bytes are what the
floats become.
"""
import pathlib
import struct
import sys

import gguf
import numpy as np
from gguf.quants import dequantize, quantize

T = gguf.GGMLQuantizationType
DEQUANTIZE = [T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K]
QUANTIZE = [T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1]
# Byte offsets of the half-precision scales of each block: random bits there could be infinite.
HALVES = {T.Q8_0: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q2_K: [80, 82], T.Q3_K: [108],
          T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208]}


def record(kind, t, items, data, floats):
    floats = np.ascontiguousarray(floats, dtype=np.float32).reshape(-1)
    assert floats.size == items
    return struct.pack("<4I", kind, int(t), items, len(data)) + data + floats.tobytes()


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                       pathlib.Path(__file__).parents[2] / "tests/golden/quant/vectors.bin")
    rng = np.random.default_rng(20)
    parts = []
    for t in DEQUANTIZE:
        block_items, block_bytes = gguf.GGML_QUANT_SIZES[t]
        blocks = max(2, 64 // block_items) if block_items > 1 else 64
        raw = rng.integers(0, 256, (blocks, block_bytes), dtype=np.uint8)
        for offset in HALVES.get(t, []):
            scale = (rng.standard_normal(blocks) * 0.1).astype(np.float16).view(np.uint8).reshape(blocks, 2)
            raw[:, offset:offset + 2] = scale
        if t in (T.F16, T.BF16):
            raw = rng.standard_normal(64).astype(np.float16).view(np.uint8).reshape(1, -1)
        values = dequantize(raw.reshape(1, -1), t)
        parts.append(record(0, t, values.size, raw.tobytes(), values))
    for t in QUANTIZE:
        rows = np.stack([rng.standard_normal(64), rng.standard_normal(64) * 1e-3, np.zeros(64),
                         np.linspace(-3, 5, 64), np.abs(rng.standard_normal(64)) + 2]).astype(np.float32).reshape(1, -1)
        parts.append(record(1, t, rows.size, quantize(rows, t).tobytes(), rows))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(b"".join(parts))
    print(f"{out}: {len(parts)} records, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
