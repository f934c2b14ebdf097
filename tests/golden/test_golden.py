"""Parity with transformers: every model of models/ in float32, and SmolLM2 Q4_1 against its dequantised weights.

YUN_BIN      the program under test (default build/relcheck/bin/yun)
YUN_SMOLLM2  path of SmolLM2-135M-Instruct.Q4_1.gguf; unset: its tests are skipped, and say so
What is compared was written by tools/golden/; nothing here needs torch.
"""
import array
import hashlib
import json
import os
import pathlib
import subprocess
import warnings

import pytest

HERE = pathlib.Path(__file__).resolve().parent
YUN = os.environ.get("YUN_BIN") or str(HERE.parents[1] / "build/relcheck/bin/yun")
SMOLLM2 = os.environ.get("YUN_SMOLLM2")
LOGIT_TOLERANCE = 1e-4
TIE = 1e-3  # two logits this close may come out in either order
TIMEOUT_S = 900


def run(*arguments, stdin=None, cpu=None):
    environment = dict(os.environ, **({"YUN_CPU": cpu} if cpu else {}))
    done = subprocess.run([YUN, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=TIMEOUT_S,
                          env=environment)
    assert done.returncode == 0, f"yun {' '.join(map(str, arguments))[:300]} -> {done.returncode}\n{done.stderr[-3000:]}"
    return done.stdout


def forward(model, tokens, positions="last", greedy=0, precision="f32", cpu=None):
    out = run("debug", "forward", "--model", model, "--tokens", ",".join(map(str, tokens)), "--positions", positions,
              "--precision", precision, *(["--greedy", greedy] if greedy else []), cpu=cpu)
    return json.loads(out)


def worst_difference(got, want):
    assert len(got) == len(want), f"{len(got)} rows of logits, {len(want)} asked for"
    worst = 0.0
    for g, w in zip(got, want):
        assert len(g) == len(w), f"a row of {len(g)} logits, the vocabulary has {len(w)}"
        assert all(x == x for x in g), "a logit is not a number"
        worst = max(worst, *(abs(a - b) for a, b in zip(g, w)))
    return worst


def tiny_cases():
    for file in sorted((HERE / "logits").glob("*.json")):
        golden = json.loads(file.read_text())
        for model in golden["models"]:
            yield pytest.param(model, golden, id=model)


@pytest.mark.parametrize("model, golden", list(tiny_cases()))
def test_tiny_model(model, golden):
    got = forward(HERE / "models" / model, golden["tokens"], ",".join(map(str, golden["positions"])),
                  len(golden["greedy"]))
    worst = worst_difference(got["logits"], golden["logits"])
    assert worst <= LOGIT_TOLERANCE, f"{model}: logits differ by {worst:.2e}"
    assert got["greedy"] == golden["greedy"]


def test_positions_name_the_same_rows():
    golden = json.loads((HERE / "logits/llama.json").read_text())
    model, tokens = HERE / "models/llama", golden["tokens"]
    every = forward(model, tokens, "all")["logits"]
    assert len(every) == len(tokens)
    assert worst_difference([every[p] for p in golden["positions"]], golden["logits"]) <= LOGIT_TOLERANCE
    assert worst_difference(forward(model, tokens, "last")["logits"], every[-1:]) <= LOGIT_TOLERANCE
    swapped = forward(model, tokens, f"{len(tokens) - 1},0")["logits"]
    assert worst_difference(swapped, [every[-1], every[0]]) <= LOGIT_TOLERANCE


def test_token_by_token_and_into_a_file(tmp_path):
    golden = json.loads((HERE / "logits/llama.json").read_text())
    out = tmp_path / "logits"
    got = run("debug", "forward", "--model", HERE / "models/llama", "--tokens", ",".join(map(str, golden["tokens"])),
              "--positions", ",".join(map(str, golden["positions"])), "--precision", "f32", "--rows", 1, "--logits", out)
    assert "logits" not in json.loads(got)
    numbers = array.array("f", out.read_bytes())
    vocab = len(golden["logits"][0])
    rows = [numbers[i:i + vocab] for i in range(0, len(numbers), vocab)]
    assert worst_difference(rows, golden["logits"]) <= LOGIT_TOLERANCE


def smollm2():
    return json.loads((HERE / "smollm2.json").read_text())


@pytest.fixture(scope="module")
def smollm2_path():
    if not SMOLLM2:
        warnings.warn("YUN_SMOLLM2 is not set: the SmolLM2 parity check DID NOT RUN")
        pytest.skip("YUN_SMOLLM2 is not set: SmolLM2 parity is not checked")
    golden = smollm2()
    with open(SMOLLM2, "rb") as f:
        digest = hashlib.file_digest(f, "sha256").hexdigest()
    assert digest == golden["sha256"], f"{SMOLLM2} is not the file the golden run used"
    return SMOLLM2


def assert_greedy(case, got):
    want, gaps = case["greedy"], case["gaps"]
    assert len(got) == len(want)
    for i, (g, w) in enumerate(zip(got, want)):
        if g == w:
            continue
        assert gaps[i] < TIE, f"token {i} is {g}, transformers says {w} (ahead by {gaps[i]:.4f}); {i} tokens agree"
        warnings.warn(f"{case['name']}: tie at token {i} (gap {gaps[i]:.1e}); compared up to there")
        return


@pytest.mark.parametrize("precision", ["f32", "auto"])
@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in smollm2()["cases"]])
def test_smollm2_greedy(case, precision, smollm2_path):
    """In float32, and as it is served: 4-bit weights, integer products."""
    assert_greedy(case, forward(smollm2_path, case["prompt_ids"], "last", len(case["greedy"]), precision)["greedy"])


def test_smollm2_on_every_instruction_set(smollm2_path):
    tables = json.loads(run("doctor", "--json"))["tables"].split()
    assert tables[0] == "reference"
    for table in tables[1:]:  # the reference would take minutes; it judges the others in the kernels' own tests
        for case in smollm2()["cases"][:3]:
            assert_greedy(case, forward(smollm2_path, case["prompt_ids"], "last", 64, "auto", table)["greedy"])


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in smollm2()["cases"]])
def test_smollm2_prompt(case, smollm2_path, tmp_path):
    """The prompt as the model's own template renders it, and its token ids."""
    file = tmp_path / "messages.json"
    file.write_text(json.dumps({"messages": case["messages"], "add_generation_prompt": True}))
    text = run("debug", "render", "--model", smollm2_path, "--messages", file)
    assert text == case["text"]
    ids = json.loads(run("tokenize", "--model", smollm2_path, "--json", stdin=case["text"]))["ids"]
    assert ids == case["prompt_ids"]
