"""yun inspect and yun quantize as a user runs them: a folder in, a smaller file out, which computes nearly the same."""
import json
import os
import pathlib
import resource
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
YUN = os.environ.get("YUN_BIN") or str(ROOT / "build/relcheck/bin/yun")
SMOLLM2 = os.environ.get("YUN_SMOLLM2") or str(ROOT / "build/cache/SmolLM2-135M-Instruct.Q4_1.gguf")
MODELS = ROOT / "tests/golden/models"


def yun(*args, check=True, **more):
    if not pathlib.Path(YUN).exists():
        pytest.skip(f"{YUN} is not built (YUN_BIN)")
    done = subprocess.run([YUN, *map(str, args)], capture_output=True, text=True, timeout=300, **more)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def inspect(path, *args):
    return json.loads(yun("inspect", path, "--json", *args).stdout)


def forward(path, tokens):
    args = ("debug", "forward", "--model", path, "--tokens", ",".join(map(str, tokens)), "--precision", "f32")
    return json.loads(yun(*args).stdout)["logits"][0]


@pytest.mark.parametrize("name", ["llama", "llama_llama3", "llama_linear", "qwen2", "qwen3_untied", "qwen3_yarn_old"])
def test_a_converted_folder_computes_the_same(name, tmp_path):
    tokens = json.loads((ROOT / f"tests/golden/logits/{name}.json").read_text())["tokens"]
    want = forward(MODELS / name, tokens)
    # largest difference of a logit: rounding alone in f32; measured with headroom in the others
    for kind, bound in (("f32", 1e-4), ("f16", 0.05), ("q8_0", 1.0)):
        out = tmp_path / f"{kind}.gguf"
        yun("quantize", MODELS / name, out, "--type", kind, "-q")
        got = forward(out, tokens)
        assert max(abs(a - b) for a, b in zip(want, got)) <= bound, kind
        facts = inspect(out)
        assert facts["runs"] and facts["parameters"] >= inspect(MODELS / name)["parameters"]


def test_inspect_tells_memory_at_a_context():
    facts = inspect(MODELS / "qwen3_tied", "--context", 100)
    config = facts["config"]
    assert facts["memory"]["kv_bytes"] == 100 * 2 * 2 * config["layers"] * config["kv_heads"] * config["head_dim"]
    assert facts["memory"]["bytes"] == facts["memory"]["kv_bytes"] + facts["weight_bytes"]
    text = yun("inspect", MODELS / "qwen3_tied", "--tensors").stdout
    assert "model.layers.0.self_attn.q_proj.weight" in text and "runs          yes" in text


@pytest.mark.parametrize("args, words", [
    (("inspect", ROOT / "README.md"), "README.md: byte 0"),
    (("inspect", ROOT / "src"), "holds no config.json"),
    (("quantize", MODELS / "llama", "out.txt"), ".gguf"),
    (("quantize", MODELS / "none", "out.gguf"), "no such file"),
    (("quantize", MODELS / "llama", "out.gguf", "--type", "q9"), "q9"),
    (("quantize", MODELS / "llama", "/none/out.gguf"), "/none"),
])
def test_errors_are_clear(args, words, tmp_path):
    done = yun(*args, check=False, cwd=tmp_path)
    assert done.returncode == 1 and words in done.stderr + done.stdout
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(tmp_path):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))  # stands for a full disk
    done = yun("quantize", MODELS / "llama", tmp_path / "a.gguf", check=False, preexec_fn=limit)
    assert done.returncode == 1 and "a.gguf: cannot write" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_real_model_keeps_its_words(tmp_path):
    if not pathlib.Path(SMOLLM2).exists():
        pytest.skip(f"{SMOLLM2} is not here (YUN_SMOLLM2)")
    out = tmp_path / "smollm2-q8.gguf"
    yun("quantize", SMOLLM2, out, "--type", "q8_0", "-q")
    before, after = inspect(SMOLLM2), inspect(out)
    assert after["chat_template"] == before["chat_template"] and after["tokenizer"] == before["tokenizer"]
    text = "Hello 1234 \U0001f469\u200d\U0001f680 \u4e2d\u6587\n"
    ids = [yun("tokenize", "--model", model, "--json", input=text).stdout for model in (SMOLLM2, out)]
    assert ids[0] == ids[1]
    tokens = json.loads(ids[0])["ids"]
    want, got = forward(SMOLLM2, tokens), forward(out, tokens)
    assert want.index(max(want)) == got.index(max(got))
