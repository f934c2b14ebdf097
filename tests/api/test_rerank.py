"""Ranking, scores and tokens, in vLLM's and the hosted service's compatible forms."""
import openai
import pytest
from serving import MODEL

QUERY = "What is the capital of France?"
DOCUMENTS = ["Paris is the capital of France.", "Bananas are yellow.", "The Seine flows through Paris."]


def post(client, path, **body):
    return client.post(path, cast_to=object, body={"model": MODEL, **body})


def test_rerank(client):
    got = post(client, "/rerank", query=QUERY, documents=DOCUMENTS)
    scores = [r["relevance_score"] for r in got["results"]]
    assert sorted(r["index"] for r in got["results"]) == [0, 1, 2]
    assert scores == sorted(scores, reverse=True) and all(0 < s < 1 for s in scores)
    assert all(r["document"]["text"] == DOCUMENTS[r["index"]] for r in got["results"])
    assert got["model"] == MODEL and got["usage"]["total_tokens"] == got["usage"]["prompt_tokens"] > 0
    first = post(client, "/rerank", query=QUERY, documents=DOCUMENTS, top_n=1, return_documents=False)
    assert [r["index"] for r in first["results"]] == [got["results"][0]["index"]]
    assert "document" not in first["results"][0]


def test_hosted_form(server):
    client = server.client(base_url=server.url + "/compatible-api/v1")
    got = post(client, "/reranks", query=QUERY, documents=[{"text": d} for d in DOCUMENTS], top_n=2)
    assert len(got["results"]) == 2 and set(got["results"][0]) == {"index", "relevance_score"}
    changed = post(client, "/reranks", query=QUERY, documents=DOCUMENTS, instruct="Find texts about fruit")
    assert {r["relevance_score"] for r in changed["results"]}.isdisjoint(r["relevance_score"] for r in got["results"])


def test_score_is_what_rerank_says(client):
    ranked = {r["index"]: r["relevance_score"] for r in post(client, "/rerank", query=QUERY, documents=DOCUMENTS)["results"]}
    got = post(client, "/score", text_1=QUERY, text_2=DOCUMENTS)
    assert got["object"] == "list" and [d["index"] for d in got["data"]] == [0, 1, 2]
    for data in got["data"]:
        assert data["object"] == "score" and abs(data["score"] - ranked[data["index"]]) < 1e-3
    pairs = post(client, "/score", text_1=[QUERY, DOCUMENTS[1]], text_2=[DOCUMENTS[0], DOCUMENTS[0]])
    assert abs(pairs["data"][0]["score"] - got["data"][0]["score"]) < 1e-3


def test_a_long_document_is_cut(client):
    got = post(client, "/rerank", query=QUERY, documents=[DOCUMENTS[0], "word " * 20000], top_n=0)
    assert len(got["results"]) == 2 and got["usage"]["prompt_tokens"] <= 2 * 8192


@pytest.mark.parametrize("param, body", [
    ("query", {"documents": ["a"]}), ("documents", {"query": "q", "documents": []}),
    ("documents", {"query": "q", "documents": ["a"] * 501}), ("documents[1]", {"query": "q", "documents": ["a", 5]}),
    ("top_n", {"query": "q", "documents": ["a"], "top_n": -1}), ("query", {"query": "word " * 20000, "documents": ["a"]})])
def test_bad_parameter_is_named(client, param, body):
    with pytest.raises(openai.BadRequestError) as error:
        post(client, "/rerank", **body)
    assert error.value.param == param


def test_hosted_limit_of_tokens(server):
    client = server.client(base_url=server.url + "/compatible-api/v1")
    with pytest.raises(openai.BadRequestError) as error:
        post(client, "/reranks", query="q", documents=["word " * 5000] * 40)
    assert error.value.param == "documents" and "120000" in error.value.message


def test_tokens_and_back(server, client):
    text = "Hello, wörld! 你好"
    got = post(client, "/tokenize", prompt=text, return_token_strs=True)
    assert got["count"] == len(got["tokens"]) == len(got["token_strs"]) and got["max_model_len"] == 8192
    assert post(client, "/detokenize", tokens=got["tokens"])["prompt"] == text
    chat = post(client, "/tokenize", messages=[{"role": "user", "content": "hi"}])
    shown = post(client, "/detokenize", tokens=chat["tokens"])["prompt"]
    assert shown.endswith("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n")
    usage = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "hi"}], max_tokens=1).usage
    assert usage.prompt_tokens == chat["count"]
    bare = server.client(base_url=server.url)
    assert bare.post("/tokenize", cast_to=object, body={"prompt": text})["tokens"] == got["tokens"]
    with pytest.raises(openai.BadRequestError):
        post(client, "/tokenize", prompt="a", messages=[])
