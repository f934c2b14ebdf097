#!/usr/bin/env python3
"""Encoding speed of yun beside PyPI `tokenizers`, on one core, in the same run and in turn, on the tests' corpus with Qwen3's
tokenizer. Checks that both give as many ids. Prints a table; --json FILE writes the figures.

    ninja -C build/release text_tokenizer_bench && build/venv/bin/python bench/tokenizer.py --json bench/results/tokenizer.json

"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/tokenizer"))
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import make_corpus  # noqa: E402
import reference  # noqa: E402
import tokenizers  # noqa: E402


def cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def yun_once(bench, tokenizer_json, corpus, core):
    """MB/s as google-benchmark's bytes a second of processor time."""
    run = subprocess.run(["taskset", "-c", str(core), bench, "--benchmark_filter=BM_Encode/qwen2", "--benchmark_format=json",
                          "--benchmark_min_time=1"],
                         env=os.environ | {"YUN_TOKENIZER_JSON": str(tokenizer_json), "YUN_CORPUS": str(corpus)},
                         capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["benchmarks"][0]["bytes_per_second"] / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=ROOT / "build/release/bench/text_tokenizer_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb", type=float, default=6)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()

    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    tokenizer_json = reference.qwen3_folder() / "tokenizer.json"
    corpus = ROOT / "build/cache/corpus.txt"
    data = make_corpus.make(arguments.mb, seed=1).decode("utf-8", "replace").encode()
    corpus.write_bytes(data)
    text = data.decode()
    oracle = tokenizers.Tokenizer.from_file(str(tokenizer_json))

    yun, library = [], []
    for _ in range(arguments.rounds):
        yun.append(yun_once(arguments.bench, tokenizer_json, corpus, core))
        start = time.process_time()
        ids = oracle.encode(text, add_special_tokens=False).ids
        library.append(len(data) / 1e6 / (time.process_time() - start))
    result = {"machine": cpu(), "threads": 1, "corpus": "tests/tokenizer/make_corpus.py --seed 1", "corpus_bytes": len(data),
              "tokenizer": "Qwen3", "ids": len(ids), "rounds": arguments.rounds,
              "yun_mb_s": statistics.median(yun), "yun_mb_s_all": yun,
              "tokenizers_version": tokenizers.__version__, "tokenizers_mb_s": statistics.median(library),
              "tokenizers_mb_s_all": library, "ratio": statistics.median(yun) / statistics.median(library)}
    print(f"{result['machine']}, 1 core, {len(data) / 1e6:.1f} MB, Qwen3, median of {arguments.rounds}")
    print(f"yun                {result['yun_mb_s']:8.1f} MB/s")
    print(f"tokenizers {tokenizers.__version__:7} {result['tokenizers_mb_s']:8.1f} MB/s")
    print(f"ratio              {result['ratio']:8.1f}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
