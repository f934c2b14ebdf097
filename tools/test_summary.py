#!/usr/bin/env python3
"""test_summary.py RESULTS: the table at the end of ./test, from its stages, JUnit files and GoogleTest files.

The last line is `N passed, N failed, N skipped`; the exit code is 1 when anything failed. A stage that fails
without a failed test in it (a build, a crash, a time limit) counts as one failure.
"""
import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

Row = collections.namedtuple("Row", "name passed failed skipped seconds")


def junit_cases(path):
    """(name, outcome, seconds) of every case in a JUnit or GoogleTest file; outcome: passed, failed or skipped."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            outcome = "failed"
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            outcome = "skipped"
        else:
            outcome = "passed"
        yield case.get("name"), outcome, float(case.get("time") or 0)


def count(name, cases):
    outcomes = collections.Counter(outcome for _, outcome, _ in cases)
    return Row(name, outcomes["passed"], outcomes["failed"], outcomes["skipped"], sum(s for *_, s in cases))


def unit_rows(results):
    """ctest knows one test a room; the rooms' own files know their cases."""
    for room, outcome, seconds in junit_cases(results / "unit.xml"):
        detail = results / "unit" / f"{room}_test.xml"
        row = None
        if detail.exists():
            try:
                row = count(room, list(junit_cases(detail)))
            except ElementTree.ParseError:
                pass  # the program died while writing it
        if row is None or (outcome == "failed" and row.failed == 0):
            row = count(room, [(room, outcome, seconds)])
        yield row._replace(seconds=seconds)


def across_rows(results):
    """One row a folder of tests/."""
    folders = collections.defaultdict(list)
    for case in ElementTree.parse(results / "across.xml").getroot().iter("testcase"):
        folders[(case.get("classname") or "?").split(".")[0]].append(case)
    for folder, cases in sorted(folders.items()):
        bad = sum(c.find("failure") is not None or c.find("error") is not None for c in cases)
        skipped = sum(c.find("skipped") is not None for c in cases)
        yield Row(folder, len(cases) - bad - skipped, bad, skipped, sum(float(c.get("time") or 0) for c in cases))


def long_rows(results):
    for line in (results / "fuzz-long.log").read_text(errors="replace").splitlines():
        if match := re.match(r"(passed|FAILED) (\w+)", line):
            yield Row(match[2] + " 60 s", match[1] == "passed", match[1] == "FAILED", 0, 60)


def stage_rows(results, name, code):
    readers = {
        "unit": ("unit.xml", unit_rows),
        "across": ("across.xml", across_rows),
        "fuzz": ("fuzz.xml", lambda r: [count(n, [(n, o, s)]) for n, o, s in junit_cases(r / "fuzz.xml")]),
        "fuzz-long": ("fuzz-long.log", long_rows),
    }
    if name not in readers:
        return [Row(name, 0, 1, 0, 0)] if code else []
    file, read = readers[name]
    rows = []
    if (results / file).exists():
        try:
            rows = list(read(results))
        except ElementTree.ParseError:
            code = code or 1
    nothing_ran = sum(row.passed + row.failed for row in rows) == 0
    if (code or nothing_ran) and sum(row.failed for row in rows) == 0:
        rows.append(Row(f"{name} (exit code {code}{', nothing ran' if nothing_ran else ''})", 0, 1, 0, 0))
    return rows


def main(results):
    everything = []
    print(f"\n{'':44}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for line in (results / "stages.tsv").read_text().splitlines():
        name, code, seconds = line.split("\t")
        rows = stage_rows(results, name, int(code))
        everything += rows
        total = [sum(column) for column in zip(*[row[1:4] for row in rows])] or ["", "", ""]
        print(f"{name:44}{total[0]:>8}{total[1]:>8}{total[2]:>9}{seconds:>9}")
        for row in rows:
            mark = "  FAILED" if row.failed else ""
            print(f"  {row.name:42}{row.passed:>8}{row.failed:>8}{row.skipped:>9}{row.seconds:>9.1f}{mark}")
    passed, failed, skipped = (sum(getattr(row, key) for row in everything) for key in ("passed", "failed", "skipped"))
    print()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
