#!/usr/bin/env python3
"""Compares `yun bench` with llama.cpp's llama-bench on the same GGUF files, in one run, taking turns.

  bench/compare.py --yun build/release/bin/yun --llama-bench ~/llama.cpp/build/bin/llama-bench \\
      --models smollm2.gguf qwen3-0.6b-q8_0.gguf --threads 2 --rounds 5

A round is: llama.cpp, yun (the next round: yun, llama.cpp), each a process of its own that warms up and then measures
prefill and decode once; then each once more, cold, for the time from process start to the first token. Ratios are
taken within a round, because the machine drifts between rounds; the table shows their median and range. Beside every
run stand the cores that other processes used and the speed of a plain memory copy just before. Standard library only.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CLOCK_HZ = os.sysconf("SC_CLK_TCK")
FIRST_TOKEN_PROMPT = 16  # short, so that loading shows
BUSY_LIMIT = 0.1         # cores taken by others above which a run is marked with a *
COPY_BYTES = 256 << 20   # past any cache
RUN_LIMIT_S = 1800
# key, title, True if more is better, factor and format for the table
METRICS = [("prefill", "prefill tok/s", True, 1, "{:.1f}"), ("decode", "decode tok/s", True, 1, "{:.1f}"),
           ("first_token_ms", "first token ms", False, 1, "{:.0f}"),
           ("peak_rss_bytes", "peak RSS MiB", False, 1 / 2**20, "{:.0f}")]


def cpu_seconds():
    """Seconds of work of all cores since boot (idle and iowait left out)."""
    v = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
    return (v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / CLOCK_HZ


COPY = """
import time
source = bytearray(%d)
best = 0.0
for _ in range(3):
    t = time.perf_counter()
    bytes(source)
    best = max(best, len(source) / (time.perf_counter() - t) / 1e9)
print(best)
""" % COPY_BYTES


def copy_gb_s():
    """Best of three plain copies, one thread: says which of its moods the machine is in.

    In a process of its own: a child's peak memory counts what its parent held when it was started.
    """
    return float(subprocess.run([sys.executable, "-c", COPY], capture_output=True, text=True, check=True).stdout)


def run(command):
    """stdout as text, with wall time, peak memory of that process, and what others took meanwhile."""
    copy = copy_gb_s()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        before, start = cpu_seconds(), time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        try:
            while True:  # wait4 gives this child's own usage
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                if time.perf_counter() - start > RUN_LIMIT_S:
                    child.kill()
                    sys.exit(f"{' '.join(command)}: not done after {RUN_LIMIT_S} s")
                time.sleep(0.002)
        except KeyboardInterrupt:
            child.kill()
            raise
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        text, errors = out.read().decode(), err.read().decode(errors="replace")
    if child.returncode:
        sys.exit(f"{' '.join(command)}: exit code {child.returncode}\n{errors[-2000:]}")
    others = max(0.0, cpu_seconds() - before - usage.ru_utime - usage.ru_stime) / wall
    return text, {"wall_ms": round(wall * 1e3, 1), "peak_rss_bytes": usage.ru_maxrss * 1024,
                  "others_cores": round(others, 3), "copy_gb_s": round(copy, 2)}


def llama(a, model, prompt, gen, warm):
    text, seen = run([a.llama_bench, "-m", model, "-t", str(a.threads), "-p", str(prompt), "-n", str(gen),
                      "-d", str(a.depth), "-r", "1", "-o", "json", *([] if warm else ["--no-warmup"]), *a.llama_args])
    rows = json.loads(text)
    for row in rows:
        seen["decode" if row["n_gen"] else "prefill"] = row["avg_ts"]
        seen["build"] = f"{row.get('build_commit')} ({row.get('build_number')})"
    return seen


def yun(a, model, prompt, gen, warm):
    text, seen = run([a.yun, "bench", "--model", model, "--prompt-tokens", str(prompt), "--gen-tokens", str(gen),
                      "--depth", str(a.depth), "--batch", "1", "--threads", str(a.threads), "--repeat", "1", "--json"])
    report = json.loads(text)
    for row in report["results"]:
        seen[row["kind"]] = statistics.median(row["tokens_per_second"])
    for key in ("kernels", "load_ms", "first_token_ms", "peak_rss_bytes"):
        seen["own_" + key] = report.get(key)
    return seen


def compare(a, model):
    rounds = []
    for i in range(a.rounds):
        sides = [("llama", llama), ("yun", yun)]
        result = {}
        for name, measure in sides if i % 2 == 0 else sides[::-1]:
            result[name] = measure(a, model, a.prompt_tokens, a.gen_tokens, True)
        for name, measure in sides if i % 2 == 0 else sides[::-1]:
            cold = measure(a, model, FIRST_TOKEN_PROMPT, 1 if name == "yun" else 0, False)
            own = cold.get("own_first_token_ms")  # yun says when its first token came; llama-bench ends with it
            result[name]["first_token_ms"] = own if own is not None else cold["wall_ms"]
            result[name]["first_token_wall_ms"] = cold["wall_ms"]
            result[name]["first_token_others_cores"] = cold["others_cores"]
        rounds.append(result)
        print(f"  round {i + 1}: " + "   ".join(
            f"{n} pp {r['prefill']:.1f} tg {r['decode']:.1f} first {r['first_token_ms']:.0f} ms"
            f"{'*' if r['others_cores'] > BUSY_LIMIT else ''}" for n, r in sorted(result.items())), file=sys.stderr)
    summary = {}
    for key, _, more, _, _ in METRICS:
        ratios = [(r["yun"][key] / r["llama"][key]) if more else (r["llama"][key] / r["yun"][key]) for r in rounds]
        summary[key] = {"llama": statistics.median(r["llama"][key] for r in rounds),
                        "yun": statistics.median(r["yun"][key] for r in rounds),
                        "times_better": {"median": round(statistics.median(ratios), 3), "min": round(min(ratios), 3),
                                         "max": round(max(ratios), 3)}}
    busy = max(r[n]["others_cores"] for r in rounds for n in ("yun", "llama"))
    return {"model": os.path.basename(model), "file_bytes": os.path.getsize(model), "summary": summary,
            "others_cores_max": busy, "rounds": rounds}


def machine():
    info = open("/proc/cpuinfo").read()
    get = lambda key: (re.search(rf"^{key}\s*: (.*)$", info, re.M) or [None, "unknown"])[1].strip()
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16")
    return {"cpu": get("model name"), "family": get("cpu family"), "model": get("model"), "stepping": get("stepping"),
            "features": [f for f in wanted if f in get("flags").split()], "cores": os.cpu_count(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "kernel": platform.release()}


def table(results):
    lines = [f"{'model':<28} {'':<16} {'llama.cpp':>10} {'yun':>10}   times better (range)"]
    for r in results:
        mark = " *" if r["others_cores_max"] > BUSY_LIMIT else ""
        for i, (key, title, _, factor, form) in enumerate(METRICS):
            s, t = r["summary"][key], r["summary"][key]["times_better"]
            name = r["model"] + mark if i == 0 else ""
            lines.append(f"{name:<28} {title:<16} {form.format(s['llama'] * factor):>10} "
                         f"{form.format(s['yun'] * factor):>10}   {t['median']:.2f} ({t['min']:.2f}-{t['max']:.2f})")
    if any(r["others_cores_max"] > BUSY_LIMIT for r in results):
        lines.append(f"* other processes took up to {max(r['others_cores_max'] for r in results):.1f} cores: "
                     "measure again when the machine is quiet")
    return "\n".join(lines)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--yun", default=str(HERE.parent / "build/release/bin/yun"))
    p.add_argument("--llama-bench", required=True, help="llama-bench of a native release build")
    p.add_argument("--models", nargs="+", required=True, help="GGUF files")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--prompt-tokens", type=int, default=512)
    p.add_argument("--gen-tokens", type=int, default=128)
    p.add_argument("--depth", type=int, default=0, help="tokens in the cache before measuring")
    p.add_argument("--llama-args", nargs=argparse.REMAINDER, default=[], help="the rest goes to llama-bench")
    p.add_argument("--out", help="result file, - for none (default bench/results/<date>-<cpu>.json)")
    a = p.parse_args()
    for path in [a.yun, a.llama_bench, *a.models]:
        if not os.path.exists(path):
            p.error(f"{path}: no such file")
    if a.rounds < 1:
        p.error("--rounds must be at least 1")
    results = []
    for model in a.models:
        print(os.path.basename(model), file=sys.stderr)
        results.append(compare(a, model))
    m = machine()
    print(table(results))
    if a.out == "-":
        return
    slug = re.sub(r"[^a-z0-9]+", "-", m["cpu"].lower()).strip("-")
    out = pathlib.Path(a.out or HERE / "results" / f"{datetime.date.today().isoformat()}-{slug}.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"measured": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                               "machine": m, "threads": a.threads, "prompt_tokens": a.prompt_tokens,
                               "gen_tokens": a.gen_tokens, "depth": a.depth, "models": results}, indent=1) + "\n")
    print(f"written: {out}", file=sys.stderr)


if __name__ == "__main__":
    main()
