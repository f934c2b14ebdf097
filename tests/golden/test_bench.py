"""yun bench prints what bench/engine/compare.py reads: every row asked for, once for each repeat. No speed is asserted."""
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
YUN = os.environ.get("YUN_BIN") or str(HERE.parents[1] / "build/relcheck/bin/yun")


def test_bench_json():
    command = [YUN, "bench", str(HERE / "models/qwen3_tied"), "--prompt-tokens", "24", "--gen-tokens", "8", "--depth",
               "0,16", "--batch", "1,3", "--repeat", "2", "--threads", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert out["threads"] == 1 and out["kernels"] and out["peak_rss_bytes"] > 1 << 20
    assert 0 < out["load_ms"] <= out["first_token_ms"]
    rows = {(r["kind"], r["tokens"], r["depth"], r["batch"]): r["tokens_per_second"] for r in out["results"]}
    want = {(kind, tokens, depth, batch) for kind, tokens in (("prefill", 24), ("decode", 8)) for depth in (0, 16)
            for batch in (1, 3)}
    assert set(rows) == want
    assert all(len(values) == 2 and all(v == v for v in values) for values in rows.values())
    assert out["arithmetic"] in ("int8", "bf16", "f32") and out["roofs"]["threads"] == 1
    assert all(v > 0 for v in out["roofs"].values())
    for r in out["results"]:
        assert r["roof"] in ("read", out["arithmetic"]) and r["bytes_per_token"] > 0 and r["roof_share"] > 0
    # Two streams read the weights once; a token deeper in the context attends to more.
    work = {(r["kind"], r["depth"], r["batch"]): r for r in out["results"]}
    assert work["decode", 0, 3]["bytes_per_token"] < work["decode", 0, 1]["bytes_per_token"] <= out["weight_bytes"] * 1.1
    assert work["decode", 16, 1]["operations_per_token"] > work["decode", 0, 1]["operations_per_token"]
