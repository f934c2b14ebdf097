#!/usr/bin/env python3
"""What the prefix cache gives where prompts begin alike, and what it costs where they do not.

  bench/research/prefix.py --model qwen3-0.6b-q8_0.gguf --llama ~/llama.cpp/build/bin/llama-server

Shared: 16 requests at once, 1024 tokens in common and 32 of their own, none of them served before. Unique: random
prompts of 256 tokens, 48 requests on 16 streams, in 1 GB of cache that earlier prompts have filled: memory touched for
the first time is given by the system slowly, and a server at work has touched it all.
"""
import random
import tempfile

import common
import load

SHARED, OWN, STREAMS = 1024, 32, 16
UNIQUE_PROMPT, UNIQUE_ASKS, UNIQUE_CACHE, FILLING = 256, 48, "1GB", 48
ON, OFF, PEER = "cache on", "cache off", "llama-server"


def measure(a, asks, before, start):
    with common.serving(a, start) as server:
        load.run(server.url, server.model, before, server.key, STREAMS)
        session = load.run(server.url, server.model, asks, server.key, STREAMS)
        found = load.figures(session)
        prompt = sum(h.prompt_tokens for h in load.good(session))
        return {**found, "all_tokens_s": round(found["output_tokens_s"] + prompt / session.seconds, 2),
                "others_cores": server.others()}


def main():
    a = common.arguments(__doc__, model=("qwen3-0.6b-q8_0.gguf", "GGUF that both read"), llama=("", "its program"),
                         answer=(32, "tokens"), part=("", "shared or unique; else both"))
    rng = random.Random(a.seed)
    with tempfile.TemporaryDirectory() as home:
        def arms(asks, before, *options):
            return {ON: lambda: measure(a, asks, before, lambda: common.Yun(a, a.model, *options, home=home)),
                    OFF: lambda: measure(a, asks, before, lambda: common.Yun(
                        a, a.model, "--no-prefix-cache", *options, home=home))}

        if a.part != "unique":
            prefix = load.random_prompt(rng, SHARED)
            asks = [load.Ask(prefix + load.random_prompt(rng, OWN), a.answer) for _ in range(STREAMS)]
            first = [load.Ask(load.random_prompt(random.Random(0), OWN), 8)]
            both = arms(asks, first)
            if a.llama:
                both[PEER] = lambda: measure(a, asks, first, lambda: common.Llama(
                    a, a.llama, a.model, STREAMS, SHARED + OWN + a.answer + 16))
            done = common.rounds(a, both)
            verdicts = [common.verdict("requests/s, times cache off", common.ratio(done, "requests_s", ON, OFF), 3)]
            if a.llama:
                verdicts.append(common.verdict("TTFT p50, of llama-server's", common.ratio(done, "ttft_p50", ON, PEER),
                                               0.1, at_least=False))
            common.keep(a, f"prefix-shared-{a.answer}", f"Shared prefix, {a.answer} tokens out",
                        f"{STREAMS} requests at once, {SHARED} tokens in common and {OWN} own, {a.answer} out", done,
                        verdicts, ["requests_s", "all_tokens_s", "ttft_p50", "ttft_p95", "gap_max"])
        if a.part != "shared":
            asks = [load.Ask(load.random_prompt(rng, UNIQUE_PROMPT), a.answer) for _ in range(UNIQUE_ASKS)]
            other = random.Random(0)
            before = [load.Ask(load.random_prompt(other, UNIQUE_PROMPT), 8) for _ in range(FILLING)]
            done = common.rounds(a, arms(asks, before, "--cache-bytes", UNIQUE_CACHE))
            common.keep(a, "prefix-unique", "Unique prompts, cache on and off",
                        f"{UNIQUE_ASKS} requests of {UNIQUE_PROMPT} random tokens, {a.answer} out, {STREAMS} streams, "
                        f"{UNIQUE_CACHE} of cache, full",
                        done, [common.verdict("requests/s, times cache off",
                                              common.ratio(done, "requests_s", ON, OFF), 0.98)],
                        ["requests_s", "all_tokens_s", "ttft_p50", "ttft_p95", "gap_max"])


if __name__ == "__main__":
    main()
