"""What the scripts of this folder share: servers, rounds in which the arms take turns, the result file, its table.

A claim's record: {"title", "setting", "arms": {arm: {figure: {median, min, max}}}, "verdicts": [...], "rounds": [...]}.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "engine"))
from compare import (BUSY_LIMIT, cpu_seconds, machine, now, process_seconds, results_path, save,  # noqa: E402
                     wait_quiet)

START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 30
SETTLE_SECONDS = 1.5   # yun rearranges its weights' memory for a second after the start
FILES = 8192           # connections and all else


def arguments(doc, **more):
    """The options that all scripts have, and `more`: name=(default, help)."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--yun", default=str(HERE.parents[1] / "build/release/bin/yun"))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--wait", type=float, default=60, metavar="S", help="for a quiet machine before each run, at most")
    p.add_argument("--yun-options", default="", help="more options of yun serve, for all arms: =--kv-type=q8")
    p.add_argument("--out", help="result file, - for none (default bench/results/<date>-serving-<cpu>.json)")
    for name, (default, text) in more.items():
        kind = {"type": type(default)} if default is not None else {}
        p.add_argument("--" + name.replace("_", "-"), default=default, help=f"{text} (default {default})", **kind)
    a = p.parse_args()
    if a.rounds < 1:
        p.error("--rounds must be at least 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # servers are stopped on the way out
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, limit[1]), limit[1]))
    return a


# ---- servers

class Server:
    """A program that answers at `url`; what it says goes to a file."""
    model = "m"
    key = ""

    def __init__(self, command, env=None):
        self.log = tempfile.NamedTemporaryFile(mode="w+", suffix=".log")
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def wait(self, ready):
        end = time.monotonic() + START_SECONDS_MAX
        while not (found := ready()):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                sys.exit(f"{self.process.args[0]} did not come up:\n{self.output()[-2000:]}")
            time.sleep(0.05)
        return found

    def seconds(self):
        return process_seconds(self.process.pid)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Yun(Server):
    def __init__(self, a, model, *options, home, cpu=None, new_key=False, names=("m",), settle=SETTLE_SECONDS):
        super().__init__([a.yun, "serve", *(f"{name}={model}" for name in names), "--port", 0, "--home", home,
                          "--threads", a.threads, "--drain", 0, *(["--new-key"] if new_key else []),
                          *shlex.split(a.yun_options), *options],
                         {"YUN_CPU": cpu} if cpu else None)
        self.url = self.wait(lambda: "Ctrl-C stops" in (text := self.output()) and
                             re.search(r"listening on (http://\S+)", text))[1]
        # A key is shown once: it stays with its home for the next start.
        made, kept = re.search(r"API key: (sk-\w+)", self.output()), pathlib.Path(home, "key-of-the-bench")
        if made:
            self.new_key = made[1]
            if not kept.exists():
                kept.write_text(made[1])
        self.key = kept.read_text()
        time.sleep(settle)

    def metrics(self):
        """The sum over labels of each metric."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        sums = {}
        for line in lines:
            if line and line[0] != "#":
                name, value = line.split("{")[0].split(" ")[0], float(line.rsplit(" ", 1)[1])
                sums[name] = sums.get(name, 0) + value
        return sums


class Llama(Server):
    """llama-server with a slot for each stream, each of which may have `context` tokens."""

    def __init__(self, a, program, model, streams, context, *options, env=None):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        super().__init__([program, *(["-m", model] if model else []), *options, "--host", "127.0.0.1", "--port", port,
                          "-t", a.threads, "-tb", a.threads, "-np", streams, "-c", streams * context], env)
        self.url = f"http://127.0.0.1:{port}"
        self.wait(self.healthy)

    def healthy(self):
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


@contextlib.contextmanager
def serving(a, start):
    """A server that start() makes, on a machine as quiet as it gets; how many cores others took is in .others()."""
    wait_quiet(a.wait)
    server = start()
    try:
        before, own, began = cpu_seconds(), server.seconds() + time.process_time(), time.monotonic()

        def others():
            used = cpu_seconds() - before - (server.seconds() + time.process_time() - own)
            return round(max(0.0, used) / (time.monotonic() - began), 3)
        server.others = others
        yield server
    finally:
        server.stop()


class Watch:
    """Reads metrics every `every` seconds while a session runs: [(seconds since its start, metrics)]."""

    def __init__(self, server, every=0.1):
        self.server, self.every, self.seen = server, every, []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._loop, daemon=True)

    def __call__(self, start):
        self.start = start
        self.thread.start()

    def _loop(self):
        while not self.over.wait(self.every):
            metrics = self.server.metrics()
            self.seen.append((time.perf_counter() - self.start, metrics))

    def stop(self):
        self.over.set()
        self.thread.join()
        return self.seen


# ---- rounds and results

def rounds(a, arms):
    """Runs each of {name: function} once a round, in turn and the other way round in the next.
    -> [{name: figures}], one a round"""
    done = []
    for i in range(a.rounds):
        names = list(arms) if i % 2 == 0 else list(reversed(arms))
        one = {}
        for name in names:
            one[name] = arms[name]()
            busy = one[name].get("others_cores", 0) > BUSY_LIMIT
            shown = {k: v for k, v in one[name].items() if isinstance(v, (int, float))}
            print(f"  round {i + 1}, {name}{' *' if busy else ''}: {shown}", file=sys.stderr)
        done.append({name: one[name] for name in arms})
    return done


def spread(values):
    values = [v for v in values if v == v]
    if not values:
        return None
    return {"median": round(statistics.median(values), 4), "min": round(min(values), 4), "max": round(max(values), 4)}


def ratio(done, figure, over, under):
    """The spread of over's figure by under's, each within its round."""
    pairs = [(r[over][figure], r[under][figure]) for r in done]
    return spread([x / y for x, y in pairs if y])


def verdict(text, found, ask, at_least=True):
    """found: a spread; ask: what its median must reach"""
    met = found is not None and (found["median"] >= ask if at_least else found["median"] <= ask)
    return {"what": text, "found": found, "ask": f"{'>=' if at_least else '<='} {ask}", "met": met}


def keep(a, claim, title, setting, done, verdicts, show):
    """Writes a claim's record and prints the file's table. show: the figures that the table has, in order."""
    if a.yun_options:
        claim, title = f"{claim} {a.yun_options}", f"{title} ({a.yun_options})"
    arms = {name: {f: spread([r[name][f] for r in done if f in r[name]]) for f in show} for name in done[0]}
    others = max((r[name].get("others_cores", 0) for r in done for name in r), default=0)
    version = subprocess.run([a.yun, "--version"], capture_output=True, text=True).stdout.strip()
    record = {"title": title, "setting": setting, "measured": now(), "yun": version,
              "yun_options": a.yun_options, "others_cores_max": others, "arms": arms, "verdicts": verdicts,
              "rounds": done}
    host = machine()
    results = {"machine": host, "threads": a.threads, "claims": {claim: record}}
    if a.out != "-":
        path = results_path(a.out, "serving-", host)
        if path.exists():
            results["claims"] = {**json.loads(path.read_text())["claims"], **results["claims"]}
        save(path, results)
        path.with_suffix(".md").write_text(markdown(results))
        print(f"written: {path}", file=sys.stderr)
    print(markdown({"machine": host, "threads": a.threads, "claims": {claim: record}}))


def shown(s):
    if s is None:
        return "-"
    digits = 1 if abs(s["median"]) >= 100 else 2 if abs(s["median"]) >= 10 else 3
    return f"{s['median']:.{digits}f} ({s['min']:.{digits}f} to {s['max']:.{digits}f})"


def markdown(results):
    m = results["machine"]
    out = [f"# Serving: {m['cpu']}, {m['cores']} cores ({', '.join(m['features'])})", "",
           "Median (range) of the rounds; seconds, tokens a second. A * marks a claim that other processes disturbed."]
    for record in results["claims"].values():
        busy = " *" if record["others_cores_max"] > BUSY_LIMIT else ""
        out += ["", f"## {record['title']}{busy}", "", record["setting"], ""]
        figures = list(next(iter(record["arms"].values())))
        out += ["| | " + " | ".join(figures) + " |", "|---" * (len(figures) + 1) + "|"]
        out += [f"| {name} | " + " | ".join(shown(arm[f]) for f in figures) + " |"
                for name, arm in record["arms"].items()]
        out += ["", "| claim | found | asked | |", "|---|---|---|---|"]
        out += [f"| {v['what']} | {shown(v['found'])} | {v['ask']} | {'met' if v['met'] else 'short'} |"
                for v in record["verdicts"]]
    return "\n".join(out) + "\n"
