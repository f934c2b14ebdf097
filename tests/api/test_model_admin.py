"""Operators and the models that are served: what is in memory, weights that come, go and stay, models more and less."""
import json
import subprocess

import openai
import pytest
from serving import MODEL_FILE, YUN, Server, wait_until

NAMES = ["first", "second", "third"]
MEMORY = "440MB"  # for two of the three


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("operated"), "--memory", MEMORY,
                     models=[f"{name}={MODEL_FILE}" for name in NAMES])
    yield running
    assert running.stop() == 0, running.output


def ask(server, name, tokens=12):
    answer = server.client().completions.create(model=name, prompt="The capital of France is", temperature=0,
                                                max_tokens=tokens, extra_body={"ignore_eos": True})
    return answer.choices[0].text


def rows(server):
    status, listed = server.admin("GET", "/models")
    assert status == 200
    return {row["id"]: row for row in listed["data"]}


def becomes(server, name, state):
    return wait_until(lambda: rows(server)[name]["state"] == state)


def within(server):
    return server.metric("yun_memory_bytes_used") <= server.metric("yun_memory_bytes_max")


def test_weights_come_and_go_when_told(server):
    assert becomes(server, "first", "in_memory") and becomes(server, "second", "in_memory")
    assert rows(server)["third"]["state"] == "away"
    wanted = ask(server, "second")
    ask(server, "first")
    status, row = server.admin("POST", "/models/third/load")
    assert status == 200 and row["id"] == "third" and becomes(server, "third", "in_memory")
    assert rows(server)["second"]["state"] == "away", "the one used longest ago gives way"
    assert within(server)
    status, row = server.admin("POST", "/models/first/unload")
    assert status == 200 and row["state"] == "away" and row["weight_bytes"] > 0
    before = rows(server)["first"]["loads"]
    assert ask(server, "first") == wanted == ask(server, "second")
    assert rows(server)["first"]["loads"] == before + 1


def test_work_ends_before_weights_go(server):
    stream = server.client().completions.create(model="first", prompt="Go on:", max_tokens=200, stream=True,
                                                extra_body={"ignore_eos": True}, stream_options={"include_usage": True})
    next(iter(stream))
    status, row = server.admin("POST", "/models/first/unload")
    assert status == 200 and row["state"] == "leaving" and row["running"] == 1
    assert [chunk.usage.completion_tokens for chunk in stream if chunk.usage] == [200]
    assert becomes(server, "first", "away")


def test_pinned_ones_stay(server):
    status, row = server.admin("POST", "/models/second/pin")
    assert status == 200 and row["pinned"] and becomes(server, "second", "in_memory")
    status, body = server.admin("POST", "/models/second/unload")
    assert status == 400 and "pinned" in json.dumps(body)
    for name in ("first", "third", "first"):
        ask(server, name)
        assert rows(server)["second"]["state"] == "in_memory"
    status, body = server.admin("POST", "/models/first/pin")
    assert status == 503 and "bytes" in json.dumps(body), "the third could never come"
    status, row = server.admin("POST", "/models/second/unpin")
    assert status == 200 and not row["pinned"]
    assert server.admin("POST", "/models/second/unload")[1]["state"] == "away"


def test_unknown_ones(server):
    for path in ("load", "unload", "pin", "unpin"):
        assert server.admin("POST", f"/models/nobody/{path}")[0] == 404
    assert server.admin("DELETE", "/models/nobody")[0] == 404


@pytest.mark.parametrize("body, status, words", [
    ({"source": "/nowhere.gguf"}, 400, "no such file"), ({"source": __file__}, 400, ""),
    ({"source": MODEL_FILE, "name": "first"}, 409, "first"), ({"source": MODEL_FILE, "name": "a b"}, 400, "name"),
    ({"source": MODEL_FILE, "name": "more", "cache_bytes": 300 << 20}, 503, "bytes for weights")])
def test_what_cannot_be_added(server, body, status, words):
    before = server.metric("yun_memory_bytes_used")
    got, answer = server.admin("POST", "/models", body)
    assert got == status and words in json.dumps(answer), answer
    assert len(rows(server)) == 3 and server.metric("yun_memory_bytes_used") <= before


def test_a_model_more_and_less(server):
    wanted, before = ask(server, "first", 40), server.metric("yun_memory_bytes_used")
    status, row = server.admin("POST", "/models", {"source": MODEL_FILE, "name": "fourth"})
    assert status == 201 and row["state"] == "away" and row["cache_bytes"] > 0, row
    assert within(server), "others made room for its cache first"
    assert ask(server, "fourth", 40) == wanted and within(server)
    stream = server.client().completions.create(model="fourth", prompt="Go on:", max_tokens=200, stream=True,
                                                extra_body={"ignore_eos": True}, stream_options={"include_usage": True})
    next(iter(stream))
    assert server.admin("DELETE", "/models/fourth")[0] == 204
    with pytest.raises(openai.NotFoundError):
        ask(server, "fourth")
    assert [chunk.usage.completion_tokens for chunk in stream if chunk.usage] == [200], "what runs finishes"
    assert wait_until(lambda: server.metric("yun_memory_bytes_used") <= before), "then its memory is free"
    assert {ask(server, name, 40) for name in NAMES} == {wanted}


def test_it_is_written_down_who_did_it(server):
    done = [(row["action"], row["target"]) for row in server.admin("GET", "/audit?limit=1000")[1]["data"]]
    for what in [("model.load", "third"), ("model.unload", "first"), ("model.pin", "second"), ("model.unpin", "second"),
                 ("model.add", "fourth"), ("model.remove", "fourth")]:
        assert what in done, what


def test_command_line(server):
    def admin(*words):
        return subprocess.run([YUN, "admin", "--home", server.home, "model", *words], capture_output=True, text=True,
                              timeout=60)
    assert admin("unload", "first").returncode == 0
    listed = admin("list").stdout
    assert all(name in listed for name in NAMES) and "away" in listed, listed
    assert admin("load", "first").returncode == 0 and becomes(server, "first", "in_memory")
    assert admin("pin", "first").returncode == 0
    refused = admin("unload", "first")
    assert refused.returncode == 1 and "pinned" in refused.stderr
    assert admin("unpin", "first").returncode == 0
    assert admin("add", MODEL_FILE, "--name", "typed").returncode == 0 and "typed" in rows(server)
    assert admin("remove", "typed").returncode == 0 and "typed" not in rows(server)


def test_added_ones_survive_a_restart(tmp_path):
    gone = tmp_path / "gone.gguf"
    gone.symlink_to(MODEL_FILE)
    running = Server(tmp_path / "home", "--memory", MEMORY, models=[f"first={MODEL_FILE}"])
    assert running.admin("POST", "/models", {"source": MODEL_FILE, "name": "more", "cache_bytes": 20 << 20})[0] == 201
    assert running.admin("POST", "/models", {"source": str(gone), "cache_bytes": 20 << 20})[0] == 201
    wanted, key = ask(running, "more"), running.key
    assert ask(running, "gone") == wanted
    assert running.stop() == 0
    gone.unlink()
    running = Server(tmp_path / "home", models=[f"first={MODEL_FILE}"])
    running.key = key
    try:
        assert ask(running, "more") == wanted == ask(running, "first")
        seen = rows(running)
        assert seen["more"]["cache_bytes"] <= 20 << 20 and seen["gone"]["state"] == "failed"
        assert str(gone) in seen["gone"]["error"] and "gone is not served" in running.output
        assert running.admin("DELETE", "/models/gone")[0] == 204 and running.admin("DELETE", "/models/more")[0] == 204
    finally:
        assert running.stop() == 0
    running = Server(tmp_path / "home", models=[f"first={MODEL_FILE}"])
    assert sorted(rows(running)) == ["first"]
    assert running.admin("POST", "/models/first/pin")[0] == 400, "one model alone"
    assert running.admin("POST", "/models", {"source": MODEL_FILE, "name": "more"})[0] == 400
    assert running.admin("POST", "/models/first/unload")[1]["state"] == "away"
    assert running.admin("POST", "/models/first/load")[1]["state"] == "in_memory"
    assert running.stop() == 0
