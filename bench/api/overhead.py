#!/usr/bin/env python3
"""What an answer costs beside its arithmetic. Claim: at 1000 tokens a second, one event a token, the whole server takes
less than 5 % of a core, whatever the dialect. The model has no weights (scripted:), so what is counted is HTTP, parsing,
metering, text and events, and the pacing of that model too.

  build/venv/bin/python bench/api/overhead.py --streams 10 --seconds 15
"""
import argparse
import http.client
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench/engine")]
os.environ.setdefault("YUN_BIN", str(ROOT / "build/release/bin/yun"))
from compare import machine, now, results_path, save  # noqa: E402
from serving import Server  # noqa: E402

MODEL, TOKENS_PER_SECOND = "paced", 1000
ASK = [{"role": "user", "content": "Go on."}]
DIALECTS = {
    "OpenAI chat": ("/v1/chat/completions", {"messages": ASK, "stream": True}, {}),
    "OpenAI responses": ("/v1/responses", {"input": "Go on.", "stream": True, "store": False}, {}),
    "Anthropic": ("/anthropic/v1/messages", {"messages": ASK, "stream": True, "max_tokens": 4000}, {}),
    "DashScope": ("/api/v1/services/aigc/text-generation/generation",
                  {"input": {"messages": ASK}, "parameters": {"incremental_output": True, "result_format": "message"}},
                  {"X-DashScope-SSE": "enable"}),
}


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read(server, path, body, headers, counts, index, until):
    """Streams one answer after another; counts the events."""
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {server.key}", **headers})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        for line in answer:
            counts[index] += line.startswith(b"data:")
            if time.monotonic() >= until:
                break
        connection.close()


def measure(server, streams, seconds, path, body, headers):
    counts = [0] * streams
    until = time.monotonic() + seconds + 2
    threads = [threading.Thread(target=read, args=(server, path, {"model": MODEL, **body}, headers, counts, i, until))
               for i in range(streams)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    begin, cpu, events = time.monotonic(), cpu_seconds(server.process.pid), sum(counts)
    time.sleep(seconds)
    took = time.monotonic() - begin
    cpu, events = cpu_seconds(server.process.pid) - cpu, sum(counts) - events
    for thread in threads:
        thread.join()
    return {"events_per_second": round(events / took, 1), "core_percent": round(100 * cpu / took, 2),
            "core_percent_at_1000": round(100 * cpu / events * TOKENS_PER_SECOND, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", help="result file, - for none (default bench/results/<date>-api-<cpu>.json)")
    a = parser.parse_args()
    step_us = 1_000_000 * a.streams // TOKENS_PER_SECOND
    rows = {name: [] for name in DIALECTS}
    with tempfile.TemporaryDirectory() as folder:
        server = Server(pathlib.Path(folder) / "home", f"{MODEL}=scripted:tokens=4000,step_us={step_us}", scripted=True)
        try:
            for _ in range(a.rounds):
                for name, (path, body, headers) in DIALECTS.items():
                    rows[name].append(measure(server, a.streams, a.seconds, path, body, headers))
                    print(name, rows[name][-1], flush=True)
        finally:
            server.stop()
    claim = {"measured": now(), "command": f"build/venv/bin/python bench/api/overhead.py --streams {a.streams} "
             f"--seconds {a.seconds:g} --rounds {a.rounds}",
             "title": "The API layer at 1000 tokens a second", "setting": "one event a token; dialects in turn",
             "rows": rows}
    print(json.dumps(claim, indent=1))
    if a.out != "-":
        save(results_path(a.out, "api-", machine()), {"machine": machine(), "claims": {"overhead": claim}})


if __name__ == "__main__":
    main()
