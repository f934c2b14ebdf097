"""DashScope's SDK for Python, the current major version and the one before, against models whose tokens are given."""
import http.client
import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import DASHSCOPE1
from script import (AFTER_TOOL, AFTER_TOOL_SAID, BOTH, BREAKS, BREAKS_SAID, CITIES, CITY, CODER, FACTS, FACTS_SAID,
                    HELLO, HELLO_SAID, HERMES, SLOW, THINK, THINK_CALL, THINK_CALL_THOUGHT, THINK_SAID, THOUGHT, TOOL,
                    TWO, TWO_SAID, WEATHER)

GENERATION = "/api/v1/services/aigc/text-generation/generation"


def user(text):
    return [{"role": "user", "content": text}]


class Sdk:
    """The SDK in a process of its own."""

    def __init__(self, server, folder):
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("dashscope_child.py")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": folder, "DASHSCOPE_API_KEY": server.key,
                 "DASHSCOPE_HTTP_BASE_URL": server.url + "/api/v1"})

    def __call__(self, api, **arguments):
        self.process.stdin.write(json.dumps({"api": api, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "said" in answer, answer
        return answer["said"]

    def ask(self, text, model=HERMES, api="Generation.call", **more):
        return self(api, **{"model": model, "messages": user(text), "result_format": "message", **more})

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0


@pytest.fixture(scope="module", params=["current", "previous"])
def sdk(server, request):
    if request.param == "previous" and not DASHSCOPE1.exists():
        pytest.skip(f"{DASHSCOPE1} is missing: scripts/setup --tests puts it there")
    child = Sdk(server, str(DASHSCOPE1) if request.param == "previous" else "")
    yield child
    child.close()


def good(answer):
    assert answer["status_code"] == 200 and not answer["code"] and answer["request_id"], answer
    return answer["output"]


def message(answer):
    return good(answer)["choices"][0]["message"]


def joined(events, incremental):
    """{index: (content, reasoning, calls, finish)}, calls being [name, arguments]."""
    choices = {}
    for event in events:
        for choice in good(event)["choices"]:
            said = choices.setdefault(choice.get("index", 0),
                                      {"content": "", "reasoning": "", "calls": {}, "finish": "null"})
            piece = choice["message"]
            assert piece["role"] == "assistant"
            text, reasoning = piece.get("content") or "", piece.get("reasoning_content") or ""
            said["content"] = said["content"] + text if incremental else text
            said["reasoning"] = said["reasoning"] + reasoning if incremental else reasoning
            for call in piece.get("tool_calls") or []:
                held = said["calls"].setdefault(call["index"], ["", ""])
                name, arguments = call["function"].get("name") or "", call["function"].get("arguments") or ""
                held[:] = [held[0] + name, held[1] + arguments] if incremental else [name, arguments]
            said["finish"] = choice["finish_reason"]
    return choices


def test_a_message(sdk):
    answer = sdk.ask(HELLO)
    assert message(answer) == {"role": "assistant", "content": HELLO_SAID}
    assert good(answer)["choices"][0]["finish_reason"] == "stop"
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 10


def test_a_text(sdk):
    answer = sdk("Generation.call", model=HERMES, prompt=HELLO, result_format="text", enable_thinking=False)
    assert good(answer)["text"] == HELLO_SAID and good(answer)["finish_reason"] == "stop"


@pytest.mark.parametrize("api", ["Generation.call", "AioGeneration.call"])
@pytest.mark.parametrize("incremental", [True, False])
@pytest.mark.parametrize("n", [1, 2])
def test_streams(sdk, api, incremental, n):
    events = sdk.ask(TWO, api=api, stream=True, incremental_output=incremental, n=n, enable_thinking=False)
    choices = joined(events, incremental)
    assert [choices[i]["content"] for i in range(n)] == TWO_SAID[:n]
    assert all(choices[i]["finish"] == "stop" for i in range(n))
    whole = sdk.ask(TWO, n=n, enable_thinking=False)
    assert [choice["message"]["content"] for choice in good(whole)["choices"]] == TWO_SAID[:n]
    tokens = [0] * n  # an event has the usage of its choice so far; merged by the SDK, of all
    for event in events:
        tokens[good(event)["choices"][0].get("index", 0) if incremental else 0] = event["usage"]["output_tokens"]
    assert sum(tokens) == whole["usage"]["output_tokens"]


def test_usage_grows_with_a_stream(sdk):
    events = sdk.ask(HELLO, stream=True, incremental_output=True)
    tokens = [event["usage"]["output_tokens"] for event in events]
    assert tokens == sorted(tokens) and tokens[-1] == sdk.ask(HELLO)["usage"]["output_tokens"]
    finishes = [good(event)["choices"][0]["finish_reason"] for event in events]
    assert set(finishes[:-1]) == {"null"} and finishes[-1] == "stop"


@pytest.mark.parametrize("incremental", [True, False])
def test_thinking(sdk, incremental):
    choices = joined(sdk.ask(THINK, enable_thinking=True, stream=True, incremental_output=incremental), incremental)
    assert (choices[0]["content"], choices[0]["reasoning"]) == (THINK_SAID, THOUGHT)
    whole = sdk.ask(THINK, enable_thinking=True)
    assert (message(whole)["content"], message(whole)["reasoning_content"]) == (THINK_SAID, THOUGHT)
    assert 0 < whole["usage"]["output_tokens_details"]["reasoning_tokens"] < whole["usage"]["output_tokens"]
    assert not message(sdk.ask(THINK, enable_thinking=False)).get("reasoning_content")


@pytest.mark.parametrize("model", [HERMES, CODER])
@pytest.mark.parametrize("text, expected", [(WEATHER, [CITY]), (BOTH, [{"city": city} for city in CITIES])])
def test_calls_of_tools(sdk, model, text, expected):
    more = {"tools": [TOOL], "parallel_tool_calls": True}
    whole = sdk.ask(text, model, **more)
    calls = message(whole)["tool_calls"]
    assert good(whole)["choices"][0]["finish_reason"] == "tool_calls"
    assert [json.loads(call["function"]["arguments"]) for call in calls] == expected
    assert all(call["type"] == "function" and call["id"] for call in calls)
    assert all(call["function"]["name"] == "get_weather" for call in calls)
    for incremental in (True, False):
        choices = joined(sdk.ask(text, model, stream=True, incremental_output=incremental, **more), incremental)
        assert [call[0] for call in choices[0]["calls"].values()] == ["get_weather"] * len(expected)
        assert [json.loads(call[1]) for call in choices[0]["calls"].values()] == expected
        assert choices[0]["finish"] == "tool_calls"


def test_a_tool_loop(sdk):
    messages = user(WEATHER)
    first = message(sdk("Generation.call", model=HERMES, messages=messages, tools=[TOOL], result_format="message"))
    messages += [first, {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": AFTER_TOOL}]
    second = sdk("Generation.call", model=HERMES, messages=messages, tools=[TOOL], result_format="message")
    assert message(second)["content"] == AFTER_TOOL_SAID


def test_a_thought_before_a_call(sdk):
    more = {"enable_thinking": True, "tools": [TOOL], "stream": True, "incremental_output": True}
    said = joined(sdk.ask(THINK_CALL, **more), True)[0]
    assert said["reasoning"] == THINK_CALL_THOUGHT and json.loads(said["calls"][0][1]) == {"city": "Oslo"}


def test_logprobs_and_limits(sdk):
    entries = good(sdk.ask(HELLO, logprobs=True, top_logprobs=2))["choices"][0]["logprobs"]["content"]
    assert b"".join(bytes(entry["bytes"]) for entry in entries).decode() == HELLO_SAID
    cut = sdk.ask(HELLO, max_tokens=2, enable_thinking=False)
    assert good(cut)["choices"][0]["finish_reason"] == "length" and cut["usage"]["output_tokens"] == 2
    assert message(sdk.ask(HELLO, stop=["there"]))["content"] == "Hello "


def test_json(sdk):
    facts = message(sdk.ask(FACTS + " In json.", response_format={"type": "json_object"}, enable_thinking=False))
    assert json.loads(facts["content"]) == json.loads(FACTS_SAID)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status, code, more", [
    (401, "InvalidApiKey", {"api_key": "sk-wrong"}), (404, "ModelNotFound", {"model": "no-such-model"}),
    (400, "InvalidParameter", {"temperature": 9}), (400, "InvalidParameter", {"top_p": 3}),
    (400, "InvalidParameter", {"max_tokens": -1})])
def test_errors(sdk, stream, status, code, more):
    said = sdk.ask(HELLO, stream=stream, **more)
    answer = said[-1] if stream else said
    assert (answer["status_code"], answer["code"]) == (status, code) and answer["message"] and answer["request_id"]


@pytest.mark.parametrize("api", ["Generation.call", "AioGeneration.call"])
def test_a_stream_that_breaks(sdk, api):
    events = sdk.ask(BREAKS, api=api, stream=True, incremental_output=True)
    assert joined(events[:-1], True)[0]["content"] == BREAKS_SAID
    last = events[-1]
    assert last["status_code"] == 500 and last["code"].startswith("InternalError") and "script" in last["message"]
    assert sdk.ask(BREAKS)["status_code"] == 500


def test_a_timeout_in_the_middle(sdk):
    events = sdk.ask(SLOW, stream=True, incremental_output=True, headers={"x-yun-timeout-ms": "300"})
    assert events[0]["status_code"] == 200
    assert events[-1]["status_code"] in (500, 504) and events[-1]["code"] and "timeout" in events[-1]["message"]


def test_multimodal_with_text_alone(sdk):
    content = [{"text": HELLO}]
    whole = sdk("MultiModalConversation.call", model=HERMES, messages=user(content))
    assert message(whole)["content"] == [{"text": HELLO_SAID}]
    for incremental in (True, False):
        events = sdk("MultiModalConversation.call", model=HERMES, messages=user(content), stream=True,
                     incremental_output=incremental)
        parts = [part["text"] for event in events for part in message(event)["content"] or []]
        assert ("".join(parts) if incremental else parts[-1]) == HELLO_SAID


ASYNC = {"X-DashScope-Async": "enable"}
TASKS_RUNNING_MAX = 8


def test_a_task_is_waited_for(sdk):
    task = sdk.ask(HELLO, headers=ASYNC)
    task_id = good(task)["task_id"]
    assert good(task)["task_status"] in ("PENDING", "RUNNING")
    done = sdk("Tasks.wait", task=task_id)
    assert good(done)["task_status"] == "SUCCEEDED" and good(done)["task_id"] == task_id
    assert HELLO_SAID in json.dumps(done["output"], ensure_ascii=False)
    assert good(sdk("Tasks.fetch", task=task_id))["task_status"] == "SUCCEEDED"
    listed = sdk("Tasks.list", page_no=1, page_size=100)
    assert task_id in json.dumps(listed)


def test_a_task_that_is_over_cannot_be_cancelled_and_none_is_not_found(sdk):
    task_id = good(sdk.ask(HELLO, headers=ASYNC))["task_id"]
    sdk("Tasks.wait", task=task_id)
    assert sdk("Tasks.cancel", task=task_id)["status_code"] >= 400
    missing = sdk("Tasks.fetch", task="00000000-0000-0000-0000-000000000000")
    assert missing["status_code"] == 404 or missing["output"]["task_status"] == "UNKNOWN"


def test_a_task_that_waits_is_cancelled(sdk):
    running = [good(sdk.ask(SLOW, headers=ASYNC, max_tokens=200))["task_id"] for _ in range(TASKS_RUNNING_MAX)]
    waits = good(sdk.ask(HELLO, headers=ASYNC))["task_id"]
    assert good(sdk("Tasks.fetch", task=waits))["task_status"] == "PENDING"
    cancelled = sdk("Tasks.cancel", task=waits)
    assert cancelled["status_code"] == 200 and not cancelled["code"], cancelled
    assert good(sdk("Tasks.wait", task=waits))["task_status"] == "CANCELED"
    assert {good(sdk("Tasks.wait", task=task_id))["task_status"] for task_id in running} == {"SUCCEEDED"}


def test_files(sdk, tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps({"messages": user(HELLO)}) + "\n")
    kept = good(sdk("Files.upload", file_path=str(path), description="one line", purpose="batch"))
    (file,) = kept["uploaded_files"]
    one = good(sdk("Files.get", file_id=file["file_id"]))
    assert (one["name"], one["description"], one["size"]) == (path.name, "one line", path.stat().st_size)
    assert file["file_id"] in [each["file_id"] for each in good(sdk("Files.list", page_size=100))["files"]]
    assert sdk("Files.delete", file_id=file["file_id"])["status_code"] == 200
    assert sdk("Files.get", file_id=file["file_id"])["status_code"] == 404


def test_the_frames_of_a_stream(server):
    """What the SDKs read is less than what is written: the bytes themselves."""
    body = {"model": HERMES, "input": {"messages": user(HELLO)}, "parameters": {"result_format": "message"}}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", GENERATION, json.dumps(body),
                       {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json",
                        "X-DashScope-SSE": "enable"})
    response = connection.getresponse()
    assert response.status == 200 and "text/event-stream" in response.headers["content-type"]
    frames = [frame for frame in response.read().decode().split("\n\n") if frame and not frame.startswith(": ")]
    text = ""
    for i, frame in enumerate(frames):
        number, event, comment, data = frame.split("\n")
        assert (number, event, comment) == (f"id:{i + 1}", "event:result", ":HTTP_STATUS/200")
        choice = json.loads(data.removeprefix("data:"))["output"]["choices"][0]
        assert choice["message"]["content"].startswith(text)  # without incremental_output: all so far
        text = choice["message"]["content"]
    assert text == HELLO_SAID and choice["finish_reason"] == "stop"
