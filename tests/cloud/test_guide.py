"""Every `yun admin`, `yun backup` and `yun restore` that docs/operate/ prints, run as printed, page by page, against one
cloud that begins a month ago. What a reader fills in (ids, months, folders) is filled in here.
"""
import datetime
import json
import os
import re
import shutil
import socket
import subprocess
import time

import pytest
from cloud import ROOT, YUN, Admin, Cloud, faketime, skip_without_program, wait_until
from test_rights import chat

OPERATE = ROOT / "docs/operate"
PAGES = ("README.md", "money.md", "watch.md", "keep.md")
SHOWN = re.compile(r"^(?:YUN_HOME=\S+ )?yun (?:admin|backup|restore|serve) ")


def commands(page):
    """A page's commands in their order: lines of its shell blocks, and what stands in backticks in its text."""
    found, inside, block = [], None, ""
    for line in (OPERATE / page).read_text().splitlines():
        if line.startswith("```"):
            inside = None if inside is not None else line[3:]
        elif inside == "sh":
            block += line.removesuffix("\\")
            if not line.endswith("\\"):
                found.append(block)
                block = ""
        elif inside is None:
            found += re.findall(r"`([^`]+)`", line)
    return [command for command in found if SHOWN.match(command)]


class Reader:
    def __init__(self, cloud, folder, clock, database):
        self.cloud, self.folder, self.clock, self.database, self.drill = cloud, folder, clock, database, None
        today = datetime.datetime.now(datetime.timezone.utc)
        self.this_month = today.strftime("%Y-%m")
        self.last_month = (today.replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")
        (folder / "bin").mkdir()
        (folder / "bin/yun").symlink_to(os.path.abspath(YUN))
        self.environment = {k: v for k, v in os.environ.items() if k not in ("YUN_URL", "YUN_API_KEY")} | {
            "YUN_HOME": str(cloud.home), "PATH": f"{folder}/bin:{os.environ['PATH']}"}

    def shell(self, command):
        return subprocess.run(["sh", "-c", command], cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)

    def one(self, what, field="id"):
        """The id of the latest thing."""
        return json.loads(self.shell(f"yun admin {what} --json").stdout)[-1][field]

    def filled_in(self, command):
        for shape, what in ((r"usr_0123456789abcdef", "person list"), (r"inv_0123456789abcdef", "invoice list shop"),
                            (r"off_0123456789abcdef", "partner offerings 'Maps Ltd'"), (r"\brcp_0123\b", "prompt list shop")):
            if re.search(shape, command):
                command = re.sub(shape, self.one(what, "receipt_id" if "prompt" in what else "id"), command)
        months = {"2026-11": self.last_month, "2026-12": self.this_month}
        command = re.sub("|".join(months), lambda month: months[month[0]], command)
        command = command.replace("/tmp/drill", str(self.folder / "drill"))
        if "postgres://" in command:
            if not self.database:
                return None
            command = re.sub(r"'postgres://[^']*'", f"'{self.database}'", command)
        return command.replace("/var/lib/yun-pg", str(self.folder / "moved"))

    def run(self, command):
        self.before(command)
        if (filled := self.filled_in(command)) is None:
            return
        if " serve " in filled:
            if "/drill" in filled:
                self.drill = Cloud(self.folder / "drill")
            return
        done = self.shell(filled)
        assert done.returncode == 0, f"{command}\n{filled}\n{done.stdout}{done.stderr}"
        self.after(command, done.stdout)

    def before(self, command):
        if command.startswith("yun admin billing change --seller"):
            self.clock.write_text("+0\n")  # the month of the bills is over
            time.sleep(2)  # the server's clock is read once a second

    def after(self, command, said):
        if command.startswith("yun admin price example"):
            path = self.folder / "prices.toml"  # all of them are to be changed
            path.write_text(re.sub(r"^(input|output) = [\d_]+", r"\1 = 100_000_000_000", path.read_text(), flags=re.M))
        if command.startswith("yun admin key create shop web"):
            key = re.search(r"sk-\w{64}", said)[0]
            assert [chat(self.cloud, key)[0] for _ in range(2)] == [200, 429]  # 60 a minute are one a second
            self.spend("shop", "base", 100)
        if "--store-prompts" in command:
            self.spend("shop", "base", 1)
            assert wait_until(lambda: "rcp_" in self.shell("yun admin prompt list shop").stdout)
        if command.startswith("yun restore") and "/drill" in command:
            shutil.copy(self.cloud.home / "vault.key", self.folder / "drill")  # what was kept apart
        if command.startswith("yun admin partner review"):
            self.spend("somebody else", "maps-7b", 5000)
        if command.startswith(("yun admin reconcile", "YUN_HOME")) and "reconcile" in command:
            assert re.search(r"^ok +yes$|\bok\b.*(yes|true)", said, re.M), said

    def spend(self, name, model, letters):
        """A request of so many letters: a tenth of a yuan each."""
        workspace = next((w for w in self.cloud.admin.all("/workspaces") if w["name"] == name), None)
        workspace = workspace or self.cloud.make_workspace(name)
        self.cloud.admin.post(f"/workspaces/{workspace['id']}/top-ups", amount_micro=letters * 1_000_000)
        key = self.cloud.make_key(workspace["id"], model)
        status, _, body = chat(self.cloud, key["secret"], model=model, messages=[{"role": "user", "content": "x" * letters}])
        assert status == 200, body


@pytest.fixture
def database(postgres):
    return postgres.database() if postgres.url else None


def unit_commands(name):
    """What a unit runs, as its shell sees it."""
    for line in (OPERATE / name).read_text().splitlines():
        if line.startswith(("ExecStart=", "ExecStartPost=")):
            yield re.sub(r"([%$])\1", r"\1", line.split("=", 1)[1])


def test_the_units_do_what_they_say(cloud, tmp_path):
    """Backup and reconciliation, with a socket for their words, as the journal has one."""
    (tmp_path / "backups").mkdir()
    environment = dict(os.environ) | {"YUN_HOME": str(cloud.home), "BACKUP_FOLDER": str(tmp_path / "backups")}
    for unit in ("yun-backup.service", "yun-reconcile.service"):
        commands = list(unit_commands(unit))
        assert commands
        for command in commands:
            ours, theirs = socket.socketpair()
            done = subprocess.run(["sh", "-c", command.replace("/usr/local/bin/yun", os.path.abspath(YUN))], stdout=theirs,
                                  stderr=theirs, stdin=subprocess.DEVNULL, cwd=tmp_path, env=environment, timeout=60)
            theirs.close()
            said = b"".join(iter(lambda: ours.recv(65536), b"")).decode()
            assert done.returncode == 0 and "No such" not in said, (command, said)
            if "reconcile" in command:
                assert '"ok"' in said
                wrong = re.sub(r"/usr/local/bin/yun admin reconcile --json", "echo '{\"ok\": false}'".replace("'", ""), command)
                assert subprocess.run(["sh", "-c", wrong], capture_output=True).returncode != 0
    assert len(list((tmp_path / "backups").glob("yun-*.tar"))) == 1


def test_the_guide_can_be_followed(tmp_path, database):
    skip_without_program()
    if not faketime():
        pytest.skip("libfaketime is not installed: no month can be over")
    clock = tmp_path / "clock"
    today = datetime.datetime.now(datetime.timezone.utc)
    clock.write_text(f"-{today.day + 5}d\n")
    cloud = Cloud(tmp_path / "home", "scripted:maps-7b", clock_file=clock)
    reader = Reader(cloud, tmp_path, clock, database)
    try:
        ran = 0
        for page in PAGES:
            for command in commands(page):
                reader.run(command)
                ran += 1
        assert ran > 50
    finally:
        if reader.drill:
            reader.drill.stop()
        assert cloud.stop() == 0, cloud.output
