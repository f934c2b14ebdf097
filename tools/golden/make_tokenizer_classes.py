#!/usr/bin/env python3
"""Writes src/text/unicode/class_ranges.inc: which characters the reference `tokenizers` library takes for letters (\\p{L}),
marks (\\p{M}), numbers (\\p{N}), white space (\\s) and digits (its Digits pre-tokenizer), and which its NFC touches, as ranges.

Token ids hang on these sets, so they are asked of the library itself, one character at a time: its regexes know a newer
Unicode than Debian's utf8proc and PCRE2, its NFC an older one. Run in a venv with tokenizers; takes some ten seconds.
"""
import pathlib

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/text/unicode/class_ranges.inc"
CHARACTERS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def matching(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    return [c for c in CHARACTERS if not split.pre_tokenize_str(chr(c))]


def digits():
    split = pre_tokenizers.Digits(individual_digits=True)
    return [c for c in CHARACTERS if len(split.pre_tokenize_str("a" + chr(c))) == 2]


def nfc_unsafe():
    """Characters that NFC may change, reorder, or join to what stands before them; all others are starters and inert."""
    nfc, nfd = normalizers.NFC(), normalizers.NFD()
    unsafe = set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))  # Hangul vowels and finals
    base, overlay, above = "\u4e00", "\u0334", "\u0301"  # nothing composes with the base; classes 0, 1 and 230
    for code in CHARACTERS:
        c = chr(code)
        moves = nfc.normalize_str(base + c + overlay) != base + c + overlay or \
            nfc.normalize_str(base + above + c) != base + above + c
        if moves or nfc.normalize_str(c) != c:
            unsafe.add(code)
        if not 0xAC00 <= code < 0xD7A4:
            unsafe.update(map(ord, nfd.normalize_str(c)[1:]))
    return sorted(unsafe)


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
            "Space": matching(r"\s"), "Numeric": digits(), "NfcUnsafe": nfc_unsafe()}
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
