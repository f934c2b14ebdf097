"""A paying cloud from the outside: make a workspace, give a key with 5 yuan and 60 requests a minute, spend it, see it
refused, see the invoice. By API and by command, on both databases; then a backup of the running cloud is restored.
"""
import datetime
import json
import os
import subprocess

import openai
import pytest
from cloud import YUN, Cloud, Refused, skip_without_program

YUAN = 1_000_000  # micro-units
PRICES = "# long enough not to fit into an audit row\n" * 500 + """
version = "flow"
[[price]]
model = "*"
currency = "CNY"
from = "2020-01-01"
input = 1_000_000_000      # 0.001 yuan a token
output = 100_000_000_000   # 0.1 yuan a token
"""


def month():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")


def ask(server, key, **more):
    client = openai.OpenAI(api_key=key, base_url=f"http://127.0.0.1:{server.port}/v1", max_retries=0, timeout=60)
    return client.chat.completions.with_raw_response.create(
        model="base", messages=[{"role": "user", "content": "hello"}], **more)


def spend(server, key, answers_max=200):
    """Asks until the money refuses: (receipts' ids, the refusal)."""
    receipts = []
    for _ in range(answers_max):
        try:
            receipts.append(ask(server, key, max_tokens=8).headers["x-yun-receipt-id"])
        except openai.APIStatusError as refused:
            return receipts, refused
    pytest.fail("five yuan were never spent")


@pytest.fixture
def server(database, tmp_path):
    skip_without_program()
    running = Cloud(tmp_path / "home", database=database)
    yield running
    running.stop()


class Command:
    """`yun admin`, which finds the server by its home."""

    def __init__(self, server):
        self.home = server.home

    def run(self, *arguments, code=0, admin=True):
        done = subprocess.run([YUN, *(["admin", "--home", str(self.home)] if admin else []), *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              env={k: v for k, v in os.environ.items() if k not in ("YUN_URL", "YUN_API_KEY")})
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))


def test_by_api(server):
    admin = server.admin
    admin.post("/prices", toml=PRICES)
    workspace = admin.post("/workspaces", name="shop")
    path = f"/workspaces/{workspace['id']}"
    topped = admin.call("POST", f"{path}/top-ups", {"amount_micro": 5 * YUAN, "note": "transfer 17"},
                        {"Idempotency-Key": "transfer-17"})
    # The same transfer again is not booked again.
    again = admin.call("POST", f"{path}/top-ups", {"amount_micro": 5 * YUAN, "note": "transfer 17"},
                       {"Idempotency-Key": "transfer-17"})
    assert again["transaction_id"] == topped["transaction_id"]
    assert admin.get(f"{path}/balance")["available_micro"] == 5 * YUAN
    made = admin.post(f"{path}/keys", name="web", limits={"requests_per_minute": 6000})
    assert [rule["requests_per_minute"] for rule in admin.all(f"{path}/limits")] == [6000]

    receipts, refused = spend(server, made["secret"])
    assert len(receipts) >= 2
    assert refused.status_code == 400 and refused.code == "Arrearage", refused.body  # as the hosted service has it

    balance = admin.get(f"{path}/balance")
    assert 0 <= balance["available_micro"] < YUAN and balance["reserved_micro"] == 0
    listed = admin.all(f"{path}/receipts")
    assert {r["id"] for r in listed} == set(receipts)
    charged = sum(r["amount_micro"] for r in listed)
    assert charged == 5 * YUAN - balance["available_micro"]
    for receipt in listed:
        assert sum(line["amount_micro"] for line in receipt["lines"]) == receipt["amount_micro"]
        units = receipt["units"]
        assert receipt["amount_micro"] == 1000 * units["input"] + 100_000 * units["output"]
    usage = admin.get(f"{path}/usage", by="model")["data"]
    assert [row["amount_micro"] for row in usage] == [charged]
    assert usage[0]["requests"] == len(receipts)

    account = f"/accounts/{workspace['account_id']}"
    invoice = admin.get(f"{account}/invoices/preview", month=month())
    assert invoice["charges_micro"] == charged
    assert sum(line["amount_micro"] for line in invoice["lines"]) == charged
    for form, begins in (("csv", b""), ("pdf", b"%PDF-")):
        status, _, data = admin.raw("GET", f"/admin/v1{account}/invoices/preview", month=month(), format=form)
        assert status == 200 and data.startswith(begins) and len(data) > 100
    with pytest.raises(Refused) as early:
        admin.post(f"{account}/invoices", month=month())  # the month is not over
    assert early.value.status == 400

    found = admin.get("/reconcile")
    assert found["ok"] and all(line["difference"] == 0 for line in found["counts"]), found
    assert admin.get("/audit/verify")["ok"]
    actions = [entry["action"] for entry in admin.all("/audit", workspace_id=workspace["id"])]
    assert {"workspace.create", "money.top_up", "key.create"} <= set(actions)


def test_sixty_a_minute(server):
    """60 a minute is one a second: of three at once, two must wait, and are told for how long."""
    made = server.admin.post("/workspaces", name="shop")
    server.admin.post(f"/workspaces/{made['id']}/top-ups", amount_micro=5 * YUAN)
    key = server.admin.post(f"/workspaces/{made['id']}/keys", name="web", limits={"requests_per_minute": 60})["secret"]
    refused = []
    for _ in range(3):
        try:
            ask(server, key, max_tokens=1)
        except openai.RateLimitError as error:
            refused.append(error)
    assert refused
    assert all(int(error.response.headers["retry-after"]) >= 1 for error in refused)


def test_by_command(server, tmp_path):
    yun = Command(server)
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    assert "differences" in yun.run("price", "check", prices)
    yun.run("price", "load", prices)
    assert "shop" in yun.run("workspace", "create", "shop")
    assert "shop" in yun.run("workspace", "list")
    assert "9.00" in yun.run("topup", "shop", "9", "--note", "transfer 18")
    key = yun.json("key", "create", "shop", "web", "--budget", "5", "--rpm", "6000")
    assert key["budget_id"]
    assert "6000" in yun.run("quota", "list", "shop")

    receipts, refused = spend(server, key["secret"])  # the key's five yuan, not the workspace's nine
    assert refused.status_code == 403 and "budget" in str(refused)
    budget = yun.json("budget", "show", "shop", key["budget_id"])
    assert budget["held_micro"] == 0 and 4 * YUAN < budget["spent_micro"] <= 5 * YUAN
    balance = yun.json("balance", "shop")
    assert balance["available_micro"] == 9 * YUAN - budget["spent_micro"]
    assert len(yun.json("receipt", "list", "shop")) == len(receipts)
    assert receipts[0] in yun.run("receipt", "show", "shop", receipts[0])
    assert "base" in yun.run("usage", "shop", "--from", "1d", "--by", "model")
    assert "shop" in yun.run("invoice", "preview", "shop", month())
    bill = tmp_path / "bill.pdf"
    yun.run("invoice", "preview", "shop", month(), "--format", "pdf", "--output", bill)
    assert bill.read_bytes().startswith(b"%PDF-")
    assert yun.json("reconcile")["ok"]
    assert "yes" in yun.run("audit", "verify")
    log = tmp_path / "audit.jsonl"
    yun.run("audit", "export", log)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["id"] for line in lines] == list(range(1, len(lines) + 1))
    assert key["secret"] not in log.read_text()

    yun.run("key", "revoke", "shop", "web")
    with pytest.raises(openai.AuthenticationError):
        ask(server, key["secret"], max_tokens=1)
    assert "nowhere" in yun.run("workspace", "show", "nowhere", code=1)
    assert "amount" in yun.run("topup", "shop", "five", code=1)


def test_backup_and_restore(server, database, tmp_path, request):
    yun = Command(server)
    server.admin.post("/prices", toml=PRICES)
    made = server.admin.post("/workspaces", name="shop")
    path = f"/workspaces/{made['id']}"
    server.admin.post(f"{path}/top-ups", amount_micro=5 * YUAN)
    key = server.admin.post(f"{path}/keys", name="web")["secret"]
    for _ in range(3):
        ask(server, key, max_tokens=2)
    before = server.admin.get(f"{path}/balance")
    receipts = server.admin.all(f"{path}/receipts")

    file = tmp_path / "cloud.tar"
    yun.run("backup", file, "--home", server.home, admin=False)
    assert file.stat().st_mode & 0o777 == 0o600
    assert server.admin.all("/backups") == []  # none is left on the server
    assert "whole" in yun.run("backup", file, "--check", admin=False)
    ask(server, key, max_tokens=2)  # is not in the backup
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    broken = tmp_path / "broken.tar"
    broken.write_bytes(damaged)
    yun.run("backup", broken, "--check", code=1, admin=False)
    yun.run("restore", broken, "--home", tmp_path / "other", code=1, admin=False)
    assert "already" in yun.run("restore", file, "--home", server.home, code=1, admin=False)
    assert server.stop() == 0

    # What stands still can be copied as well.
    still = tmp_path / "still.tar"
    where = ["--database", database] if database else []
    yun.run("backup", still, "--home", server.home, *where, admin=False)

    home = tmp_path / "restored"
    second = request.getfixturevalue("postgres").database() if database else None
    where = ["--database", second] if second else []
    yun.run("restore", file, "--home", home, *where, admin=False)
    restored = Cloud(home, database=second)
    try:
        assert restored.admin.get(f"{path}/balance") == before
        assert restored.admin.all(f"{path}/receipts") == receipts
        assert restored.admin.get("/reconcile")["ok"]
        assert restored.admin.get("/audit/verify")["ok"]
        ask(restored, key, max_tokens=2)  # the key is good, and is charged
        assert restored.admin.get(f"{path}/balance")["available_micro"] < before["available_micro"]
        assert restored.admin.get("/reconcile")["ok"]
    finally:
        assert restored.stop() == 0
