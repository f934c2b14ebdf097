"""Adapters of one model, served beside it: each under its own name, several in one batch, loaded while it runs."""
import concurrent.futures
import http.client
import json
import re
import shutil
import subprocess
import sys

import openai
import pytest
from serving import MODEL, MODEL_FILE, ROOT, YUN, Server, wait_until

sys.path.insert(0, str(ROOT / "tools/golden"))
import make_adapter  # noqa: E402

PROMPTS = ["The capital of France is", "Once upon a time there was a"]
NAMES = ["one", "two"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    shapes = make_adapter.shapes(YUN, MODEL_FILE)
    return {name: make_adapter.make(tmp_path_factory.mktemp(name), *shapes, rank=rank, seed=rank, spread=0.05)
            for name, rank in (("one", 8), ("two", 16), ("late", 4))}


@pytest.fixture(scope="module")
def serving(folders, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("adapted"), "--deterministic", "--adapter", f"one={folders['one']}",
                     "--adapter", f"two={folders['two']},base={MODEL}")
    yield running
    assert running.stop() == 0, running.output


def answer(of, model, prompt):
    got = of.client().completions.create(model=model, prompt=prompt, temperature=0, max_tokens=24,
                                         extra_body={"ignore_eos": True})
    assert got.model == model
    return got.choices[0].text


def test_together_as_alone(serving):
    models = [MODEL] + [f"{MODEL}+{name}" for name in NAMES]
    assert {m.id for m in serving.client().models.list()} >= set(models)
    asks = [(model, prompt) for prompt in PROMPTS for model in models]
    alone = [answer(serving, *ask) for ask in asks]
    assert len(set(alone)) == len(asks), "each model answers in its own way"
    with concurrent.futures.ThreadPoolExecutor(len(asks) * 2) as pool:
        together = list(pool.map(lambda ask: answer(serving, *ask), asks * 2))
    assert together == alone * 2


def test_chat_receipt_and_metrics_have_its_name(serving):
    model = f"{MODEL}+one"
    raw = serving.client().chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": "Hello!"}], max_tokens=4)
    assert raw.parse().model == model
    line = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=60)
    line.request("GET", "/v1/receipts/" + raw.headers["x-yun-receipt-id"],
                 headers={"Authorization": f"Bearer {serving.key}"})
    assert json.loads(line.getresponse().read())["model"] == model
    line.close()
    keys = [key for key in serving.metrics() if f'model_name="{model}"' in key]
    assert any(key.startswith("yun_requests_total") for key in keys)
    assert not any(key.startswith("yun_kv_cache_blocks") for key in keys), "the engine's figures are its base's"


def test_unknown_ones(serving):
    with pytest.raises(openai.NotFoundError):
        answer(serving, f"{MODEL}+three", "Hi")


@pytest.mark.parametrize("change, words", [
    ({"path": "/nowhere"}, "no such file"), ({"base": "other"}, "no model 'other'"),
    ({"base": MODEL + "+one"}, "no model"), ({"name": "a:b"}, "an adapter's name"), ({"name": "one"}, "already")])
def test_what_cannot_be_loaded(serving, folders, change, words):
    status, body = serving.admin("POST", "/adapters", {"name": "late", "path": str(folders["late"])} | change)
    assert status in (400, 409) and words in json.dumps(body), (status, body)


def test_a_wrong_shape_names_the_tensor(serving, folders, tmp_path):
    layers, modules = make_adapter.shapes(YUN, MODEL_FILE)
    out, into = modules["mlp.up_proj"]
    make_adapter.make(tmp_path, layers, modules | {"mlp.up_proj": (out + 16, into)}, rank=2)
    status, body = serving.admin("POST", "/adapters", {"name": "late", "path": str(tmp_path)})
    text = json.dumps(body)
    assert status == 400 and "layers.0.mlp.up_proj.lora_B.weight" in text, body
    assert f"[{out + 16}, 2]" in text and f"[{out}, {into}]" in text, body


def test_loaded_and_unloaded_while_it_runs(serving, folders):
    model = f"{MODEL}+late"
    status, made = serving.admin("POST", "/adapters", {"name": "late", "base": MODEL, "path": str(folders["late"])})
    assert status == 201 and made["id"] == model and made["rank"] == 4, made
    assert answer(serving, model, PROMPTS[0]) != answer(serving, MODEL, PROMPTS[0])
    status, listed = serving.admin("GET", "/adapters")
    assert [a["name"] for a in listed["data"]] == NAMES + ["late"]
    stream = serving.client().completions.create(model=model, prompt="Go on:", max_tokens=64, stream=True,
                                                 extra_body={"ignore_eos": True},
                                                 stream_options={"include_usage": True})
    next(iter(stream))
    assert serving.admin("DELETE", "/adapters/late")[0] == 204
    assert [chunk.usage.completion_tokens for chunk in stream if chunk.usage] == [64], "what runs with it finishes"
    with pytest.raises(openai.NotFoundError):
        answer(serving, model, "Hi")
    assert serving.admin("DELETE", "/adapters/late")[0] == 404
    status, audit = serving.admin("GET", "/audit")
    actions = [(row["action"], row["target"]) for row in audit["data"]]
    assert ("adapter.load", model) in actions and ("adapter.unload", model) in actions


def test_loaded_ones_survive_a_restart(folders, tmp_path):
    moved = tmp_path / "late"
    shutil.copytree(folders["late"], moved)
    running = Server(tmp_path / "home", "--deterministic")
    assert running.admin("POST", "/adapters", {"name": "one", "path": str(folders["one"])})[0] == 201
    assert running.admin("POST", "/adapters", {"name": "two", "path": str(folders["two"])})[0] == 201
    assert running.admin("POST", "/adapters", {"name": "late", "path": str(moved)})[0] == 201
    assert running.admin("DELETE", "/adapters/two")[0] == 204
    said = answer(running, f"{MODEL}+one", PROMPTS[0])
    key = running.key
    assert running.stop() == 0
    shutil.rmtree(moved)
    running = Server(tmp_path / "home", "--deterministic")
    running.key = key
    try:
        assert answer(running, f"{MODEL}+one", PROMPTS[0]) == said
        listed = {row["name"]: row for row in running.admin("GET", "/adapters")[1]["data"]}
        assert sorted(listed) == ["late", "one"] and listed["one"]["error"] == ""
        assert str(moved) in listed["late"]["error"] and f"{MODEL}+late is not served" in running.output
        shown = subprocess.run([YUN, "admin", "--home", running.home, "adapter", "list"], capture_output=True, text=True)
        assert shown.returncode == 0 and "ERROR" in shown.stdout and str(moved) in shown.stdout, shown
        with pytest.raises(openai.NotFoundError):
            answer(running, f"{MODEL}+late", "Hi")
        shutil.copytree(folders["late"], moved)
        status, made = running.admin("POST", "/adapters", {"name": "late", "path": str(moved)})
        assert status == 201 and made["error"] == ""
        assert answer(running, f"{MODEL}+late", PROMPTS[0]) != said
        assert [row["error"] for row in running.admin("GET", "/adapters")[1]["data"]] == ["", ""]
    finally:
        assert running.stop() == 0
    (running.home / "models.json").write_text('{"models": [{"name": 1}]}')
    running = Server(tmp_path / "home")
    assert running.admin("GET", "/adapters")[1]["data"] == [] and "models.json.bad" in running.output
    assert running.stop() == 0


def test_who_waits_for_the_base_hears_it(folders, tmp_path):
    running = Server(tmp_path, "--memory", "400MB", "--adapter", f"one={folders['one']}")
    try:
        model, client = f"{MODEL}+one", running.client()
        wait_until(lambda: running.metric("yun_weight_bytes_resident") > 0)
        assert running.admin("POST", f"/models/{MODEL}/unload")[0] == 200
        stream = client.completions.with_raw_response.create(model=model, prompt="Hi", max_tokens=3, stream=True)
        assert stream.headers["x-yun-model-line"] == "0"
        assert stream.http_response.read().startswith(b": the model's weights are not in memory: 0 models before it")
        stream = client.completions.with_raw_response.create(model=model, prompt="Hi", max_tokens=3, stream=True)
        assert "x-yun-model-line" not in stream.headers and stream.http_response.read().startswith(b"data: ")
    finally:
        assert running.stop() == 0, running.output


def test_a_wrong_one_stops_the_start(tmp_path):
    got = subprocess.run([YUN, "serve", f"{MODEL}={MODEL_FILE}", "--port", "0", "--home", tmp_path, "--adapter",
                          "x=/nowhere"], capture_output=True, text=True, timeout=120)
    assert got.returncode == 1 and re.search(r"adapter.*/nowhere", got.stderr), got.stderr
