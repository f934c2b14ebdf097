"""OpenAI's SDK for Python against models whose tokens are given: thinking, tools, several answers, broken streams."""
import json

import openai
import pytest
from script import (AFTER_TOOL, AFTER_TOOL_SAID, BOTH, BREAKS, BREAKS_SAID, CITIES, CITY, CODER, FACTS, FACTS_SAID,
                    HELLO, HELLO_SAID, HERMES, PLAIN, SLOW, THINK, THINK_CALL, THINK_CALL_THOUGHT, THINK_SAID, THOUGHT,
                    TOOL, TWO, TWO_SAID, WEATHER, WITHIN, WITHIN_SAID, WITHIN_THOUGHT)


def user(text):
    return [{"role": "user", "content": text}]


def ask(client, text, model=HERMES, **more):
    return client.chat.completions.create(model=model, messages=user(text), **more)


def hear(stream):
    """{index: (content, reasoning, calls, finish)} and the usage; a call is [id, name, arguments]."""
    choices, usage = {}, None
    for chunk in stream:
        if chunk.usage:
            usage = chunk.usage
            continue
        for choice in chunk.choices:
            said = choices.setdefault(choice.index, {"content": "", "reasoning": "", "calls": [], "finish": None})
            delta = choice.delta
            assert said["finish"] is None, "a chunk after the finish"
            said["content"] += delta.content or ""
            said["reasoning"] += getattr(delta, "reasoning_content", None) or ""
            for call in delta.tool_calls or []:
                if call.index == len(said["calls"]):
                    said["calls"].append([call.id, call.function.name, ""])
                    assert call.id and call.function.name and call.type == "function"
                said["calls"][call.index][2] += call.function.arguments or ""
            said["finish"] = choice.finish_reason
    return choices, usage


@pytest.mark.parametrize("model", [HERMES, CODER, PLAIN])
def test_whole_and_streamed_say_the_same(client, model):
    whole = ask(client, HELLO, model)
    assert whole.choices[0].message.content == HELLO_SAID
    assert whole.choices[0].finish_reason == "stop"
    choices, usage = hear(ask(client, HELLO, model, stream=True, stream_options={"include_usage": True}))
    assert choices[0]["content"] == HELLO_SAID and choices[0]["finish"] == "stop"
    assert usage.completion_tokens == whole.usage.completion_tokens
    assert usage.prompt_tokens == whole.usage.prompt_tokens


def test_without_include_usage_no_chunk_has_any(client):
    assert hear(ask(client, HELLO, stream=True))[1] is None


def test_several_answers_are_kept_apart(client):
    whole = ask(client, TWO, n=2)
    assert [choice.message.content for choice in whole.choices] == TWO_SAID
    assert [choice.index for choice in whole.choices] == [0, 1]
    choices, usage = hear(ask(client, TWO, n=2, stream=True, stream_options={"include_usage": True}))
    assert [choices[i]["content"] for i in range(2)] == TWO_SAID
    assert usage.completion_tokens == whole.usage.completion_tokens


def test_logprobs_cover_the_text(client):
    answer = ask(client, HELLO, logprobs=True, top_logprobs=2)
    entries = answer.choices[0].logprobs.content
    assert b"".join(bytes(entry.bytes) for entry in entries).decode() == HELLO_SAID
    assert all(entry.logprob <= 0 and len(entry.top_logprobs) == 2 for entry in entries)
    bytes_heard = b""
    for chunk in ask(client, HELLO, logprobs=True, top_logprobs=2, stream=True):
        for choice in chunk.choices:
            for entry in choice.logprobs.content if choice.logprobs else []:
                bytes_heard += bytes(entry.bytes)
    assert bytes_heard.decode() == HELLO_SAID


def test_max_tokens_and_stop(client):
    cut = ask(client, HELLO, max_tokens=2)
    assert cut.choices[0].finish_reason == "length" and cut.usage.completion_tokens == 2
    assert HELLO_SAID.startswith(cut.choices[0].message.content)
    stopped = ask(client, HELLO, stop=["there"])
    assert stopped.choices[0].message.content == "Hello " and stopped.choices[0].finish_reason == "stop"


def test_thinking_is_apart_from_the_answer(client):
    message = ask(client, THINK).choices[0].message
    assert message.content == THINK_SAID and message.reasoning_content == THOUGHT
    choices, usage = hear(ask(client, THINK, stream=True, stream_options={"include_usage": True}))
    assert (choices[0]["content"], choices[0]["reasoning"]) == (THINK_SAID, THOUGHT)
    assert 0 < usage.completion_tokens_details.reasoning_tokens < usage.completion_tokens
    message = ask(client, THINK, extra_body={"enable_thinking": False}).choices[0].message
    assert message.content == THINK_SAID and not getattr(message, "reasoning_content", None)


@pytest.mark.parametrize("model", [HERMES, CODER])
@pytest.mark.parametrize("text, expected", [(WEATHER, [CITY]), (BOTH, [{"city": city} for city in CITIES])])
def test_calls_of_tools(client, model, text, expected):
    more = {"tools": [TOOL], "parallel_tool_calls": True}
    whole = ask(client, text, model, **more).choices[0]
    assert whole.finish_reason == "tool_calls"
    calls = whole.message.tool_calls
    assert [json.loads(call.function.arguments) for call in calls] == expected
    assert all(call.function.name == "get_weather" and call.type == "function" and call.id for call in calls)
    assert len({call.id for call in calls}) == len(calls)
    choices, _ = hear(ask(client, text, model, stream=True, **more))
    assert choices[0]["finish"] == "tool_calls"
    assert [arguments for _, _, arguments in choices[0]["calls"]] == [call.function.arguments for call in calls]
    assert choices[0]["content"].strip() == (whole.message.content or "").strip()


def test_without_tools_a_call_is_text(client):
    choice = ask(client, WEATHER).choices[0]
    assert choice.finish_reason == "stop" and "<tool_call>" in choice.message.content


@pytest.mark.parametrize("model", [HERMES, CODER])
def test_a_tool_loop(client, model):
    messages = user(WEATHER)
    first = client.chat.completions.create(model=model, messages=messages, tools=[TOOL]).choices[0].message
    messages += [first.model_dump(exclude_none=True),
                 {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": AFTER_TOOL}]
    second = client.chat.completions.create(model=model, messages=messages, tools=[TOOL]).choices[0]
    assert second.message.content == AFTER_TOOL_SAID and second.finish_reason == "stop"


def test_a_thought_before_a_call(client):
    choices, _ = hear(ask(client, THINK_CALL, tools=[TOOL], stream=True))
    assert choices[0]["reasoning"] == THINK_CALL_THOUGHT and choices[0]["content"] == ""
    assert json.loads(choices[0]["calls"][0][2]) == {"city": "Oslo"}


@pytest.mark.parametrize("model, held, counts", [
    (CODER, False, True), (CODER, True, False), (HERMES, False, False), (HERMES, True, False)])
def test_a_call_within_a_thought(client, model, held, counts):
    """It counts in XML alone, and never where calls are held to their schemas: it was not."""
    tool = {"type": "function", "function": {**TOOL["function"], "strict": held}}
    begun = [*user(WITHIN), {"role": "assistant", "content": "<think>\n", "partial": True}]
    message = client.chat.completions.create(model=model, messages=begun, tools=[tool]).choices[0].message
    calls = [json.loads(call.function.arguments) for call in message.tool_calls or []]
    assert calls == ([{"city": "Oslo"}] if counts else [])
    assert message.reasoning_content.startswith(WITHIN_THOUGHT)
    assert ("get_weather" in message.reasoning_content) is not counts
    assert message.content.endswith(WITHIN_SAID)


def test_the_sdks_own_helper_follows_the_stream(client):
    with client.chat.completions.stream(model=HERMES, messages=user(WEATHER), tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= kinds
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == CITY


def test_a_schema_holds_the_answer(client):
    schema = {"type": "object", "required": ["name", "hills"], "additionalProperties": False,
              "properties": {"name": {"type": "string"}, "hills": {"type": "integer"}}}
    shape = {"type": "json_schema", "json_schema": {"name": "facts", "schema": schema}}
    answer = ask(client, FACTS, response_format=shape)
    assert json.loads(answer.choices[0].message.content) == json.loads(FACTS_SAID)


def test_a_stream_that_breaks_raises(client):
    stream = ask(client, BREAKS, stream=True)
    heard = ""
    with pytest.raises(openai.APIError) as error:
        for chunk in stream:
            heard += chunk.choices[0].delta.content or ""
    assert heard == BREAKS_SAID
    assert error.value.type == "server_error" and "script" in error.value.message
    with pytest.raises(openai.InternalServerError) as error:
        ask(client, BREAKS)
    assert error.value.status_code == 500


def test_a_timeout_in_the_middle_raises(client):
    late = {"x-yun-timeout-ms": "300"}
    with pytest.raises(openai.APIError) as error:
        for _ in ask(client, SLOW, stream=True, extra_headers=late):
            pass
    assert "timeout" in error.value.message
    with pytest.raises(openai.APIStatusError) as error:
        ask(client, SLOW, extra_headers=late)
    assert error.value.status_code == 504


@pytest.mark.parametrize("status, kind, request_", [
    (401, openai.AuthenticationError, {"key": "sk-wrong"}),
    (404, openai.NotFoundError, {"model": "no-such-model"}),
    (400, openai.BadRequestError, {"temperature": 9}),
    (400, openai.BadRequestError, {"messages": []})])
def test_errors_are_the_sdks_own(server, status, kind, request_):
    client = server.client(**({"api_key": request_.pop("key")} if "key" in request_ else {}))
    for stream in (False, True):
        with pytest.raises(kind) as error:
            client.chat.completions.create(**{"model": HERMES, "messages": user(HELLO), "stream": stream, **request_})
        assert error.value.status_code == status and error.value.code and error.value.message
        assert error.value.request_id
