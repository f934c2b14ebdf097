"""Cached keys and values on disk, as callers and operators meet them: after a kill, on a full disk, listed and cleared."""
import json
import os
import pathlib
import signal
import subprocess

import pytest
from serving import MODEL, MODEL_FILE, YUN, Server, wait_until

KEY = "1f" * 32
# Long enough that reading it back is cheaper than computing it on any machine.
STORY = " ".join(f"On day {i} the crew of the ship saw {i * 7 % 31} birds and wrote that down." for i in range(60))
FIRST = [{"role": "user", "content": STORY + " How many days were there?"}]


def serve(home, *options, disk="200MB"):
    return Server(home, "--kv-disk-bytes", disk, "--deterministic", "--context", 4096, *options)


def turn(server, messages, tokens=24):
    answer = server.client().chat.completions.create(model=MODEL, messages=messages, max_tokens=tokens, temperature=0,
                                                     extra_body={"ignore_eos": True})
    return answer.choices[0].message.content, answer.usage


def cached(usage):
    return usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0


def again(home, key, *options):
    """A server in a home that has a key already."""
    server = serve(home, *options)
    server.key = key
    return server


def yun(home, *arguments):
    done = subprocess.run([YUN, *arguments], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "YUN_HOME": str(home)})
    return done.stdout if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("sealed", [False, True])
def test_a_conversation_survives_a_kill(tmp_path, sealed):
    home, options = tmp_path / "home", []
    if sealed:
        (tmp_path / "key").write_text(KEY + "\n")
        (tmp_path / "key").chmod(0o600)
        options = ["--kv-key-file", tmp_path / "key"]
    server = serve(home, *options)
    said, usage = turn(server, FIRST)
    assert cached(usage) == 0
    blocks = (usage.prompt_tokens + usage.completion_tokens - 1) // 16
    assert wait_until(lambda: server.metric("yun_kv_disk_written_blocks_total") >= blocks)
    second = FIRST + [{"role": "assistant", "content": said}, {"role": "user", "content": "And how many birds?"}]
    expected, usage_in_memory = turn(server, second)
    assert cached(usage_in_memory) > 0
    # Killed while it computes: of what it was writing there may be a part.
    busy = server.client().completions.create(model=MODEL, prompt=STORY[::-1], max_tokens=500, temperature=0,
                                              stream=True, extra_body={"ignore_eos": True})
    next(iter(busy))
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(60)

    server = again(home, server.key, *options)
    answer, usage_from_disk = turn(server, second)
    assert answer == expected
    assert cached(usage_from_disk) >= cached(usage_in_memory) - 16 > 0
    assert server.metric("yun_kv_disk_hits_total") > 0 and server.metric("yun_kv_disk_read_blocks_total") > 0
    # Who may not see what was said learns nothing from times: another salt has another cache.
    salted = server.client().chat.completions.create(model=MODEL, messages=second, max_tokens=1,
                                                     extra_body={"cache_salt": "mine"})
    assert cached(salted.usage) == 0

    listed = json.loads(yun(home, "cache", "--json"))["kv"]
    assert [row["model"] for row in listed] == [MODEL] and listed[0]["sealed"] == sealed and listed[0]["tokens"] > 0
    assert "another server uses it" in yun(home, "cache", "clear", MODEL)
    assert server.stop() == 0
    assert "removed" in yun(home, "cache", "clear", MODEL)
    assert json.loads(yun(home, "cache", "--json"))["kv"] == []
    for path in (home / "kv").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.is_dir()


def test_a_full_disk_costs_speed_alone(tmp_path):
    """No file of this server may grow to the size of what it would write, as if the disk were full."""
    home = tmp_path / "home"
    shell = tmp_path / "limited"
    shell.write_text(f"#!/usr/bin/env python3\nimport os, resource, signal, sys\n"
                     f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
                     f"resource.setrlimit(resource.RLIMIT_FSIZE, ({60 << 20}, {60 << 20}))\n"
                     f"os.execv({YUN!r}, [{YUN!r}, *sys.argv[1:]])\n")
    shell.chmod(0o755)
    import serving
    real, serving.YUN = serving.YUN, str(shell)
    try:
        server = serve(home, "--packed-bytes", 0, "--cache-bytes", "64MB", disk="8GB")
    finally:
        serving.YUN = real
    for i in range(4):
        text, usage = turn(server, [{"role": "user", "content": f"{i} {STORY}"}])
        assert text and usage.completion_tokens == 24
    assert wait_until(lambda: server.metric("yun_kv_disk_write_errors_total") >= 1)
    assert server.output.count("not written to disk for now") == 1
    turn(server, FIRST)
    assert server.stop() == 0


def test_a_tier_that_cannot_be_had_is_done_without(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "kv").write_text("not a folder")
    server = serve(home)
    assert "no cached keys and values are kept on disk" in server.output
    turn(server, FIRST)
    assert server.stop() == 0


def test_a_wrong_key_file_is_refused(tmp_path):
    (tmp_path / "key").write_text("not a key\n")
    done = subprocess.run([YUN, "serve", f"{MODEL}={MODEL_FILE}", "--port", "0", "--home", str(tmp_path / "home"),
                           "--kv-disk-bytes", "1GB", "--kv-key-file", str(tmp_path / "key")], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode != 0 and "line 1 is no key" in done.stderr
    assert not pathlib.Path(tmp_path / "home" / "kv").exists()
