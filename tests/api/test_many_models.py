"""Several models in one byte budget: they come when they are asked for, give way, and answer as they would alone."""
import concurrent.futures
import subprocess

import pytest
from serving import MODEL_FILE, YUN, Server, wait_until

NAMES = ["first", "second", "third"]
MEMORY = "440MB"  # for two of the three


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("many"), "--memory", MEMORY, "--pin", NAMES[0],
                     models=[f"{name}={MODEL_FILE}" for name in NAMES])
    yield running
    assert running.stop() == 0, running.output


def ask(client, name, prompt="The capital of France is", tokens=12):
    return client.completions.create(model=name, prompt=prompt, temperature=0, max_tokens=tokens).choices[0].text


def resident(server):
    return {name for name in NAMES if server.metrics()[f'yun_weight_bytes_resident{{model_name="{name}"}}'] > 0}


def test_models_come_and_go(server):
    client = server.client()
    assert wait_until(lambda: resident(server) == {"first", "second"}), "what fits comes by itself"
    answers = {name: ask(client, name) for name in [*NAMES, "second"]}
    assert len(set(answers.values())) == 1 and "Paris" in answers["first"]
    assert "first" in resident(server) and len(resident(server)) <= 2, "a pinned model stays"
    assert server.metric("yun_memory_bytes_used") <= server.metric("yun_memory_bytes_max")


def test_all_at_once(server):
    """More models with work than fit: each has its turn, and nobody's answer is another than alone."""
    client = server.client()
    wanted = ask(client, "first", "Once upon a time", 40)
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        jobs = [pool.submit(ask, client, name, "Once upon a time", 40) for name in NAMES * 3]
        assert {job.result() for job in jobs} == {wanted}
    assert server.metric("yun_memory_bytes_used") <= server.metric("yun_memory_bytes_max")
    assert sum(value for key, value in server.metrics().items() if key.startswith("yun_weight_loads_total")) > 3


def test_who_waits_for_a_model_hears_it(server):
    client = server.client()
    away = (set(NAMES) - resident(server)).pop()
    stream = client.completions.with_raw_response.create(model=away, prompt="Hi", max_tokens=3, stream=True)
    assert stream.headers["x-yun-model-line"] == "0" and int(stream.headers["x-yun-start-estimate-ms"]) >= 0
    assert stream.http_response.read().startswith(b": the model's weights are not in memory: 0 models before it")
    stream = client.completions.with_raw_response.create(model=away, prompt="Hi", max_tokens=3, stream=True)
    assert "x-yun-model-line" not in stream.headers and stream.http_response.read().startswith(b"data: ")


def test_ps(server):
    done = subprocess.run([YUN, "ps", "--url", server.url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in NAMES) and "in memory, pinned" in done.stdout and " of " in done.stdout
    gone = subprocess.run([YUN, "ps", "--url", "http://127.0.0.1:1"], capture_output=True, text=True, timeout=60)
    assert gone.returncode == 1 and "127.0.0.1" in gone.stderr


def test_what_cannot_fit_is_said_at_the_start(tmp_path):
    done = subprocess.run([YUN, "serve", f"a={MODEL_FILE}", "--memory", "50MB", "--home", str(tmp_path), "--port", "0"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "bytes for weights" in done.stderr, done.stderr
