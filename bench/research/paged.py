#!/usr/bin/env python3
"""How many sequences a key-value cache of fixed size holds at once: blocks as tokens come, against prompt and longest
answer reserved (`yun serve --policy paged=off`).

  bench/research/paged.py --model smollm2-135m-q4_1.gguf

Lengths are drawn like those of chats: lognormal, prompts around 96 tokens, answers around 96, both cut at 512, which is
what each request says for max_tokens. An answer ends where the trace says: its client hangs up. All requests come at
once; counted are the requests that run while others wait.
"""
import math
import random
import statistics
import tempfile

import common
import load

PROMPT_MEDIAN, ANSWER_MEDIAN, SIGMA, LENGTH_MAX = 96, 96, 0.8, 512
PAGED, RESERVED = "paged", "reserved"


def trace(seed, requests):
    rng = random.Random(seed)

    def length(median):
        return max(8, min(LENGTH_MAX, round(rng.lognormvariate(math.log(median), SIGMA))))
    return [load.Ask(load.random_prompt(rng, length(PROMPT_MEDIAN)), LENGTH_MAX, leave_after=length(ANSWER_MEDIAN))
            for _ in range(requests)]


def measure(a, *options):
    asks = trace(a.seed, a.requests)
    with tempfile.TemporaryDirectory() as home, common.serving(a, lambda: common.Yun(
            a, a.model, "--cache-bytes", a.cache, "--context", 2 * LENGTH_MAX, "--running-max", 128, *options,
            home=home)) as server:
        watch = common.Watch(server)
        session = load.run(server.url, server.model, asks, server.key, watch=watch)
        seen = watch.stop()
        figures = load.figures(session)
        full = [m for _, m in seen if m["yun_num_requests_waiting"] > 0 and m["yun_num_requests_running"] > 0]
        last = server.metrics()
        return {"running_mean": round(statistics.fmean([m["yun_num_requests_running"] for m in full] or [0]), 2),
                "running_max": max((m["yun_num_requests_running"] for m in full), default=0),
                "samples": len(full), "cache_blocks": last["yun_kv_cache_blocks"],
                "preemptions": last["yun_num_preemptions_total"], "wasted_tokens": last["yun_wasted_tokens_total"],
                "blocks_left": last["yun_kv_cache_blocks_used"], **figures, "others_cores": server.others()}


def main():
    a = common.arguments(__doc__, model=("smollm2-135m-q4_1.gguf", "GGUF"), requests=(96, "requests, all at once"),
                         cache=("96MB", "of keys and values"))
    done = common.rounds(a, {PAGED: lambda: measure(a), RESERVED: lambda: measure(a, "--policy", "paged=off")})
    common.keep(a, "paged", "Sequences in a cache of fixed size",
                f"{a.requests} requests at once, cache {a.cache}; prompts and answers lognormal (medians "
                f"{PROMPT_MEDIAN} and {ANSWER_MEDIAN} tokens, sigma {SIGMA}), max_tokens {LENGTH_MAX}", done,
                [common.verdict("requests running at once, times reserved",
                                common.ratio(done, "running_mean", PAGED, RESERVED), 2),
                 common.verdict("output tokens/s, times reserved",
                                common.ratio(done, "output_tokens_s", PAGED, RESERVED), 1)],
                ["running_mean", "running_max", "output_tokens_s", "preemptions", "wasted_tokens", "ttft_p50",
                 "gap_p99"])


if __name__ == "__main__":
    main()
