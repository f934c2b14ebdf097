"""A running `yun serve`, for the tests that need one.

YUN_BIN      the program under test (default build/relcheck/bin/yun)
YUN_SMOLLM2  path of SmolLM2-135M-Instruct.Q4_1.gguf (default build/cache/...); without it such tests are skipped
"""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.request

import openai
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
YUN = os.environ.get("YUN_BIN") or str(ROOT / "build/relcheck/bin/yun")
MODEL_FILE = os.environ.get("YUN_SMOLLM2") or str(ROOT / "build/cache/SmolLM2-135M-Instruct.Q4_1.gguf")
MODEL = "smol"
START_SECONDS_MAX = 120


class Program:
    """A `yun serve`: what it prints, whether it came up, its end. It may be launched again."""

    def __init__(self):
        self.process, self.lines = None, []

    def launch(self, *arguments, environment=None):
        """Comes back when it listens."""
        up = threading.Event()
        self.process = subprocess.Popen([YUN, "serve", *map(str, arguments)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)

        def read(out):
            for line in out:
                self.lines.append(line)
                if "Ctrl-C stops" in line:
                    up.set()
            up.set()

        threading.Thread(target=read, args=(self.process.stdout,), daemon=True).start()
        if not up.wait(START_SECONDS_MAX) or self.process.poll() is not None:
            self.process.kill()
            pytest.fail("yun serve did not come up:\n" + self.output)

    @property
    def output(self):
        return "".join(self.lines)

    def metrics(self):
        """GET /metrics: {name with labels: value}."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and line[0] != "#"}

    def metric(self, name):
        """The sum over the labels of one metric."""
        return sum(value for key, value in self.metrics().items() if key.split("{")[0] == name)

    def stop(self, seconds_max=60):
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            self.process.kill()
            pytest.fail("yun serve did not stop:\n" + self.output)


class Server(Program):
    """One `yun serve` in its own home, on a free port, with `models`; `scripted`: with one that has no weights."""

    def __init__(self, home, *options, scripted=False, models=()):
        super().__init__()
        self.home = pathlib.Path(home)
        models = models or [f"{MODEL}={'scripted:' if scripted else MODEL_FILE}"]
        self.launch(*models, "--port", "0", "--home", home, *options)
        self.url = re.search(r"listening on (https?://\S+)", self.output).group(1)
        self.port = int(self.url.rsplit(":", 1)[1])
        key = re.search(r"API key: (sk-\w+)", self.output)
        self.key = key.group(1) if key else None

    def admin(self, method, path, body=None):
        """(status, answer) by the key of this machine, as `yun admin` asks."""
        key = json.loads((self.home / "server.json").read_text())["key"]
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        line.request(method, "/admin/v1" + path, json.dumps(body) if body is not None else None,
                     {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        got = line.getresponse()
        text = got.read()
        line.close()
        return got.status, json.loads(text) if text else None

    def client(self, **options):
        options = {"api_key": self.key, "base_url": self.url + "/v1", "max_retries": 0, "timeout": 300, **options}
        return openai.OpenAI(**options)


def wait_until(condition, seconds_max=60):
    """Polls a condition; whether it came true."""
    end = time.monotonic() + seconds_max
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def skip_without_program():
    if not pathlib.Path(YUN).exists():
        pytest.skip(f"{YUN} is not built (YUN_BIN)")
    if not pathlib.Path(MODEL_FILE).exists():
        pytest.skip(f"{MODEL_FILE} is missing (YUN_SMOLLM2; scripts/default-model fetches it)")
