#!/usr/bin/env python3
"""Many streams on one model, beside llama-server: output tokens a second, time to first token, longest stall.

  bench/research/streams.py --model qwen3-0.6b-q8_0.gguf --llama ~/llama.cpp/build/bin/llama-server
  bench/research/streams.py ... --column avx512 --llama ~/llama.cpp/build-no-amx/bin/llama-server

Each stream sends a request of 128 random tokens, hears 128, and sends its second. Column avx512: YUN_CPU=avx512
against a peer built without AMX.
"""
import random
import tempfile

import common
import load

PROMPT, ANSWER, ASKS_A_STREAM = 128, 128, 2
# What is asked of the column: output tokens/s at least so many times, time to first token at most such a share.
ASKED = {"native": (4, 0.25), "avx512": (1.7, 0.5)}
STALL_SECONDS_MAX = 0.5


def measure(a, streams, start):
    rng = random.Random(a.seed)
    asks = [load.Ask(load.random_prompt(rng, PROMPT), a.answer) for _ in range(ASKS_A_STREAM * streams)]
    with common.serving(a, start) as server:
        load.run(server.url, server.model, [load.Ask(load.random_prompt(rng, PROMPT), 8)], server.key, 1)
        session = load.run(server.url, server.model, asks, server.key, streams)
        return {**load.figures(session), "others_cores": server.others()}


def main():
    a = common.arguments(__doc__, model=("qwen3-0.6b-q8_0.gguf", "GGUF that both read"),
                         llama=("llama-server", "its program"), column=("native", "native or avx512"),
                         streams=("16,32", "numbers of streams"), answer=(ANSWER, "tokens"))
    cpu = None if a.column == "native" else a.column
    more, share = ASKED[a.column]
    for streams in map(int, a.streams.split(",")):
        with tempfile.TemporaryDirectory() as home:
            done = common.rounds(a, {
                "llama-server": lambda: measure(a, streams, lambda: common.Llama(
                    a, a.llama, a.model, streams, PROMPT + a.answer + 16)),
                "yun": lambda: measure(a, streams, lambda: common.Yun(a, a.model, home=home, cpu=cpu))})
        common.keep(
            a, f"streams-{a.column}-{streams}", f"{streams} streams, {a.column}",
            f"{PROMPT} random tokens in, {a.answer} out, {ASKS_A_STREAM} requests a stream, closed loop", done,
            [common.verdict("output tokens/s, times llama-server's",
                            common.ratio(done, "output_tokens_s", "yun", "llama-server"), more),
             common.verdict("TTFT p50, of llama-server's",
                            common.ratio(done, "ttft_p50", "yun", "llama-server"), share, at_least=False),
             common.verdict("longest stall, s", common.spread([r["yun"]["gap_max"] for r in done]), STALL_SECONDS_MAX,
                            at_least=False)],
            ["output_tokens_s", "ttft_p50", "ttft_p95", "gap_p50", "gap_p99", "gap_max"])


if __name__ == "__main__":
    main()
