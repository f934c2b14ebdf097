#!/usr/bin/env python3
"""Conversations of which memory can keep a few: those of the others read back from disk against computed again.

  bench/research/tiers.py --model smollm2-135m-q4_1.gguf

Open loop: Poisson arrivals, each the next turn of some conversation: all that was said before and some tokens more. A
request keeps its objective when its first token comes within --ttft and its gaps' 95th percentile is within --gap.
Goodput is the highest of --rates at which nine of ten requests do, and all lower ones too. "after a restart" finds on
disk what an earlier server wrote; "tier on" has been asked for each conversation's first turn by then. Writing costs what
prompts that nobody asked before take longer with the tier on.
source: Qin et al., Mooncake: Trading More Storage for Less Computation, FAST 2025
"""
import random
import tempfile
import time

import common
import load

OFF, ON, RESTARTED = "tier off", "tier on", "after a restart"
ATTAINED = 0.9
STREAMS = 16  # of what is asked before anything is measured
MEGABYTE = 1 << 20


def begun(a):
    """What has been said in each conversation when the session begins."""
    rng = random.Random(a.seed)
    return [load.random_prompt(rng, a.history) for _ in range(a.conversations)]


def trace(a, rate, run, arm):
    """The same for all arms of a round, but for the tokens of the new turns: no disk may know them."""
    rng, words = random.Random(f"{a.seed} {rate} {run}"), random.Random(f"{a.seed} {rate} {run} {arm}")
    said, asks = begun(a), []
    at = rng.expovariate(rate)
    while at < a.seconds:
        i = rng.randrange(len(said))
        said[i] = said[i] + load.random_prompt(words, a.own)
        asks.append(load.Ask(said[i], a.answer, at))
        at += rng.expovariate(rate)
    return asks


def kept(a, heard):
    return (not heard.error and not heard.cut and heard.ttft <= a.ttft
            and load.percentile(heard.gaps or [0], 95) <= a.gap)


def serve(a, home, on):
    tier = ["--kv-disk-bytes", a.disk * MEGABYTE] if on else []
    return common.Yun(a, a.model, "--cache-bytes", a.cache * MEGABYTE, "--queue", 4000, *tier, home=home)


def measure(a, home, arm, runs):
    runs[arm] = runs.get(arm, 0) + 1
    out, goodput = {"others_cores": 0.0}, 0.0
    first = [load.Ask(prompt, 1) for prompt in begun(a)]
    for rate in (float(text) for text in a.rates.split(",")):
        with common.serving(a, lambda: serve(a, home, arm != OFF)) as server:
            # Without the tier it is enough to fill the memory.
            before = {OFF: first[-STREAMS:], ON: first, RESTARTED: first[:1]}[arm]
            load.run(server.url, server.model, before, server.key, STREAMS)
            session = load.run(server.url, server.model, trace(a, rate, runs[arm], arm), server.key,
                               seconds=3 * a.seconds)
            metrics, others = server.metrics(), server.others()
        good = [h for h in session.heard if kept(a, h)]
        share = len(good) / len(session.heard)
        prompt = sum(h.prompt_tokens for h in session.heard)
        out |= {f"kept_at_{rate:g}": round(share, 4),
                f"cached_at_{rate:g}": round(sum(h.cached_tokens for h in session.heard) / max(prompt, 1), 4),
                f"ttft_p50_at_{rate:g}": load.percentile([h.ttft for h in session.heard if h.times], 50),
                "read_mb_s": round(metrics.get("yun_kv_disk_read_blocks_total", 0) * metrics["yun_kv_cache_bytes"]
                                   / metrics["yun_kv_cache_blocks"] / 1e6
                                   / max(metrics.get("yun_kv_disk_read_seconds_total", 0), 1e-9), 1)}
        out["others_cores"] = max(out["others_cores"], others)
        if share < ATTAINED:
            break  # more would be asked of it than it can do
        goodput = rate
    return out | {"goodput": goodput}


def unknown(a, home, on):
    """-> {"unknown_s"}: of prompts that are nowhere kept, all at once"""
    rng = random.Random(f"{a.seed} {time.monotonic()}")
    asks = [load.Ask(load.random_prompt(rng, a.history), a.answer) for _ in range(2 * STREAMS)]
    with common.serving(a, lambda: serve(a, home, on)) as server:
        return {"unknown_s": round(load.run(server.url, server.model, asks, server.key, STREAMS).seconds, 3)}


def main():
    a = common.arguments(__doc__, model=("smollm2-135m-q4_1.gguf", "GGUF"), seconds=(20.0, "of load"),
                         rates=("0.5,0.75,1,1.5,2,3,4,6,8,11", "requests a second"),
                         conversations=(96, "that go on"), history=(1536, "tokens when the session begins"),
                         own=(64, "tokens more a turn"), answer=(32, "tokens"), ttft=(2.0, "seconds"),
                         gap=(0.25, "seconds"), cache=(512, "MiB of memory for keys and values"),
                         disk=(16384, "MiB of disk for them"))
    with tempfile.TemporaryDirectory() as home:
        server = serve(a, home, True)
        load.run(server.url, server.model, [load.Ask(prompt, 1) for prompt in begun(a)], server.key, STREAMS)
        metrics = server.metrics()
        server.stop()
        block = metrics["yun_kv_cache_bytes"] / metrics["yun_kv_cache_blocks"]
        runs = {}
        done = common.rounds(a, {arm: lambda arm=arm: unknown(a, home, arm != OFF) | measure(a, home, arm, runs)
                                 for arm in (OFF, ON, RESTARTED)})
    rates = [f"{float(text):g}" for text in a.rates.split(",")]
    common.keep(a, "tiers", f"{a.conversations} conversations, memory for "
                f"{a.cache * MEGABYTE / block * 16 / a.history:.0f}",
                f"{a.history} tokens each at first, {a.own} more a turn, {a.answer} out; first token within {a.ttft:g} s, "
                f"gaps within {a.gap:g} s; {a.conversations * a.history / 16 * block / 1e9:.1f} GB of keys and values, "
                f"{a.cache} MiB of memory", done,
                [common.verdict("requests/s within objectives, times tier off", common.ratio(done, "goodput", ON, OFF),
                                1.75),
                 common.verdict("the same after a restart", common.ratio(done, "goodput", RESTARTED, OFF), 1.75),
                 common.verdict("unknown prompts, times the seconds of tier off",
                                common.ratio(done, "unknown_s", ON, OFF), 1.05, at_least=False)],
                ["goodput", "unknown_s", "read_mb_s", *(f"{what}_at_{rate}" for rate in rates for what in ("kept", "cached"))])


if __name__ == "__main__":
    main()
