#!/usr/bin/env python3
"""Runs the table of rows.py: yun against llama.cpp and other peers, on the same files, in one run, taking turns.

  bench/engine/compare.py --llama ~/llama.cpp/build/bin --models ~/models/*.gguf
  bench/engine/compare.py ... --only 'decode-*' first-token --rounds 3     some rows; the file's other rows stay
  bench/engine/compare.py ... --columns avx512 --llama-no-amx ~/llama.cpp/build-avx512/bin
  bench/engine/compare.py ... --openvino ~/ov/bin/python --openvino-model ~/models/qwen3-0.6b-int8
  bench/engine/compare.py --list ...                                       what would run; --missing: what is not there

A round is peer, yun (the next round: yun, peer), each a process of its own, and `yun doctor` before and after for what
the machine can do at that moment. Ratios are taken within a round, because the machine drifts between rounds. Where a
peer has settings that matter (flash attention on, off), all are tried in the first round, those more than a tenth
behind the best are dropped, and each round's best counts. Before each run it is waited until other processes are
quiet; what they took all the same stands beside it. Standard library only. bench/README.md explains the table.
"""
import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import rows as table  # noqa: E402

CLOCK_HZ = os.sysconf("SC_CLK_TCK")
BUSY_LIMIT = 0.1      # cores taken by others above which a run is marked with a *
START_PROMPT = 8      # tokens before the first token of a start: short, so that loading shows
RUN_LIMIT_S = 1800
DROP_BELOW = 0.9      # of the best setting of a peer
# Without AMX: oneDNN, which torch and OpenVINO multiply with, is told so.
NO_AMX = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16", "DNNL_MAX_CPU_ISA": "AVX512_CORE_BF16"}


def cpu_seconds():
    """Seconds of work of all cores since boot (idle and iowait left out)."""
    v = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
    return (v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / CLOCK_HZ


def process_seconds(pid):
    """CPU time of a process and of all that it has started."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    seconds = sum(int(field) for field in fields[11:15]) / CLOCK_HZ  # its own, and of children that have ended
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            try:
                seconds += process_seconds(child)
            except OSError:
                pass  # it has just ended
    return seconds


def wait_quiet(seconds_max):
    """Until others take less than BUSY_LIMIT of a core for two seconds, or the time is over."""
    end = time.monotonic() + seconds_max
    while time.monotonic() < end:
        before, start = cpu_seconds(), time.monotonic()
        time.sleep(min(2, max(0.1, end - start)))
        if (cpu_seconds() - before) / (time.monotonic() - start) < BUSY_LIMIT:
            return


@contextlib.contextmanager
def spinner(wanted):
    """A process that spins on one core, and how many seconds it has had so far."""
    if not wanted:
        yield lambda: 0.0
        return
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield lambda: process_seconds(child.pid)
    finally:
        child.kill()
        child.wait()


class Failed(Exception):
    """A program that did not do its work: its row is left out, the others run."""


def run(command, env=None, known=lambda: 0.0):
    """stdout as text, with wall time, peak memory of that process, and what others took meanwhile.

    known: seconds of work since some moment that are no one's disturbance
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        before, known_before, start = cpu_seconds(), known(), time.perf_counter()
        try:
            child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                                     env={**os.environ, **(env or {})})
        except OSError as e:
            raise Failed(f"{command[0]}: {e.strerror}")
        try:
            while True:  # wait4 gives this child's own usage
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                if time.perf_counter() - start > RUN_LIMIT_S:
                    child.kill()
                    raise Failed(f"{' '.join(command)}: not done after {RUN_LIMIT_S} s")
                time.sleep(0.002)
        except KeyboardInterrupt:
            child.kill()
            raise
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        text, errors = out.read().decode(), err.read().decode(errors="replace")
    if child.returncode:
        raise Failed(f"{' '.join(command)}: exit code {child.returncode}\n{errors[-1500:]}")
    taken = cpu_seconds() - before - (known() - known_before) - usage.ru_utime - usage.ru_stime
    return text, {"first_token_ms": round(wall * 1e3, 1), "peak_rss_bytes": usage.ru_maxrss * 1024,
                  "others_cores": round(max(0.0, taken) / wall, 3)}


class Yun:
    def __init__(self, a):
        self.program, self.threads = a.yun, str(a.threads)

    def env(self, column):
        return {} if column == "native" else {"YUN_CPU": column}

    def measure(self, row, path, setting, known):
        w = row.work
        prompt, gen = (w.tokens, 0) if w.kind == "prefill" else (0, w.tokens)
        command = [self.program, "bench", "--model", path, "--prompt-tokens", str(prompt), "--gen-tokens", str(gen),
                   "--depth", str(w.depth), "--batch", str(w.batch), "--threads", self.threads, "--repeat", "1",
                   "--no-roofs", "--json", *(["--kv-type", w.kv] if w.kv != "f16" else [])]
        text, seen = run(command, self.env(row.column), known)
        report = json.loads(text)
        for r in report["results"]:
            seen.update(tokens_per_second=r["tokens_per_second"][0], bytes_per_token=r["bytes_per_token"],
                        operations_per_token=r["operations_per_token"])
        seen.update(kernels=report["kernels"], arithmetic=report["arithmetic"], weight_bytes=report["weight_bytes"])
        return seen

    def roofs(self, column):
        """What the machine can do now, with all threads."""
        text, seen = run([self.program, "doctor", "--json"], self.env(column))
        return {**json.loads(text)["roofs"][-1], "others_cores": seen["others_cores"]}


class Llama:
    def __init__(self, a, folder, name="llama.cpp"):
        self.folder, self.threads, self.name = pathlib.Path(folder), str(a.threads), name

    def settings(self, work):
        if work.kv == "q8":  # a quantised V needs flash attention
            return [["-fa", "on", "-ctk", "q8_0", "-ctv", "q8_0"]]
        return [["-fa", "on"], ["-fa", "off"]] if work.depth or work.tokens > 512 else [[]]

    def measure(self, row, path, setting, known):
        w = row.work
        if w.kind == "together":
            # One process of its own: prompts of `depth`, then `tokens` steps of `batch` rows.
            text, seen = run([self.folder / "llama-batched-bench", "-m", path, "-t", self.threads, "-tb", self.threads,
                              "-npp", str(w.depth), "-ntg", str(w.tokens), "-npl", str(w.batch), "-c",
                              str(w.batch * (w.depth + w.tokens) + 64), "--output-format", "jsonl", *setting],
                             None, known)
            line = [json.loads(x) for x in text.splitlines() if x.startswith("{")][-1]
            return {**seen, "tokens_per_second": line["speed_tg"]}
        prompt, gen = (START_PROMPT, 0) if w.kind == "start" else (w.tokens, 0) if w.kind == "prefill" else (0, w.tokens)
        text, seen = run([self.folder / "llama-bench", "-m", path, "-t", self.threads, "-p", str(prompt), "-n", str(gen),
                          *(["-d", str(w.depth)] if w.depth else []), "-r", "1", "-o", "json",
                          *(["--no-warmup"] if w.kind == "start" else []), *setting], None, known)
        result = json.loads(text)[-1]
        return {**seen, "tokens_per_second": result["avg_ts"],
                "build": f"{result.get('build_commit')} ({result.get('build_number')})"}


class Script:
    """A peer that runs in a Python environment of its own."""

    def __init__(self, a, name, python, model):
        self.command = [python, HERE / f"peer_{name}.py", model, "--threads", str(a.threads)]

    def settings(self, work):
        return [[]]

    def measure(self, row, path, setting, known):
        w = row.work
        prompt, gen = (w.tokens, 2) if w.kind == "prefill" else (max(w.depth, 8), w.tokens + 1)
        text, seen = run([*self.command, "--prompt", str(prompt), "--gen", str(gen)],
                         NO_AMX if row.column == "avx512" else None, known)
        result = json.loads(text.splitlines()[-1])
        return {**seen, "tokens_per_second": result[w.kind], "build": result["build"]}


def measure_row(a, row, path, yun, peer):
    """All rounds of a row -> its record. errors: Failed"""
    rounds = []
    settings = peer.settings(row.work) if peer else []
    wait_quiet(a.wait)
    before = yun.roofs(row.column)
    for i in range(a.rounds):
        def yuns():
            wait_quiet(a.wait)
            with spinner(row.work.spin) as known:
                return yun.measure(row, path, [], known)

        def peers():
            seen = []
            for setting in settings:
                wait_quiet(a.wait)
                with spinner(row.work.spin) as known:
                    seen.append({**peer.measure(row, path, setting, known), "setting": " ".join(setting)})
            return seen

        if i % 2 == 0:
            tried, own = peers(), yuns()
        else:
            own, tried = yuns(), peers()
        wait_quiet(a.wait)
        after = yun.roofs(row.column)
        one = {"yun": own, "roofs": table.mean_roofs(before, after)}
        if tried:
            sign = 1 if row.work.more_is_better else -1
            best = max(tried, key=lambda s: sign * s[row.work.metric])
            one["peer"] = best
            if i == 0 and len(tried) > 1:
                one["peer_settings"] = {s["setting"]: s[row.work.metric] for s in tried}
                settings = [s for s, t in zip(settings, tried)
                            if t[row.work.metric] >= DROP_BELOW * best[row.work.metric]]
        if "tokens_per_second" in own:
            one["roof"], share = table.share_of_roof(one["roofs"], own["arithmetic"], own["tokens_per_second"],
                                                     own["bytes_per_token"], own["operations_per_token"])
            one["share"] = round(share, 4)
        rounds.append(one)
        before = after
        busy = max(s["others_cores"] for s in (own, one.get("peer", own))) > BUSY_LIMIT
        print(f"  round {i + 1}: yun {own[row.work.metric]:.1f}"
              + (f"  {row.peer} {one['peer'][row.work.metric]:.1f} {one['peer']['setting']}" if tried else "")
              + ("  *" if busy else ""), file=sys.stderr)
    return {**table.summarise(row, rounds), "measured": now()}


def kernels(a, yun):
    """Each kernel alone on one thread, for the roofline: operations and bytes a second, and that thread's roofs."""
    info = json.loads(run([yun.program, "doctor", "--json"])[0])
    text, _ = run([a.kernels_bench, "--benchmark_format=json", "--benchmark_min_time=0.2", "--benchmark_filter="
                   rf"^{info['kernels']}/(matmul/(q8|q4|q4k|f16|bf16)/(65536|3072)x1024|attend/f16/hd:128)/"])
    report = json.loads(text)
    points = {b["name"]: {"operations_per_s": b["op/s"], "bytes_per_s": b["B/s"]} for b in report["benchmarks"]
              if "op/s" in b}
    return {"measured": now(), "table": info["kernels"], "roofs": info["roofs"][0], "points": points}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def machine():
    info = open("/proc/cpuinfo").read()
    get = lambda key: (re.search(rf"^{key}\s*: (.*)$", info, re.M) or [None, "unknown"])[1].strip()
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16")
    return {"cpu": get("model name"), "family": get("cpu family"), "model": get("model"), "stepping": get("stepping"),
            "features": [f for f in wanted if f in get("flags").split()], "cores": os.cpu_count(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "kernel": platform.release()}


def results_path(given, kind, host):
    """The file that was named, else bench/results/<date>-<kind><cpu>.json."""
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\((r|tm)\)", "", host["cpu"].lower())).strip("-")
    return pathlib.Path(given or HERE.parent / "results" / f"{datetime.date.today().isoformat()}-{kind}{slug}.json")


def save(path, results):
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(results, indent=1) + "\n")
    part.replace(path)


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--yun", default=str(HERE.parents[1] / "build/release/bin/yun"))
    p.add_argument("--models", nargs="+", default=[], metavar="GGUF", help="named like qwen3-0.6b-q8_0.gguf")
    p.add_argument("--llama", metavar="DIR", help="llama-bench and llama-batched-bench of a native release build")
    p.add_argument("--llama-no-amx", metavar="DIR", help="the same built without AMX: for the column avx512")
    p.add_argument("--ik", metavar="DIR", help="llama-bench of ik_llama.cpp: for models of experts")
    p.add_argument("--openvino", metavar="PYTHON", help="Python of an environment with openvino-genai")
    p.add_argument("--openvino-model", metavar="DIR", help="the exported model, int8 weights")
    p.add_argument("--torch", metavar="PYTHON", help="Python of an environment with torch and transformers")
    p.add_argument("--torch-model", metavar="DIR", help="the model as a Hugging Face folder")
    p.add_argument("--kernels-bench", metavar="PROGRAM", help="engine_kernels_bench: measure the kernels' roofline too")
    p.add_argument("--columns", default=",".join(table.COLUMNS), help="of native, avx512, avx2 (default: all)")
    p.add_argument("--only", nargs="+", default=[], metavar="GLOB",
                   help="rows by work (decode-128), name (decode-*/qwen*) or name with column (avx512:*)")
    p.add_argument("--missing", action="store_true", help="only rows that the result file does not have")
    p.add_argument("--list", action="store_true", help="print the rows that would run, and end")
    p.add_argument("--show", metavar="FILE", help="print the table of a result file, and end")
    p.add_argument("--quick", action="store_true", help="one round of tiny shapes, to see that all runs; not kept")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--wait", type=float, default=120, metavar="S", help="for a quiet machine before each run, at most")
    p.add_argument("--out", help="result file, - for none (default bench/results/<date>-<cpu>.json)")
    a = p.parse_args()
    a.columns = a.columns.split(",")
    if set(a.columns) - set(table.COLUMNS):
        p.error(f"--columns: of {', '.join(table.COLUMNS)}")
    for path in [] if a.show else [a.yun, *a.models]:
        if not os.path.exists(path):
            p.error(f"{path}: no such file")
    if a.rounds < 1:
        p.error("--rounds must be at least 1")
    if a.quick:
        a.rounds, a.wait, a.out = 1, 0, a.out or "-"
    return a


def main():
    a = arguments()
    if a.show:
        print(table.markdown(json.loads(pathlib.Path(a.show).read_text()), BUSY_LIMIT))
        return
    host, yun = machine(), Yun(a)
    peers = {("native", "llama.cpp"): a.llama and Llama(a, a.llama),
             ("avx512", "llama.cpp"): a.llama_no_amx and Llama(a, a.llama_no_amx),
             **{(c, "ik_llama.cpp"): a.ik and Llama(a, a.ik, "ik_llama.cpp") for c in ("native", "avx512")},
             **{(c, name): python and model and Script(a, name, python, model) for c in ("native", "avx512")
                for name, python, model in (("openvino", a.openvino, a.openvino_model), ("torch", a.torch, a.torch_model))}}
    paths = {pathlib.Path(m).stem.lower(): m for m in a.models}
    out = results_path(a.out, "", host)
    old = json.loads(out.read_text()) if a.out != "-" and out.exists() else None
    tables = json.loads(run([a.yun, "doctor", "--json"])[0])["tables"].split()
    columns = [c for c in a.columns if c == "native" or c in tables]
    rows = table.chosen(table.rows_for(list(paths), columns, "amx_int8" in host["features"]), a.only)
    rows = [r for r in rows if not r.peer or peers.get((r.column, r.peer))]
    if a.missing and old:
        rows = [r for r in rows if r.key not in old.get("rows", {})]
    if a.list:
        print("\n".join(r.key for r in rows))
        return
    yun_version = run([a.yun, "--version"])[0].strip()
    results = table.merge(old, {"machine": host, "threads": a.threads, "yun": yun_version, "rows": {}})
    if a.kernels_bench:
        results["kernels"] = kernels(a, yun)
    failed = []
    for i, row in enumerate(rows):
        if a.quick:
            row = dataclasses.replace(row, work=table.quick(row.work))
        print(f"[{i + 1}/{len(rows)}] {row.key}", file=sys.stderr)
        try:
            record = measure_row(a, row, paths[row.model], yun, row.peer and peers[row.column, row.peer])
        except Failed as e:
            failed.append(row.key)
            print(f"  {e}", file=sys.stderr)
            continue
        results = table.merge(results, {"machine": host, "rows": {row.key: {**record, "yun": yun_version}}})
        if a.out != "-":
            save(out, results)  # after each row: what is measured is kept
    if a.out != "-":
        save(out, results)
        print(f"written: {out}", file=sys.stderr)
    print(table.markdown(results, BUSY_LIMIT))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
