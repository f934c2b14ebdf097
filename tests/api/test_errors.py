"""What goes wrong says so in OpenAI's shape, and breaks nothing."""
import http.client
import json
import socket

import openai
import pytest
from serving import MODEL

HI = [{"role": "user", "content": "hi"}]


def post(server, path, body, key=None, headers=None):
    """A raw request; status and parsed body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", path, body, {"Authorization": f"Bearer {key or server.key}", "Content-Type": "application/json",
                                            **(headers or {})})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, json.loads(data)


def test_wrong_key(server):
    for key in ("sk-wrong", server.key[:-1], server.key + "0"):
        with pytest.raises(openai.AuthenticationError) as error:
            server.client(api_key=key).models.list()
        assert error.value.code == "invalid_api_key" and error.value.status_code == 401
        assert error.value.response.headers["x-request-id"]


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as error:
        client.chat.completions.create(model="gpt-unknown", messages=HI)
    assert error.value.code == "model_not_found" and "gpt-unknown" in error.value.message
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-unknown")


@pytest.mark.parametrize("param, value", [
    ("temperature", 2.5), ("temperature", "hot"), ("top_p", 0), ("n", 129), ("max_tokens", 0), ("max_tokens", -1),
    ("presence_penalty", 3), ("frequency_penalty", -3), ("seed", "x"), ("stop", ""), ("logit_bias", {"x": 1}),
    ("top_logprobs", 3), ("stream_options", {"include_usage": True}), ("tool_choice", "required"),
    ("response_format", "json"), ("temprature", 1), ("top_k", -5), ("min_p", 1), ("repetition_penalty", 0),
    ("stop_token_ids", [-1])])
def test_bad_parameter_is_named(client, param, value):
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model=MODEL, messages=HI, extra_body={param: value})
    assert error.value.param == param
    assert error.value.type == "invalid_request_error"
    assert param in error.value.message


def test_bad_messages_are_named(client):
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model=MODEL, messages=[*HI, {"role": "robot", "content": "x"}])
    assert error.value.param == "messages[1].role"
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model=MODEL, messages=[])
    assert error.value.param == "messages"


def test_too_long_a_prompt_says_both_lengths(client, server):
    context = json.loads(get(server, "/healthz")[1])["models"][0]["context_tokens"]
    tokens = [5] * (context + 1)
    with pytest.raises(openai.BadRequestError) as error:
        client.completions.create(model=MODEL, prompt=tokens, max_tokens=1)
    assert error.value.code == "context_length_exceeded"
    assert str(context) in error.value.message and str(len(tokens)) in error.value.message
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "word " * (2 * context)}])
    assert error.value.code == "context_length_exceeded" and error.value.param == "messages"
    with pytest.raises(openai.BadRequestError):
        client.completions.create(model=MODEL, prompt=[10**9], max_tokens=1)


def get(server, path, key=True):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {server.key}"} if key else {})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, data


def test_health_needs_no_key_and_tells_no_more(server):
    assert get(server, "/healthz", key=False) == (200, b'{"status":"ok"}')
    assert get(server, "/readyz", key=False)[0] == 200
    assert get(server, "/v1/models", key=False)[0] == 401


@pytest.mark.parametrize("path, status", [("/v1/nothing", 404), ("/", 404), ("/v1/chat/completions", 405)])
def test_unknown_path_and_method(server, path, status):
    code, body = get(server, path)
    assert code == status and json.loads(body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"model":"\xff"}', b"[" * 100000, b'{"a":' * 50000, b"\x00" * 100])
def test_bad_json(server, body):
    status, answer = post(server, "/v1/chat/completions", body)
    assert status == 400 and answer["error"]["code"] == "invalid_json"


def test_huge_body_is_refused_early(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as s:
        s.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
                  "Content-Length: 10000000000\r\n\r\n".encode())
        assert s.recv(4096).startswith(b"HTTP/1.1 413")


def test_huge_header_is_refused(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as s:
        try:
            s.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 1_000_000 + b"\r\n\r\n")
        except OSError:
            pass  # refused while we still wrote
        try:
            answer = s.recv(4096)
        except ConnectionResetError:
            answer = b""
        assert answer == b"" or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
    assert get(server, "/healthz")[0] == 200


def test_nonsense_on_the_wire(server):
    for junk in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 1000):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as s:
            s.sendall(junk)
            s.shutdown(socket.SHUT_WR)
            while s.recv(4096):
                pass
    assert get(server, "/healthz")[0] == 200
