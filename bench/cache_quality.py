#!/usr/bin/env python3
"""What a smaller KV cache costs in truth: mean KL divergence (nats) of the next token against an f16 cache.

  bench/cache_quality.py --model SmolLM2-135M-Instruct.Q4_1.gguf [--text README.md] [--tokens 1024] [--every 8]
"""
import argparse
import json
import math
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
YUN = os.environ.get("YUN_BIN") or str(ROOT / "build/release/bin/yun")


def run(*arguments, stdin=None):
    return json.loads(subprocess.run([YUN, *arguments], input=stdin, capture_output=True, text=True, check=True).stdout)


def log_softmax(row):
    most = max(row)
    total = most + math.log(sum(math.exp(x - most) for x in row))
    return [x - total for x in row]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--text", default=str(ROOT / "README.md"))
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--every", type=int, default=8, help="compare every so many positions")
    options = parser.parse_args()
    text = pathlib.Path(options.text).read_text(encoding="utf-8")
    ids = run("tokenize", "--model", options.model, "--json", stdin=text)["ids"][: options.tokens]
    positions = ",".join(str(i) for i in range(options.every - 1, len(ids), options.every))

    def rows(kv_type):
        return run("debug", "forward", "--model", options.model, "--tokens", ",".join(map(str, ids)), "--positions",
                   positions, "--kv-type", kv_type)["logits"]

    truth = [log_softmax(row) for row in rows("f16")]
    print(f"{len(ids)} tokens, {len(truth)} positions")
    for kv_type in ("bf16", "q8"):
        divergences, agree = [], 0
        for p, row in zip(truth, rows(kv_type)):
            q = log_softmax(row)
            divergences.append(sum(math.exp(a) * (a - b) for a, b in zip(p, q)))
            agree += p.index(max(p)) == q.index(max(q))
        divergences.sort()
        print(f"{kv_type:5} mean KL {sum(divergences) / len(divergences):.6f}  median "
              f"{divergences[len(divergences) // 2]:.6f}  worst {divergences[-1]:.6f}  same best token "
              f"{100 * agree / len(truth):.1f} %")


if __name__ == "__main__":
    main()
