#!/usr/bin/env python3
"""Twelve models for an hour under a hard limit of their budget and a twentieth: no kill, no failed request.

  bench/research/limit.py --model smollm2-135m-q4_1.gguf                (as root: it makes a memory cgroup)

Poisson arrivals, models by Zipf's law, memory for --room of them. The limit is the kernel's: a process that needs more
is killed. Prints a line a minute, and writes what came of it.
"""
import pathlib
import sys
import tempfile
import threading

import common
import load
import models

sys.path.insert(0, str(common.HERE.parents[1] / "tools"))
from memory_cgroup import MemoryCgroup, anonymous_bytes  # noqa: E402


def main():
    a = common.arguments(__doc__, model=("smollm2-135m-q4_1.gguf", "GGUF"), minutes=(60.0, "of load"),
                         rate=(0.5, "requests a second, of all models together"), models=(12, "names"),
                         room=(3, "models that fit"), zipf=(1.2, "exponent"), prompt=(128, "tokens"),
                         answer=(128, "tokens"), ttft=(1.0, "seconds"), gap=(0.1, "seconds a token"),
                         cache=(16, "MiB of keys and values of each model"), over=(1.05, "the limit, times the budget"))
    a.seconds = 60 * a.minutes
    names = [f"m{i}" for i in range(a.models)]
    with tempfile.TemporaryDirectory() as home:
        server = common.Yun(a, a.model, "--cache-bytes", a.cache * models.MEGABYTE, home=home, names=names)
        found = server.metrics()
        server.stop()
        budget = int(found["yun_memory_bytes_fixed"] + (a.room + 0.5) * found["yun_weight_bytes"] / a.models)
        limit = int(a.over * budget)
        with MemoryCgroup(limit) as group:
            program, a.yun = a.yun, group.program(pathlib.Path(home, "limited"), a.yun)
            server = models.yun(a, home, budget, "token")()
            a.yun = program
            over, held = threading.Event(), [0]

            def watch():
                minute = 0
                while not over.wait(1) and server.process.poll() is None:
                    held[0] = max(held[0], anonymous_bytes(server.process.pid))
                    minute += 1
                    if minute % 60 == 0:
                        print(f"  {minute // 60} min: {held[0] / 1e6:.0f} MB held at most, "
                              f"{server.metrics()['yun_weight_loads_total']:.0f} loads", file=sys.stderr, flush=True)
            watching = threading.Thread(target=watch)
            watching.start()
            session = load.run(server.url, "", models.trace(a, a.rate), server.key)
            over.set()
            watching.join()
            alive = server.process.poll() is None
            loads = server.metrics()["yun_weight_loads_total"] if alive else 0
            kills = group.kills()
            server.stop()
        failed = [h for h in session.heard if h.error or h.cut]
        for heard in failed[:5]:
            print(f"  {heard.ask.model} at {heard.ask.at:.0f} s: {heard.error or 'cut off'}", file=sys.stderr)
        one = {"requests": len(session.heard), "failed": len(failed), "kills": kills, "died": int(not alive),
               "minutes": round(session.seconds / 60, 1), "held_mb_max": held[0] / 1e6, "budget_mb": budget / 1e6,
               "limit_mb": limit / 1e6, "loads": loads,
               "kept": round(sum(models.kept(a, h) for h in session.heard) / len(session.heard), 4)}
    done = [{"limited": one}]
    common.keep(a, "models under a hard limit", f"{a.models} models under a hard limit of {a.over:g} times the budget",
                f"{a.rate:g} requests a second, Zipf {a.zipf:g}, {a.prompt} tokens in and {a.answer} out, memory for "
                f"{a.room}; kept: first token within {a.ttft:g} s, then one every {a.gap:g} s", done,
                [common.verdict("requests failed", common.spread([one["failed"]]), 0, at_least=False),
                 common.verdict("kills", common.spread([one["kills"] + one["died"]]), 0, at_least=False),
                 common.verdict("minutes", common.spread([one["minutes"]]), a.minutes)], list(one))


if __name__ == "__main__":
    main()
