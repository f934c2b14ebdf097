"""A hard limit of memory for a program: a memory cgroup, of version 1 or 2. Needs root."""
import os
import pathlib
import time

CGROUPS = pathlib.Path("/sys/fs/cgroup")


class MemoryCgroup:
    """Whoever runs in it is killed by the kernel for needing more than so many bytes.

    Raises OSError where none can be made. Used with `with`, it goes at the end; nobody must be in it then.
    """

    def __init__(self, limit):
        first = (CGROUPS / "memory").is_dir()
        self.folder = (CGROUPS / "memory" if first else CGROUPS) / f"yun-limit-{os.getpid()}"
        self.events = self.folder / ("memory.oom_control" if first else "memory.events")
        self.folder.mkdir()
        try:
            (self.folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
        except OSError:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _ in range(50):  # the last page goes a moment after the last process
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.1)

    def program(self, path, program):
        """Makes path a program that runs the other one within the group."""
        path.write_text(f'#!/bin/sh\necho $$ > {self.folder}/cgroup.procs && exec "{program}" "$@"\n')
        path.chmod(0o755)
        return str(path)

    def kills(self):
        return int(dict(line.split() for line in self.events.read_text().splitlines())["oom_kill"])


def anonymous_bytes(pid):
    """That a process holds and the system cannot take back."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))
