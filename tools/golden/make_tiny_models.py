#!/usr/bin/env python3
"""Makes the tiny random models of tests/golden/ and what transformers says about them.

  python3 -m venv v && v/bin/pip install torch transformers==5.23.0 safetensors numpy gguf
  v/bin/python tools/golden/make_tiny_models.py [--only NAME ...] [--out tests/golden]

A model is a folder with config.json and model.safetensors (or a .gguf file), without a tokenizer. logits/NAME.json holds:
  models     paths under models/ that must give these numbers
  tokens     the input
  positions  indexes into tokens whose logits are kept
  logits     one row of vocab floats a position: float32 throughout, eager attention
  greedy     the next 24 tokens, each from a full forward pass (no cache)
  greedy_gap the smallest distance between best and second logit on the way, so that a tie cannot decide a test
Norm weights and biases are random too (never ones or zeros), and the matrices are wide enough that logits spread over
several units: a wrong rope or a missing bias then shows far above the tolerance of 1e-4.
"""
import argparse
import json
import os
import shutil
import sys

import gguf
import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config

GREEDY = 24
GAP_MIN = 2e-3  # twenty times the tolerance on logits

LLAMA3 = {"rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
YARN = {"rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 32}


def default_rope(theta):
    return {"rope_type": "default", "rope_theta": theta}


def old_style(config):
    """config.json as transformers 4 wrote it: rope_theta and rope_scaling at the top level, torch_dtype."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    kind = rope.pop("rope_type")
    config["rope_scaling"] = None if kind == "default" else {"type" if kind == "linear" else "rope_type": kind, **rope}
    config["torch_dtype"] = config.pop("dtype", "float32")
    config["transformers_version"] = "4.51.0"
    return config


# name -> (class, keyword arguments, options); hidden and head sizes differ on purpose, so that no mix-up fits by chance
BASE = dict(vocab_size=256, hidden_size=32, intermediate_size=56, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, max_position_embeddings=128, bos_token_id=None, eos_token_id=None, pad_token_id=None)
WIDE = dict(hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2)
QWEN3 = dict(num_attention_heads=4, num_key_value_heads=2, head_dim=16)  # q width 64, hidden 32
MODELS = {
    "llama": (LlamaConfig, dict(WIDE, rope_parameters=default_rope(10000.0), tie_word_embeddings=False,
                                rms_norm_eps=1e-5), dict(old=True)),
    "llama_tied_layers3": (LlamaConfig, dict(num_hidden_layers=3, rope_parameters=default_rope(100000.0),
                                             tie_word_embeddings=True, rms_norm_eps=1e-5), {}),
    "llama_llama3": (LlamaConfig, dict(rope_parameters=LLAMA3, max_position_embeddings=256, tie_word_embeddings=True),
                     dict(tokens=100, gguf=True)),
    "llama_linear": (LlamaConfig, dict(rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 3.0},
                                       tie_word_embeddings=False), dict(old=True)),
    "qwen2": (Qwen2Config, dict(rope_parameters=default_rope(1e6), tie_word_embeddings=True, rms_norm_eps=1e-6),
              dict(old=True, gguf=True)),
    "qwen2_untied": (Qwen2Config, dict(hidden_size=48, num_attention_heads=6, num_key_value_heads=2,
                                       rope_parameters=default_rope(1e6), tie_word_embeddings=False), {}),
    "qwen3_tied": (Qwen3Config, dict(WIDE, head_dim=16, rope_parameters=default_rope(1e6), tie_word_embeddings=True),
                   dict(old=True)),
    "qwen3_untied": (Qwen3Config, dict(QWEN3, rope_parameters=default_rope(1e6), tie_word_embeddings=False), {}),
    "qwen3_wide_heads": (Qwen3Config, dict(hidden_size=24, num_attention_heads=4, num_key_value_heads=4, head_dim=32,
                                           intermediate_size=40, rope_parameters=default_rope(5e6),
                                           tie_word_embeddings=True), {}),
    "qwen3_yarn": (Qwen3Config, dict(QWEN3, head_dim=32, rope_parameters=YARN, tie_word_embeddings=True),
                   dict(tokens=100, gguf=True)),
    "qwen3_yarn_old": (Qwen3Config, dict(QWEN3, head_dim=32, tie_word_embeddings=False,
                                         rope_parameters=dict(YARN, rope_theta=1e4, beta_fast=2.0, beta_slow=0.25)),
                       dict(tokens=110, old=True)),
    "qwen3_sharded": (Qwen3Config, dict(QWEN3, rope_parameters=default_rope(1e6), tie_word_embeddings=False),
                      dict(shards=2)),
    "qwen3_bf16": (Qwen3Config, dict(QWEN3, rope_parameters=default_rope(1e6), tie_word_embeddings=True),
                   dict(dtype="bfloat16")),
    "qwen2_f16": (Qwen2Config, dict(rope_parameters=default_rope(1e6), tie_word_embeddings=False),
                  dict(dtype="float16")),
}


def randomise(model, generator):
    for name, p in model.named_parameters():
        if "norm" in name:
            value = 1.0 + 0.2 * torch.randn(p.shape, generator=generator)
        elif name.endswith("bias"):
            value = 0.3 * torch.randn(p.shape, generator=generator)
        elif "embed" in name or "lm_head" in name:
            value = 0.4 * torch.randn(p.shape, generator=generator)
        else:
            value = 1.2 / p.shape[1] ** 0.5 * torch.randn(p.shape, generator=generator)
        p.data.copy_(value)


def write_folder(folder, model, config, options):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    dtype = getattr(torch, options.get("dtype", "float32"))
    state = {k: v.detach().to(dtype).contiguous() for k, v in model.state_dict().items()}
    if config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    shards = options.get("shards", 1)
    if shards == 1:
        save_file(state, f"{folder}/model.safetensors", metadata={"format": "pt"})
    else:
        names, weight_map = sorted(state), {}
        for i in range(shards):
            file = f"model-{i + 1:05}-of-{shards:05}.safetensors"
            part = {n: state[n] for n in names[i::shards]}
            save_file(part, f"{folder}/{file}", metadata={"format": "pt"})
            weight_map.update({n: file for n in part})
        total = sum(t.numel() * t.element_size() for t in state.values())
        with open(f"{folder}/model.safetensors.index.json", "w") as f:
            json.dump({"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}, f, indent=1)
    d = json.loads(config.to_json_string(use_diff=False))
    keep = ("model_type vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads "
            "num_key_value_heads head_dim hidden_act max_position_embeddings rms_norm_eps tie_word_embeddings "
            "attention_bias mlp_bias use_sliding_window sliding_window max_window_layers layer_types "
            "rope_parameters").split()
    d = {"architectures": [type(model).__name__], **{k: d[k] for k in keep if k in d},
         "dtype": options.get("dtype", "float32"), "transformers_version": transformers.__version__}
    with open(f"{folder}/config.json", "w") as f:
        json.dump(old_style(d) if options.get("old") else d, f, indent=2)
        f.write("\n")


def interleave(w, heads):
    """GGUF keeps llama's q and k rows for the rope that turns neighbours (0,1), (2,3), ..."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


GGUF_NAMES = {"embed_tokens.weight": "token_embd.weight", "norm.weight": "output_norm.weight",
              "lm_head.weight": "output.weight"}
GGUF_LAYER = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
              "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
              "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate",
              "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def gguf_name(name):
    name = name.removeprefix("model.")
    if not name.startswith("layers."):
        return GGUF_NAMES[name]
    _, layer, rest = name.split(".", 2)
    stem, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{GGUF_LAYER[stem]}.{kind}"


def write_gguf(path, model, config):
    arch = config.model_type
    w = gguf.GGUFWriter(path, arch)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    w.add_name("random-" + arch)
    w.add_block_count(config.num_hidden_layers)
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(config.num_attention_heads)
    w.add_head_count_kv(config.num_key_value_heads)
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])
    w.add_rope_dimension_count(head_dim)
    w.add_key_length(head_dim)
    w.add_value_length(head_dim)
    w.add_vocab_size(config.vocab_size)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    rope = config.rope_parameters
    if rope["rope_type"] == "yarn":
        w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        w.add_rope_scaling_factor(rope["factor"])
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if rope["rope_type"] == "llama3":  # GGUF writes what each frequency is divided by
        plain = 1.0 / rope["rope_theta"] ** (np.arange(0, head_dim, 2) / head_dim)
        w.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq.numpy()).astype(np.float32))
    for name, p in model.named_parameters():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        x = p.detach().numpy()
        if arch == "llama" and (".q_proj." in name or ".k_proj." in name):
            x = interleave(x, config.num_attention_heads if ".q_proj." in name else config.num_key_value_heads)
        w.add_tensor(gguf_name(name), np.ascontiguousarray(x))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def oracle(folder, tokens):
    """Logits and greedy tokens of the folder as a stranger would load it, and the same logits in float64."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    n = len(tokens)
    positions = [0, n // 3, n // 2 + 1, n - 1]
    ids = list(tokens)
    with torch.no_grad():
        logits = model(torch.tensor([ids]), use_cache=False).logits[0]
        exact = model.double()(torch.tensor([ids]), use_cache=False).logits[0]
        model.float()
        gap = float("inf")
        for _ in range(GREEDY):
            top = model(torch.tensor([ids]), use_cache=False).logits[0, -1].topk(2)
            gap = min(gap, float(top.values[0] - top.values[1]))
            ids.append(int(top.indices[0]))
    return positions, logits[positions], ids[n:], gap, float((logits - exact).abs().max())


def make(name, out):
    cls, arguments, options = MODELS[name]
    folder = f"{out}/models/{name}"
    for seed in range(100):  # the first seed whose greedy path has no near tie and does not stand still
        generator = torch.Generator().manual_seed(1000 * sorted(MODELS).index(name) + seed)
        config = cls(**{**BASE, **arguments})
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        randomise(model, generator)
        write_folder(folder, model, config, options)
        tokens = torch.randint(0, 256, (options.get("tokens", 40),), generator=generator).tolist()
        positions, logits, greedy, gap, error = oracle(folder, tokens)
        if gap >= GAP_MIN and len(set(greedy)) >= 8:
            break
    else:
        sys.exit(f"{name}: no seed gives a greedy path that can be compared")
    if error > 2e-5:
        sys.exit(f"{name}: float32 is {error:.1e} away from float64; the tolerance of 1e-4 would be a gamble")
    loaded = AutoConfig.from_pretrained(folder)
    if {k: v for k, v in loaded.rope_parameters.items() if k != "type"} != config.rope_parameters:
        sys.exit(f"{name}: config.json reads back as {loaded.rope_parameters}, not {config.rope_parameters}")
    models = [name]
    if options.get("gguf"):
        models.append(name + ".gguf")
        write_gguf(f"{folder}.gguf", model, config)
    row = lambda values, fmt: "[" + ",".join(fmt % v for v in values) + "]"
    os.makedirs(f"{out}/logits", exist_ok=True)
    with open(f"{out}/logits/{name}.json", "w") as f:
        f.write('{"models": %s,\n "tokens": %s,\n "positions": %s,\n "greedy": %s,\n "greedy_gap": %.4f,\n'
                ' "logits": [\n  %s]}\n' % (
            json.dumps(models), row(tokens, "%d"), row(positions, "%d"), row(greedy, "%d"), gap,
            ",\n  ".join(row(r.tolist(), "%.6f") for r in logits)))
    size = sum(os.path.getsize(f"{folder}/{x}") for x in os.listdir(folder))
    print(f"{name:20} seed {seed:2} {size / 1024:4.0f} KiB  logits std {logits.std():.2f} max {logits.abs().max():.1f}"
          f"  gap {gap:.4f}  f32 error {error:.1e}  distinct {len(set(greedy))}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", nargs="*", choices=sorted(MODELS), help="make these only")
    p.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "../../tests/golden"))
    a = p.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in a.only or MODELS:
        make(name, a.out)


if __name__ == "__main__":
    main()
