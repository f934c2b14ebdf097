"""Packed weights as a user meets them: made by a first start, listed, mapped by the next, cleared, limited."""
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
YUN = os.environ.get("YUN_BIN") or str(HERE.parents[1] / "build/relcheck/bin/yun")
SMOLLM2 = os.environ.get("YUN_SMOLLM2") or str(HERE.parents[1] / "build/cache/SmolLM2-135M-Instruct.Q4_1.gguf")


def yun(home, *args, code=0, **env):
    done = subprocess.run([YUN, *args], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "YUN_HOME": str(home), **env})
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def cache(home, *args):
    return json.loads(yun(home, "cache", "--json", *args))


def load(home, model):
    return yun(home, "bench", str(HERE / "models" / model), "--packed", "--json", "--no-roofs", "--prompt-tokens", "0",
               "--gen-tokens", "0", "--threads", "1")


def test_cache_is_made_listed_and_cleared(tmp_path):
    assert cache(tmp_path)["files"] == [] and "Nothing in" in yun(tmp_path, "cache")
    load(tmp_path, "qwen2.gguf")
    load(tmp_path, "qwen3_tied")
    seen = cache(tmp_path)
    assert len(seen["files"]) == 2 and seen["bytes"] == sum(f["bytes"] for f in seen["files"]) > 0
    assert seen["files"][0]["model"].endswith("qwen3_tied")  # the last used first
    assert all(not f["stale"] and f["precision"] == "auto" for f in seen["files"])
    before = {f["path"]: pathlib.Path(f["path"]).stat().st_ino for f in seen["files"]}
    load(tmp_path, "qwen2.gguf")
    again = cache(tmp_path)["files"]
    assert again[0]["model"].endswith("qwen2.gguf")  # used, not made again
    assert {f["path"]: pathlib.Path(f["path"]).stat().st_ino for f in again} == before
    assert "qwen2.gguf" in yun(tmp_path, "cache")
    assert "nothing of" in yun(tmp_path, "cache", "clear", "nobody", code=1)
    yun(tmp_path, "cache", "clear", again[0]["model"])
    assert [f["model"] for f in cache(tmp_path)["files"]] == [again[1]["model"]]
    (tmp_path / "packed" / "killed.packed.new").write_bytes(b"half")
    assert "removed 1 files" in yun(tmp_path, "cache", "clear")
    assert list((tmp_path / "packed").iterdir()) == []


def test_limits(tmp_path):
    load(tmp_path, "qwen2.gguf")
    assert cache(tmp_path, "--packed-bytes", "20GB")["bytes_max"] == 20 << 30
    assert cache(tmp_path)["bytes_max"] > 0
    answer = yun(tmp_path, "run", "--model", SMOLLM2, "--temperature", "0", "--max-tokens", "4", "hello",
                 YUN_PACKED_BYTES="0")
    assert answer.strip() and len(cache(tmp_path)["files"]) == 1


def test_a_passing_server_leaves_the_home_as_it_is(tmp_path):
    yun(tmp_path, "serve", SMOLLM2, "--demo", "hello", "--once", "--threads", "1")
    assert not (tmp_path / "packed").exists()
