#!/usr/bin/env python3
"""embed.py OUT SYMBOL FILE: a C++ source whose `yun::embedded::SYMBOL()` returns the bytes of a file.

embed.py --table OUT SYMBOL FILE...: one that returns the name (without folder) and the bytes of each, in the order of
the names.
"""
import pathlib
import sys

LINE_BYTES = 96


def escaped(chunk):
    # Three octal digits end an escape by themselves, whatever follows.
    return "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in chunk)


def literal(data):
    return "\n".join([f'    "{escaped(data[i:i + LINE_BYTES])}"' for i in range(0, len(data), LINE_BYTES)] or ['    ""'])


def one(symbol, path):
    data = path.read_bytes()
    return (f"std::string_view {symbol}();\n"
            f"std::string_view {symbol}() {{\n  static constexpr char kBytes[] =\n{literal(data)};\n"
            f"  return {{kBytes, {len(data)}}};\n}}\n")


def table(symbol, paths):
    kind = "std::vector<std::pair<std::string_view, std::string_view>>"
    entries = [f'  out.emplace_back("{p.name}", std::string_view(\n{literal(p.read_bytes())}, {p.stat().st_size}));\n'
               for p in sorted(paths, key=lambda p: p.name)]
    return f"{kind} {symbol}();\n{kind} {symbol}() {{\n  {kind} out;\n{''.join(entries)}  return out;\n}}\n"


def main():
    args = sys.argv[1:]
    as_table = args[0] == "--table"
    out, symbol, *files = args[as_table:]
    paths = [pathlib.Path(f) for f in files]
    pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(out).write_text(
        "// made by tools/embed.py\n#include <string_view>\n#include <utility>\n#include <vector>\n\n"
        f"namespace yun::embedded {{\n{table(symbol, paths) if as_table else one(symbol, *paths)}"
        "}  // namespace yun::embedded\n")


main()
