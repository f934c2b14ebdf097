#!/usr/bin/env python3
"""One prompt and one answer with torch and transformers on the CPU in bfloat16; prints JSON. Run by compare.py.

  python peer_torch.py MODEL_DIR --prompt 512 --gen 2 --threads 2
"""
import json
import time

import torch
import transformers

from peer import arguments

a = arguments(__doc__)
torch.set_num_threads(a.threads)
torch.manual_seed(1)
model = transformers.AutoModelForCausalLM.from_pretrained(a.model, dtype=torch.bfloat16).eval()


@torch.inference_mode()
def run(prompt, gen):
    ids = torch.randint(1000, 100000, (1, prompt))
    begin = time.perf_counter()
    out = model(ids, use_cache=True, logits_to_keep=1)
    first = time.perf_counter()
    for _ in range(gen - 1):
        out = model(out.logits[:, -1:].argmax(-1), past_key_values=out.past_key_values, use_cache=True)
    return prompt / (first - begin), (gen - 1) / max(time.perf_counter() - first, 1e-9)


run(min(a.prompt, 512), 2)
prefill, decode = run(a.prompt, a.gen)
print(json.dumps({"prefill": prefill, "decode": decode, "build": f"torch {torch.__version__}"}))
