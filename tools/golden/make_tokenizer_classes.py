#!/usr/bin/env python3
"""Writes src/text/unicode/class_ranges.inc: which characters the reference `tokenizers` library takes for letters (\\p{L}),
marks (\\p{M}), numbers (\\p{N}), white space (\\s) and digits (its Digits pre-tokenizer), as ranges.

Token ids hang on these sets, so they are asked of the library itself (its Unicode is newer than Debian's utf8proc and
PCRE2), one character at a time. Run in a venv with tokenizers; takes some ten seconds.
"""
import pathlib

import tokenizers
from tokenizers import Regex, pre_tokenizers

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/text/unicode/class_ranges.inc"
CHARACTERS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def matching(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    return [c for c in CHARACTERS if not split.pre_tokenize_str(chr(c))]


def digits():
    split = pre_tokenizers.Digits(individual_digits=True)
    return [c for c in CHARACTERS if len(split.pre_tokenize_str("a" + chr(c))) == 2]


def ranges(codes):
    out = []
    for c in codes:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def main():
    sets = {"Letter": matching(r"\p{L}"), "Mark": matching(r"\p{M}"), "Number": matching(r"\p{N}"),
            "Space": matching(r"\s"), "Numeric": digits()}
    # Numeric (Rust's char::is_numeric) is Number and a few newer characters: only those are written.
    assert set(sets["Number"]) <= set(sets["Numeric"])
    sets["Numeric"] = sorted(set(sets["Numeric"]) - set(sets["Number"]))
    lines = ["// Made by tools/golden/make_tokenizer_classes.py, tokenizers " + tokenizers.__version__ + ". First, last; hexadecimal."]
    for name, codes in sets.items():
        note = " beyond kNumberRanges" if name == "Numeric" else ""
        lines.append(f"// {len(codes)} characters{note}")
        lines.append(f"constexpr Range k{name}Ranges[] = {{")
        line = "   "
        for first, last in ranges(codes):
            item = f" {{0x{first:x}, 0x{last:x}}},"
            if len(line) + len(item) > 118:
                lines.append(line)
                line = "   "
            line += item
        lines += [line, "};"]
    OUT.write_text("\n".join(lines) + "\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
