#!/usr/bin/env python3
"""A hundred thousand requests through the real server, kill -9 ten times in between, clock steps, clients that leave,
Idempotency-Keys that come twice; then reconcile. Claim: every difference is 0, on SQLite and on PostgreSQL.

  build/venv/bin/python bench/cloud/storm.py --requests 100000 --database postgres
"""
import pathlib
import tempfile

import common
from cloud import Cloud, Postgres, faketime
from money_storm import Storm


def main():
    a = common.arguments(__doc__, requests=(100_000, "how many"), kills=(10, "times that the server is killed"),
                         seed=(1, "what clients do is drawn from this"))
    postgres = Postgres() if a.database == "postgres" else None
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        clock = folder / "clock" if faketime() else None
        if clock:
            clock.write_text("+0\n")
        cloud = Cloud(folder / "home", database=postgres.database() if postgres else None, clock_file=clock)
        try:
            said = Storm(cloud, a.requests, a.seed, a.kills, clock).run().check()
        finally:
            cloud.stop()
            if postgres:
                postgres.close()
    common.keep(a.out, f"storm-{a.database}", {
        "title": "Books in order after a storm", "setting": f"{a.requests} requests, scripted model, {a.database}", **said})


if __name__ == "__main__":
    main()
