"""Answers held to a JSON schema, an expression or a choice, through the SDK: whole and streamed, greedy and drawn."""
import json
import re

import openai
import pytest
from serving import MODEL

ASK = [{"role": "user", "content": "Invent a person: name and age, as JSON."}]
SCHEMA = {"type": "object",
          "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 0, "maximum": 150}},
          "required": ["name", "age"], "additionalProperties": False}
FORMAT = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}}


def is_person(text):
    person = json.loads(text)
    return (set(person) == {"name", "age"} and isinstance(person["name"], str) and len(person["name"]) <= 20
            and isinstance(person["age"], int) and 0 <= person["age"] <= 150)


@pytest.mark.parametrize("temperature", [0, 1.5])
def test_json_schema(client, temperature):
    answer = client.chat.completions.create(model=MODEL, messages=ASK, response_format=FORMAT, max_tokens=150,
                                            temperature=temperature, seed=7, n=2)
    for choice in answer.choices:
        assert choice.finish_reason == "stop"
        assert is_person(choice.message.content), choice.message.content


def test_json_schema_streamed(client):
    stream = client.chat.completions.create(model=MODEL, messages=ASK, response_format=FORMAT, max_tokens=150,
                                            temperature=1, seed=3, stream=True)
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert is_person(text), text
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_json_object_regex_choice_and_grammar(client):
    def ask(**options):
        answer = client.chat.completions.create(model=MODEL, messages=ASK, max_tokens=120, temperature=1, seed=1, **options)
        return answer.choices[0].message.content, answer.choices[0].finish_reason

    text, reason = ask(response_format={"type": "json_object"})
    assert text.lstrip().startswith("{")
    if reason == "stop":
        assert isinstance(json.loads(text), dict)
    text, _ = ask(extra_body={"guided_regex": r"[A-Z][a-z]{2,8}, \d{1,2}"})
    assert re.fullmatch(r"[A-Z][a-z]{2,8}, \d{1,2}", text), text
    text, _ = ask(extra_body={"guided_choice": ["red", "green", "blue green"]})
    assert text in ("red", "green", "blue green")
    text, _ = ask(extra_body={"structured_outputs": {"grammar": 'start: "a" ("b" | "c")~3'}})
    assert re.fullmatch("a[bc]{3}", text), text


def test_completions_take_constraints_too(client):
    answer = client.completions.create(model=MODEL, prompt="The colour of grass is", max_tokens=20,
                                       extra_body={"guided_choice": ["green", "violet"]})
    assert answer.choices[0].text in ("green", "violet")


def test_others_are_not_constrained(client):
    """A constrained and a free answer at once: the free one is what it is alone."""
    def free():
        return client.chat.completions.create(model=MODEL, messages=ASK, max_tokens=24, temperature=0).choices[0].message.content

    alone = free()
    stream = client.chat.completions.create(model=MODEL, messages=ASK, response_format=FORMAT, max_tokens=150, stream=True)
    next(iter(stream))
    assert free() == alone
    stream.close()


@pytest.mark.parametrize("options, param, word", [
    ({"guided_regex": "("}, "guided_regex", "regex"),
    ({"guided_regex": "(a|aa|aaa)*" * 400 + "b"}, "guided_regex", "complex"),
    ({"guided_json": {"type": "array", "uniqueItems": True}}, "guided_json", "uniqueItems"),
    ({"guided_json": "{"}, "guided_json", "JSON"),
    ({"guided_grammar": "start: nothing"}, "guided_grammar", "nothing"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "strnig"}}}},
     "response_format.json_schema.schema", "strnig"),
])
def test_what_cannot_be_is_refused(client, options, param, word):
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model=MODEL, messages=ASK, max_tokens=4, extra_body=options)
    assert error.value.param == param and word in error.value.message


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("tokens", [1, 2, 3, 5, 8, 13, 21])
def test_json_that_reaches_its_length_still_parses(client, tokens, stream):
    schema = {"type": "object", "properties": {"story": {"type": "string", "minLength": 400},
                                               "numbers": {"type": "array", "items": {"type": "number"}}},
              "required": ["story", "numbers"], "additionalProperties": False}
    answer = client.chat.completions.create(
        model=MODEL, max_tokens=tokens, stream=stream, seed=tokens, messages=[{"role": "user", "content": "Tell me a story."}],
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}})
    if stream:
        chunks = [chunk.choices[0] for chunk in answer]
        text, finish = "".join(chunk.delta.content or "" for chunk in chunks), chunks[-1].finish_reason
    else:
        text, finish = answer.choices[0].message.content, answer.choices[0].finish_reason
    assert finish == "length"
    assert isinstance(json.loads(text), dict)
