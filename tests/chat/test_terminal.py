"""`yun run` and `yun chat`, with a terminal and without."""
import json
import os
import pty
import select
import signal
import time

import pytest
from serving import YUN

ENDLESS = "Tell me a story."  # at a temperature of 8 any token is about as likely as the one that ends the answer
SHORT = ["--temperature", "0", "--max-tokens", "12"]


def test_run_prints_one_answer(yun, smollm2):
    first = yun("run", "-m", smollm2, *SHORT, "Say hello.")
    assert first.returncode == 0, first.stderr
    assert first.stdout.strip() and first.stdout.endswith(b"\n")
    assert yun("run", "-m", smollm2, *SHORT, input=b"Say hello.\n").stdout == first.stdout
    assert yun("run", "-m", smollm2, *SHORT, "Say", "hello.").stdout == first.stdout


def test_run_seed_and_verbose(yun, smollm2):
    ask = ["run", "-m", smollm2, "--seed", "7", "--temperature", "1", "--max-tokens", "12", "-v", "Tell me a story."]
    first, second = yun(*ask), yun(*ask)
    assert first.stdout == second.stdout and b"tokens/s" in first.stderr


def test_run_stop_and_raw(yun, smollm2):
    got = yun("run", "-m", smollm2, "--temperature", "0", "--max-tokens", "20", "--raw", "one, two, three,")
    assert got.returncode == 0 and b"four" in got.stdout
    got = yun("run", "-m", smollm2, "--temperature", "0", "--max-tokens", "20", "--raw", "--stop", "four", "one, two, three,")
    assert b"four" not in got.stdout


@pytest.mark.parametrize("arguments,says", [
    (["run"], b"what is the question"), (["run", "-m", "nope", "x"], b"yun pull nope"), (["run", "x"], b"yun pull"),
    (["run", "--temperature", "-1", "x"], b"temperature"), (["chat", "-m", "nope"], b"yun pull nope"),
])
def test_mistakes_are_told(yun, arguments, says):
    got = yun(*arguments)
    assert got.returncode == 1 and says in got.stderr and got.stdout == b"", got.stderr


def test_help_has_examples(yun):
    for command in (["run"], ["chat"], ["debug", "render"]):
        got = yun(*command, "--help")
        assert got.returncode == 0 and b"Example" in got.stdout


def test_chat_without_terminal(yun, smollm2, tmp_path):
    saved = tmp_path / "talk.json"
    script = f'/system Be brief.\n"""\nMy name\nis Ada.\n"""\nWhat is my name?\\\nPlease.\n/save {saved}\n/quit\nnever sent\n'
    got = yun("chat", smollm2, *SHORT, input=script.encode())
    assert got.returncode == 0, got.stderr
    messages = json.loads(saved.read_text())["messages"]
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user", "assistant"]
    assert messages[1]["content"] == "My name\nis Ada."
    assert messages[3]["content"] == "What is my name?\nPlease."
    assert messages[2]["content"].encode() in got.stdout

    more = yun("chat", smollm2, *SHORT, input=f"/load {saved}\n/regen\n/save {saved}.2\n/tokens\n/clear\n/tokens\n/set\n".encode())
    assert more.returncode == 0, more.stderr
    again = json.loads((tmp_path / "talk.json.2").read_text())["messages"]
    assert again[:4] == messages[:4] and len(again) == 5
    assert b"of 8192 tokens" in more.stdout and b"temperature 0" in more.stdout


@pytest.mark.parametrize("line,says", [("/nope", b"no command"), ("/set x 1", b"no setting"), ("/set temperature hot", b"from 0 to 100"),
                                       ("/load /nonexistent", b"/nonexistent"), ("/save", b"needs a file"), ("/save /proc/x", b"cannot be written")])
def test_chat_mistakes(yun, smollm2, line, says):
    got = yun("chat", smollm2, input=line.encode() + b"\n")
    assert got.returncode == 1 and says in got.stderr, got.stderr


class Terminal:
    def __init__(self, home, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {**os.environ, "YUN_HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
            os.execve(YUN, ["yun", *map(str, arguments)], env)

    def send(self, text):
        os.write(self.fd, text.encode())

    def until(self, what, seconds=60):
        seen, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    seen += os.read(self.fd, 65536)
                except OSError:
                    break
                if what in seen:
                    return seen.decode(errors="replace")
        pytest.fail(f"{what} did not come; seen: {seen[-400:]!r}")

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (OSError, ChildProcessError):
            pass
        os.close(self.fd)


def test_chat_in_a_terminal(smollm2, home, tmp_path):
    terminal = Terminal(home, "chat", smollm2, "--temperature", "0", "--max-tokens", "8")
    try:
        assert "/help" in terminal.until(b">>> ")
        terminal.send("héllo 你好\n")
        terminal.until(b">>> ")
        terminal.send("/set max_tokens default\n")
        terminal.until(b">>> ")
        terminal.send("/set temperature 8\n")
        terminal.until(b">>> ")
        terminal.send(ENDLESS + "\n")
        time.sleep(1.5)
        terminal.send("\x03")  # Ctrl-C: the answer stops, the program does not
        # A prompt is drawn again while one types: what is waited for is the answer itself, then the prompt settles.
        assert "(stopped)" in terminal.until(b"(stopped)", 20)
        time.sleep(0.5)
        terminal.send("half a line\x03")
        assert "Ctrl-D" in terminal.until(b"Ctrl-D", 10)
        time.sleep(0.5)
        saved = tmp_path / "talk.json"
        terminal.send(f"/save {saved}\n")
        deadline = time.monotonic() + 20
        while not saved.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5)
        messages = json.loads(saved.read_text())["messages"]
        assert messages[0]["content"] == "héllo 你好" and len(messages) == 4
        terminal.send("\x04")  # Ctrl-D
        deadline = time.monotonic() + 20
        while True:
            pid, status = os.waitpid(terminal.pid, os.WNOHANG)
            if pid or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        assert pid and os.waitstatus_to_exitcode(status) == 0
    finally:
        terminal.close()
    assert ENDLESS in (home / "chat_history").read_text().replace("\\040", " ")  # libedit writes spaces so


def test_run_is_interrupted_in_good_order(smollm2, home):
    terminal = Terminal(home, "run", "-m", smollm2, "--temperature", "8", ENDLESS)
    try:
        time.sleep(4)
        terminal.send("\x03")
        deadline = time.monotonic() + 20
        while True:
            pid, status = os.waitpid(terminal.pid, os.WNOHANG)
            if pid or time.monotonic() > deadline:
                break
            if select.select([terminal.fd], [], [], 0.1)[0]:
                try:
                    os.read(terminal.fd, 65536)
                except OSError:  # it has gone
                    pass
        assert pid and os.waitstatus_to_exitcode(status) == 130
    finally:
        terminal.close()
