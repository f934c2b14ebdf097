"""Clouds of older programs, as tests/upgrade/make.py kept them, under this one: started on their database, and restored
from their backup. Keys and passwords go on working, the books are what they were and are in order.
"""
import json
import lzma
import re
import shutil
import sqlite3
import subprocess

import pytest
from cloud import ROOT, YUN, Admin, Cloud, skip_without_program
from test_rights import chat

KEPT = sorted((ROOT / "tests/upgrade").glob("[0-9]*"))
NEWEST = max(int(path.name[:4]) for path in (ROOT / "src/store/migrations").glob("*.sql"))
FIRST_KEPT = 4  # before it, no schema had the whole of the books


@pytest.fixture(params=KEPT, ids=lambda path: path.name)
def old(request):
    return request.param


def load(old, database, file):
    """The rows of an older schema, as they were, into an empty database."""
    text = (old / "rows.sql").read_text()
    if database is None:
        with sqlite3.connect(file) as db:
            db.executescript("BEGIN;" + text.replace("{{blob}}", "BLOB") + "COMMIT;")
        db.close()
        return
    text = re.sub(r"\bX'((?:[0-9A-F]{2})+)'", r"'\\x\1'", text.replace("{{blob}}", "BYTEA"))
    subprocess.run(["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", database], input=text, text=True, check=True,
                   stdout=subprocess.DEVNULL)


def put_keys(old, home, *names):
    """The key files of an older home; there is no vault's before schema 6."""
    for name in names:
        if (old / name).exists():
            shutil.copy(old / name, home)
            (home / name).chmod(0o600)


def holds(new, old):
    """Whether all that was said before is said now; fields may have been added."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(name in new and holds(new[name], value) for name, value in old.items())
    if isinstance(old, list):
        return len(new) == len(old) and all(map(holds, new, old))
    return new == old


def check(cloud, expected, unfinished):
    admin, want = cloud.admin, expected["books"]
    path, account = f"/workspaces/{expected['workspace_id']}", f"/accounts/{expected['account_id']}"
    found = admin.get("/reconcile")
    assert found["ok"] and all(line["difference"] == 0 for line in found["counts"]), found
    assert admin.get("/audit/verify")["ok"]

    receipts = {receipt["id"]: receipt for receipt in admin.all(f"{path}/receipts")}
    for receipt in want["receipts"]:
        assert holds(receipts.pop(receipt["id"]), receipt)
        status, _, body = Admin(cloud.port, expected["key"]).raw("GET", f"/v1/receipts/{receipt['id']}")
        assert status == 200 and json.loads(body)["amount_micro"] == receipt["amount_micro"]
    late = list(receipts.values())  # of the request that ran when the old program was killed
    assert [receipt["end_reason"] for receipt in late] == ["interrupted"] * unfinished
    balance = admin.get(f"{path}/balance")
    assert balance["reserved_micro"] == 0
    assert balance["available_micro"] == want["balance"]["available_micro"] - sum(r["amount_micro"] for r in late)
    for name, where in (("limits", f"{path}/limits"), ("members", f"{path}/members"),
                        ("payouts", f"/partners/{expected['partner_id']}/payouts")):
        assert holds(admin.all(where), want[name]), name
    keys = {key["id"] for key in admin.all(f"{path}/keys")}
    assert keys >= {key["id"] for key in want["keys"]}
    assert holds(admin.get(f"/partners/{expected['partner_id']}/payable"), want["payable"])
    assert admin.raw("GET", "/admin/v1/prices/versions/before")[2].decode() == want["prices"]

    # Bills: what was issued, and what the receipts of that month add up to.
    invoice = admin.get(f"{account}/invoices/{expected['invoice_id']}")
    assert holds(invoice, want["invoice"])
    assert holds(admin.get(f"{account}/invoices/preview", month=expected["month"])["lines"], want["preview"])
    status, _, pdf = admin.raw("GET", f"/admin/v1{account}/invoices/{expected['invoice_id']}", format="pdf")
    assert status == 200 and pdf.startswith(b"%PDF-")

    if "prompt" in expected:
        assert "hello" in admin.get(f"{path}/prompts/{expected['prompt']}")["request"]

    # And on: keys, passwords, the next charge.
    assert chat(cloud, expected["revoked_key"])[0] == 401
    status, headers, body = chat(cloud, expected["key"])
    assert status == 200, body
    cost = json.loads(Admin(cloud.port, expected["key"]).raw("GET", f"/v1/receipts/{headers['x-yun-receipt-id']}")[2])
    assert admin.get(f"{path}/balance")["available_micro"] == balance["available_micro"] - cost["amount_micro"]
    assert cost["amount_micro"] > 0
    body = {"email": expected["email"], "password": expected["password"]}
    assert Admin(cloud.port).raw("POST", "/admin/v1/session", body)[0] == 201
    assert admin.post(f"{account}/invoices", month=expected["month"])["id"] == expected["invoice_id"]  # not once more
    assert admin.get("/reconcile")["ok"]


def test_every_older_schema_is_kept():
    """Before a migration is added, tests/upgrade/make.py keeps a cloud of the schema as it was."""
    assert [int(path.name) for path in KEPT if int(path.name) < NEWEST] == list(range(FIRST_KEPT, NEWEST))


def test_an_old_cloud_goes_on(old, database, tmp_path):
    skip_without_program()
    expected = json.loads((old / "expected.json").read_text())
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    load(old, database, home / "cloud.db")
    put_keys(old, home, "server.key", "vault.key")
    (home / "meter.journal").write_bytes(lzma.decompress((old / "meter.journal.xz").read_bytes()))
    cloud = Cloud(home, database=database)
    try:
        check(cloud, expected, 1)
    finally:
        assert cloud.stop() == 0, cloud.output
    cloud.start()  # nothing is left to bring up to date
    try:
        assert Admin(cloud.port, cloud.local_key()).get("/reconcile")["ok"]
    finally:
        assert cloud.stop() == 0, cloud.output


def test_an_old_backup_is_restored(old, database, tmp_path):
    skip_without_program()
    expected = json.loads((old / "expected.json").read_text())
    file, home = tmp_path / "old.tar", tmp_path / "home"
    file.write_bytes(lzma.decompress((old / "backup.tar.xz").read_bytes()))
    where = ["--database", database] if database else []
    subprocess.run([YUN, "restore", str(file), "--home", str(home), *where], check=True, stdout=subprocess.DEVNULL)
    put_keys(old, home, "vault.key")  # no backup holds it
    cloud = Cloud(home, database=database)
    try:
        check(cloud, expected, 0)
    finally:
        assert cloud.stop() == 0, cloud.output
