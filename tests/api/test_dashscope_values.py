"""DashScope's SDK asks for embeddings, rankings and tokens in the native form."""
from http import HTTPStatus

import dashscope
import pytest
from serving import MODEL

TEXTS = ["The cat sat on the mat.", "A cat was sitting on a mat."]
QUERY = "What is the capital of France?"
DOCUMENTS = ["Bananas are yellow.", "Paris is the capital of France.", "The Seine flows through Paris."]


@pytest.fixture(autouse=True)
def native(server, monkeypatch):
    monkeypatch.setattr(dashscope, "base_http_api_url", server.url + "/api/v1")
    monkeypatch.setattr(dashscope, "api_key", server.key)


def close(a, b):
    return len(a) == len(b) and max(abs(x - y) for x, y in zip(a, b)) < 1e-5


def test_text_embedding_equals_the_compatible_one(client):
    got = dashscope.TextEmbedding.call(model=MODEL, input=TEXTS)
    assert got.status_code == HTTPStatus.OK, got
    assert got.request_id.startswith("req_")
    rows = got.output["embeddings"]
    assert [row["text_index"] for row in rows] == [0, 1]
    other = client.embeddings.create(model=MODEL, input=TEXTS)
    for row, same in zip(rows, other.data):
        assert close(row["embedding"], same.embedding)
    assert got.usage["total_tokens"] == other.usage.total_tokens


def test_text_embedding_parameters(client):
    got = dashscope.TextEmbedding.call(model=MODEL, input="cats", dimension=64, text_type="query", output_type="dense",
                                       instruct="Find it")
    assert got.status_code == HTTPStatus.OK, got
    same = client.embeddings.create(model=MODEL, input="Instruct: Find it\nQuery:cats", dimensions=64).data[0].embedding
    assert close(got.output["embeddings"][0]["embedding"], same)
    document = dashscope.TextEmbedding.call(model=MODEL, input="cats", instruct="Find it")
    plain = client.embeddings.create(model=MODEL, input="cats").data[0].embedding
    assert close(document.output["embeddings"][0]["embedding"], plain), "an instruct is for queries"


def test_text_rerank():
    got = dashscope.TextReRank.call(model=MODEL, query=QUERY, documents=DOCUMENTS, top_n=2, return_documents=True)
    assert got.status_code == HTTPStatus.OK, got
    results = got.output.results
    assert len(results) == 2 and results[0].relevance_score >= results[1].relevance_score
    assert all(r["document"]["text"] == DOCUMENTS[r.index] for r in results)
    assert got.usage.total_tokens > 0
    bare = dashscope.TextReRank.call(model=MODEL, query=QUERY, documents=DOCUMENTS, instruct="Find fruit")
    assert len(bare.output.results) == 3 and bare.output.results[0]["document"] is None


def test_tokenization(client):
    got = dashscope.Tokenization.call(model=MODEL, prompt="Hello, wörld! 你好")
    assert got.status_code == HTTPStatus.OK, got
    same = client.post("/tokenize", cast_to=object, body={"model": MODEL, "prompt": "Hello, wörld! 你好"})
    assert got.output["token_ids"] == same["tokens"] and len(got.output["tokens"]) == same["count"]
    assert got.usage["input_tokens"] == same["count"]
    messages = [{"role": "user", "content": "hi"}]
    chat = dashscope.Tokenization.call(model=MODEL, messages=messages)
    same = client.post("/tokenize", cast_to=object, body={"model": MODEL, "messages": messages})
    assert chat.output["token_ids"] == same["tokens"]


@pytest.mark.parametrize("status, code, words, call", [
    (400, "InvalidParameter", "texts", lambda: dashscope.TextEmbedding.call(model=MODEL, input=["a"] * 11)),
    (400, "InvalidParameter", "texts[1]", lambda: dashscope.TextEmbedding.call(model=MODEL, input=["a", ""])),
    (400, "InvalidParameter", "dimension", lambda: dashscope.TextEmbedding.call(model=MODEL, input="a", dimension=10**5)),
    (400, "InvalidParameter", "output_type", lambda: dashscope.TextEmbedding.call(model=MODEL, input="a", output_type="sparse")),
    (400, "InvalidParameter", "Range of input length should be [1, 8192]",
     lambda: dashscope.TextEmbedding.call(model=MODEL, input="word " * 20000)),
    (404, "ModelNotFound", "none", lambda: dashscope.TextEmbedding.call(model="none", input="a")),
    (401, "InvalidApiKey", "", lambda: dashscope.TextEmbedding.call(model=MODEL, input="a", api_key="sk-wrong")),
    (400, "InvalidParameter", "documents", lambda: dashscope.TextReRank.call(model=MODEL, query="q", documents=["a"] * 501)),
    (400, "InvalidParameter", "top_n", lambda: dashscope.TextReRank.call(model=MODEL, query="q", documents=["a"], top_n=0)),
    (404, "ModelNotFound", "none", lambda: dashscope.Tokenization.call(model="none", prompt="a"))])
def test_errors_in_the_native_shape(status, code, words, call):
    got = call()
    assert got.status_code == status and got.code == code and words in got.message, got
    assert got.request_id.startswith("req_")
