#!/usr/bin/env python3
"""Writes tests/requirements.lock: every package that tests/requirements.txt comes down to, with the hashes of its files
for the Pythons of Debian 12 and 13 on both kinds of processor. Run it after a change of requirements.txt."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
WANTED = ROOT / "tests/requirements.txt"
LOCK = ROOT / "tests/requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
GLIBC_MINORS = range(17, 37)  # manylinux_2_17 up to Debian 12's 2.36


def resolve(python, machine):
    """[(name, version, sha256)] of what pip would install there."""
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
    report = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--report", "-",
         "--only-binary=:all:", "--target", "unused", "--implementation", "cp", "--python-version", python,
         *platforms, f"--platform=manylinux2014_{machine}", "-r", str(WANTED)],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    return [(item["metadata"]["name"].lower().replace("_", "-"), item["metadata"]["version"],
             item["download_info"]["archive_info"]["hashes"]["sha256"]) for item in json.loads(report)["install"]]


def main():
    packages = {}
    for python in PYTHONS:
        for machine in MACHINES:
            for name, version, sha256 in resolve(python, machine):
                packages.setdefault((name, version), set()).add(sha256)
    names = [name for name, _ in packages]
    for name in names:
        if names.count(name) > 1:
            sys.exit(f"{name}: one version fits not all of Python {', '.join(PYTHONS)}; pin it in {WANTED.name}")
    lines = ["# Made by tools/lock_requirements.py of requirements.txt."]
    for (name, version), hashes in sorted(packages.items()):
        lines.append(" \\\n".join([f"{name}=={version}"] + [f"    --hash=sha256:{sha256}" for sha256 in sorted(hashes)]))
    LOCK.write_text("\n".join(lines) + "\n")
    print(f"{len(packages)} packages in {LOCK.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
