#!/usr/bin/env python3
"""check_symbols.py BUILD: no weak symbol leaves a kernel that is compiled for one instruction set.

An inline function that two objects share is kept once, whichever comes first: if that is the copy compiled with
-mavx512f, a machine without it dies in code that looks portable. So kernels keep everything to themselves.
"""
import pathlib
import subprocess
import sys

FOLDERS = ("avx2", "avx512", "amx", "neon")
WEAK = {"W", "V", "u"}  # defined weak, weak object, unique global


def weak_symbols(nm_output):
    for line in nm_output.splitlines():
        parts = line.split(maxsplit=2)
        if len(parts) == 3 and parts[1] in WEAK:
            yield parts[2]


def main(build):
    library = pathlib.Path(build) / "CMakeFiles/yun_engine_kernels.dir/src/engine/kernels"
    objects = sorted(o for f in FOLDERS for o in library.glob(f"{f}/*.o"))
    bad = 0
    for path in objects:
        nm = subprocess.run(["nm", "-C", str(path)], capture_output=True, text=True, check=True)
        for symbol in weak_symbols(nm.stdout):
            print(f"{path.parent.name}/{path.name}: weak symbol {symbol}: give it internal linkage (static, or an "
                  "unnamed namespace), or call it from outside the kernel")
            bad += 1
    if not objects:
        print(f"{build}: no kernel objects; build engine/kernels first")
        return 1
    print(f"symbols: {len(objects)} kernel objects, {bad} weak symbols")
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
