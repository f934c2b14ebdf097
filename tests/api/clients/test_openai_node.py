"""OpenAI's SDK for JavaScript, in openai.cjs."""
import json

import pytest
from script import (AFTER_TOOL_SAID, BREAKS, BREAKS_SAID, CITY, CODER, HELLO, HELLO_SAID, HERMES, SLOW, SLOW_SAID, THINK,
                    THINK_SAID, THOUGHT, TOOL, WEATHER)


@pytest.fixture(scope="module", params=[HERMES, CODER])
def heard(node, request):
    return request.param, node("openai.cjs", json.dumps(
        {"model": request.param, "hello": HELLO, "think": THINK, "weather": WEATHER, "breaks": BREAKS, "slow": SLOW,
         "tool": TOOL}))


def test_scripted_whole_and_streamed(heard):
    model, said = heard
    assert model in said["models"]
    choice = said["whole"]["choices"][0]
    assert choice["message"]["content"] == HELLO_SAID and choice["finish_reason"] == "stop"
    assert b"".join(bytes(entry["bytes"]) for entry in choice["logprobs"]["content"]).decode() == HELLO_SAID
    assert said["stream"]["content"] == HELLO_SAID and said["stream"]["finish"] == "stop"
    assert said["stream"]["usage"]["completion_tokens"] == said["whole"]["usage"]["completion_tokens"]


def test_scripted_thinking(heard):
    model, said = heard
    if model == CODER:
        return  # its template has no thinking
    assert (said["think"]["content"], said["think"]["reasoning"]) == (THINK_SAID, THOUGHT)


def test_scripted_tools(heard):
    _, said = heard
    assert said["tools"]["finish"] == "tool_calls" and said["tools"]["error"] is None
    assert [(call["name"], json.loads(call["arguments"])) for call in said["tools"]["calls"]] == [("get_weather", CITY)]
    assert said["loop"] == AFTER_TOOL_SAID


def test_scripted_many_at_once(heard):
    assert heard[1]["many"] == [HELLO_SAID] * 64


def test_scripted_errors(heard):
    _, said = heard
    broken = said["breaks"]
    assert broken["content"] == BREAKS_SAID and broken["finish"] is None
    assert (broken["error"]["name"], broken["error"]["type"]) == ("APIError", "server_error")
    assert "script" in broken["error"]["message"]
    late = said["late"]
    assert SLOW_SAID.startswith(late["content"]) and late["finish"] is None
    assert late["error"]["name"] == "APIError" and "timeout" in late["error"]["message"]
    response = said["response_breaks"]
    assert response["content"] == BREAKS_SAID
    assert response["last"] == "response.failed" and response["error"]["name"] == "APIError"
    expected = {"wrong_key": ("AuthenticationError", 401), "no_model": ("NotFoundError", 404),
                "bad": ("BadRequestError", 400), "whole_breaks": ("InternalServerError", 500)}
    for case, (name, status) in expected.items():
        assert (said[case]["name"], said[case]["status"]) == (name, status) and said[case]["code"] and said[case]["id"]
