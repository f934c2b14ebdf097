#!/usr/bin/env python3
"""The stairs of src/rooms.toml: `rooms.py cmake` prints CMake calls, `rooms.py check` fails on an include that climbs.

A room may include its own files and those of the rooms it names in `uses`, and of the rooms those use in turn.
"""
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
ROOMS = tomllib.loads((SRC / "rooms.toml").read_text())
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def room_of(path):
    """The innermost room that holds a path relative to src/, or None."""
    best = None
    for name in ROOMS:
        if path.startswith(name + "/") and (best is None or len(name) > len(best)):
            best = name
    return best


def reachable(name, seen=None):
    seen = seen if seen is not None else set()
    for used in ROOMS[name].get("uses", []):
        if used not in ROOMS:
            sys.exit(f"rooms.toml: {name} uses {used}, which is no room")
        if used not in seen:
            seen.add(used)
            reachable(used, seen)
    return seen


def order():
    done, out, on_path = set(), [], []

    def visit(name):
        if name in on_path:
            sys.exit("rooms.toml: a circle: " + " -> ".join(on_path + [name]))
        if name in done:
            return
        on_path.append(name)
        for used in ROOMS[name].get("uses", []):
            visit(used)
        on_path.pop()
        done.add(name)
        out.append(name)

    for name in ROOMS:
        visit(name)
    return out


def cmake():
    engine_only = {"base", "formats/quant", "engine/kernels"}
    print("# made by tools/rooms.py from src/rooms.toml")
    for name in order():
        if not (SRC / name).is_dir():
            continue
        room = ROOMS[name]
        subs = [r for r in ROOMS if r.startswith(name + "/")]
        call = f"yun_room(NAME {name}"
        if room.get("uses"):
            call += " USES " + " ".join(u for u in room["uses"] if (SRC / u).is_dir())
        if room.get("links"):
            call += " LINKS " + " ".join(room["links"])
        if room.get("embed"):
            call += " EMBED " + " ".join(room["embed"])
        if subs:
            call += " SUBROOMS " + " ".join(subs)
        if room.get("program"):
            call += " PROGRAM " + room["program"]
        call += ")"
        if name in engine_only:
            print(call)
        else:
            print(f"if(NOT YUN_ENGINE_ONLY)\n  {call}\nendif()")


def check():
    bad = 0
    for path in sorted(SRC.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        rel = path.relative_to(SRC).as_posix()
        room = room_of(rel)
        if room is None:
            print(f"{rel}: in no room of rooms.toml")
            bad += 1
            continue
        allowed = reachable(room) | {room}
        for target in INCLUDE.findall(path.read_text(errors="replace")):
            if not (SRC / target).exists():
                continue
            other = room_of(target)
            if other not in allowed:
                print(f"{rel}: includes {target}: {room} may not use {other} (src/rooms.toml)")
                bad += 1
    for folder in ROOMS:
        if (SRC / folder).is_dir() and not any((SRC / folder).rglob("*.*")):
            print(f"{folder}: an empty room")
            bad += 1
    print(f"rooms: {'FAILED, ' + str(bad) + ' wrong' if bad else 'every include goes down the stairs'}")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["cmake"]:
        cmake()
    elif sys.argv[1:] == ["check"]:
        sys.exit(check())
    else:
        sys.exit(__doc__)
