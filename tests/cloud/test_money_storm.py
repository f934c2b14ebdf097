"""Thousands of requests, kill -9 ten times in between: the ledger must agree with the engine to the token.

YUN_MONEY_STORM_REQUESTS   how many (./test --long: 100000)
YUN_MONEY_STORM_SEED       what clients do is drawn from this
"""
import os

import pytest
from cloud import Cloud, faketime, skip_without_program
from money_storm import Storm, summary_line

REQUESTS = int(os.environ.get("YUN_MONEY_STORM_REQUESTS", 3000))
SEED = int(os.environ.get("YUN_MONEY_STORM_SEED", 1))


@pytest.mark.slow
def test_the_books_are_in_order_after_a_storm(tmp_path, database):
    skip_without_program()
    clock = None
    if faketime():
        clock = tmp_path / "clock"
        clock.write_text("+0\n")
    cloud = Cloud(tmp_path / "home", database=database, clock_file=clock)
    try:
        storm = Storm(cloud, REQUESTS, SEED, clock=clock).run()
        print(summary_line(storm.check()))
    finally:
        code = cloud.stop()
    assert code == 0, cloud.output
    # The next start finds nothing to mend.
    cloud.start()
    try:
        last = storm.reconcile()
        assert last["ok"] and last["in_flight"] == 0, last
    finally:
        assert cloud.stop() == 0, cloud.output
