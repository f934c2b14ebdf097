"""What the scripts of this folder share: the tests' own cloud and client, and the result file.

Run with the tests' Python (build/venv): `build/venv/bin/python bench/cloud/storm.py`.
"""
import argparse
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/engine"), str(ROOT / "tests/cloud")]
os.environ.setdefault("YUN_BIN", str(ROOT / "build/release/bin/yun"))

from compare import machine, now, results_path, save  # noqa: E402


def arguments(doc, **more):
    """--out and --database, and `more`: name=(default, help)."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    p.add_argument("--out", help="result file, - for none (default bench/results/<date>-cloud-<cpu>.json)")
    for name, (default, text) in more.items():
        p.add_argument("--" + name.replace("_", "-"), type=type(default), default=default, help=f"{text} (default {default})")
    return p.parse_args()


def keep(out, claim, record):
    """Prints a claim's record and puts it into the result file, beside the other claims there."""
    record = {"measured": now(), "command": " ".join(["build/venv/bin/python", os.path.relpath(sys.argv[0], ROOT),
                                                      *sys.argv[1:]]), **record}
    print(json.dumps(record, indent=1))
    if out == "-":
        return
    path = results_path(out, "cloud-", machine())
    results = json.loads(path.read_text()) if path.exists() else {"machine": machine(), "claims": {}}
    results["claims"][claim] = record
    save(path, results)
