"""Clients that leave, servers that stop, keys that last."""
import concurrent.futures
import http.client
import json
import signal
import time

import openai
import pytest
from serving import MODEL, Server, wait_until

LONG = {"model": MODEL, "prompt": "Once upon a time", "temperature": 0, "max_tokens": 1500, "extra_body": {"ignore_eos": True}}


def health(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/healthz", headers={"Authorization": f"Bearer {server.key}"})
    body = json.loads(connection.getresponse().read())
    connection.close()
    return body


def idle(server):
    state = health(server)
    return state["requests"] == 0 and state["models"][0]["running"] == 0 and state["models"][0]["waiting"] == 0


def test_a_client_that_leaves_frees_its_work(server, client):
    assert wait_until(lambda: idle(server))
    stream = client.completions.create(stream=True, **LONG)
    next(iter(stream))
    assert wait_until(lambda: health(server)["models"][0]["running"] == 1)
    stream.close()
    assert wait_until(lambda: idle(server), 10), health(server)
    with pytest.raises(openai.APITimeoutError):
        server.client(timeout=0.5).completions.create(**LONG)
    assert wait_until(lambda: idle(server), 10), health(server)
    assert client.completions.create(model=MODEL, prompt="Hi", max_tokens=1).usage.completion_tokens == 1


def test_a_full_queue_says_429(tmp_path):
    server = Server(tmp_path, "--parallel", 1, "--queue", 1)
    client = server.client()
    streams = []
    try:
        with pytest.raises(openai.RateLimitError) as error:
            for _ in range(8):
                streams.append(client.completions.create(stream=True, **LONG))
                time.sleep(0.2)
        assert error.value.response.headers["retry-after"]
    finally:
        for stream in streams:
            stream.close()
    assert wait_until(lambda: idle(server), 20)
    assert server.stop() == 0


@pytest.mark.slow
def test_sigterm_lets_a_running_answer_finish(tmp_path):
    server = Server(tmp_path)
    request = {**LONG, "max_tokens": 60}
    whole = server.client().completions.create(**request).choices[0].text
    stream = server.client().completions.create(stream=True, **{**request, "max_tokens": 60})
    first = next(iter(stream)).choices[0].text
    server.process.send_signal(signal.SIGTERM)
    rest = "".join(chunk.choices[0].text for chunk in stream if chunk.choices)
    assert first + rest == whole
    assert server.process.wait(30) == 0


def test_sigterm_breaks_off_what_takes_too_long(tmp_path):
    server = Server(tmp_path, "--drain", 1)
    stream = server.client().completions.create(stream=True, **LONG)
    next(iter(stream))
    begin = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    with pytest.raises(Exception):  # httpx's or the SDK's own: the answer is not whole
        for _ in stream:
            pass
    assert server.process.wait(30) == 0
    assert time.monotonic() - begin < 15


def test_a_second_signal_ends_it_at_once(tmp_path):
    server = Server(tmp_path)
    stream = server.client().completions.create(stream=True, **LONG)
    next(iter(stream))
    server.process.send_signal(signal.SIGINT)
    assert wait_until(lambda: "stopping" in server.output, 10)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(5) == 128 + signal.SIGINT
    stream.close()


def test_keys_last_and_are_shown_once(tmp_path):
    first = Server(tmp_path)
    key = first.key
    assert key and first.output.count(key) <= 2  # the line, and the curl example
    assert first.stop() == 0
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert key.encode() not in file.read_bytes(), file
            assert file.stat().st_mode & 0o077 == 0, file
    second = Server(tmp_path)
    assert second.key is None
    assert second.client(api_key=key).models.list().data
    assert second.stop() == 0
    third = Server(tmp_path, "--new-key")
    assert third.key and third.key != key
    for known in (key, third.key):
        assert third.client(api_key=known).models.list().data
    assert third.stop() == 0


def test_many_clients_come_and_go(server):
    def visit(i):
        client = server.client()
        if i % 3 == 0:
            stream = client.completions.create(stream=True, **LONG)
            next(iter(stream))
            stream.close()
            return 0
        return client.completions.create(model=MODEL, prompt=f"{i} is", temperature=0, max_tokens=4).usage.completion_tokens
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert all(n <= 4 for n in pool.map(visit, range(36)))
    assert wait_until(lambda: idle(server), 30), health(server)
