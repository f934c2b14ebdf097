"""`yun debug render` with the models' own templates against what transformers renders (tests/chat/models.json)."""
import hashlib
import json
import pathlib

import pytest

MODELS = json.loads((pathlib.Path(__file__).parent / "models.json").read_text())


def render(yun, model, case, tmp_path):
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(case), encoding="utf-8")
    return yun("debug", "render", "--model", model, "--messages", file)


@pytest.mark.parametrize("name,case", [(n, c) for n in MODELS for c in MODELS[n]["cases"]],
                         ids=[f"{n}-{c['name']}" for n in MODELS for c in MODELS[n]["cases"]])
def test_equals_transformers(yun, request, tmp_path, name, case):
    got = render(yun, request.getfixturevalue(name), case["input"], tmp_path)
    if "output" in case:
        assert got.returncode == 0, got.stderr.decode()
        assert got.stdout.decode() == case["output"]
    else:
        assert got.returncode == 1
        assert got.stdout == b""
        assert b"chat template" in got.stderr, got.stderr


def test_the_goldens_are_of_this_template(qwen3):
    template = json.loads((pathlib.Path(qwen3) / "tokenizer_config.json").read_text())["chat_template"]
    assert hashlib.sha256(template.encode()).hexdigest() == MODELS["qwen3"]["template_sha256"]


@pytest.mark.parametrize("text,says", [
    ("{", b"not JSON"), ("1", b"must be an object"), ("{}", b"no \"messages\""), ('{"messages": []}', b"at least one"),
    ('{"messages": 1}', b"must be a list"), ('{"messages": [1]}', b"must be an object"), ("[" * 100000, b"not JSON"),
    ('{"messages": [{"role": "user", "content": "x"}], "tools": 1}', b"must be a list"),
    ('{"messages": [{"role": "user", "content": "x"}], "add_generation_prompt": 1}', b"true or false"),
])
def test_bad_input_is_told(yun, smollm2, tmp_path, text, says):
    file = tmp_path / "messages.json"
    file.write_text(text)
    got = yun("debug", "render", "--model", smollm2, "--messages", file)
    assert got.returncode == 1 and says in got.stderr, got.stderr


def test_missing_file(yun, smollm2):
    got = yun("debug", "render", "--model", smollm2, "--messages", "/nonexistent.json")
    assert got.returncode == 1 and b"/nonexistent.json" in got.stderr


def test_hostile_template_is_refused(yun, qwen3, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "tokenizer.json").symlink_to(pathlib.Path(qwen3) / "tokenizer.json")
    bomb = "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(80) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}"
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": bomb}))
    got = render(yun, folder, {"messages": [{"role": "user", "content": "x"}]}, tmp_path)
    assert got.returncode == 1 and b"chat template" in got.stderr, got.stderr
