#!/usr/bin/env python3
"""A PEFT adapter (LoRA) with random weights for a model, as tests and benchmarks need them. Standard library only.

  tools/golden/make_adapter.py MODEL.gguf FOLDER --rank 16 --seed 1 [--yun build/release/bin/yun]
"""
import argparse
import array
import json
import pathlib
import random
import struct
import subprocess

NAMES = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj",
         "mlp.up_proj", "mlp.down_proj")


def shapes(yun, model):
    """(layers, {module: (out, in)}) of what `yun inspect` says of a model."""
    text = subprocess.run([str(yun), "inspect", str(model), "--json"], capture_output=True, text=True, check=True).stdout
    c = json.loads(text)["config"]
    hidden, ffn = c["hidden"], c["ffn"]
    q, kv = c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"]
    return c["layers"], dict(zip(NAMES, [(q, hidden), (kv, hidden), (kv, hidden), (hidden, q), (ffn, hidden),
                                         (ffn, hidden), (hidden, ffn)]))


def make(folder, layers, modules, rank=16, seed=1, spread=0.02):
    """Writes adapter_config.json and adapter_model.safetensors, in f32; returns the folder."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    # One run of numbers, read from another place by each matrix: random enough, and made at once.
    pool = array.array("f", (rng.uniform(-spread, spread) for _ in range(1 << 16)))
    header, data = {}, bytearray()

    def add(name, rows, cols):
        begin, left = len(data), rows * cols
        while left:
            at = rng.randrange(len(pool))
            piece = pool[at:at + left]
            data.extend(piece.tobytes())
            left -= len(piece)
        header[name] = {"dtype": "F32", "shape": [rows, cols], "data_offsets": [begin, len(data)]}

    for layer in range(layers):
        for name, (out, into) in modules.items():
            at = f"base_model.model.model.layers.{layer}.{name}.lora_"
            add(at + "A.weight", rank, into)
            add(at + "B.weight", out, rank)
    text = json.dumps(header).encode()
    (folder / "adapter_model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "adapter_config.json").write_text(json.dumps(
        {"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "bias": "none",
         "target_modules": sorted({name.split(".")[1] for name in modules})}, indent=1))
    return folder


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("folder")
    p.add_argument("--rank", type=int, default=16)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--spread", type=float, default=0.02, help="weights lie in [-spread, spread]")
    p.add_argument("--yun", default=str(pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/yun"))
    a = p.parse_args()
    print(make(a.folder, *shapes(a.yun, a.model), rank=a.rank, seed=a.seed, spread=a.spread))


if __name__ == "__main__":
    main()
