"""A running cloud with a scripted model, on SQLite or PostgreSQL, and an operator's hand on its admin API.

YUN_BIN            the program under test (default build/relcheck/bin/yun)
YUN_TEST_POSTGRES  a PostgreSQL for tests (scripts/with-postgres); without it one is started where it is installed
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.parse

import pytest
from serving import ROOT, YUN, Program, wait_until  # noqa: F401

MODELS = ("base", "adapter")  # both are scripted; a partner may publish the second
FAKETIME = "/usr/lib/{}/faketime/libfaketimeMT.so.1"


def skip_without_program():
    if not pathlib.Path(YUN).exists():
        pytest.skip(f"{YUN} is not built (YUN_BIN)")


class Refused(Exception):
    """The admin API's answer, where it is not 2xx."""

    def __init__(self, status, body, asked):
        super().__init__(f"{asked}: {status} {body!r}")
        self.status, self.body = status, body


class Admin:
    """The admin API as one caller sees it: by `key`, or by a session's cookie and token."""

    def __init__(self, port, key=None, session=None, prefix="/admin/v1", tls=None):
        self.port, self.key, self.session, self.prefix, self.tls = port, key, session, prefix, tls
        self.line = None

    def raw(self, method, path, body=None, headers=(), **query):
        """(status, headers, bytes) of any request."""
        if query:
            path += "?" + urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        send = dict(headers)
        if self.key:
            send.setdefault("Authorization", f"Bearer {self.key}")
        if self.session:
            send.setdefault("Cookie", f"yun_session={self.session[0]}")
            send.setdefault("X-CSRF-Token", self.session[1])
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            send.setdefault("Content-Type", "application/json")
        for attempt in (1, 2):  # a kept connection may have been closed meanwhile
            if self.line is None:
                self.line = (http.client.HTTPSConnection("127.0.0.1", self.port, timeout=120, context=self.tls) if self.tls
                             else http.client.HTTPConnection("127.0.0.1", self.port, timeout=120))
            try:
                self.line.request(method, path, data, send)
                answer = self.line.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                self.line = None
                if attempt == 2 or method != "GET":
                    raise

    def call(self, method, path, body=None, headers=(), **query):
        status, _, data = self.raw(method, self.prefix + path, body, headers, **query)
        if not 200 <= status < 300:
            raise Refused(status, data, f"{method} {path}")
        return json.loads(data) if data else None

    def get(self, path, **query):
        return self.call("GET", path, **query)

    def post(self, path, **body):
        return self.call("POST", path, body or None)

    def put(self, path, **body):
        return self.call("PUT", path, body)

    def patch(self, path, **body):
        return self.call("PATCH", path, body)

    def delete(self, path):
        return self.call("DELETE", path)

    def all(self, path, **query):
        """Every item of a list, page by page."""
        cursor, items = None, []
        while True:
            page = self.get(path, limit=1000, cursor=cursor, **query)
            items += page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                return items

    def close(self):
        if self.line:
            self.line.close()
        self.line = None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cloud(Program):
    """One `yun serve` in its home; it can be killed and started again on the same port."""

    def __init__(self, home, *options, database=None, clock_file=None):
        super().__init__()
        self.home, self.database, self.clock_file = pathlib.Path(home), database, clock_file
        self.options = options
        self.port = free_port()
        self.start()
        key = re.search(r"API key: (sk-\w+)", self.output)  # only where the first one was made
        self.key = key.group(1) if key else None
        self.sign_in_link = re.search(r"https?://\S+/auth/link\?token=\S+", self.output)
        self.admin = Admin(self.port, self.local_key())

    def start(self):
        environment = dict(os.environ)
        if self.clock_file:
            environment |= {"LD_PRELOAD": str(faketime()), "FAKETIME_TIMESTAMP_FILE": str(self.clock_file),
                            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
        database = ["--database", self.database] if self.database else []
        self.launch(*[f"scripted:{name}" for name in MODELS], "--port", self.port, "--home", self.home, *database,
                    *self.options, environment=environment)

    def local_key(self):
        """What makes programs of this machine that may read the home an operator."""
        return json.loads((self.home / "server.json").read_text())["key"]

    def kill(self):
        """As a machine would: without a chance to write anything down."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.admin.close()

    def stop(self, seconds_max=60):
        """SIGTERM, and the exit code."""
        self.admin.close()
        return super().stop(seconds_max)

    def caller(self, key=None, session=None):
        return Admin(self.port, key, session)

    def make_workspace(self, name, money=0, **settings):
        """A workspace, of a new account if none is named, with so many micro-units to spend."""
        made = self.admin.post("/workspaces", name=name, **settings)
        if money:
            self.admin.post(f"/workspaces/{made['id']}/top-ups", amount_micro=money, note="test")
        return made

    def make_key(self, workspace_id, name="key", **more):
        return self.admin.post(f"/workspaces/{workspace_id}/keys", name=name, **more)


def faketime():
    """The library that steps a program's wall clock; None where it is not installed."""
    for machine in ("x86_64-linux-gnu", "aarch64-linux-gnu"):
        if (path := pathlib.Path(FAKETIME.format(machine))).exists():
            return path
    return None


class Postgres:
    """A PostgreSQL of the tests' own; `database()` gives each caller a schema."""

    def __init__(self):
        self.process, self.made = None, 0
        self.url = os.environ.get("YUN_TEST_POSTGRES", "")
        if not self.url:
            self.process = subprocess.Popen(
                [str(ROOT / "scripts/with-postgres"), "sh", "-c", 'echo "$YUN_TEST_POSTGRES"; exec cat >&2'],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
            self.url = self.process.stdout.readline().strip()

    def sql(self, text):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text, self.url], check=True,
                       stdout=subprocess.DEVNULL)

    def database(self):
        self.made += 1
        name = f"yun_across_{os.getpid()}_{self.made}"
        self.sql(f"CREATE SCHEMA {name}")
        return f"{self.url}{'&' if '?' in self.url else '?'}options=-csearch_path%3D{name}"

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait(60)
