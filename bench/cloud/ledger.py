#!/usr/bin/env python3
"""What money costs: settlements a second on each database, and how long the books' pages take with millions of rows.

  ninja -C build/release cloud_bench && bench/cloud/ledger.py

Asked on SQLite and two cores: 5 000 settlements a second; with 10 million entries, on either database, the balance, the
usage page and an invoice in under 200 ms each, and a year of rollups in under 100 ms. PostgreSQL is started by
scripts/with-postgres, which does not wait for the disk; `--no-postgres` leaves it out. Books and bills (5 GB, some
minutes) are made each time, but for SQLite's in --folder, which are used again when they are there.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/engine"))

from compare import machine, now, results_path, save  # noqa: E402

SETTLE = "^BM_Settle/|^BM_SettleLong/|^BM_ReserveAndSettleCalls/|^BM_TicketUsed"
BILLS = "^BM_(Invoice|Statement|Revenue|Top|Payout)"
UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}  # in ms


def run(bench, folder, pattern, environment=None, postgres=False):
    """The benchmarks' own records by name, without the settings that the library adds to it."""
    command = [str(bench), f"--benchmark_filter={pattern}", "--benchmark_format=json"]
    if postgres:
        command = [str(ROOT / "scripts/with-postgres"), "sh", "-c",
                   'cd "$0" && YUN_BENCH_DATABASE="$YUN_TEST_POSTGRES" exec "$@"', str(folder), *command]
    done = subprocess.run(command, cwd=folder, env=os.environ | (environment or {}), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"ledger.py: {bench} failed")
    return {re.sub(r"/(iterations|min_time|real_time)(:[\d.]+)?", "", r["name"]): r
            for r in json.loads(done.stdout)["benchmarks"]}


def in_ms(records, prefix):
    return {name.removeprefix(prefix): round(r["real_time"] * UNITS[r["time_unit"]], 3) for name, r in records.items()}


def settlements(records):
    figures = {"settlements_s": records["BM_Settle"]["items_per_second"],
               "settlements_s_held_before": records["BM_SettleLong"]["items_per_second"]}
    if "BM_TicketUsed" in records:
        calls = records["BM_ReserveAndSettleCalls"]
        figures["reserve_and_settle_us"] = calls["real_time"] * UNITS[calls["time_unit"]] * 1e3
        figures["used_ns"] = records["BM_TicketUsed"]["real_time"] * UNITS[records["BM_TicketUsed"]["time_unit"]] * 1e6
    return {name: round(value, 2) for name, value in figures.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=pathlib.Path, default=ROOT / "build/release/bench/cloud_bench")
    parser.add_argument("--rows", type=int, default=10_000_000, help="entries that the books hold; 0: no books")
    parser.add_argument("--folder", type=pathlib.Path, help="where the databases are made (default: a temporary one)")
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--out", help="result file, - for none (default bench/results/<date>-cloud-<cpu>.json)")
    a = parser.parse_args()
    a.bench = a.bench.resolve()
    command = f"bench/cloud/ledger.py --rows {a.rows}" + (" --no-postgres" if a.no_postgres else "")
    claims = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = (a.folder or pathlib.Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        arms = {"sqlite": settlements(run(a.bench, folder, SETTLE))}
        for old in folder.glob("settle.*"):
            if old.is_file():
                old.unlink()
        arms["sqlite, waits for the disk"] = settlements(
            run(a.bench, folder, "^BM_Settle(Long)?/", {"YUN_BENCH_DATABASE": f"sqlite:{folder}/full.db?synchronous=full"}))
        if not a.no_postgres:
            arms["postgres"] = settlements(run(a.bench, folder, "^BM_Settle(Long)?/", postgres=True))
        claims["settlements"] = {
            "title": "Settlements a second", "measured": now(), "command": command, "load": os.getloadavg()[0],
            "setting": "reserve, one use, settle, by one caller until all are committed; 200 keys of 20 workspaces, a partner's "
            "part in each; held before: the reservation is posted on its own first; postgres does not wait for the disk",
            "asked": {"settlements_s": 5000}, "arms": arms}
        if a.rows:
            rows = {"YUN_LEDGER_ROWS": str(a.rows)}
            databases = {"sqlite": folder}
            if not a.no_postgres:
                databases["postgres"] = folder / "postgres"  # a server of its own, so a journal of its own
                shutil.rmtree(databases["postgres"], ignore_errors=True)
                databases["postgres"].mkdir()
            for name, title, pattern, prefix, more in (
                    ("books", "Pages of the books", "^BM_Books", "BM_Books", "20 workspaces, 200 keys, 5 models; mean of 10"),
                    ("bills", "Bills", BILLS, "BM_", "200 workspaces, 400 keys, 3 models; /n: of n workspaces, statements "
                     "/n/m: m months ago")):
                claims[name] = {
                    "title": title, "measured": now(), "command": command, "load": os.getloadavg()[0],
                    "setting": f"{a.rows if name == 'books' else 10_000_000} entries of a year, {more}; in ms",
                    "asked": {"balance, usage page, invoice": 200, "a year of rollups": 100},
                    "arms": {kind: in_ms(run(a.bench, at, pattern, rows, kind == "postgres"), prefix)
                             for kind, at in databases.items()}}
    print(json.dumps(claims, indent=1))
    if a.out == "-":
        return
    path = results_path(a.out, "cloud-", machine())
    results = json.loads(path.read_text()) if path.exists() else {"machine": machine(), "claims": {}}
    results["claims"].update(claims)
    save(path, results)


if __name__ == "__main__":
    main()
