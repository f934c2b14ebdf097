"""OpenAI's SDK asks for embeddings; the numbers themselves are compared in tests/golden/test_embeddings_golden.py."""
import array
import base64
import concurrent.futures
import json
import math
import socket

import openai
import pytest
from serving import MODEL, Server, wait_until

TEXTS = ["The cat sat on the mat.", "A cat was sitting on a mat.", "Quarterly revenue grew by eleven percent."]


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


def receipt(client, raw):
    return client.get("/receipts/" + raw.headers["x-yun-receipt-id"], cast_to=object)


def test_texts(server, client):
    raw = client.embeddings.with_raw_response.create(model=MODEL, input=TEXTS)
    got = raw.parse()
    assert got.object == "list" and got.model == MODEL
    assert [row.index for row in got.data] == [0, 1, 2] and all(row.object == "embedding" for row in got.data)
    vectors = [row.embedding for row in got.data]
    assert all(abs(cosine(v, v) - 1) < 1e-5 for v in vectors)
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2])
    assert got.usage.prompt_tokens == got.usage.total_tokens > 3
    assert receipt(client, raw)["units"] == {"embedding": got.usage.prompt_tokens}


def test_usage_is_what_the_tokenizer_says(client):
    count = client.post("/tokenize", cast_to=object, body={"model": MODEL, "prompt": TEXTS[0]})["count"]
    assert client.embeddings.create(model=MODEL, input=TEXTS[0]).usage.prompt_tokens == count


def test_formats_give_the_same_numbers(client):
    plain = client.embeddings.create(model=MODEL, input=TEXTS[0], encoding_format="float").data[0].embedding
    coded = client.embeddings.create(model=MODEL, input=TEXTS[0], encoding_format="base64").data[0].embedding
    assert list(array.array("f", base64.b64decode(coded))) == list(array.array("f", plain))
    tokens = client.post("/tokenize", cast_to=object, body={"model": MODEL, "prompt": TEXTS[0]})["tokens"]
    by_ids = client.embeddings.create(model=MODEL, input=tokens, encoding_format="float").data[0].embedding
    assert max(abs(a - b) for a, b in zip(plain, by_ids)) < 1e-6


def test_dimensions_are_the_first_ones_scaled(client):
    whole = client.embeddings.create(model=MODEL, input=TEXTS[0]).data[0].embedding
    short = client.embeddings.create(model=MODEL, input=TEXTS[0], dimensions=64).data[0].embedding
    assert len(short) == 64
    length = math.sqrt(cosine(whole[:64], whole[:64]))
    assert max(abs(s - w / length) for s, w in zip(short, whole)) < 1e-5


def test_instruct_is_for_queries(client):
    def embed(**more):
        return client.embeddings.create(model=MODEL, input="cats", extra_body=more).data[0].embedding

    plain, with_instruct = embed(), embed(instruct="Find it", text_type="query")
    by_hand = client.embeddings.create(model=MODEL, input="Instruct: Find it\nQuery:cats").data[0].embedding
    assert cosine(with_instruct, by_hand) > 0.99999 > cosine(plain, with_instruct)
    assert cosine(embed(instruct="Find it", text_type="document"), plain) > 0.99999


@pytest.mark.parametrize("param, body", [
    ("dimensions", {"input": "a", "dimensions": 100000}), ("dimensions", {"input": "a", "dimensions": 0}),
    ("input", {"input": []}), ("input", {"input": ""}), ("input[1]", {"input": ["a", ""]}),
    ("input[1]", {"input": [[1], [10**9]]}), ("encoding_format", {"input": "a", "encoding_format": "hex"}),
    ("text_type", {"input": "a", "text_type": "poem"}), ("inputs", {"input": "a", "inputs": "b"})])
def test_bad_parameter_is_named(client, param, body):
    with pytest.raises(openai.BadRequestError) as error:
        client.post("/embeddings", cast_to=object, body={"model": MODEL, **body})
    assert error.value.param == param and param in error.value.message
    assert error.value.type == "invalid_request_error"


def test_too_long_an_input_names_itself_and_the_limit(client):
    with pytest.raises(openai.BadRequestError) as error:
        client.embeddings.create(model=MODEL, input=["short", "word " * 20000])
    assert error.value.code == "context_length_exceeded" and error.value.param == "input[1]"
    assert "8192" in error.value.message


def test_compatible_mode_and_unknown_model(server, client):
    other = server.client(base_url=server.url + "/compatible-mode/v1")
    assert len(other.embeddings.create(model=MODEL, input="a").data) == 1
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="none", input="a")


def test_metrics_count_one_request(server, client):
    before = server.metrics()
    usage = client.embeddings.create(model=MODEL, input=["one", "two three", "four"]).usage
    assert wait_until(lambda: server.metric("yun_http_requests_in_flight") == 0)
    after = server.metrics()

    def grown(name, label):
        return sum(v - before.get(k, 0) for k, v in after.items() if k.split("{")[0] == name and label in k)

    assert grown("yun_requests_total", 'finished_reason="stop"') == 1
    assert grown("yun_request_tokens_total", 'kind="prompt"') == usage.prompt_tokens


@pytest.fixture(scope="module")
def scripted(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("scripted-values"), scripted=True)
    yield running
    assert running.stop() == 0, running.output


def test_scripted_two_thousand_inputs(scripted):
    client = scripted.client()
    inputs = [f"text {i}" for i in range(2048)]
    raw = client.embeddings.with_raw_response.create(model=MODEL, input=inputs)
    got = raw.parse()
    assert [row.index for row in got.data] == list(range(2048))
    assert len({tuple(row.embedding) for row in got.data}) == 2048
    assert got.usage.prompt_tokens == sum(map(len, inputs))  # its tokens are bytes
    assert receipt(client, raw)["units"] == {"embedding": got.usage.prompt_tokens}
    assert got.data[77].embedding == client.embeddings.create(model=MODEL, input=inputs[77]).data[0].embedding
    with pytest.raises(openai.BadRequestError) as error:
        client.embeddings.create(model=MODEL, input=[*inputs, "one more"])
    assert error.value.param == "input" and "2048" in error.value.message


def test_scripted_many_at_once(scripted):
    client = scripted.client()

    def ask(i):
        inputs = [f"{i} {j}" for j in range(40)]
        return client.embeddings.create(model=MODEL, input=inputs).usage.prompt_tokens == sum(map(len, inputs))

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert all(pool.map(ask, range(64)))


def test_scripted_client_that_leaves(scripted):
    body = json.dumps({"model": MODEL, "input": [f"text {i}" for i in range(2048)]}).encode()
    with socket.create_connection(("127.0.0.1", scripted.port), timeout=60) as s:
        s.sendall(b"POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
                  % (scripted.key.encode(), len(body)) + body)
    assert wait_until(lambda: scripted.metric("yun_http_requests_in_flight") == 0)
    assert scripted.metric("yun_num_requests_running") == 0
    assert len(scripted.client().embeddings.create(model=MODEL, input="still here").data) == 1
