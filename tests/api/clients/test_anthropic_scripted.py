"""Anthropic's SDK for Python against models whose tokens are given."""
import anthropic
import pytest
from script import (AFTER_TOOL, AFTER_TOOL_SAID, BOTH, BREAKS, BREAKS_SAID, CITIES, CITY, CODER, HELLO, HELLO_SAID,
                    HERMES, SLOW, THINK, THINK_CALL, THINK_CALL_THOUGHT, THINK_SAID, THOUGHT, TOOL, WEATHER)

TOOLS = [{"name": "get_weather", "description": "The weather of a city.",
          "input_schema": TOOL["function"]["parameters"]}]
THINKS = {"type": "enabled", "budget_tokens": 1024}
QUIET = {"type": "disabled"}


@pytest.fixture(scope="module", params=["/anthropic", "/apps/anthropic"])
def base(server, request):
    return server.url + request.param


@pytest.fixture
def client(server, base):
    return anthropic.Anthropic(api_key=server.key, base_url=base, max_retries=0)


def user(text):
    return [{"role": "user", "content": text}]


def wish(text, model=HERMES, **more):
    return {"model": model, "max_tokens": 2000, "messages": user(text), **more}


def blocks(message):
    return [(block.type, getattr(block, {"text": "text", "thinking": "thinking", "tool_use": "input"}[block.type]))
            for block in message.content]


def prompt_tokens(message):
    return message.usage.input_tokens + message.usage.cache_read_input_tokens


def streamed(client, **body):
    """The final message, and the types of the events in order."""
    with client.messages.stream(**body) as stream:
        kinds = [event.type for event in stream]
        return stream.get_final_message(), kinds


def test_a_message(client):
    message = client.messages.create(**wish(HELLO))
    assert message.id.startswith("msg_") and message.type == "message" and message.role == "assistant"
    assert blocks(message) == [("text", HELLO_SAID)]
    assert message.stop_reason == "end_turn" and message.stop_sequence is None
    assert message.usage.input_tokens > 5 and message.usage.output_tokens > 5


def test_the_order_of_events(client):
    kinds = [event.type for event in client.messages.create(**wish(HELLO), stream=True) if event.type != "ping"]
    deltas = kinds.count("content_block_delta")
    assert deltas >= 1  # a busy server may say all at once
    assert kinds == ["message_start", "content_block_start", *["content_block_delta"] * deltas, "content_block_stop",
                     "message_delta", "message_stop"]


@pytest.mark.parametrize("text, more, expected, reason", [
    (HELLO, {}, [("text", HELLO_SAID)], "end_turn"),
    (THINK, {"thinking": THINKS}, [("thinking", THOUGHT), ("text", THINK_SAID)], "end_turn"),
    (THINK, {"thinking": QUIET}, [("text", THINK_SAID)], "end_turn"),
    (WEATHER, {"tools": TOOLS}, [("text", "Let me look."), ("tool_use", CITY)], "tool_use"),
    (BOTH, {"tools": TOOLS}, [("tool_use", {"city": city}) for city in CITIES], "tool_use"),
    (THINK_CALL, {"tools": TOOLS, "thinking": THINKS},
     [("thinking", THINK_CALL_THOUGHT), ("tool_use", {"city": "Oslo"})], "tool_use"),
    (HELLO, {"stop_sequences": ["there"]}, [("text", "Hello ")], "stop_sequence"),
    (HELLO, {"max_tokens": 2}, [("text", "Hello there")], "max_tokens")])
def test_whole_and_streamed(client, text, more, expected, reason):
    def trimmed(message):
        return [(kind, value.strip() if "tools" in more and kind == "text" else value)
                for kind, value in blocks(message)]

    whole = client.messages.create(**{**wish(text), **more})
    assert trimmed(whole) == expected and whole.stop_reason == reason
    assert whole.stop_sequence == ("there" if reason == "stop_sequence" else None)
    said, _ = streamed(client, **{**wish(text), **more})
    assert trimmed(said) == expected and said.stop_reason == reason and said.stop_sequence == whole.stop_sequence
    assert prompt_tokens(said) == prompt_tokens(whole)
    if reason != "stop_sequence":  # the engine hears of it while it goes on
        assert said.usage.output_tokens == whole.usage.output_tokens


def test_calls_in_xml(client):
    said, _ = streamed(client, **wish(WEATHER, CODER, tools=TOOLS))
    assert blocks(said)[-1] == ("tool_use", CITY)


@pytest.mark.parametrize("model", [HERMES, CODER])
def test_a_tool_loop(client, model):
    first = client.messages.create(**wish(WEATHER, model, tools=TOOLS))
    call = first.content[-1]
    assert call.name == "get_weather" and call.id
    messages = [*user(WEATHER), {"role": "assistant", "content": [block.model_dump() for block in first.content]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": AFTER_TOOL}]}]
    second = client.messages.create(**{**wish("", model, tools=TOOLS), "messages": messages})
    assert blocks(second) == [("text", AFTER_TOOL_SAID)]


def test_a_system_prompt_counts(client):
    count = client.messages.count_tokens(model=HERMES, messages=user(HELLO))
    with_system = client.messages.count_tokens(model=HERMES, messages=user(HELLO), system="Be brief and kind.")
    assert 5 < count.input_tokens < with_system.input_tokens
    said = client.messages.create(**wish(HELLO, system="Be brief and kind.", thinking=QUIET))
    quiet = client.messages.count_tokens(model=HERMES, messages=user(HELLO), system="Be brief and kind.",
                                         thinking=QUIET)
    assert prompt_tokens(said) == quiet.input_tokens


def test_models(client):
    assert HERMES in [model.id for model in client.models.list()]


@pytest.mark.parametrize("kind, status, more", [
    (anthropic.BadRequestError, 400, {"extra_body": {"temperature": 9}}),
    (anthropic.BadRequestError, 400, {"messages": []}),
    (anthropic.BadRequestError, 400, {"max_tokens": 0}),
    (anthropic.NotFoundError, 404, {"model": "no-such-model"})])
def test_errors(client, kind, status, more):
    for stream in (False, True):
        with pytest.raises(kind) as error:
            client.messages.create(**{**wish(HELLO), "stream": stream, **more})
        assert error.value.status_code == status and error.value.body["type"] == "error"
        assert error.value.request_id


def test_a_wrong_key(base):
    for key in ({"api_key": "sk-wrong"}, {"auth_token": "sk-wrong", "api_key": None}):
        with pytest.raises(anthropic.AuthenticationError) as error:
            anthropic.Anthropic(base_url=base, max_retries=0, **key).messages.create(**wish(HELLO))
        assert error.value.body["error"]["type"] == "authentication_error"


def test_a_bearer_token_is_a_key(server, base):
    client = anthropic.Anthropic(auth_token=server.key, api_key=None, base_url=base, max_retries=0)
    assert blocks(client.messages.create(**wish(HELLO))) == [("text", HELLO_SAID)]


def test_a_stream_that_breaks_raises(client):
    heard = ""
    with pytest.raises(anthropic.APIStatusError) as error:
        with client.messages.stream(**wish(BREAKS)) as stream:
            for text in stream.text_stream:
                heard += text
    assert heard == BREAKS_SAID and error.value.type == "api_error" and "script" in error.value.api_message
    with pytest.raises(anthropic.InternalServerError) as error:
        client.messages.create(**wish(BREAKS))
    assert error.value.status_code == 500 and error.value.type == "api_error"


def test_a_timeout_in_the_middle_raises(client):
    with pytest.raises(anthropic.APIStatusError) as error:
        with client.messages.stream(**wish(SLOW), extra_headers={"x-yun-timeout-ms": "300"}) as stream:
            for _ in stream:
                pass
    assert error.value.type == "timeout_error" and "timeout" in error.value.api_message
