#!/usr/bin/env python3
"""check_docs.py: what the documents say is there, is there.

Relative links lead to files and headings; a path in backticks exists; a CamelCase name or a call in backticks
(`Plan()`, `Engine::Submit`) stands in the source; a preset, a yun command or an option that a code block shows exists.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "STYLE.md", "CHANGELOG.md"]
# Where a path in backticks may start: the documents speak of rooms by their name below src/.
BASES = ["", "src/"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"^\.?[\w.-]+(/[\w.*<>-]+)+/?$|^[\w-]+\.(md|h|cc|py|toml|cmake|json|rs)$")
IDENTIFIER = re.compile(r"^(?:\w+::)*([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)*|k[A-Z]\w+)(?:\(\))?$")
CALL = re.compile(r"^(?:\w+::)*(\w+)\(\)$")
# Names of the outside world, or of no thing in particular, that look like ours; paths that stand for any file, or
# exist only on a user's machine or in a build.
FOREIGN = {"CamelCase", "kConstant", "Debian", "Jinja", "Asio", "Beast", "Bearer", "Ctrl", "Python", "Rust", "Linux", "Authorization"}
ELSEWHERE = re.compile(r"^(x(_\w+)?\.(h|cc)$|build|~|\$|\.local|/?(v1|compatible-mode)\b)")


def anchors(markdown):
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-")
            for h in re.findall(r"^#+ (.*)$", markdown, re.M)}


def prose(markdown):
    return re.sub(r"^```.*?^```", "", markdown, flags=re.M | re.S)


def exists(path):
    path = re.sub(r"<\w+>", "*", path.rstrip("/"))
    for base in BASES:
        if any(ROOT.glob(base + path)) or ("*" not in path and any(ROOT.glob(base + path + ".*"))):
            return True
    return False


def problems(name, markdown, source):
    folder = (ROOT / name).parent
    for target in LINK.findall(markdown):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = folder / path
        if not file.exists():
            yield f"link to {target}: no such file"
        elif anchor and anchor not in anchors(file.read_text() if path else markdown):
            yield f"link to {target}: no such heading"
    for code in CODE.findall(prose(markdown)):
        if ELSEWHERE.match(code):
            continue
        if PATH.match(code):
            if not exists(code) and not ("/" not in code and (any(ROOT.glob(f"src/**/{code}")) or f'"{code}"' in source)):
                yield f"`{code}`: no such file"
        elif match := IDENTIFIER.match(code) or CALL.match(code):
            if match[1] not in FOREIGN and not re.search(rf"\b{match[1]}\b", source):
                yield f"`{code}`: {match[1]} stands nowhere in the source"
    presets = {p["name"] for p in json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]}
    for preset in re.findall(r"--preset[ =](\w+)", markdown):
        if preset not in presets:
            yield f"--preset {preset}: no such preset"
    for script in re.findall(r"^(?:\$ )?\./([\w/.-]+)", markdown, re.M):
        if not (ROOT / script).exists():
            yield f"./{script}: no such file"
    commands = ROOT / "src/cli"
    if any(commands.glob("*.cc")):
        known = "".join(p.read_text() for p in commands.glob("*.cc"))
        for block in re.findall(r"^```.*?^```", markdown, re.M | re.S):
            for command in re.findall(r"^(?:\$ )?(?:build/release/bin/)?yun (\w+)", block, re.M):
                if f'"{command}"' not in known:
                    yield f"yun {command}: no such command"
            for line in re.findall(r"^(?:\$ )?(?:build/release/bin/)?yun .*", block, re.M):
                for option in re.findall(r"(?<= --)[a-z][a-z0-9-]+", line.split(" # ")[0]):
                    if option not in ("help", "version") and f"--{option}" not in known:
                        yield f"yun ... --{option}: no such option"


def main():
    source = "\n".join(p.read_text(errors="replace") for folder in ("src", "rust", "tools", "tests")
                       for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".h", ".cc", ".rs", ".py"))
    documents = [d for d in DOCUMENTS if (ROOT / d).exists()]
    documents += sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))
    bad = 0
    for name in documents:
        for problem in problems(name, (ROOT / name).read_text(), source):
            print(f"{name}: {problem}")
            bad += 1
    print(f"docs: {len(documents)} documents, {bad} untrue")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
