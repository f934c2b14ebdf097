"""`yun tokenize` against PyPI `tokenizers`: the same ids on megabytes of text in many scripts, and on small cases."""
import json
import os
import pathlib
import subprocess

import make_corpus
import pytest
import reference

BIN = os.environ.get("YUN_BIN") or reference.ROOT / "build/relcheck/bin/yun"


def yun_ids(model, data, *options):
    run = subprocess.run([BIN, "tokenize", "--model", model, "--json", *options], input=data, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)["ids"]


class Model:
    def __init__(self, path, oracle):
        self.path, self.oracle = path, oracle

    def expected(self, data):
        return self.oracle.encode(data.decode("utf-8", "replace"), add_special_tokens=False).ids

    def check(self, data):
        expected, got = self.expected(data), yun_ids(self.path, data)
        if expected == got:
            return len(got)
        at = next((i for i, (a, b) in enumerate(zip(expected, got)) if a != b), min(len(expected), len(got)))
        before = self.oracle.decode(expected[max(0, at - 12):at], skip_special_tokens=False)
        pytest.fail(f"{len(expected)} ids expected, {len(got)} given; the first difference is number {at}, after {before!r}: "
                    f"expected {[self.oracle.id_to_token(i) for i in expected[at:at + 8]]}, "
                    f"got {[self.oracle.id_to_token(i) for i in got[at:at + 8]]}")


@pytest.fixture(scope="module", params=["qwen3", "smollm2"])
def model(request):
    if request.param == "qwen3":
        from tokenizers import Tokenizer
        folder = reference.qwen3_folder()
        return Model(folder, Tokenizer.from_file(str(folder / "tokenizer.json")))
    path = os.environ.get("YUN_SMOLLM2", "")
    if not pathlib.Path(path).is_file():
        pytest.skip("YUN_SMOLLM2 names no file: SmolLM2's GGUF")
    return Model(path, reference.smollm_tokenizer(path))


@pytest.mark.slow
def test_corpus(model):
    data = make_corpus.make(mb=6, seed=1)
    assert len(data) >= 5_000_000
    assert model.check(data) > 1_000_000


def test_small_corpora_of_other_seeds(model):
    for seed in range(2, 6):
        model.check(make_corpus.make(mb=0.3, seed=seed)[-200_000:])


def test_every_character(model):
    """Each character that Python knows, alone between letters and after a mark: classes and NFC at once."""
    import unicodedata
    parts = []
    for code in range(0x110000):
        c = chr(code)
        if not 0xD800 <= code < 0xE000 and (unicodedata.category(c) != "Cn" or code % 64 == 0):
            if code < 0x3400 or 0xA000 <= code < 0xAC00 or 0xF900 <= code < 0x20000 or code % 16 == 0:
                parts.append(f"a{c}\u0301 {c}{c}1{c}\n{c}")
    model.check("".join(parts).encode())


@pytest.mark.parametrize("text", ["", " ", "Hello, world!", "  two  spaces\n\n", "it's THEY'RE", "1234567890", "你好，世界", "👩‍💻",
                                  "<|im_start|>user\nhi<|im_end|>\n", "<|im_start", "cafe\u0301", "a" * 5000, " " * 5000, "\n" * 300])
def test_small_texts(model, text):
    model.check(text.encode())


@pytest.mark.parametrize("data", [b"\xff", b"a\xc3", b"\xe2\x82 \xe2\x82\xac", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\x00\x01"])
def test_broken_utf8(model, data):
    model.check(data)


def test_special_tokens_can_be_left_as_text(model):
    text = b"<|im_start|>user"
    assert len(yun_ids(model.path, text)) < len(yun_ids(model.path, text, "--no-special"))
    ids = yun_ids(model.path, text, "--no-special")
    assert model.oracle.decode(ids, skip_special_tokens=False) == text.decode()


def test_plain_output(model):
    run = subprocess.run([BIN, "tokenize", "--model", model.path], input=b"Hello <|im_end|>\xff", capture_output=True, text=False)
    assert run.returncode == 0
    lines = run.stdout.decode().splitlines()
    assert '"Hello"' in lines[0] and any(line.endswith("special") for line in lines) and "tokens" in lines[-1]


def test_errors(tmp_path):
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "Unigram"}}')
    run = subprocess.run([BIN, "tokenize", "--model", tmp_path], input=b"x", capture_output=True, text=False)
    assert run.returncode == 1
    assert b"tokenizer.json" in run.stderr and str(tmp_path).encode() in run.stderr
    run = subprocess.run([BIN, "tokenize", "--model", tmp_path / "none"], input=b"x", capture_output=True, text=False)
    assert run.returncode == 1 and run.stderr
