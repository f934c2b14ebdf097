#!/usr/bin/env python3
"""What admission and metering add to a request: 2 000 tiny requests a second, open loop, through the real server with a
scripted model. Limits, a budget, prices and the ledger are all in use.

Claim: at most 0.3 ms (p50) and 1 ms (p99) added. The server itself takes the time, in the handler that waits for it
(yun_admission_seconds: key, limits, reservation; yun_settle_seconds: charge, receipt); quantiles are bounds, by the
histogram's buckets. Beside them what the client sees, end to end.

  build/venv/bin/python bench/cloud/admission.py --rate 2000 --seconds 10
"""
import asyncio
import multiprocessing
import pathlib
import re
import statistics
import tempfile
import time

import common
from cloud import Cloud, Postgres
from line import Line, request

WARM_SECONDS = 2


def load(port, keys, rate, seconds, lines, out):
    """Sends at times of its own; puts (latencies in ms, statuses, how late it was itself at p99 in ms) to `out`."""
    async def go():
        free = asyncio.Queue()
        for _ in range(lines):
            free.put_nowait(await Line.open(port))
        asks = [request("POST", "/v1/chat/completions", key,
                        {"model": "base", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}) for key in keys]
        took, late, statuses, running = [], [], {}, set()

        async def one(line, ask):
            begin = time.perf_counter()
            answer = await line.ask(ask)
            took.append(1000 * (time.perf_counter() - begin))
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            free.put_nowait(line)

        begin = time.perf_counter()
        for i in range(int(rate * seconds)):
            at = begin + i / rate
            if (wait := at - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            late.append(1000 * (time.perf_counter() - at))
            task = asyncio.ensure_future(one(await free.get(), asks[i % len(asks)]))
            running.add(task)
            task.add_done_callback(running.discard)
        while running:
            await asyncio.wait(set(running))
        out.put((took, statuses, quantile(late, 0.99), int(rate * seconds) / (time.perf_counter() - begin)))

    asyncio.run(go())


def quantile(values, p):
    values = sorted(values)
    return round(values[min(len(values) - 1, int(p * len(values)))], 3)


def histogram(metrics, name):
    """{upper bound in s: so many up to it}"""
    found = {}
    for key, value in metrics.items():
        if match := re.match(name + r'_bucket\{(?:.*,)?le="([^"]+)"', key):
            found[float(match[1].replace("+Inf", "inf"))] = found.get(float(match[1].replace("+Inf", "inf")), 0) + value
    return dict(sorted(found.items()))


def bound_ms(before, after, p):
    """The bucket's upper bound that holds the quantile, in ms."""
    counts = {le: after[le] - before.get(le, 0) for le in after}
    return next(round(1000 * le, 4) for le, n in counts.items() if n >= p * counts[float("inf")])


def mean_ms(before, after, name):
    total = sum(after[k] - before.get(k, 0) for k in after if k.startswith(name + "_sum"))
    count = sum(after[k] - before.get(k, 0) for k in after if k.startswith(name + "_count"))
    return round(1000 * total / count, 4)


def main():
    a = common.arguments(__doc__, rate=(2000.0, "requests a second"), seconds=(10.0, "how long"), keys=(200, "API keys"),
                         lines=(64, "connections"))
    postgres = Postgres() if a.database == "postgres" else None
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(pathlib.Path(folder) / "home", database=postgres.database() if postgres else None)
        try:
            cloud.admin.post("/prices", toml='version = "bench"\n[[price]]\nmodel = "*"\ncurrency = "CNY"\n'
                                             'from = "2020-01-01"\ninput = 300_000\noutput = 600_000\n')
            keys = []
            for w in range(10):
                made = cloud.make_workspace(f"w{w}", 10**12)
                cloud.admin.put(f"/workspaces/{made['id']}/limits", requests_per_minute=10**7, tokens_per_minute=10**9)
                cloud.admin.post(f"/workspaces/{made['id']}/budgets", amount_micro=10**12, period="month")
                keys += [cloud.make_key(made["id"], f"k{i}", limits={"requests_per_minute": 10**6})["secret"]
                         for i in range(a.keys // 10)]

            def blow(seconds):
                out = multiprocessing.Queue()
                client = multiprocessing.Process(target=load, args=(cloud.port, keys, a.rate, seconds, a.lines, out))
                client.start()
                said = out.get()
                client.join()
                return said

            blow(WARM_SECONDS)
            before, cpu = cloud.metrics(), cloud.metric("process_cpu_seconds_total")
            took, statuses, late, reached = blow(a.seconds)
            after, cpu = cloud.metrics(), cloud.metric("process_cpu_seconds_total") - cpu
            assert cloud.admin.get("/reconcile")["ok"]
        finally:
            cloud.stop()
            if postgres:
                postgres.close()
    added = {}
    for name in ("yun_admission_seconds", "yun_settle_seconds"):
        h = histogram(before, name), histogram(after, name)
        added[name] = {"mean_ms": mean_ms(before, after, name), "p50_ms_at_most": bound_ms(*h, 0.5),
                       "p99_ms_at_most": bound_ms(*h, 0.99)}
    common.keep(a.out, f"admission-{a.database}", {
        "title": "What admission and metering add", "setting": f"{a.rate:.0f} tiny requests a second for {a.seconds:.0f} s, "
        f"{len(keys)} keys, {a.lines} connections, scripted model, {a.database}", "added": added,
        "client": {"p50_ms": quantile(took, 0.5), "p99_ms": quantile(took, 0.99), "mean_ms": round(statistics.mean(took), 3),
                   "statuses": {str(k): v for k, v in statuses.items()}, "reached_per_s": round(reached, 1),
                   "late_p99_ms": late},
        "server_cpu_ms_per_request": round(1000 * cpu / max(1, len(took)), 4)})


if __name__ == "__main__":
    main()
