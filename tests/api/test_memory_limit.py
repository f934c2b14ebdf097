"""Many models under a hard limit of their budget and a twentieth: nobody is killed, nothing fails."""
import concurrent.futures
import os
import pathlib
import time

import pytest
import serving
from serving import MODEL_FILE, YUN, Server

CGROUPS = pathlib.Path("/sys/fs/cgroup")
NAMES = [f"m{i}" for i in range(12)]
MEGABYTE = 1 << 20
MEMORY = 410 * MEGABYTE  # for all that stays, most of which are not caches, and the weights of one


class Group:
    """A memory cgroup, of version 1 or 2."""

    def __init__(self, limit):
        first = (CGROUPS / "memory").is_dir()
        self.folder = (CGROUPS / "memory" if first else CGROUPS) / f"yun-test-{os.getpid()}"
        self.events = self.folder / ("memory.oom_control" if first else "memory.events")
        try:
            self.folder.mkdir()
            (self.folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
        except OSError as error:
            self.remove()
            pytest.skip(f"no memory cgroup can be made here: {error}")

    def kills(self):
        counts = dict(line.split() for line in self.events.read_text().splitlines())
        return int(counts["oom_kill"])

    def remove(self):
        for _ in range(50):  # the last page goes a moment after the last process
            try:
                return self.folder.rmdir()
            except FileNotFoundError:
                return None
            except OSError:
                time.sleep(0.1)


@pytest.fixture
def group(needs):
    made = Group(MEMORY * 105 // 100)
    yield made
    made.remove()


def test_the_budget_holds_all_that_the_process_takes(group, tmp_path, monkeypatch):
    program = tmp_path / "limited"
    program.write_text(f'#!/bin/sh\necho $$ > {group.folder}/cgroup.procs && exec {YUN} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(serving, "YUN", str(program))
    server = Server(tmp_path / "home", "--memory", MEMORY, "--cache-bytes", 4 * MEGABYTE,
                    models=[f"{name}={MODEL_FILE}" for name in NAMES])
    client = server.client()

    def ask(i):
        return client.completions.create(model=NAMES[i % len(NAMES)], prompt=f"{i} little words about rain. " * 12,
                                         temperature=0, max_tokens=12).usage.completion_tokens

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        for _ in range(2):  # the first time packed files are made
            assert all(tokens > 0 for tokens in pool.map(ask, range(4 * len(NAMES))))
    metrics = server.metrics()
    assert metrics["yun_memory_bytes_max"] == MEMORY >= metrics["yun_memory_bytes_used"]
    held = sum(int(line.split()[1]) * 1024 for line in
               pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines() if line.startswith("RssAnon"))
    weights = sum(value for key, value in metrics.items() if key.startswith("yun_weight_bytes_resident"))
    assert held <= metrics["yun_memory_bytes_fixed"] + weights, "more than is counted"
    assert server.metric("yun_weight_loads_total") >= 2 * len(NAMES)
    assert server.stop() == 0, server.output
    assert group.kills() == 0
