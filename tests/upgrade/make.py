#!/usr/bin/env python3
"""Makes a cloud with rows of each kind and keeps it in tests/upgrade/NNNN/, NNNN being the program's schema.

  build/venv/bin/python tests/upgrade/make.py        before a new migration is added (YUN_BIN: the program as it was)

rows.sql        the database as SQL text, for SQLite and PostgreSQL ({{blob}} as in migrations)
server.key      vault.key and meter.journal.xz: the rest of the home, as a killed server left it, one request unfinished
backup.tar.xz   what `yun backup` made shortly before
expected.json   secrets that must go on working, and what the API said of the books
A folder that is there is never made again: it is what that program wrote. tests/cloud/test_upgrade.py reads them.
"""
import datetime
import http.client
import json
import lzma
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "cloud"), str(HERE.parent)]

from cloud import YUN, Admin, Cloud, wait_until  # noqa: E402

YUAN = 1_000_000  # micro-units
PASSWORD = "correct horse battery staple"
PRICES = """version = "before"
[[price]]
model = "*"
currency = "CNY"
from = "2020-01-01"
input = 1_000_000_000
output = 10_000_000_000
[[free]]
id = "welcome"
model = "adapter"
tokens = 5
from = "2020-01-01"
"""
EMPTY = {"person_identity", "sign_in_link", "chip_use"}  # no provider is at hand, links were used, no chip worked


def days_to_last_month():
    """To the 20th of the month before."""
    today = datetime.datetime.now(datetime.timezone.utc)
    return (today - (today.replace(day=1) - datetime.timedelta(days=1)).replace(day=20)).days


def ask(cloud, key, headers=(), **more):
    body = {"model": "base", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 8, **more}
    return Admin(cloud.port, key).raw("POST", "/v1/chat/completions", body, headers)


def until_killed(cloud, key):
    try:
        ask(cloud, key, model="slow", max_tokens=4096)
    except (ConnectionError, http.client.HTTPException):
        pass


def live(cloud, clock):
    """Everything that leaves rows behind; what is expected of them."""
    admin = cloud.admin
    admin.post("/prices", toml=PRICES)
    admin.patch("/billing-settings", seller_name="Cloud Ltd", number_prefix="CL", cost_currency="CNY", cpu_hour_micro=YUAN)
    made = admin.post("/workspaces", name="shop", currency="CNY")
    path, account = f"/workspaces/{made['id']}", f"/accounts/{made['account_id']}"
    admin.post(f"{path}/top-ups", amount_micro=50 * YUAN, note="Überweisung 17; 'in quotes'")
    admin.post(f"{path}/adjustments", amount_micro=YUAN, kind="promotion", note="welcome")
    admin.patch(account, tax_name="VAT", tax_ppm=60_000)
    admin.patch(path, store_prompts=True, retention_days=3650)
    admin.put(f"{path}/limits", requests_per_minute=6000, tokens_per_minute=0)
    key = admin.post(f"{path}/keys", name="web", limits={"requests_per_minute": 6000}, models=["base", "adapter"])
    revoked = admin.post(f"{path}/keys", name="old")
    key = admin.post(f"{path}/keys/{key['id']}/rotate", overlap_ms=86_400_000)
    admin.post(f"{path}/budgets", amount_micro=YUAN // 100, period="total", hard=False, alerts_percent=["50"],
               webhook_secret="words")
    member = admin.post(f"{path}/members", role="billing", email="li@shop.test", name="Li")
    token = urllib.parse.parse_qs(urllib.parse.urlparse(member["sign_in_link"]).query)["token"][0]
    _, headers, body = Admin(cloud.port).raw("POST", "/admin/v1/session/link", {"token": token})
    session = re.match(r"yun_session=([^;]+)", headers["set-cookie"])[1], json.loads(body)["csrf_token"]
    cloud.caller(session=session).put("/session/password", password=PASSWORD)
    cloud.caller(session=session).post("/session/totp")

    partner = admin.post("/partners", name="Maps Ltd", account_id=admin.post("/workspaces", name="maps")["account_id"])
    offering = admin.post(f"/partners/{partner['id']}/offerings", kind="model", name="adapter", share_ppm=300_000)
    here = f"/partners/{partner['id']}/offerings/{offering['id']}"
    admin.post(f"{here}/submit")
    admin.call("POST", f"{here}/review", {"list": True, "note": "good"})
    for i in range(6):
        assert ask(cloud, key["secret"], model=("base", "adapter")[i % 2])[0] == 200
    assert wait_until(lambda: len(admin.all(f"{path}/prompts")) == 6)
    stored = admin.all(f"{path}/prompts")[0]["receipt_id"]
    caller = Admin(cloud.port, key["secret"])
    items = [{"type": "message", "role": "user", "content": "hello"}]
    assert caller.raw("POST", "/v1/conversations", {"items": items})[0] == 200
    said = caller.raw("POST", "/v1/responses", {"model": "base", "input": "hello", "max_output_tokens": 16})
    assert said[0] == 200, said
    once = {"Idempotency-Key": "order-17"}
    assert ask(cloud, key["secret"], once)[0] == 200
    assert ask(cloud, revoked["secret"])[0] == 200
    admin.delete(f"{path}/keys/{revoked['id']}")

    clock.write_text("+0\n")  # the next month
    month = (datetime.datetime.now(datetime.timezone.utc).replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")

    def issued():
        return cloud.admin.raw("POST", f"/admin/v1{account}/invoices", {"month": month})[0] == 201
    assert wait_until(issued, 20)
    invoice = admin.all(f"{account}/invoices")[0]
    admin.post(f"{account}/invoices/{invoice['id']}/credit-notes", line=1, amount_micro=1000, reason="outage")
    admin.post(f"/partners/{partner['id']}/payouts", currency="CNY", amount_micro=1000, note="first")
    assert ask(cloud, key["secret"])[0] == 200
    return {"key": key["secret"], "revoked_key": revoked["secret"], "email": "li@shop.test", "password": PASSWORD,
            "workspace_id": made["id"], "account_id": made["account_id"], "partner_id": partner["id"],
            "invoice_id": invoice["id"], "month": month, "prompt": stored}


def books(cloud, expected):
    """What the API says of them."""
    path, account = f"/workspaces/{expected['workspace_id']}", f"/accounts/{expected['account_id']}"
    get = cloud.admin.get
    return {"balance": get(f"{path}/balance"), "receipts": cloud.admin.all(f"{path}/receipts"),
            "keys": cloud.admin.all(f"{path}/keys"), "members": cloud.admin.all(f"{path}/members"),
            "limits": cloud.admin.all(f"{path}/limits"), "budgets": cloud.admin.all(f"{path}/budgets"),
            "invoice": get(f"{account}/invoices/{expected['invoice_id']}"),
            "preview": get(f"{account}/invoices/preview", month=expected["month"])["lines"],
            "payable": get(f"/partners/{expected['partner_id']}/payable"),
            "payouts": cloud.admin.all(f"/partners/{expected['partner_id']}/payouts"),
            "prices": cloud.admin.raw("GET", "/admin/v1/prices/versions/before")[2].decode()}


def dump(database):
    """A SQLite file as text."""
    with sqlite3.connect(database) as db:
        schema = db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
        out = [re.sub(r"\bBLOB\b", "{{blob}}", sql) + ";\n" for _, _, sql in schema]
        for kind, table, _ in schema:
            if kind != "table":
                continue
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            values = " || ', ' || ".join(f"quote({column})" for column in columns)
            rows = db.execute(f"SELECT {values} FROM {table}").fetchall()
            if not rows and table not in EMPTY:
                print(f"{table} has no row")
            out += [f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({row[0]});\n" for row in rows]
        return "".join(out), db.execute("SELECT MAX(version) FROM schema_migration").fetchone()[0]


def main():
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        clock, home = temporary / "clock", temporary / "home"
        clock.write_text(f"-{days_to_last_month()}d\n")
        cloud = Cloud(home, "scripted:slow,tokens=4096,step_us=20000", clock_file=clock)
        try:
            expected = live(cloud, clock)
            backup = temporary / "cloud.tar"
            subprocess.run([YUN, "backup", str(backup), "--home", str(home)], check=True, stdout=subprocess.DEVNULL)
            assert cloud.admin.get("/reconcile")["ok"]
            expected["books"] = books(cloud, expected)
            slow = cloud.make_key(expected["workspace_id"], "slow")["secret"]
            threading.Thread(target=until_killed, args=(cloud, slow), daemon=True).start()
            path = f"/workspaces/{expected['workspace_id']}/balance"
            assert wait_until(lambda: cloud.admin.get(path)["reserved_micro"] > 0)
            threading.Event().wait(3)  # long requests are posted before their end
        finally:
            cloud.kill()
        text, schema = dump(home / "cloud.db")
        to = HERE / f"{schema:04}"
        to.mkdir()
        (to / "rows.sql").write_text(text)
        for key in ("server.key", "vault.key"):
            (to / key).write_bytes((home / key).read_bytes())
        (to / "meter.journal.xz").write_bytes(lzma.compress((home / "meter.journal").read_bytes()))
        (to / "backup.tar.xz").write_bytes(lzma.compress(backup.read_bytes()))
        (to / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
        print(to)


if __name__ == "__main__":
    main()
