"""OpenAI's Responses and Conversations through the vendor's own SDK, against models whose tokens are given."""
import json

import openai
import pytest
from script import (AFTER_TOOL, AFTER_TOOL_SAID, BREAKS, BREAKS_SAID, CITY, FACTS, FACTS_SAID, HELLO, HELLO_SAID,
                    HERMES, THINK, THINK_SAID, THOUGHT, TOOL, WEATHER)

FLAT = {"type": "function", **TOOL["function"]}


def ask(client, said, **more):
    return client.responses.create(model=HERMES, input=said, **more)


def test_whole_and_streamed_say_the_same(client):
    whole = ask(client, HELLO)
    assert whole.output_text == HELLO_SAID and whole.status == "completed"
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens > 0
    with client.responses.stream(model=HERMES, input=HELLO) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == HELLO_SAID
    assert final.output_text == HELLO_SAID and final.usage == whole.usage
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")


def test_thinking_and_calls_are_items(client):
    thought = ask(client, THINK)
    assert [item.type for item in thought.output] == ["reasoning", "message"]
    assert thought.output[0].content[0].text == THOUGHT and thought.output_text == THINK_SAID
    assert thought.usage.output_tokens_details.reasoning_tokens > 0
    with client.responses.stream(model=HERMES, input=WEATHER, tools=[FLAT]) as stream:
        heard = "".join(e.delta for e in stream if e.type == "response.function_call_arguments.delta")
        final = stream.get_final_response()
    call = next(item for item in final.output if item.type == "function_call")
    assert json.loads(call.arguments) == CITY and call.arguments == heard and call.name == "get_weather"


def test_a_tool_loop_by_previous_response(client):
    first = ask(client, WEATHER, tools=[FLAT])
    call = next(item for item in first.output if item.type == "function_call")
    second = ask(client, [{"type": "function_call_output", "call_id": call.call_id, "output": AFTER_TOOL}],
                 previous_response_id=first.id, tools=[FLAT])
    assert second.output_text == AFTER_TOOL_SAID and second.previous_response_id == first.id


def test_a_tool_loop_by_items(client):
    first = ask(client, WEATHER, tools=[FLAT], store=False)
    call = next(item for item in first.output if item.type == "function_call")
    items = [{"role": "user", "content": WEATHER}, *[item.model_dump(exclude_none=True) for item in first.output],
             {"type": "function_call_output", "call_id": call.call_id, "output": AFTER_TOOL}]
    assert ask(client, items, tools=[FLAT], store=False).output_text == AFTER_TOOL_SAID


def test_what_is_stored_can_be_read_and_removed(client):
    made = ask(client, HELLO, metadata={"a": "b"})
    found = client.responses.retrieve(made.id)
    assert found.output_text == HELLO_SAID and found.metadata == {"a": "b"}
    items = client.responses.input_items.list(made.id).data
    assert [item.content[0].text for item in items] == [HELLO]
    client.responses.delete(made.id)
    for call in (client.responses.retrieve, client.responses.delete):
        with pytest.raises(openai.NotFoundError):
            call(made.id)
    with pytest.raises(openai.BadRequestError) as error:
        ask(client, HELLO, previous_response_id=made.id)
    assert error.value.code == "previous_response_not_found"
    unkept = ask(client, HELLO, store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(unkept.id)


def test_a_conversation_grows(client):
    conversation = client.conversations.create(metadata={"topic": "t"},
                                               items=[{"type": "message", "role": "user", "content": "Before."}])
    ask(client, HELLO, conversation=conversation.id)
    texts = [item.content[0].text for item in client.conversations.items.list(conversation.id, order="asc")]
    assert texts == ["Before.", HELLO, HELLO_SAID]
    pages = client.conversations.items.list(conversation.id, order="asc", limit=2)
    assert len(pages.data) == 2 and pages.has_more
    added = client.conversations.items.create(conversation.id, items=[{"role": "user", "content": "More."}])
    item = client.conversations.items.retrieve(added.data[0].id, conversation_id=conversation.id)
    assert item.content[0].text == "More."
    client.conversations.items.delete(added.data[0].id, conversation_id=conversation.id)
    with pytest.raises(openai.NotFoundError):
        client.conversations.items.retrieve(added.data[0].id, conversation_id=conversation.id)
    assert client.conversations.update(conversation.id, metadata={"topic": "u"}).metadata == {"topic": "u"}
    assert client.conversations.retrieve(conversation.id).metadata == {"topic": "u"}
    assert client.conversations.delete(conversation.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(conversation.id)


def test_a_schema_holds_the_answer(client):
    schema = {"type": "object", "required": ["name", "hills"], "additionalProperties": False,
              "properties": {"name": {"type": "string"}, "hills": {"type": "integer"}}}
    shape = {"format": {"type": "json_schema", "name": "facts", "schema": schema, "strict": True}}
    assert json.loads(ask(client, FACTS, text=shape).output_text) == json.loads(FACTS_SAID)


def test_cut_and_broken(client):
    cut = client.responses.create(model="plain-scripted", input=HELLO, max_output_tokens=16)
    assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens"
    assert HELLO_SAID.startswith(cut.output_text)
    heard, kinds = "", []
    with pytest.raises(openai.APIError) as error:
        for event in ask(client, BREAKS, stream=True):
            kinds.append(event.type)
            heard += event.delta if event.type == "response.output_text.delta" else ""
    assert heard == BREAKS_SAID and kinds[-1] == "response.failed"
    assert "script" in error.value.message and error.value.code
    with pytest.raises(openai.InternalServerError):
        ask(client, BREAKS)


@pytest.mark.parametrize("fields, param", [
    ({"temperature": 9}, "temperature"), ({"max_output_tokens": 1}, "max_output_tokens"),
    ({"tools": [{"type": "function"}]}, "tools[0].name"), ({"background": True}, "background")])
def test_errors_name_the_field(client, fields, param):
    with pytest.raises(openai.BadRequestError) as error:
        ask(client, HELLO, **fields)
    assert error.value.param == param
