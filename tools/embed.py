#!/usr/bin/env python3
"""embed.py IN OUT SYMBOL: a C++ source whose `yun::embedded::SYMBOL()` returns the bytes of a file."""
import pathlib
import sys

LINE_BYTES = 96


def escaped(chunk):
    # Three octal digits end an escape by themselves, whatever follows.
    return "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in chunk)


def main():
    source, out, symbol = sys.argv[1:]
    data = pathlib.Path(source).read_bytes()
    lines = [f'    "{escaped(data[i:i + LINE_BYTES])}"' for i in range(0, len(data), LINE_BYTES)] or ['    ""']
    pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(out).write_text(
        f"// made by tools/embed.py\n#include <string_view>\n\nnamespace yun::embedded {{\n"
        f"std::string_view {symbol}();\n"
        f"std::string_view {symbol}() {{\n  static constexpr char kBytes[] =\n" + "\n".join(lines) +
        f";\n  return {{kBytes, {len(data)}}};\n}}\n}}  // namespace yun::embedded\n")


main()
