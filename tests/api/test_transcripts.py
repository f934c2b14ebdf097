"""What goes over the wire in each dialect, byte for byte: transcripts/*.txt were recorded and are compared. A model with a
script answers (src/server/scripted_replies.h), so every byte is known but for these, which are masked in the same way when
recording and when comparing:

- a run of 24 or more hex digits (the random part of an id) is ID1, ID2, ... in the order of appearance
- "created" and "created_at" (Unix seconds) are 0
- how many tokens come in one event depends on the machine's load: neighbouring deltas of one text are joined, events are
  numbered as they are then, and usage in an event of DashScope before the last is 0; keep-alives are left out
- of the headers those of HEADERS are kept

To record anew, when what is said is meant to change: pytest tests/api/test_transcripts.py --record
"""
import http.client
import json
import pathlib
import re

import pytest
from serving import Server

FOLDER = pathlib.Path(__file__).with_name("transcripts")
SAID = "said"
HEADERS = ["content-type", "cache-control", "retry-after", "www-authenticate", "x-should-retry", "x-request-id",
           "request-id"]

# A template as short as can be, for a model that thinks and calls tools as Qwen3 does.
TEMPLATE = """\
{%- if tools %}{{ '<|im_start|>system\\n' }}{% for tool in tools %}{{ tool | tojson }}{% endfor %}
{{- '<tool_call>{"name": ..., "arguments": ...}</tool_call><|im_end|>\\n' }}{% endif %}
{%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}
"""
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>"]
TOOL = {"name": "get_weather", "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich"}}\n</tool_call>'
ASK = {"text": "Say hello.", "thinking": "Think about it.", "tool": "What is the weather?", "cut": "Go on and on.",
       "break": "Break in the middle.", "model": "Ask another.", "field": "Ask too much."}
SCRIPT = [{"when": ASK["text"], "reply": 'Hello "there"!\n你好，世界 🌍.'},
          {"when": ASK["thinking"], "reply": "<think>\nTwo and two?\nThat is four.\n</think>\n\nIt is four."},
          {"when": ASK["tool"], "reply": "Let me look.\n" + CALL},
          {"when": ASK["cut"], "reply": "One, two, three, four, five."},
          {"when": ASK["break"], "reply": "This never ends", "fail_after": 10}]
CUT_TOKENS = 8

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
NATIVE, MESSAGES = "/api/v1/services/aigc/text-generation/generation", "/anthropic/v1/messages"


def openai_chat(what):
    body = {"model": SAID, "messages": [{"role": "user", "content": ASK[what]}], "enable_thinking": what == "thinking"}
    return CHAT, body | {"tool": {"tools": [{"type": "function", "function": TOOL}]}, "cut": {"max_tokens": CUT_TOKENS},
                         "model": {"model": "unknown"}, "field": {"temperature": 3}}.get(what, {})


def openai_responses(what):
    body = {"model": SAID, "input": ASK[what], "enable_thinking": what == "thinking"}
    return RESPONSES, body | {"tool": {"tools": [{"type": "function", **TOOL}]}, "cut": {"max_output_tokens": 16},
                              "model": {"model": "unknown"}, "field": {"top_p": 0}}.get(what, {})


def dashscope(what):
    body = {"model": SAID, "input": {"messages": [{"role": "user", "content": ASK[what]}]},
            "parameters": {"result_format": "message", "enable_thinking": what == "thinking"}}
    # Without parallel calls the answer ends with its first call, and usage has what the engine did until it heard of that.
    tool = {"tools": [{"type": "function", "function": TOOL}], "parallel_tool_calls": True}
    body["parameters"] |= {"tool": tool,
                           "cut": {"max_tokens": CUT_TOKENS}, "field": {"temperature": 2}}.get(what, {})
    return NATIVE, body | ({"model": "unknown"} if what == "model" else {})


def anthropic(what):
    body = {"model": SAID, "max_tokens": 500, "messages": [{"role": "user", "content": ASK[what]}]}
    tool = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}
    return MESSAGES, body | {"thinking": {"thinking": {"type": "enabled", "budget_tokens": 100}}, "tool": {"tools": [tool]},
                             "cut": {"max_tokens": CUT_TOKENS}, "model": {"model": "unknown"},
                             "field": {"max_tokens": 0}}.get(what, {})


def cases():
    """name -> (path, headers, body)"""
    out = {}
    for dialect in (openai_chat, openai_responses, dashscope, anthropic):
        for what in ASK:
            path, body = dialect(what)
            name = f"{dialect.__name__}_{what}"
            out[name] = path, {}, body
            if dialect is dashscope:
                sse = {"X-DashScope-SSE": "enable"}
                whole = {**body, "parameters": {**body["parameters"], "incremental_output": True}}
                out[f"{name}_stream"] = path, sse, whole
                if what not in ("model", "field"):
                    out[f"{name}_stream_all_so_far"] = path, sse, body
            else:
                usage = {"stream_options": {"include_usage": True}} if dialect is openai_chat else {}
                out[f"{name}_stream"] = path, {}, body | {"stream": True} | usage
        path, body = dialect("text")
        out[f"{dialect.__name__}_key"] = path, {"Authorization": "Bearer sk-wrong"}, body
    return out


CASES = cases()


def byte_letters():
    """The letter that stands for each byte in a tokenizer of bytes."""
    plain = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte if byte in plain else 256 + others.index(byte)) for byte in range(256)]


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("transcripts")
    model = folder / "model"
    model.mkdir()
    vocab = {letter: byte for byte, letter in enumerate(byte_letters())}
    added = [{"id": len(vocab) + i, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": i < 3} for i, text in enumerate(SPECIAL)]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    (model / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "vocab": vocab, "merges": []}}))
    (model / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>"}))
    (model / "chat_template.jinja").write_text(TEMPLATE)
    script = folder / "script.json"
    script.write_text(json.dumps(SCRIPT))
    running = Server(folder / "home", models=[f"{SAID}=scripted:replies={script},model={model},step_us=0"])
    for path, headers, body in CASES.values():  # what follows finds its prompt in the cache, whatever was asked before
        ask(running, path, headers, body)
    yield running
    assert running.stop() == 0, running.output


def ask(server, path, headers, body):
    """Status, headers and body of the answer; how it broke off, too."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {server.key}",
                                                        "Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    try:
        data, end = answer.read(), ""
    except http.client.IncompleteRead as error:
        data, end = error.partial, "[the connection breaks]\n"
    connection.close()
    return answer.status, answer.headers, data.decode(), end


TEXT = re.compile(r'"(content|reasoning_content|arguments|delta|text|thinking|partial_json)":"((?:[^"\\]|\\.)+)"')
COUNTS = re.compile(r'("(?:total|output|reasoning|text)_tokens":)\d+')


def skeleton(frame, all_so_far):
    """A frame without what may differ between two neighbours of one text, and that text; None: it has none."""
    texts = list(TEXT.finditer(frame))
    if not texts or (len(texts) > 1 and not all_so_far):
        return None, None
    rest = TEXT.sub(r'"\1":', frame)
    rest = rest.replace('"role":"assistant","content":null,', "").replace('{"role":"assistant",', "{")
    return re.sub(r'^id:\d+|"sequence_number":\d+', "", rest), texts[0]


def join(frames, all_so_far):
    out = []
    for frame in frames:
        (before, text), (now, more) = skeleton(out[-1] if out else "", all_so_far), skeleton(frame, all_so_far)
        if now is None or before != now:
            out.append(frame)
        elif all_so_far:
            out[-1] = frame
        else:
            out[-1] = out[-1][:text.end(2)] + more[2] + out[-1][text.end(2):]
    return out


def stream(text, all_so_far):
    frames = re.findall(r".*?\n\n|.+$", text, re.S)
    ping = 'event: ping\ndata: {"type":"ping"}\n\n'
    frames = [frame for i, frame in enumerate(frames) if not frame.startswith(":") and (frame != ping or i == 1)]
    frames = [COUNTS.sub(r"\g<1>0", frame) if '"finish_reason":"null"' in frame else frame for frame in frames]
    out = ""
    for number, frame in enumerate(join(frames, all_so_far)):
        frame = re.sub(r"^id:\d+", f"id:{number + 1}", frame)
        out += re.sub(r'"sequence_number":\d+', f'"sequence_number":{number}', frame)
    return out


def masked(text):
    ids = {}
    text = re.sub(r"[0-9a-f]{24,}", lambda match: ids.setdefault(match[0], f"ID{len(ids) + 1}"), text)
    return re.sub(r'("created(?:_at)?":)\d+', r"\g<1>0", text)


def transcript(server, name):
    path, headers, body = CASES[name]
    status, answered, text, end = ask(server, path, headers, body)
    if answered["content-type"].startswith("text/event-stream"):
        text = stream(text, name.endswith("all_so_far"))
    sent = "".join(f"{key}: {value}\n" for key, value in headers.items())
    got = "".join(f"{key}: {answered[key]}\n" for key in HEADERS if answered[key])
    return masked(f"POST {path}\n{sent}{json.dumps(body, ensure_ascii=False)}\n\n{status}\n{got}\n{text}\n{end}")


@pytest.mark.parametrize("name", CASES)
def test_transcript(server, name, request):
    file = FOLDER / f"{name}.txt"
    said = transcript(server, name)
    if request.config.getoption("--record", default=False):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(said)
    assert said == file.read_text()


def test_every_transcript_is_of_a_case():
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(CASES)
