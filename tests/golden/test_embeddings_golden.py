"""Embeddings and scores over HTTP equal what transformers says of the same tiny models, in float32.

embeddings.json was written by tools/golden/make_embeddings.py. The models have no tokenizer of their own: here a token
is a byte, and a line break stands behind each text.
"""
import array
import base64
import json
import math
import pathlib
import shutil

import pytest
from serving import Server, skip_without_program

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = json.loads((HERE / "embeddings.json").read_text())
TOLERANCE = 1e-5  # of numbers in [-1, 1]


def byte_level():
    """GPT-2's character for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b if b in plain else next(others)) for b in range(256)]


def tokenizer(end):
    step = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    processor = {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}},
                                                          {"SpecialToken": {"id": "\n", "type_id": 0}}]}
    return json.dumps({"version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": step, "decoder": step,
                       "post_processor": processor if end else None,
                       "model": {"type": "BPE", "vocab": {c: i for i, c in enumerate(byte_level())}, "merges": []}})


def write_model(folder, source, end, pooling=None):
    shutil.copytree(HERE / "models" / source, folder)
    (folder / "tokenizer.json").write_text(tokenizer(end))
    if pooling:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    skip_without_program()
    home = tmp_path_factory.mktemp("embedders")
    models = []
    for name in sorted({e["model"] for e in GOLDEN["embeddings"]}):
        old = {"word_embedding_dimension": 64, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
        models += [f"{name}-last={write_model(home / (name + '-last'), name, True)}",
                   f"{name}-said={write_model(home / (name + '-said'), name, True, {'pooling_mode': 'lasttoken'})}",
                   f"{name}-mean={write_model(home / (name + '-mean'), name, True, old)}"]
    judge = GOLDEN["scores"][0]["model"]
    models.append(f"judge={write_model(home / 'judge', judge, False)}")
    server = Server(home / "home", "--precision", "f32", models=models)
    yield server.client()
    assert server.stop() == 0, server.output


def far(got, want):
    assert len(got) == len(want)
    return max(abs(g - w) for g, w in zip(got, want))


@pytest.mark.parametrize("pooling, key", [("last", "last"), ("said", "last"), ("mean", "mean")])
def test_embeddings(client, pooling, key):
    for name in sorted({e["model"] for e in GOLDEN["embeddings"]}):
        cases = [e for e in GOLDEN["embeddings"] if e["model"] == name]
        for form in ("float", "base64"):
            got = client.embeddings.create(model=f"{name}-{pooling}", input=[e["text"] for e in cases], encoding_format=form)
            assert got.usage.prompt_tokens == sum(e["tokens"] for e in cases)
            for row, case in zip(got.data, cases):
                vector = row.embedding  # asked for by name, the SDK leaves base64 as it is
                if form == "base64":
                    vector = list(array.array("f", base64.b64decode(vector)))
                assert far(vector, case[key]) < TOLERANCE, (name, case["text"])
        short = client.embeddings.create(model=f"{name}-{pooling}", input=cases[0]["text"], dimensions=7).data[0].embedding
        length = math.sqrt(sum(x * x for x in cases[0][key][:7]))
        assert far(short, [x / length for x in cases[0][key][:7]]) < 10 * TOLERANCE


def test_scores(client):
    for case in GOLDEN["scores"]:
        got = client.post("/score", cast_to=object, body={"model": "judge", "text_1": case["query"], "text_2": case["document"],
                                                          "instruct": case["instruct"]})
        assert got["usage"]["prompt_tokens"] == case["tokens"]
        assert abs(got["data"][0]["score"] - case["score"]) < TOLERANCE
    same = [c for c in GOLDEN["scores"] if (c["instruct"], c["query"]) == ("I", "q")]
    got = client.post("/rerank", cast_to=object, body={"model": "judge", "query": "q", "instruct": "I",
                                                       "documents": [c["document"] for c in same]})
    want = sorted(same, key=lambda c: -c["score"])
    assert [r["document"]["text"] for r in got["results"]] == [c["document"] for c in want]
    assert far([r["relevance_score"] for r in got["results"]], [c["score"] for c in want]) < TOLERANCE
