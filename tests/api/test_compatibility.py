"""Each row of docs/api/compatibility.md says which test shows it: those tests are there."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS, KINDS = 4, {"works", "differs", "absent"}
WORKS_SHARE_MIN = 0.95  # of the rows about texts


def rows(text=(ROOT / "docs/api/compatibility.md").read_text()):
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip()[1:-1].split("|")] if line.startswith("| ") else []
        if cells and not cells[0].startswith("endpoint"):
            yield line, cells


def test_every_row_is_shown_by_a_test():
    known = set()
    for file in [*ROOT.glob("tests/**/*.py"), *ROOT.glob("src/**/*_test.cc")]:
        for python, cpp in re.findall(r"^def (test_\w+)|^TEST(?:_F|_P)?\(\w+, *(\w+)\)", file.read_text(), re.M):
            known.add(python or cpp)
    wrong = []
    for line, cells in rows():
        tests = [name for name in re.findall(r"`([^`]+)`", cells[-1]) if "/" not in name]
        files = [name for name in re.findall(r"`([^`]+)`", cells[-1]) if "/" in name]
        fine = (len(cells) == COLUMNS and cells[1] in KINDS and (tests or files) and set(tests) <= known
                and all((ROOT / name).exists() for name in files))
        if not fine:
            wrong.append((line, sorted(set(tests) - known)))
    assert not wrong, "\n".join(map(str, wrong))



def test_most_of_what_is_about_texts_works():
    texts = (ROOT / "docs/api/compatibility.md").read_text().split("## Beyond texts")[0]
    kinds = [cells[1] for _, cells in rows(texts)]
    assert kinds.count("works") >= WORKS_SHARE_MIN * len(kinds) > 0
