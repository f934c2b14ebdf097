"""`yun serve` as a command: the demonstration, mistakes."""
import subprocess

from serving import MODEL_FILE, ROOT, YUN, Server

QUESTION = "What is the capital of France? Answer in one sentence."


def serve(home, *arguments, seconds_max=120):
    return subprocess.run([YUN, "serve", "--home", str(home), *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=seconds_max)


def test_demo_once_prints_the_answer_alone(tmp_path):
    done = serve(tmp_path, f"smol={MODEL_FILE}", "--demo", QUESTION, "--once")
    assert done.returncode == 0, done.stderr
    assert "Paris" in done.stdout
    assert "sk-" not in done.stdout and "serving" not in done.stdout
    assert "tokens/s" in done.stderr and "first token" in done.stderr


def test_demo_and_then_serves(tmp_path):
    server = Server(tmp_path, "--demo", QUESTION)
    assert "Paris" in server.output and "tokens/s" in server.output and "curl" in server.output
    assert server.client().models.list().data
    assert server.stop() == 0


def test_the_default_model_is_missing(tmp_path):
    done = serve(tmp_path, "--port", 0)
    assert done.returncode == 1
    assert "yun pull" in done.stderr and "./run" in done.stderr
    server = Server(tmp_path)
    assert "API key: sk-" in server.output, "a key was made that nobody saw"
    assert server.stop() == 0


def test_mistakes_are_named(tmp_path, server):
    missing = serve(tmp_path, "/nowhere/model.gguf", "--port", 0)
    assert missing.returncode == 1 and "/nowhere/model.gguf" in missing.stderr
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    done = serve(tmp_path, broken, "--port", 0)
    assert done.returncode == 1 and "broken.gguf" in done.stderr
    used = serve(tmp_path, f"smol={MODEL_FILE}", "--port", server.port)
    assert used.returncode == 1 and str(server.port) in used.stderr
    other = serve(tmp_path, f"smol={MODEL_FILE}", "--port", 0, "--speculate", ROOT / "tests/golden/models/qwen2")
    assert other.returncode == 1 and "vocabulary" in other.stderr
    assert serve(tmp_path, "--port", 99999).returncode != 0
    assert serve(tmp_path, "--once").returncode != 0
