"""What docs/api shows is run as it stands, against the default model."""
import pathlib
import re
import subprocess
import sys

import pytest
from serving import MODEL, Server

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = [(page.name, index, text)
            for page in sorted((ROOT / "docs/api").glob("*.md"))
            for index, text in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S))]


@pytest.fixture(scope="module")
def documented(needs, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("documents") / "home")
    yield running
    assert running.stop() == 0, running.output


@pytest.mark.parametrize("page, index, text", EXAMPLES, ids=[f"{page}-{index}" for page, index, _ in EXAMPLES])
def test_example(documented, page, index, text):
    text = text.replace("http://127.0.0.1:8460", documented.url).replace("sk-...", documented.key)
    done = subprocess.run([sys.executable, "-c", text.replace('"smollm2"', f'"{MODEL}"')], capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()
