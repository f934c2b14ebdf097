#!/usr/bin/env python3
"""Twelve models, memory for three: turns of a step each against turns of whole requests, and against a router.

  bench/research/models.py --model smollm2-135m-q4_1.gguf
  bench/research/models.py --model smollm2-135m-q4_1.gguf --router llama-server --rates 0.3,0.6,1.2

Open loop: Poisson arrivals, models by Zipf's law; the models are one file under many names, with weights of their own.
Objective, as in the paper: token i is due --ttft + i * --gap after the request was sent; a request keeps it when all of
its tokens come by then. Goodput is the highest of --rates at which nine of ten requests do, and all lower ones too.
Boxes saved: twelve machines with a model each would do nothing most of the time; one that keeps nine of ten objectives
does the work of twelve. A switch is what a request to a model whose weights are away waits longer than one whose
weights are here; a naive load is what it takes from the start of a server to the first token, without packed files, or
what the router's first token takes longer.
--router: llama.cpp's server, which starts a process for each model, at most --room of them.
source: Xiang et al., Aegaeon: Effective GPU Pooling for Concurrent LLM Serving on the Market, SOSP 2025
"""
import pathlib
import random
import statistics
import sys
import tempfile
import time

import common
import load

TOKEN, REQUEST, ROUTER = "token-level", "request-level", "llama-server, router"
SWITCHES = 20
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


def late(a, heard):
    """Tokens that came after they were due. A stream's events are its tokens, but for a few that share one."""
    each = heard.tokens / max(1, len(heard.times))
    return sum(at - heard.sent > a.ttft + i * each * a.gap for i, at in enumerate(heard.times))


def kept(a, heard):
    return not heard.error and not heard.cut and late(a, heard) == 0


class Router(common.Llama):
    """llama-server without a model: it starts servers for those of a folder, as they are asked for."""

    def __init__(self, a, folder):
        for i in range(a.models):
            link = pathlib.Path(folder, f"m{i}.gguf")
            if not link.exists():
                link.symlink_to(pathlib.Path(a.model).resolve())
        context = 2 * (a.prompt + a.answer)
        # Servers that wait for their threads by spinning stand still when two of them have work: 9 % of the requests
        # kept their objectives at 0.2/s.
        super().__init__(a, a.router, None, a.router_slots, context, "--models-dir", folder, "--models-max", a.room,
                         env={"OMP_WAIT_POLICY": "passive"})


def yun(a, home, memory, switching):
    return lambda: common.Yun(a, a.model, "--memory", memory, "--cache-bytes", a.cache * MEGABYTE, "--switching",
                              switching, "--queue", 4000, home=home, names=[f"m{i}" for i in range(a.models)])


def measure(a, start):
    out, goodput, all_lower = {}, 0.0, True
    for rate in (float(text) for text in a.rates.split(",")):
        with common.serving(a, start) as server:
            session = load.run(server.url, "", trace(a, rate), server.key, seconds=3 * a.seconds)
            others = server.others()
            if isinstance(server, common.Yun):
                metrics = server.metrics()
                out[f"loads_at_{rate:g}"] = metrics["yun_weight_loads_total"]
                out["memory_mb_max"] = metrics["yun_memory_bytes_used"] / 1e6
        share = sum(kept(a, h) for h in session.heard) / len(session.heard)
        all_lower &= share >= ATTAINED
        if all_lower:
            goodput = rate
        errors = [h.error for h in session.heard if h.error]
        if errors:
            print(f"  {len(errors)} failed: {errors[0]}", file=sys.stderr)
        good = load.good(session)
        out |= {f"kept_at_{rate:g}": round(share, 4), f"failed_at_{rate:g}": len(errors),
                f"ttft_p95_at_{rate:g}": round(load.percentile([h.ttft for h in good], 95), 3),
                f"stall_max_at_{rate:g}": round(max((g for h in good for g in h.gaps), default=0), 3)}
        out["others_cores"] = max(out.get("others_cores", 0), others)
        if not all_lower:
            break  # more would be asked of it than it can do
    return out | {"goodput": goodput}


def switches(a, start):
    """-> {"switch_s"}: a first token of models in turn, of which none is there still, less one of a model that is"""
    rng = random.Random(a.seed)

    def first_token(server, i):
        ask = load.Ask(load.random_prompt(rng, a.prompt), 1, model=f"m{i % a.models}")
        return load.good(load.run(server.url, "", [ask], server.key, 1))[0].ttft
    with common.serving(a, start) as server:
        for i in range(a.models):
            first_token(server, i)  # what must be read from the disk is read now
        # The other one is there, but not in the processor's caches either.
        pairs = [(first_token(server, i), first_token(server, i - 1)) for i in range(a.models, a.models + SWITCHES)]
    away, here = zip(*pairs)
    return {"switch_s": round(statistics.median(away) - statistics.median(here), 4)}


def naive_load(a):
    """-> {"naive_load_s"}: from the start of a server to its first token, without packed files"""
    seconds = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as bare:
            common.Yun(a, a.model, "--packed-bytes", 0, home=bare).stop()  # the home is made, and has a key
            began = time.perf_counter()
            server = common.Yun(a, a.model, "--packed-bytes", 0, home=bare, settle=0)
            load.run(server.url, server.model, [load.Ask([1000] * a.prompt, 1)], server.key, 1)
            seconds.append(time.perf_counter() - began)
            server.stop()
    return {"naive_load_s": round(statistics.median(seconds), 4)}


def main():
    a = common.arguments(__doc__, model=("smollm2-135m-q4_1.gguf", "GGUF"), seconds=(60.0, "of load"),
                         rates=("0.4,0.6,0.8,1,1.2,1.4,1.6", "requests a second, of all models together"),
                         models=(12, "names"), room=(3, "models that fit"), zipf=(1.2, "exponent"),
                         prompt=(128, "tokens"), answer=(256, "tokens"), ttft=(1.0, "seconds"),
                         gap=(0.1, "seconds a token"), cache=(96, "MiB of keys and values of each model"),
                         router=("", "llama-server: measure it instead of request-level"),
                         router_slots=(8, "requests that each of its models takes at a time"))
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        server = common.Yun(a, a.model, home=home)
        weights = server.metrics()["yun_weight_bytes"]
        server.stop()
        # The packed files are made before anything is measured.
        server = common.Yun(a, a.model, "--cache-bytes", a.cache * MEGABYTE, home=home,
                            names=[f"m{i}" for i in range(a.models)])
        memory = int(server.metrics()["yun_memory_bytes_fixed"] + (a.room + 0.5) * weights)
        load.run(server.url, "", [load.Ask([1000], 1, model=f"m{i}") for i in range(a.models)], server.key, 1)
        server.stop()
        pooled, other = yun(a, home, memory, "token"), ROUTER if a.router else REQUEST
        beside = (lambda: Router(a, folder)) if a.router else yun(a, home, memory, "request")
        done = common.rounds(a, {
            TOKEN: lambda: measure(a, pooled) | switches(a, pooled) | naive_load(a),
            other: lambda: measure(a, beside) | switches(a, beside)})
    rates = [f"{float(text):g}" for text in a.rates.split(",")]
    naive = "the router's" if a.router else "the start of a server"
    verdicts = [common.verdict(f"goodput, times {other}", common.ratio(done, "goodput", TOKEN, other),
                               2 if a.router else 1.5),
                common.verdict(f"share within objectives at {rates[0]}/s on one machine instead of {a.models}",
                               common.spread([r[TOKEN][f"kept_at_{rates[0]}"] for r in done]), ATTAINED),
                common.verdict(f"a switch, times shorter than {naive}", common.spread(
                    [r[other]["switch_s"] / r[TOKEN]["switch_s"] if a.router else
                     r[TOKEN]["naive_load_s"] / r[TOKEN]["switch_s"] for r in done]), 33),
                common.verdict("failed requests", common.spread([sum(v for k, v in r[TOKEN].items()
                                                                     if k.startswith("failed_at")) for r in done]),
                               0, at_least=False)]
    common.keep(a, "models, router" if a.router else "models", f"{a.models} models, memory for {a.room}"
                + (", against a router" if a.router else ""),
                f"Zipf {a.zipf:g}, {a.prompt} tokens in and {a.answer} out, first token within {a.ttft:g} s, then one "
                f"every {a.gap:g} s; {weights / 1e6:.0f} MB of weights a model, {memory / 1e6:.0f} MB in all", done,
                verdicts, ["goodput", "switch_s", "naive_load_s", "memory_mb_max",
                           *(f"{what}_at_{rate}" for what in ("kept", "ttft_p95", "stall_max", "loads", "failed")
                             for rate in rates)])


if __name__ == "__main__":
    main()
