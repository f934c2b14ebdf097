#!/usr/bin/env python3
"""check_text.py: habits of the text that a machine can see, over every file git knows (or would add).

No trailing whitespace, no tabs in source, lines of src/ within 120 characters, a newline at the end, no path of
somebody's machine, no address of a package registry (packages are named, their managers know where to go).
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINE_MAX = 120
SOURCE = {".h", ".cc", ".py", ".rs", ".sh", ".cmake", ".toml"}
TEXT = SOURCE | {".md", ".txt", ".json", ".ini", ".js", ".ts", ".html", ".css", ""}
# Data: text as the world wrote it. A test's tables may need what these rules forbid.
DATA = re.compile(r"^(fuzz/|tests/[a-z_]+/(data|models|logits|cases)/|LICENSE$)|(\.lock|-lock\.json)$")
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(work|root|home/[a-z]\w*)/(?!\.\.\.)")
REGISTRY = re.compile(r"\b(pypi\.org|pythonhosted\.org|npmjs\.(org|com)|npmmirror\.com|crates\.io|debian\.org/debian)\b")
SELF = {"tools/check_text.py", "tools/check_text_test.py"}


def problems(name, text):
    """(line number, what is wrong) for each habit that is not kept."""
    source = pathlib.Path(name).suffix in SOURCE
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield number, "trailing whitespace"
        if "\t" in line and source:
            yield number, "a tab"
        if name.startswith("src/") and len(line) > LINE_MAX:
            yield number, f"{len(line)} characters; at most {LINE_MAX}"
        if name not in SELF and (match := MACHINE_PATH.search(line)):
            yield number, f"a path of one machine: {match[0]}"
        if name not in SELF and (match := REGISTRY.search(line)):
            yield number, f"the address of a package registry: {match[0]}"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"


def files():
    git = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT,
                         capture_output=True)
    if git.returncode == 0:
        return sorted(set(git.stdout.decode().split("\0")) - {""})
    skip = {".git", "build", "node_modules", "__pycache__"}
    return sorted(p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*")
                  if p.is_file() and not skip & set(p.relative_to(ROOT).parts))


def main():
    bad = count = 0
    for name in files():
        path = ROOT / name
        if path.suffix not in TEXT or DATA.search(name) or not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue
        count += 1
        for number, what in problems(name, data.decode("utf-8", errors="replace")):
            print(f"{name}:{number}: {what}")
            bad += 1
    print(f"text: {count} files, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
