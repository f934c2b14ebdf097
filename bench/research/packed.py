#!/usr/bin/env python3
"""What weights kept as the kernels take them (`yun cache`) save at the start of a model.

  bench/research/packed.py --model qwen3-0.6b-q8_0.gguf

Start: from the command to the first token after 8, by mapping packed weights or by reading and packing the model's own
file, with both files in the page cache (warm) and out of it (cold: posix_fadvise; a host below a virtual machine may
still have them). Overlap: the first token after a longer prompt, cold, with layers computed while later ones are being
read, or all read first (--read-first).
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import common

FIGURES = ["first_token_s", "load_s"]
PACKED, OWN, TOGETHER, READ_FIRST = "packed", "read and packed", "computed while read", "read first"


def forget(paths):
    for path in paths:
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def remember(paths):
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.read(8 << 20):
                pass


def bench(a, home, *options):
    text = subprocess.run([a.yun, "bench", a.model, "--json", "--no-roofs", "--prompt-tokens", "0", "--gen-tokens", "0",
                           "--threads", str(a.threads), *options], env={**os.environ, "YUN_HOME": home}, check=True,
                          capture_output=True, text=True).stdout
    return json.loads(text)


def measure(a, home, cold, *options):
    common.wait_quiet(a.wait)
    files = [a.model, *pathlib.Path(home, "packed").glob("*.packed")]
    (forget if cold else remember)(files)
    before, own, began = common.cpu_seconds(), os.times(), time.monotonic()
    found = bench(a, home, *options)
    after = os.times()
    used = after.children_user + after.children_system - own.children_user - own.children_system
    others = max(0.0, common.cpu_seconds() - before - used) / (time.monotonic() - began)
    return {"first_token_s": found["first_token_ms"] / 1e3, "load_s": found["load_ms"] / 1e3,
            "others_cores": round(others, 3)}


def main():
    a = common.arguments(__doc__, model=("qwen3-0.6b-q8_0.gguf", "a GGUF file"),
                         prompt=(512, "tokens before the first token, where overlap is measured"),
                         part=("", "warm, cold or overlap; else all"))
    with tempfile.TemporaryDirectory(dir=pathlib.Path(a.model).resolve().parent
                                     if os.access(pathlib.Path(a.model).resolve().parent, os.W_OK) else None) as home:
        bench(a, home, "--packed")
        size = sum(f.stat().st_size for f in pathlib.Path(home, "packed").glob("*.packed"))
        if not size:
            sys.exit("no packed file was made: is the disk full?")
        setting = f"{pathlib.Path(a.model).name}, {size / 1e6:.0f} MB packed"
        for part, ask in (("warm", 3.6), ("cold", 3.6)):
            if a.part not in ("", part):
                continue
            done = common.rounds(a, {PACKED: lambda: measure(a, home, part == "cold", "--packed"),
                                     OWN: lambda: measure(a, home, part == "cold")})
            common.keep(a, f"packed-{part}", f"Start from packed weights, {part} page cache",
                        f"{setting}; 8 tokens before the first", done,
                        [common.verdict("first token, times sooner", common.ratio(done, "first_token_s", OWN, PACKED),
                                        ask)], FIGURES)
        if a.part in ("", "overlap"):
            first = ("--packed", "--first-prompt", str(a.prompt))
            done = common.rounds(a, {TOGETHER: lambda: measure(a, home, True, *first),
                                     READ_FIRST: lambda: measure(a, home, True, *first, "--read-first")})
            common.keep(a, "packed-overlap", "Computing while weights are read, cold",
                        f"{setting}; {a.prompt} tokens before the first", done,
                        [common.verdict("first token, times sooner",
                                        common.ratio(done, "first_token_s", READ_FIRST, TOGETHER), 1.6)], FIGURES)


if __name__ == "__main__":
    main()
