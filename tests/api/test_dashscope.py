"""DashScope's native dialect over HTTP, byte by byte, against a model whose answers are given."""
import http.client
import json

import pytest
from serving import MODEL, Server

SAID = "talker"
TEXT = "/api/v1/services/aigc/text-generation/generation"
PARTS = "/api/v1/services/aigc/multimodal-generation/generation"
SSE = {"X-DashScope-SSE": "enable"}


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dashscope")
    script = folder / "script.json"
    script.write_text(json.dumps([{"when": "Greet.", "reply": "Hi, 世!"}, {"when": "Two.", "reply": ["a", "bc"]},
                                  {"when": "Break.", "reply": "abcdef", "fail_after": 2}]))
    running = Server(folder / "home", f"{SAID}=scripted:replies={script},step_us=20000", scripted=True)
    yield running
    assert running.stop() == 0, running.output


def ask(server, path, body=None, headers=None, method="POST", key=None):
    """Status, headers and the body's bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, path, None if body is None else json.dumps(body),
                       {"Authorization": f"Bearer {key or server.key}", "Content-Type": "application/json",
                        **(headers or {})})
    response = connection.getresponse()
    try:
        data = response.read()
    except http.client.IncompleteRead as error:
        data = error.partial
    connection.close()
    return response.status, response.headers, data.decode()


def wish(text="Greet.", model=SAID, **parameters):
    return {"model": model, "input": {"messages": [{"role": "user", "content": text}]}, "parameters": parameters}


def test_a_whole_answer(server):
    status, headers, body = ask(server, TEXT, wish(result_format="text"))
    request_id = headers["x-request-id"]
    assert status == 200
    assert body == (f'{{"request_id":"{request_id}","output":{{"text":"Hi, 世!","finish_reason":"stop"}},"usage":'
                    '{"total_tokens":22,"output_tokens":9,"input_tokens":13,'
                    '"prompt_tokens_details":{"cached_tokens":0}}}')


@pytest.mark.parametrize("how", [SSE, {"Accept": "text/event-stream"}, None])
def test_the_frames_of_a_stream(server, how):
    parameters = {"incremental_output": True, "result_format": "message", **({} if how else {"stream": True})}
    status, headers, body = ask(server, TEXT, wish("Two.", **parameters), how)
    request_id = headers["x-request-id"]
    assert status == 200 and headers["content-type"].startswith("text/event-stream")

    def frame(number, content, finish, tokens, more=""):
        choice = f'{{"message":{{"content":"{content}","role":"assistant"}},"finish_reason":"{finish}"}}'
        usage = f'{{"total_tokens":{11 + tokens},"output_tokens":{tokens},"input_tokens":11{more}}}'
        return (f'id:{number}\nevent:result\n:HTTP_STATUS/200\n'
                f'data:{{"output":{{"choices":[{choice}]}},"usage":{usage},"request_id":"{request_id}"}}\n\n')

    cached = ',"prompt_tokens_details":{"cached_tokens":%d}' % json.loads(
        body.split("data:")[-1])["usage"]["prompt_tokens_details"]["cached_tokens"]
    assert body == frame(1, "a", "null", 1) + frame(2, "", "stop", 2, cached)


def frames(body):
    return [json.loads(frame.split("\ndata:", 1)[1]) for frame in body.split("\n\n") if frame.startswith("id:")]


def test_all_so_far_or_what_is_new(server):
    whole = frames(ask(server, TEXT, wish(result_format="text"), SSE)[2])
    texts = [event["output"]["text"] for event in whole]
    assert len(texts) > 3 and all(after.startswith(before) for before, after in zip(texts, texts[1:]))
    assert texts[-1] == "Hi, 世!"
    assert [event["output"]["finish_reason"] for event in whole] == ["null"] * (len(whole) - 1) + ["stop"]
    new = frames(ask(server, TEXT, wish(result_format="text", incremental_output=True), SSE)[2])
    assert "".join(event["output"]["text"] for event in new) == "Hi, 世!"


def test_choices_come_one_an_event_and_count_their_own_tokens(server):
    events = frames(ask(server, TEXT, wish("Two.", n=2), SSE)[2])
    last = {}
    for event in events:
        (choice,) = event["output"]["choices"]
        last[choice["index"]] = (choice["message"]["content"], choice["finish_reason"], event["usage"]["output_tokens"])
    assert last == {0: ("a", "stop", 2), 1: ("bc", "stop", 3)}


def test_stops(server):
    def text(**parameters):
        return json.loads(ask(server, TEXT, wish(result_format="text", **parameters))[2])["output"]["text"]

    assert text(stop=", ") == "Hi"
    assert text(stop=[ord("i")]) == "H"
    assert text(stop=[[ord(","), ord(" ")]]) == "Hi"
    assert text(max_tokens=2) == "Hi"


def test_parts_of_content(server):
    body = {"model": SAID, "input": {"messages": [{"role": "user", "content": [{"text": "Greet."}]}]}}
    answer = json.loads(ask(server, PARTS, body)[2])
    assert answer["output"]["choices"][0]["message"] == {"role": "assistant", "content": [{"text": "Hi, 世!"}]}
    body["input"]["messages"][0]["content"].append({"image": "http://x/y.png"})
    status, _, answer = ask(server, PARTS, body)
    assert status == 400 and "'image'" in answer


def failed(answer):
    status, headers, body = answer
    error = json.loads(body)
    assert set(error) == {"code", "message", "request_id"} and error["request_id"] == headers["x-request-id"]
    return status, error["code"], error["message"]


def test_errors(server):
    assert failed(ask(server, TEXT, wish(), key="sk-wrong"))[:2] == (401, "InvalidApiKey")
    assert failed(ask(server, TEXT, wish(model="nobody")))[:2] == (404, "ModelNotFound")
    assert failed(ask(server, TEXT, wish(top_p=2))) == (400, "InvalidParameter",
                                                        "Range of top_p should be (0.0, 1.0]; got 2.")
    assert failed(ask(server, TEXT, {"input": {"prompt": "x"}}))[:2] == (400, "BadRequest.EmptyModel")
    assert failed(ask(server, TEXT, {"model": SAID}))[:2] == (400, "BadRequest.EmptyInput")
    assert failed(ask(server, "/api/v1/nothing", {}))[:2] == (404, "NotFound")
    assert failed(ask(server, TEXT, method="GET"))[:2] == (405, "MethodNotAllowed")
    elsewhere, sealed = {"X-DashScope-WorkSpace": "another"}, {"X-DashScope-EncryptionKey": "{}"}
    assert failed(ask(server, TEXT, wish(), elsewhere))[:2] == (403, "Workspace.AccessDenied")
    assert failed(ask(server, TEXT, wish(), sealed))[:2] == (400, "InvalidParameter")
    status, code, message = failed(ask(server, TEXT, wish("x" * 200000)))
    assert (status, code) == (400, "InvalidParameter") and message.startswith("Range of input length should be [1, ")


def test_what_the_http_server_refuses(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest("POST", TEXT)
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413 and json.loads(response.read())["code"] == "BadRequest.TooLarge"
    connection.close()


def test_a_stream_that_breaks(server):
    status, headers, body = ask(server, TEXT, wish("Break.", incremental_output=True), SSE)
    assert status == 200
    *events, last = body.removesuffix("\n\n").split("\n\n")
    number, event, comment, at, data = last.split("\n")
    assert (number, event, comment, at) == (f"id:{len(events) + 1}", "event:error", ":HTTP_STATUS/500", "status:500")
    error = json.loads(data.removeprefix("data:"))
    assert error["code"] == "InternalError" and error["message"] and error["request_id"] == headers["x-request-id"]


def test_models(server):
    def page(query):
        return json.loads(ask(server, "/api/v1/models" + query, method="GET")[2])["output"]

    assert [model["model"] for model in page("")["models"]] == sorted([MODEL, SAID])
    first, second = page("?page_no=1&page_size=1"), page("?page_no=2&page_size=1")
    assert first["total"] == second["total"] == 2 and second["page_no"] == 2
    assert {first["models"][0]["model"], second["models"][0]["model"]} == {MODEL, SAID}
    assert [model["model"] for model in page(f"?model={SAID}")["models"]] == [SAID]
    assert page("?model=nobody")["models"] == []


def test_quotas_fail_natively(server):
    assert failed(ask(server, "/api/v1/quotas", method="GET", key="sk-wrong"))[:2] == (401, "InvalidApiKey")
