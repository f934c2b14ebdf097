"""The vendor's agents, driven by models whose tokens are given: qwen-agent calls a function, qwen-code edits a file."""
import json
import os
import pathlib
import subprocess
import sys

import dashscope
import pytest
from conftest import NODE
from qwen_agent.agents import Assistant
from qwen_agent.tools.base import BaseTool
from script import (AFTER_TOOL, AFTER_TOOL_SAID, CITY, CODE_AFTER, CODE_BEFORE, CODE_DONE, CODE_TASK, CODER, HERMES,
                    TOOL, WEATHER)


class Weather(BaseTool):
    name, description = TOOL["function"]["name"], TOOL["function"]["description"]
    parameters = TOOL["function"]["parameters"]

    def __init__(self):
        super().__init__()
        self.asked = []

    def call(self, params, **_):
        self.asked.append(json.loads(params) if isinstance(params, str) else params)
        return AFTER_TOOL


def run_agent(llm):
    weather = Weather()
    agent = Assistant(llm=llm, function_list=[weather])
    said = [message for message in agent.run([{"role": "user", "content": WEATHER}])][-1]
    assert weather.asked == [CITY]
    assert [message["role"] for message in said] == ["assistant"] * (len(said) - 2) + ["function", "assistant"]
    assert said[-1]["content"] == AFTER_TOOL_SAID


@pytest.mark.parametrize("raw_api", [False, True])  # calls in the agent's own prompt, or in the request's `tools`
@pytest.mark.parametrize("model", [HERMES, CODER])
def test_qwen_agent_over_openai(server, model, raw_api):
    if model == CODER and not raw_api:
        pytest.skip("the agent's own prompt asks for calls in JSON")
    run_agent({"model": model, "model_type": "oai", "model_server": server.url + "/v1", "api_key": server.key,
               "generate_cfg": {"use_raw_api": raw_api}})


@pytest.mark.parametrize("raw_api", [False, True])
def test_qwen_agent_over_dashscope(server, monkeypatch, raw_api):
    monkeypatch.setattr(dashscope, "base_http_api_url", server.url + "/api/v1")
    run_agent({"model": HERMES, "model_type": "qwen_dashscope", "api_key": server.key,
               "generate_cfg": {"use_raw_api": raw_api}})


@pytest.mark.slow
@pytest.mark.parametrize("model, dialect", [(HERMES, "openai"), (CODER, "openai"), (HERMES, "anthropic")])
def test_qwen_code_edits_a_file(server, workspace, model, dialect, tmp_path):
    program = pathlib.Path(sys.executable).with_name("node")
    entry = NODE / "node_modules/@qwen-code/qwen-code/cli-entry.js"
    if not program.exists() or not entry.exists():
        pytest.skip(f"{entry} is missing: scripts/setup --tests puts it there")
    file = workspace / "greet.py"
    file.write_text(CODE_BEFORE)
    url = server.url + {"openai": "/v1", "anthropic": "/anthropic"}[dialect]
    account = {f"{dialect.upper()}_{name}": value
               for name, value in (("BASE_URL", url), ("API_KEY", server.key), ("MODEL", model))}
    done = subprocess.run(
        [program, entry, "-p", CODE_TASK, "--yolo", "--auth-type", dialect, "--model", model, "-o", "json"],
        cwd=workspace, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(tmp_path), "NO_COLOR": "1", **account})
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.read_text() == CODE_AFTER, done.stdout + done.stderr
    assert CODE_DONE in done.stdout
