"""Answers drawn by chance from what a grammar permits, with real tokenizers: each must be what the grammar describes.

The judge of JSON schemas is PyPI `jsonschema`, which shares no code with yun.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tokenizer"))
import reference  # noqa: E402

BIN = os.environ.get("YUN_BIN") or ROOT / "build/relcheck/bin/yun"
QWEN3_VOCAB = 151936  # of the model: longer than the tokenizer's

PERSON = {"type": "object",
          "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 12},
                         "age": {"type": "integer", "minimum": 0, "maximum": 150},
                         "mail": {"type": ["string", "null"]},
                         "tags": {"type": "array", "items": {"enum": ["new", "vip", "旧"]}, "maxItems": 3}},
          "required": ["name", "age"], "additionalProperties": False}
SCHEMAS = [
    PERSON,
    {"type": "array", "items": PERSON, "minItems": 1, "maxItems": 2},
    {"type": "object", "properties": {"kind": {"const": "point"}, "xy": {"type": "array", "prefixItems": [
        {"type": "number", "minimum": -1, "maximum": 1}, {"type": "number", "exclusiveMinimum": 0}],
        "items": False, "minItems": 2}}, "required": ["kind", "xy"], "additionalProperties": False},
    {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}]},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1, "maxProperties": 3},
    {"$defs": {"tree": {"type": "object", "properties": {"v": {"type": "integer"}, "l": {"$ref": "#/$defs/tree"},
                                                         "r": {"$ref": "#/$defs/tree"}},
                        "required": ["v"], "additionalProperties": False}}, "$ref": "#/$defs/tree"},
    {"type": "string", "format": "date"},
    {"oneOf": [{"type": "object", "properties": {"t": {"const": "a"}, "n": {"type": "integer"}}, "required": ["t", "n"],
                "additionalProperties": False},
               {"type": "object", "properties": {"t": {"const": "b"}, "s": {"type": "string", "maxLength": 5}},
                "required": ["t"], "additionalProperties": False}]},
    {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
               {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]}]},
]
REGEXES = [r"[a-z]{2,5}( [a-z]{2,5}){0,3}\.", r"(\+[0-9]{1,3} )?[0-9]{3}-[0-9]{4}", r"[\u4e00-\u9fff]{1,6}(。|!)",
           r"é{0,3}[^a-z\n]{4}"]
CHOICES = [["yes", "no", "yes please"], ["智能", "智能计算", "🙂"], ["a\"b\\c\nd"]]


@pytest.fixture(scope="module", params=["qwen3", "smollm2"])
def walk(request):
    if request.param == "qwen3":
        options = ["--model", reference.qwen3_folder(), "--vocab", QWEN3_VOCAB]
    else:
        path = os.environ.get("YUN_SMOLLM2", "")
        if not pathlib.Path(path).is_file():
            pytest.skip("YUN_SMOLLM2 names no file: SmolLM2's GGUF")
        options = ["--model", path]

    def run(grammars, *more):
        lines = "".join(json.dumps({"kind": kind, "text": text}) + "\n" for kind, text in grammars)
        done = subprocess.run([BIN, "debug", "grammar", *map(str, options), *map(str, more)], input=lines,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()[1:]]

    return run


def finished_texts(result, at_least):
    assert "error" not in result, result
    texts = [answer["text"] for answer in result["answers"] if answer["finished"]]
    assert len(texts) >= at_least, result
    return texts


def test_schemas(walk):
    results = walk([("json_schema", json.dumps(schema)) for schema in SCHEMAS], "--answers", 6)
    for schema, result in zip(SCHEMAS, results):
        for text in finished_texts(result, 3):
            jsonschema.validate(json.loads(text), schema, jsonschema.Draft202012Validator)


def test_objects(walk):
    [result] = walk([("json_object", "")], "--answers", 8)
    for text in finished_texts(result, 4):
        assert isinstance(json.loads(text), dict)


def test_regexes(walk):
    for pattern, result in zip(REGEXES, walk([("regex", pattern) for pattern in REGEXES])):
        for text in finished_texts(result, 4):
            assert re.fullmatch(pattern, text), (pattern, text)


def test_choices(walk):
    for choices, result in zip(CHOICES, walk([("choice", json.dumps(choices)) for choices in CHOICES])):
        assert set(finished_texts(result, 8)) <= set(choices)


TOOLS = [
    {"type": "function", "function": {"name": "add_person", "strict": True, "parameters": PERSON}},
    {"type": "function", "function": {"name": "plot", "parameters": {
        "type": "object", "properties": {"colour": {"$ref": "#/$defs/colour"}, "note": {"type": ["string", "null"]},
                                         "points": {"type": "array", "maxItems": 2, "items": {"type": "number"}}},
        "required": ["colour"], "additionalProperties": False, "$defs": {"colour": {"enum": ["red", "dark red"]}}}}},
    {"type": "function", "function": {"name": "now"}},
]


@pytest.mark.parametrize("xml", [False, True], ids=["json", "xml"])
def test_tool_calls(walk, xml):
    parameters = {tool["function"]["name"]: tool["function"].get("parameters", {"maxProperties": 0}) for tool in TOOLS}
    both = [("tools", json.dumps({"tools": TOOLS, "xml": xml, "required": True, "parallel": parallel}))
            for parallel in (True, False)]
    for parallel, result in zip((True, False), walk(both, "--answers", 12)):
        finished_texts(result, 4)
        for answer in result["answers"]:
            assert "error" not in answer, answer
            if not answer["finished"]:
                continue
            assert answer["calls"] and (parallel or len(answer["calls"]) == 1), answer
            for call in answer["calls"]:
                jsonschema.validate(json.loads(call["arguments"]), parameters[call["name"]],
                                    jsonschema.Draft202012Validator)


def test_hostile_grammars_are_refused_soon(walk):
    wide = {"anyOf": [{"type": "object", "properties": {f"p{i}_{j}": {"type": "string", "pattern": "(a|b)*c{1,50}"}
                                                         for j in range(20)}} for i in range(50)]}
    powers = {"$defs": {"x0": {"type": "string"}}, "$ref": "#/$defs/x24"}
    for i in range(24):
        powers["$defs"][f"x{i + 1}"] = {"allOf": [{"$ref": f"#/$defs/x{i}"}, {"$ref": f"#/$defs/x{i}"}]}
    hostile = [
        ("regex", "((((a{1,100}){1,100}){1,100}){1,100}){1,100}"),
        ("regex", "(a|aa|aaa)*" * 400 + "b"),
        ("regex", "(.*a.{1,500}b){50}"),
        ("regex", "(" * 5000),
        ("lark", "start: " + "(" * 3000 + "\"a\"" + ")" * 3000),
        ("lark", "start: " + "a " * 50000 + "\na: \"x\""),
        ("json_schema", json.dumps(powers)),
        ("json_schema", json.dumps(wide)),
        ("json_schema", json.dumps({"type": "string", "minLength": 10**9})),
        ("json_schema", json.dumps({"type": "array", "minItems": 10**9, "items": {"type": "integer"}})),
        ("json_schema", '{"items":' * 120 + "{}" + "}" * 120),
        ("json_schema", json.dumps({"enum": [f"{i * 7919 % 100003}" for i in range(20000)]})),
    ]
    for (kind, text), result in zip(hostile, walk(hostile, "--answers", 1)):
        assert "panic" not in result.get("error", ""), (kind, text[:80], result)
        assert "error" in result or result["answers"], (kind, text[:80])
