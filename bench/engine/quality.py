#!/usr/bin/env python3
"""What speed costs in truth: mean KL divergence (nats) of the next token against float32, for yun and llama.cpp.

  bench/engine/quality.py --models ~/models/smollm2-*.gguf --llama ~/llama.cpp/build/bin
  bench/engine/quality.py ... --original ~/models/smollm2-f32.gguf      besides, against the file all were made from
  bench/engine/quality.py ... --only amx 'kv-*'                         some ways of computing

The truth of a file is what `yun debug forward --precision f32` makes of it: its weights as they are, everything else
in float32. llama-perplexity gets the same truth, for the same tokens, in its own format (16 bits for a log
probability: worth about 1e-6 nats of the mean). A text is cut into chunks; the second half of each is judged. Needs
numpy, and models that take no token of start. bench/README.md explains the table.
"""
import argparse
import fnmatch
import hashlib
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile

import numpy as np
from compare import machine, now, results_path, save

ROOT = HERE.parents[1]
TEXTS = ("README.md", "ARCHITECTURE.md", "docs/design/kernels.md")
# What is asked, by the type at the end of a file's name.
RATIO_ASK, RATIO_TYPES = 1.05, ("q4_0", "q4_1", "q4_k_m", "q5_k_m", "q6_k")  # of llama.cpp's own
NATS_ASK, NATS_TYPES = 0.002, ("q8_0", "bf16")
PEER = "llama.cpp"
ONE_ROW = "one row"  # token by token, as in decode; the rest computes many rows at once, as in prefill
# For the peer's format.
MAGIC, NATS_SPAN, STEPS = b"_logits_", 16, 65535


class Yun:
    def __init__(self, program, folder):
        self.program, self.raw = program, folder / "logits"
        tables = json.loads(self.run(["doctor", "--json"]))["tables"].split()
        self.best = tables[-1]
        self.ways = {t: ({"YUN_CPU": t}, []) for t in reversed(tables) if t != "reference"}
        self.ways |= {f"{self.best}, {ONE_ROW}": ({}, ["--rows", "1"]), "kv-bf16": ({}, ["--kv-type", "bf16"]),
                      "kv-q8": ({}, ["--kv-type", "q8"])}

    def run(self, arguments, env=None, stdin=None):
        return subprocess.run([self.program, *arguments], input=stdin, stdout=subprocess.PIPE, text=True, check=True,
                              env={**os.environ, **(env or {})}).stdout

    def tokens(self, model, text):
        return json.loads(self.run(["tokenize", "--model", model, "--json"], stdin=text))["ids"]

    def log_probs(self, model, chunk, env=None, arguments=()):
        """[positions, vocab] of the chunk's second half but its last token, as llama-perplexity judges them."""
        positions = range(len(chunk) // 2, len(chunk) - 1)
        self.run(["debug", "forward", "--model", model, "--tokens", ",".join(map(str, chunk)), "--positions",
                  ",".join(map(str, positions)), "--logits", str(self.raw), *arguments], env)
        rows = np.fromfile(self.raw, np.float32).reshape(len(positions), -1)
        for row in rows:
            most = row.max()
            row -= most + np.float32(math.log(np.exp(row - most).sum(dtype=np.float64)))
        return rows


def divergences(p, q):
    """Of each position: KL(p || q) in nats, and whether both have the same best token."""
    kl = []
    for a, b in zip(p, q):
        d = b - a
        kl.append(float(np.dot(np.exp(a), np.expm1(d) - d)))  # - sum p d, without its rounding: sums of p, q are 1
    return kl, list(p.argmax(1) == q.argmax(1))


def summary(kl, same):
    return {"mean_kl": float(np.mean(kl)), "error": float(np.std(kl) / math.sqrt(len(kl))),
            "worst_kl": float(np.max(kl)), "same_best": float(np.mean(same))}


class Llama:
    def __init__(self, folder, threads):
        self.program = str(pathlib.Path(folder) / "llama-perplexity")
        # One thread for one row: a barrier for each small product takes minutes beside any other process.
        self.ways = {PEER: ["-t", str(threads)], f"{PEER}, {ONE_ROW}": ["-t", "1", "-ub", "1"]}

    @staticmethod
    def write_truth(path, chunks, truths):
        with open(path, "wb") as f:
            f.write(MAGIC)
            np.array([len(chunks[0]), truths[0].shape[1], len(chunks)], np.int32).tofile(f)
            np.array(chunks, np.int32).tofile(f)
            for truth in truths:
                for row in truth:
                    least = max(row.min(), row.max() - NATS_SPAN)
                    scale = (row.max() - least) / STEPS
                    np.array([scale, least], np.float32).tofile(f)
                    codes = np.rint((np.maximum(row, least) - least) / scale).astype(np.uint16)
                    np.pad(codes, (0, len(codes) % 2)).tofile(f)

    def measure(self, model, truth, context, arguments):
        done = subprocess.run([self.program, "-m", model, "--kl-divergence", "--kl-divergence-base", truth, "-c",
                               str(context), "-b", str(context), *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        mean = re.search(r"Mean +KLD: +(\S+) ± +(\S+)", done.stdout)
        if done.returncode or not mean:
            raise SystemExit(f"{self.program}: {done.stdout[-2000:]}")
        worst = re.search(r"Maximum KLD: +(\S+)", done.stdout)
        same = re.search(r"Same top p: +(\S+)", done.stdout)
        return {"mean_kl": float(mean[1]), "error": float(mean[2]), "worst_kl": float(worst[1]),
                "same_best": float(same[1]) / 100}


def verdict(model, ways, best):
    """What is asked of a file, of yun's own choice of kernels, in many rows and in one."""
    lines = []
    for suffix in ("", f", {ONE_ROW}"):
        own, peer = ways.get(best + suffix), ways.get(PEER + suffix)
        if own and model.endswith(NATS_TYPES):
            met = own["mean_kl"] <= NATS_ASK
            lines.append(f"{best + suffix}: {'met' if met else 'short'} ({own['mean_kl']:.2g}, asked {NATS_ASK})")
        elif own and peer and model.endswith(RATIO_TYPES):
            ratio = own["mean_kl"] / peer["mean_kl"]
            lines.append(f"{best + suffix}: {'met' if ratio <= RATIO_ASK else 'short'} ({ratio:.3f} times {PEER}'s, "
                         f"asked {RATIO_ASK})")
    return lines


def measure_model(a, yun, llama, model, chunks, folder):
    """against -> way -> summary"""
    sources = {"f32 of the file": model, **({"f32 of the original": a.original} if a.original else {})}
    truths = {}
    for against, source in sources.items():
        truths[against] = []
        for i, chunk in enumerate(chunks):
            kept = folder / f"{hashlib.sha256(source.encode()).hexdigest()[:16]}-{i}.npy"
            if not kept.exists():
                np.save(kept, yun.log_probs(source, chunk, arguments=["--precision", "f32"]))
            truths[against].append(np.load(kept, mmap_mode="r"))
    result = {against: {} for against in sources}
    wanted = lambda way: not a.only or any(fnmatch.fnmatch(way, g) for g in a.only)
    for way, (env, arguments) in yun.ways.items():
        if not wanted(way):
            continue
        found = {against: ([], []) for against in sources}
        for i, chunk in enumerate(chunks):
            q = yun.log_probs(model, chunk, env, arguments)
            for against, (kl, same) in found.items():
                for total, part in zip((kl, same), divergences(truths[against][i], q)):
                    total += part
        for against, (kl, same) in found.items():
            result[against][way] = summary(kl, same)
    for against in sources if llama else ():
        base = folder / "base"
        llama.write_truth(base, chunks, truths[against])
        for way, arguments in llama.ways.items():
            if wanted(way):
                result[against][way] = llama.measure(model, str(base), len(chunks[0]), arguments)
    for kept in folder.glob("*.npy"):
        if not a.original or not kept.name.startswith(hashlib.sha256(a.original.encode()).hexdigest()[:16]):
            kept.unlink()
    return result


def show(name, result, best):
    print(f"\n{name}: against, way of computing\n{'':40} {'mean KL':>9} {'error':>9} {'worst':>9}  same best token")
    for against, ways in result.items():
        for way, r in ways.items():
            print(f"{against + ', ' + way:40} {r['mean_kl']:9.2g} {r['error']:9.2g} {r['worst_kl']:9.2g} "
                  f"{100 * r['same_best']:15.2f} %")
        for line in verdict(name, ways, best):
            print(f"  {line}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", required=True, metavar="GGUF")
    p.add_argument("--original", metavar="GGUF", help="what all of them were quantised from")
    p.add_argument("--yun", default=str(ROOT / "build/release/bin/yun"))
    p.add_argument("--llama", metavar="DIR", help="llama-perplexity of a native release build")
    p.add_argument("--only", nargs="+", metavar="GLOB", help="ways of computing, by the names in the table")
    p.add_argument("--text", nargs="+", default=[str(ROOT / t) for t in TEXTS])
    p.add_argument("--context", type=int, default=1024, help="tokens of a chunk")
    p.add_argument("--chunks", type=int, default=4)
    p.add_argument("--threads", type=int, default=os.cpu_count(), help="of the peer")
    p.add_argument("--note", default="", help="kept beside the figures, such as: random weights")
    p.add_argument("--out", help="result file, - for none (default bench/results/<date>-quality-<cpu>.json)")
    a = p.parse_args()
    host = machine()
    out = results_path(a.out, "quality-", host)
    results = json.loads(out.read_text()) if a.out != "-" and out.exists() else {"machine": host, "models": {}}
    text = "".join(pathlib.Path(t).read_text(encoding="utf-8") for t in a.text)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        yun, llama = Yun(a.yun, folder), Llama(a.llama, a.threads) if a.llama else None
        for model in a.models:
            ids = yun.tokens(model, text)
            chunks = [ids[i:i + a.context] for i in range(0, a.context * a.chunks, a.context)]
            if len(chunks[-1]) != a.context:
                p.error(f"{len(ids)} tokens of text are fewer than {a.chunks} chunks of {a.context}")
            name = pathlib.Path(model).stem.lower()
            result = measure_model(a, yun, llama, model, chunks, folder)
            facts = {"context": a.context, "chunks": a.chunks, "judged": a.chunks * (a.context - 1 - a.context // 2),
                     "tokens_sha256": hashlib.sha256(str(chunks).encode()).hexdigest(), "kernels": yun.best, "note": a.note}
            old = results["models"].get(name, {})
            if all(old.get(k) == v for k, v in facts.items()):  # then the ways that are not measured now stay
                for against, ways in result.items():
                    result[against] = {**old["against"].get(against, {}), **ways}
            results["models"][name] = {"measured": now(), **facts, "against": result}
            show(name, result, yun.best)
            if a.out != "-":
                save(out, results)


if __name__ == "__main__":
    main()
