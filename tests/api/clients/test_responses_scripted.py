"""The Responses API through OpenAI's SDK, against models whose tokens are given."""
import json

import openai
import pytest
from script import (AFTER_TOOL, AFTER_TOOL_SAID, BREAKS, BREAKS_SAID, CITY, CODER, FACTS, FACTS_SAID, HELLO, HELLO_SAID,
                    HERMES, THINK, THINK_SAID, THOUGHT, TOOL, WEATHER)

FUNCTION = {"type": "function", "strict": False, **TOOL["function"]}


def ask(client, text, model=HERMES, **more):
    return client.responses.create(model=model, input=text, **more)


def streamed(client, text, model=HERMES, **more):
    """The final response, and the types of the events in order."""
    with client.responses.stream(model=model, input=text, **more) as stream:
        events = list(stream)
        assert [event.sequence_number for event in events] == list(range(len(events)))
        return stream.get_final_response(), [event.type for event in events]


def call_of(response):
    return next(item for item in response.output if item.type == "function_call")


def test_whole_and_streamed(client):
    whole = ask(client, HELLO)
    assert whole.output_text == HELLO_SAID and whole.status == "completed"
    said, kinds = streamed(client, HELLO)
    assert said.output_text == HELLO_SAID and said.usage.output_tokens == whole.usage.output_tokens
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") >= 1


def test_thinking(client):
    whole = ask(client, THINK)
    assert whole.output_text == THINK_SAID and 0 < whole.usage.output_tokens_details.reasoning_tokens
    reasoning = next(item for item in whole.output if item.type == "reasoning")
    assert THOUGHT in (reasoning.content[0].text if reasoning.content else reasoning.summary[0].text)
    said, kinds = streamed(client, THINK)
    assert said.output_text == THINK_SAID and any(kind.startswith("response.reasoning") for kind in kinds)


@pytest.mark.parametrize("model", [HERMES, CODER])
def test_a_tool_loop_over_a_kept_response(client, model):
    said, kinds = streamed(client, WEATHER, model, tools=[FUNCTION])
    first = ask(client, WEATHER, model, tools=[FUNCTION])
    for response in (said, first):
        assert call_of(response).name == "get_weather" and json.loads(call_of(response).arguments) == CITY
    assert "response.function_call_arguments.delta" in kinds and "response.function_call_arguments.done" in kinds
    output = {"type": "function_call_output", "call_id": call_of(first).call_id, "output": AFTER_TOOL}
    second = ask(client, [output], model, previous_response_id=first.id, tools=[FUNCTION])
    assert second.output_text == AFTER_TOOL_SAID
    assert client.responses.retrieve(first.id).id == first.id
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)


def test_a_schema_holds_the_answer(client):
    schema = {"type": "object", "required": ["name", "hills"], "additionalProperties": False,
              "properties": {"name": {"type": "string"}, "hills": {"type": "integer"}}}
    answer = client.responses.create(model=HERMES, input=FACTS, text={
        "format": {"type": "json_schema", "name": "facts", "schema": schema}})
    assert json.loads(answer.output_text) == json.loads(FACTS_SAID)


def test_an_answer_that_is_cut_is_incomplete(client):
    cut = ask(client, "Say hello. Now at length: Take your time.", max_output_tokens=16)
    assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens"


def test_a_stream_that_breaks(client):
    heard, kinds = "", []
    with pytest.raises(openai.APIError) as error:
        for event in ask(client, BREAKS, stream=True):
            kinds.append(event.type)
            heard += event.delta if event.type == "response.output_text.delta" else ""
    assert heard == BREAKS_SAID and kinds[-1] == "response.failed"
    assert "script" in error.value.message and error.value.code
    with pytest.raises(openai.InternalServerError):
        ask(client, BREAKS)


def test_errors(server, client):
    with pytest.raises(openai.AuthenticationError):
        ask(server.client(api_key="sk-wrong"), HELLO)
    with pytest.raises(openai.NotFoundError):
        ask(client, HELLO, "no-such-model")
    with pytest.raises(openai.BadRequestError) as error:
        ask(client, HELLO, temperature=9)
    assert error.value.param == "temperature"
