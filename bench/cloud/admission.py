#!/usr/bin/env python3
"""What admission and metering add to a request, at 2 000 tiny requests a second. Claim: at most 0.3 ms (p50), 1 ms (p99).

Two figures. `added`: the C++ benchmark BM_AdmitAndSettle times key, limits, budget, reservation, journal, charge and
receipt alone, at that pace, with the ledger's writer at work beside it. `client`: the whole request through the real
server with a scripted model, as a client in an open loop sees it on the same machine.

  ninja -C build/release cloud_bench
  build/venv/bin/python bench/cloud/admission.py --rate 2000 --seconds 10
"""
import asyncio
import json
import multiprocessing
import pathlib
import statistics
import subprocess
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


def added(folder):
    """The counters of the benchmark, in ms."""
    bench = common.ROOT / "build/release/bench/cloud_bench"
    said = subprocess.run([str(bench), "--benchmark_filter=BM_AdmitAndSettle", "--benchmark_format=json"], cwd=folder,
                          check=True, capture_output=True, text=True).stdout
    row = json.loads(said)["benchmarks"][0]
    return {key.removesuffix("_us") + "_ms": round(value / 1000, 4) for key, value in row.items() if key.endswith("_us")}


def main():
    a = common.arguments(__doc__, rate=(2000.0, "requests a second"), seconds=(10.0, "how long"), keys=(200, "API keys"),
                         lines=(64, "connections"))
    postgres = Postgres() if a.database == "postgres" else None
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(pathlib.Path(folder) / "home", database=postgres.database() if postgres else None)
        try:
            alone = added(folder)
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
            cpu = cloud.metric("process_cpu_seconds_total")
            took, statuses, late, reached = blow(a.seconds)
            cpu = cloud.metric("process_cpu_seconds_total") - cpu
            assert cloud.admin.get("/reconcile")["ok"]
        finally:
            cloud.stop()
            if postgres:
                postgres.close()
    common.keep(a.out, f"admission-{a.database}", {
        "title": "What admission and metering add", "setting": f"{a.rate:.0f} tiny requests a second for {a.seconds:.0f} s, "
        f"{len(keys)} keys, {a.lines} connections, scripted model, {a.database}", "added": alone,
        "client": {"p50_ms": quantile(took, 0.5), "p99_ms": quantile(took, 0.99), "mean_ms": round(statistics.mean(took), 3),
                   "statuses": {str(k): v for k, v in statuses.items()}, "reached_per_s": round(reached, 1),
                   "late_p99_ms": late},
        "server_cpu_ms_per_request": round(1000 * cpu / max(1, len(took)), 4)})


if __name__ == "__main__":
    main()
