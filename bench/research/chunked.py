#!/usr/bin/env python3
"""How many requests a second are served within a bound of p99 between tokens: prompts cut and mixed with running
answers, against prompts computed whole (`yun serve --policy chunked=off`).

  bench/research/chunked.py --model qwen3-0.6b-q8_0.gguf

Open loop, Poisson arrivals; prompts lognormal around 1024 tokens (256 to 4096), answers of 32 to 128. A rate is within
capacity if p99 between tokens is at most the bound, requests wait at most 2 s on average before their prompt is begun,
and all have ended soon after the last arrival. The capacity is found by halving, on a logarithmic scale, the span
between the lowest and the highest rate.
source: Agrawal et al., Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve, OSDI 2024, section 5.1
"""
import math
import random
import sys
import tempfile

import common
import load

PROMPT_MEDIAN, SIGMA, PROMPT_MIN, PROMPT_MAX = 1024, 0.6, 256, 4096
ANSWER_MIN, ANSWER_MAX = 32, 128
QUEUE_MEAN_MAX = 2.0  # seconds
QUEUE = "yun_request_queue_time_seconds"
DRAIN_SECONDS = 15  # after the last arrival; who then has no end was too much
CHUNKED, WHOLE = "chunked", "whole"


def trace(seed, rate, seconds):
    rng, at, asks = random.Random(seed), 0.0, []
    while True:
        at += rng.expovariate(1)  # the same requests, closer together
        if at / rate > seconds:
            return asks
        tokens = round(rng.lognormvariate(math.log(PROMPT_MEDIAN), SIGMA))
        asks.append(load.Ask(load.random_prompt(rng, max(PROMPT_MIN, min(PROMPT_MAX, tokens))),
                             rng.randint(ANSWER_MIN, ANSWER_MAX), at / rate))


def probe(a, server, rate):
    asks, before = trace(a.seed, rate, a.seconds), server.metrics()
    figures = load.figures(load.run(server.url, server.model, asks, server.key, seconds=a.seconds + DRAIN_SECONDS))
    after = server.metrics()
    queue = (after[QUEUE + "_sum"] - before[QUEUE + "_sum"]) / max(1, after[QUEUE + "_count"] - before[QUEUE + "_count"])
    within = figures["gap_p99"] <= a.bound and queue <= QUEUE_MEAN_MAX and not figures["unfinished"]
    print(f"    rate {rate:.2f}: {len(asks)} requests, p99 gap {figures['gap_p99']:.3f}, longest "
          f"{figures['gap_max']:.3f}, queue {queue:.3f}, TTFT p50 {figures['ttft_p50']:.3f}: "
          f"{'within' if within else 'beyond'}",
          file=sys.stderr)
    return within, {"rate": round(rate, 4), "within": within, "queue_mean": round(queue, 4), **figures}


def measure(a, *options):
    """The highest rate found within the bound, and all that was tried."""
    with tempfile.TemporaryDirectory() as home, common.serving(a, lambda: common.Yun(
            a, a.model, "--no-prefix-cache", *options, home=home)) as server:
        warm = [load.Ask(load.random_prompt(random.Random(0), PROMPT_MEDIAN), 32) for _ in range(4)]
        load.run(server.url, server.model, warm, server.key)
        low, high, best, tried = a.lowest, a.highest, 0.0, []
        for _ in range(a.probes):
            rate = math.sqrt(low * high)
            within, figures = probe(a, server, rate)
            tried.append(figures)
            if within:
                low = best = rate
            else:
                high = rate
        return {"capacity_requests_s": round(best or low, 3), "found": bool(best), "tried": tried,
                "others_cores": server.others()}


def main():
    a = common.arguments(__doc__, model=("qwen3-0.6b-q8_0.gguf", "GGUF"),
                         bound=(0.25, "of p99 between tokens, seconds"), seconds=(25.0, "of arrivals at each rate"),
                         probes=(4, "rates that each arm tries in a round"), lowest=(0.1, "rate"),
                         highest=(1.6, "rate"))
    done = common.rounds(a, {CHUNKED: lambda: measure(a), WHOLE: lambda: measure(a, "--policy", "chunked=off")})
    common.keep(a, f"chunked-{a.bound:g}", f"Capacity within p99 of {a.bound:g} s between tokens",
                f"Poisson arrivals for {a.seconds:g} s, prompts lognormal (median {PROMPT_MEDIAN} tokens, {PROMPT_MIN} "
                f"to {PROMPT_MAX}), {ANSWER_MIN} to {ANSWER_MAX} out; at most {QUEUE_MEAN_MAX:g} s in the queue on "
                f"average; {a.probes} rates from {a.lowest:g} to {a.highest:g} a second", done,
                [common.verdict("requests/s within the bound, times whole",
                                common.ratio(done, "capacity_requests_s", CHUNKED, WHOLE), 1.5)],
                ["capacity_requests_s"])


if __name__ == "__main__":
    main()
