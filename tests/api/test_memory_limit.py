"""Many models under a hard limit of their budget and a twentieth: nobody is killed, nothing fails."""
import concurrent.futures
import pathlib
import sys

import pytest
import serving
from serving import MODEL_FILE, YUN, Server

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
from memory_cgroup import MemoryCgroup, anonymous_bytes  # noqa: E402

NAMES = [f"m{i}" for i in range(12)]
MEGABYTE = 1 << 20
MEMORY = 410 * MEGABYTE  # for all that stays, most of which are not caches, and the weights of one


@pytest.fixture
def group(needs):
    try:
        made = MemoryCgroup(MEMORY * 105 // 100)
    except OSError as error:
        pytest.skip(f"no memory cgroup can be made here: {error}")
    with made:
        yield made


def test_the_budget_holds_all_that_the_process_takes(group, tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "YUN", group.program(tmp_path / "limited", YUN))
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
    held = anonymous_bytes(server.process.pid)
    weights = sum(value for key, value in metrics.items() if key.startswith("yun_weight_bytes_resident"))
    assert held <= metrics["yun_memory_bytes_fixed"] + weights, "more than is counted"
    assert server.metric("yun_weight_loads_total") >= 2 * len(NAMES)
    assert server.stop() == 0, server.output
    assert group.kills() == 0
