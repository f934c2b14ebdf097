"""Model files and packed weights that are lost, cut, replaced, half written or have no room, under a server: who
uses them hears it, nobody gets an answer from wrong weights, the others go on, and what is put back serves again.
"""
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

import openai
import pytest
from serving import MODEL_FILE, YUN, Server, skip_without_program, wait_until

PROMPTS = ["The capital of France is", "Once upon a time", "Water boils at"]
MEMORY = "300MB"  # of two models one fits
KILLS = int(os.environ.get("YUN_MODEL_KILLS", 4))
OPERATE_SECONDS = float(os.environ.get("YUN_OPERATE_SECONDS", 10))


@pytest.fixture(autouse=True)
def needs():
    skip_without_program()


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)  # hundreds of megabytes


def ask(server, name, prompt=PROMPTS[0], tokens=12):
    return server.client().completions.create(model=name, prompt=prompt, temperature=0, max_tokens=tokens,
                                              extra_body={"ignore_eos": True}).choices[0].text


def state(server, name):
    return next(row for row in server.admin("GET", "/models")[1]["data"] if row["id"] == name)


def refused(server, name):
    """What a request is told that cannot have its weights."""
    with pytest.raises(openai.InternalServerError) as error:
        ask(server, name)
    assert error.value.status_code == 503, error.value
    return str(error.value)


def cut(path):
    os.truncate(path, 1 << 20)


def replace(path):
    """By another of the same size, in one stroke."""
    other = path.with_suffix(".other")
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + (1 << 20), 97):
        data[at] ^= 0x55
    other.write_bytes(data)
    os.replace(other, path)


def overwrite(path):
    """Where it lies, with bytes of another."""
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(1 << 20))


SLOW = pytest.mark.slow


@pytest.mark.parametrize("harm, packed", [
    (os.remove, True), (cut, False), pytest.param(cut, True, marks=SLOW), pytest.param(replace, True, marks=SLOW),
    pytest.param(replace, False, marks=SLOW), pytest.param(overwrite, True, marks=SLOW),
    pytest.param(overwrite, False, marks=SLOW)])
def test_a_model_file_that_is_not_what_it_was(folder, harm, packed):
    file, kept = folder / "model.gguf", folder / "kept"
    shutil.copy2(MODEL_FILE, file)
    shutil.copy2(file, kept)
    options = [] if packed else ["--packed-bytes", 0]
    server = Server(folder / "home", "--memory", MEMORY, *options, models=[f"a={file}", f"b={MODEL_FILE}"])
    try:
        wanted = ask(server, "a")
        assert ask(server, "b") == wanted and state(server, "a")["state"] == "away"
        harm(file)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            others = [pool.submit(ask, server, "b", PROMPTS[0], 40) for _ in range(2)]
            assert str(file) in refused(server, "a")
            assert all(other.result().startswith(wanted) for other in others)
        assert state(server, "b")["state"] == "in_memory", "nobody gives way for what cannot come"
        assert state(server, "a")["state"] == "failed" and str(file) in state(server, "a")["error"]
        refused(server, "a")
        failed = {name: server.metrics()[f'yun_weights_failed{{model_name="{name}"}}'] for name in "ab"}
        assert failed == {"a": 1, "b": 0}
        shown = subprocess.run([YUN, "ps", "--url", server.url], capture_output=True, text=True, timeout=60).stdout
        assert "failed" in next(line for line in shown.splitlines() if line.startswith("a "))
        file.unlink(missing_ok=True)
        shutil.copy2(kept, file)
        assert ask(server, "a") == wanted == ask(server, "b")
        assert state(server, "a")["error"] == ""
    finally:
        assert server.stop() == 0, server.output


@pytest.mark.parametrize("harm, away", [
    (cut, True), (cut, False), pytest.param(os.remove, True, marks=SLOW), pytest.param(overwrite, True, marks=SLOW),
    pytest.param(replace, True, marks=SLOW), pytest.param(replace, False, marks=SLOW)])
def test_packed_weights_that_are_not_what_they_were(folder, harm, away):
    """They are made again from the model's own file."""
    server = Server(folder, "--memory", MEMORY, models=[f"a={MODEL_FILE}", f"b={MODEL_FILE}"])
    try:
        wanted = ask(server, "a", tokens=40)
        assert wait_until(lambda: list((folder / "packed").glob("*.packed")))
        assert ask(server, "b", tokens=40) == wanted == ask(server, "a", tokens=40)
        if away:
            server.admin("POST", "/models/a/unload")
        (file,) = (folder / "packed").glob("*.packed")
        harm(file)
        try:
            assert ask(server, "a", tokens=40) == wanted
        except openai.APIStatusError as error:
            assert not away and error.status_code == 503, "in use: what was being computed is thrown away"
        server.admin("POST", "/models/a/unload")
        assert ask(server, "a", tokens=40) == wanted == ask(server, "b", tokens=40)
    finally:
        assert server.stop() == 0, server.output


def test_no_memory_for_weights(folder):
    server = Server(folder, "--memory", MEMORY, models=[f"a={MODEL_FILE}", f"b={MODEL_FILE}"])
    try:
        wanted = ask(server, "a")
        for name in ("a", "b"):
            server.admin("POST", f"/models/{name}/unload")
        pid = server.process.pid
        assert wait_until(lambda: state(server, "a")["state"] == state(server, "b")["state"] == "away")
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        held = int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) << 10
        before = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (held + (50 << 20), before[1]))
        try:
            told = refused(server, "a")
        finally:
            resource.prlimit(pid, resource.RLIMIT_AS, before)
        assert re.search(r"\d+ bytes of weights; \d+ bytes are available", told), told
        assert ask(server, "a") == wanted == ask(server, "b")
    finally:
        assert server.stop() == 0, server.output


class Load:
    """Clients that ask all models all the time; what they hear is right, or that the server is gone."""

    def __init__(self, server, names, wanted):
        self.server, self.names, self.wanted = server, names, wanted
        self.wrong, self.served, self.over = [], 0, False
        self.threads = [threading.Thread(target=self.run, args=(seed,), daemon=True) for seed in range(4)]
        for thread in self.threads:
            thread.start()

    def run(self, seed):
        draw = random.Random(seed)
        while not self.over:
            name, prompt = draw.choice(self.names), draw.choice(PROMPTS)
            try:
                if (got := ask(self.server, name, prompt)) != self.wanted[prompt]:
                    self.wrong.append((name, prompt, got))
                self.served += 1
            except openai.APIConnectionError:
                time.sleep(0.05)
            except openai.APIError as error:
                self.wrong.append((name, prompt, error))

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()
        assert not self.wrong, self.wrong[:3]
        return self.served


@pytest.mark.slow
def test_killed_while_weights_come_and_go_and_are_packed(folder):
    names, files = ["a", "b", "c"], []
    for name in names:  # three files: each is packed by itself
        files.append(folder / f"{name}.gguf")
        shutil.copy2(MODEL_FILE, files[-1])
    arguments = dict(models=[f"{name}={file}" for name, file in zip(names, files)])
    server = Server(folder / "home", "--memory", "440MB", **arguments)
    wanted = {prompt: ask(server, "a", prompt) for prompt in PROMPTS}
    key = server.key
    draw = random.Random(1)
    for kill in range(KILLS):
        load = Load(server, names, wanted)
        time.sleep(draw.uniform(0.2, 2))
        load.over = True
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        load.end()
        if kill % 2:  # what was packed is packed again
            shutil.rmtree(folder / "home/packed", ignore_errors=True)
        server = Server(folder / "home", "--memory", "440MB", **arguments)
        server.key = key
    packed = folder / "home/packed"
    for name in names:
        assert {prompt: ask(server, name, prompt) for prompt in PROMPTS} == wanted
    assert wait_until(lambda: len(list(packed.glob("*.packed"))) == 3)
    made = {file.name: file.stat().st_ino for file in packed.iterdir()}
    assert all(name.endswith(".packed") for name in made), made
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    (packed / "killed.packed.new").write_bytes(b"half")
    server = Server(folder / "home", "--memory", "440MB", **arguments)
    server.key = key
    load = Load(server, names, wanted)
    assert wait_until(lambda: load.served > 20)
    load.end()
    assert {file.name: file.stat().st_ino for file in packed.iterdir()} == made, "used again, none made anew"
    assert server.admin("GET", "/reconcile")[1]["ok"]
    assert server.stop() == 0, server.output


@pytest.mark.slow
def test_no_room_for_packed_weights(folder):
    packed = folder / "home/packed"
    packed.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", packed]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("may not mount")
    try:
        server = Server(folder / "home", "--memory", MEMORY, "--packed-bytes", "20GB",
                        models=[f"a={MODEL_FILE}", f"b={MODEL_FILE}"])
        wanted = {prompt: ask(server, "a", prompt) for prompt in PROMPTS}
        load = Load(server, ["a", "b"], wanted)
        assert wait_until(lambda: load.served > 10 and "are not kept" in server.output, 120), server.output
        load.end()
        assert list(packed.iterdir()) == []
        assert server.stop() == 0, server.output
        (packed / "killed.packed.new").write_bytes(bytes(8 << 20))
        server = Server(folder / "home", "--memory", MEMORY, "--packed-bytes", "20GB",
                        models=[f"a={MODEL_FILE}", f"b={MODEL_FILE}"])
        assert list(packed.glob("*.new")) == [], "what a killed writer left goes"
        assert server.stop() == 0, server.output
    finally:
        subprocess.run(["umount", "-l", packed], check=True)


@pytest.mark.slow
def test_operators_in_a_storm(folder):
    """Weights are sent away, called and pinned, models come and go, all while everybody asks: nobody notices."""
    names = ["a", "b", "c"]
    server = Server(folder, "--deterministic", "--memory", "500MB", models=[f"{name}={MODEL_FILE}" for name in names])
    try:
        wanted = {prompt: ask(server, "a", prompt) for prompt in PROMPTS}
        fixed = server.metric("yun_kv_cache_bytes")
        load, draw = Load(server, names, wanted), random.Random(2)
        end, done = time.monotonic() + OPERATE_SECONDS, collections.Counter()
        while time.monotonic() < end:
            what = draw.choice(["load", "unload", "pin", "unpin", "add", "remove"])
            if what == "add":
                more = {"source": MODEL_FILE, "name": "more", "cache_bytes": 8 << 20}
                status, _ = server.admin("POST", "/models", more)
                assert status in (201, 409, 503), "pinned ones may leave too little"
                if status == 201 and draw.random() < 0.5:
                    assert ask(server, "more") == wanted[PROMPTS[0]]
            elif what == "remove":
                assert (status := server.admin("DELETE", "/models/more")[0]) in (204, 404)
            else:
                status, body = server.admin("POST", f"/models/{draw.choice(names)}/{what}")
                assert status == 200 or (what == "unload" and status == 400) or (what == "pin" and status == 503), body
            done[what] += status < 300
            now = server.metrics()
            assert now["yun_memory_bytes_used"] <= now["yun_memory_bytes_max"]
        served = load.end()
        assert served > 5 and min(done[what] for what in ("load", "unload", "pin", "add", "remove")) > 0, (served, done)
        server.admin("DELETE", "/models/more")
        assert wait_until(lambda: server.metric("yun_kv_cache_bytes") == fixed)
        assert server.admin("GET", "/reconcile")[1]["ok"]
    finally:
        assert server.stop() == 0, server.output
