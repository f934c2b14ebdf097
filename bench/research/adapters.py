#!/usr/bin/env python3
"""Many adapters (LoRA) of one model: their requests in one batch against one adapter at a time.

  bench/research/adapters.py --model qwen3-0.6b-q8_0.gguf [--adapters 16] [--rank 16]

Each adapter, with random weights, gets the same number of requests of 64 random tokens and hears 64. Together: a
stream an adapter. One at a time: a single stream, adapter after adapter. For comparison the model itself, as many
streams as there are adapters.
"""
import pathlib
import random
import sys
import tempfile

import common
import load

sys.path.insert(0, str(common.HERE.parents[1] / "tools/golden"))
import make_adapter  # noqa: E402

PROMPT, ANSWER = 64, 64
ASKED = 3  # times the output tokens a second of one at a time


def measure(a, names, folders, home, streams, adapted=True):
    rng = random.Random(a.seed)
    options = [part for name in names for part in ("--adapter", f"{name}={folders}/{name}")]
    asks = [load.Ask(load.random_prompt(rng, PROMPT), a.answer, model=f"m+{name}" if adapted else "")
            for _ in range(a.asks) for name in names]
    if streams == 1:
        asks.sort(key=lambda ask: ask.model)  # one adapter after the other
    with common.serving(a, lambda: common.Yun(a, a.model, *options, home=home)) as server:
        load.run(server.url, server.model, [load.Ask(load.random_prompt(rng, PROMPT), 8)], server.key, 1)
        session = load.run(server.url, server.model, asks, server.key, streams)
        return {**load.figures(session), "others_cores": server.others()}


def main():
    a = common.arguments(__doc__, model=("qwen3-0.6b-q8_0.gguf", "GGUF of the base"), adapters=(16, "their number"),
                         rank=(16, "of each"), asks=(2, "requests an adapter"), answer=(ANSWER, "tokens"))
    names = [f"a{i}" for i in range(a.adapters)]
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folders:
        shapes = make_adapter.shapes(a.yun, a.model)
        for i, name in enumerate(names):
            make_adapter.make(pathlib.Path(folders, name), *shapes, rank=a.rank, seed=i)
        done = common.rounds(a, {
            "one at a time": lambda: measure(a, names, folders, home, 1),
            "together": lambda: measure(a, names, folders, home, len(names)),
            "base alone": lambda: measure(a, names, folders, home, len(names), adapted=False)})
    ratio = common.ratio(done, "output_tokens_s", "together", "one at a time")
    print(f"together, times one at a time: {ratio}", file=sys.stderr)
    common.keep(
        a, f"adapters-{a.adapters}", f"{a.adapters} adapters of rank {a.rank} in one batch",
        f"{pathlib.Path(a.model).name}; {PROMPT} random tokens in, {a.answer} out, {a.asks} requests an adapter", done,
        [common.verdict("output tokens/s, times one adapter at a time", ratio, ASKED)],
        ["output_tokens_s", "ttft_p50", "ttft_p95", "gap_p50", "gap_p99"])


if __name__ == "__main__":
    main()
