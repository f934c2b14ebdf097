"""Many streams of all dialects at once: no error, and each one's pieces joined are the answer, exactly."""
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from script import HELLO, HELLO_SAID, HERMES, THINK, THINK_SAID, THOUGHT

STREAMS = 256
ASKED = {HELLO: ("", HELLO_SAID), THINK: (THOUGHT, THINK_SAID)}


def events(server, path, body, headers):
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(),
                                     {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json",
                                      **headers})
    with urllib.request.urlopen(request, timeout=300) as answer:
        for line in answer:
            if line.startswith(b"data:") and b"[DONE]" not in line:
                yield json.loads(line[5:])


def by_openai(server, text):
    thought = said = ""
    for chunk in events(server, "/v1/chat/completions", {
            "model": HERMES, "stream": True, "messages": [{"role": "user", "content": text}]}, {}):
        delta = chunk["choices"][0]["delta"]
        thought += delta.get("reasoning_content") or ""
        said += delta.get("content") or ""
    return thought, said


def by_responses(server, text):
    thought = said = ""
    for event in events(server, "/v1/responses", {"model": HERMES, "stream": True, "input": text, "store": False}, {}):
        thought += event["delta"] if event["type"] == "response.reasoning_text.delta" else ""
        said += event["delta"] if event["type"] == "response.output_text.delta" else ""
    return thought, said


def by_anthropic(server, text):
    thought = said = ""
    for event in events(server, "/anthropic/v1/messages", {
            "model": HERMES, "stream": True, "max_tokens": 500, "messages": [{"role": "user", "content": text}],
            "thinking": {"type": "enabled", "budget_tokens": 1000}}, {}):
        delta = event.get("delta", {})
        thought += delta.get("thinking", "")
        said += delta.get("text", "")
    return thought, said


def by_dashscope(server, text):
    thought = said = ""
    for event in events(server, "/api/v1/services/aigc/text-generation/generation", {
            "model": HERMES, "input": {"messages": [{"role": "user", "content": text}]},
            "parameters": {"result_format": "message", "incremental_output": True}}, {"X-DashScope-SSE": "enable"}):
        message = event["output"]["choices"][0]["message"]
        thought += message.get("reasoning_content") or ""
        said += message.get("content") or ""
    return thought, said


def test_mixed_dialects_at_once(server):
    dialects, texts = [by_openai, by_responses, by_anthropic, by_dashscope], list(ASKED)
    jobs = [(dialects[i % 4], texts[i // 4 % len(texts)]) for i in range(STREAMS)]
    with ThreadPoolExecutor(STREAMS) as pool:
        answers = list(pool.map(lambda job: job[0](server, job[1]), jobs))
    wrong = [(dialect.__name__, text, answer) for (dialect, text), answer in zip(jobs, answers, strict=True)
             if answer != ASKED[text]]
    assert not wrong, wrong[:3]
