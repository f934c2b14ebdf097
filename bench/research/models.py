#!/usr/bin/env python3
"""Twelve models, memory for three: turns of a step each against turns of whole requests.

  bench/research/models.py --model smollm2-135m-q4_1.gguf

Open loop: Poisson arrivals, models by Zipf's law; the models are one file under many names, with weights of their own.
A request keeps its objective when its first token comes within --ttft and its gaps' 95th percentile is within --gap.
Goodput is the highest of --rates at which nine of ten requests do, and all lower ones too. Boxes saved: twelve machines
with a model each would do nothing most of the time; one that keeps nine of ten objectives does the work of twelve.
source: Xiang et al., Aegaeon: Effective GPU Pooling for Concurrent LLM Serving on the Market, SOSP 2025
"""
import random
import tempfile

import common
import load

TOKEN, REQUEST = "token-level", "request-level"
ATTAINED = 0.9
MEGABYTE = 1 << 20


def trace(a, rate):
    rng, asks = random.Random(a.seed), []
    weights = [1 / (i + 1) ** a.zipf for i in range(a.models)]
    at = rng.expovariate(rate)
    while at < a.seconds:
        name = rng.choices([f"m{i}" for i in range(a.models)], weights)[0]
        asks.append(load.Ask(load.random_prompt(rng, a.prompt), a.answer, at, name, model=name))
        at += rng.expovariate(rate)
    return asks


def kept(a, heard):
    return (not heard.error and not heard.cut and heard.ttft <= a.ttft
            and load.percentile(heard.gaps or [0], 95) <= a.gap)


def measure(a, home, memory, switching):
    out, goodput, all_lower = {}, 0.0, True
    for rate in (float(text) for text in a.rates.split(",")):
        with common.serving(a, lambda: common.Yun(
                a, a.model, "--memory", memory, "--cache-bytes", a.cache * MEGABYTE, "--switching", switching,
                "--queue", 4000, home=home, names=[f"m{i}" for i in range(a.models)])) as server:
            session = load.run(server.url, "", trace(a, rate), server.key, seconds=3 * a.seconds)
            metrics, others = server.metrics(), server.others()
        share = sum(kept(a, h) for h in session.heard) / len(session.heard)
        errors = sum(bool(h.error) for h in session.heard)
        all_lower &= share >= ATTAINED
        if all_lower:
            goodput = rate
        out |= {f"kept_at_{rate:g}": round(share, 4), f"failed_at_{rate:g}": errors,
                f"loads_at_{rate:g}": metrics["yun_weight_loads_total"]}
        out["others_cores"] = max(out.get("others_cores", 0), others)
        out["memory_mb_max"] = metrics["yun_memory_bytes_used"] / 1e6
    return out | {"goodput": goodput}


def main():
    a = common.arguments(__doc__, model=("smollm2-135m-q4_1.gguf", "GGUF"), seconds=(30.0, "of load"),
                         rates=("1,2,3,4,6", "requests a second, of all models together"), models=(12, "names"),
                         room=(3, "models that fit"), zipf=(1.2, "exponent"), prompt=(128, "tokens"),
                         answer=(64, "tokens"), ttft=(2.0, "seconds"), gap=(0.25, "seconds"),
                         cache=(16, "MiB of keys and values of each model"))
    with tempfile.TemporaryDirectory() as home:
        server = common.Yun(a, a.model, home=home)
        weights = server.metrics()["yun_weight_bytes"]
        server.stop()
        memory = int(a.models * (a.cache + 1) * MEGABYTE + (a.room + 0.5) * weights)
        # The packed files are made before anything is measured.
        server = common.Yun(a, a.model, home=home, names=[f"m{i}" for i in range(a.models)])
        load.run(server.url, "", [load.Ask([1000], 1, model=f"m{i}") for i in range(a.models)], server.key, 1)
        server.stop()
        done = common.rounds(a, {TOKEN: lambda: measure(a, home, memory, "token"),
                                 REQUEST: lambda: measure(a, home, memory, "request")})
    rates = [f"{float(text):g}" for text in a.rates.split(",")]
    common.keep(a, "models", f"{a.models} models, memory for {a.room}",
                f"Zipf {a.zipf:g}, {a.prompt} tokens in and {a.answer} out, first token within {a.ttft:g} s, gaps within "
                f"{a.gap:g} s; {weights / 1e6:.0f} MB of weights a model, {memory / 1e6:.0f} MB in all", done,
                [common.verdict("goodput, times request-level", common.ratio(done, "goodput", TOKEN, REQUEST), 1.5),
                 common.verdict(f"share within objectives at {rates[0]}/s on one machine instead of {a.models}",
                                common.spread([r[TOKEN][f"kept_at_{rates[0]}"] for r in done]), ATTAINED)],
                ["goodput", "memory_mb_max", *(f"kept_at_{rate}" for rate in rates),
                 *(f"loads_at_{rate}" for rate in rates), *(f"failed_at_{rate}" for rate in rates)])


if __name__ == "__main__":
    main()
