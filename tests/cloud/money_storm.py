"""A storm over a cloud: many keys of unlike workspaces, clients that leave, keys that come twice, clocks that step, and
kill -9 in between. Then the books must be in order to the token and to the millionth of a yuan.

Used by test_money_storm.py and bench/cloud/storm.py. What clients do is drawn from a seed.
"""
import asyncio
import json
import random
import re
import time
from collections import Counter, defaultdict
from fractions import Fraction

from cloud import wait_until
from line import Gone, Line, events, request

MILLION = 1_000_000
PRICES = """
version = "storm-1"
[[price]]
model = "base"
currency = "CNY"
from = "2020-01-01"
input = 333_333
cached_input = 77_777
output = 1_234_567
[[price]]
model = "adapter"
currency = "CNY"
from = "2020-01-01"
input = 1_999_999
cached_input = 1
output = 7_777_777
[[price]]
model = "*"
currency = "USD"
from = "2020-01-01"
input = 50_001
output = 99_999
[[free]]
id = "welcome"
workspace = "{free_workspace}"
model = "base"
tokens = {free_tokens}
from = "2020-01-01"
"""
BOOK = {("base", "CNY"): {"input": 333_333, "cached_input": 77_777, "output": 1_234_567},
        ("adapter", "CNY"): {"input": 1_999_999, "cached_input": 1, "output": 7_777_777},
        ("base", "USD"): {"input": 50_001, "cached_input": 50_001, "output": 99_999},
        ("adapter", "USD"): {"input": 50_001, "cached_input": 50_001, "output": 99_999}}
REFUSALS = {(400, "Arrearage"), (403, "budget_exceeded"), (429, "limit_requests"), (503, "unavailable")}
SHARE_PPM = 333_333  # of what the adapter earns
DISCOUNT_PPM = 123_456
AT_ONCE = 48         # clients
KEPT_IDS = 64        # of Idempotency-Keys, to be sent again


class Place:
    """A workspace of the storm, and what its clients saw."""

    def __init__(self, made, money, keys):
        self.id, self.account_id, self.name = made["id"], made["account_id"], made["name"]
        self.money, self.keys = money, keys


class Storm:
    def __init__(self, cloud, requests, seed=1, kills=10, clock=None):
        self.cloud, self.requests, self.kills, self.clock = cloud, requests, kills, clock
        self.draw = random.Random(seed)
        self.started = self.lost = self.downs = 0
        self.seen = Counter()      # of statuses, and of ways to leave
        self.refused = Counter()   # of codes
        self.shown = {}            # receipt id -> usage as the client was shown it, whole
        self.heard = {}            # receipt id -> tokens that a client heard before it left
        self.twice = defaultdict(list)  # (workspace, Idempotency-Key) -> receipts of answers, "409 <receipt>"
        self.ids = defaultdict(list)
        self.up = None
        self.mixed = []            # what reconcile said while the storm went on

    # ---- the place where it happens

    def prepare(self):
        admin = self.cloud.admin
        unit = max(self.requests, 1000)  # money scales with the storm, so that purses run out in each
        spec = [  # name, money, keys, settings of the account
            ("rich", 10**12, 60, {}), ("poor", 3 * unit, 20, {}), ("budget", 10**12, 20, {}),
            ("keys", 10**12, 20, {}), ("credit", 0, 20, {"billing": "postpaid", "credit_limit_micro": unit // 4,
                                                        "currency": "USD"}),
            ("sandbox", 0, 10, {"sandbox": True}), ("free", 10**12, 20, {}), ("limited", 10**12, 30, {})]
        self.places = []
        for name, money, keys, settings in spec:
            made = self.cloud.make_workspace(name, money, **settings)
            secrets = [self.cloud.make_key(made["id"], f"{name}-{i}") for i in range(keys)]
            self.places.append(Place(made, money, secrets))
        self.of = {place.name: place for place in self.places}
        admin.post("/prices", toml=PRICES.format(free_workspace=self.of["free"].id, free_tokens=20 * unit))
        admin.patch(f"/workspaces/{self.of['free'].id}/terms", discount_ppm=DISCOUNT_PPM)
        self.budgets = [admin.post(f"/workspaces/{self.of['budget'].id}/budgets", amount_micro=2 * unit, period="total",
                                   alerts_percent=["50", "100"])]
        for key in self.of["keys"].keys:
            self.budgets.append(admin.post(f"/workspaces/{self.of['keys'].id}/budgets", amount_micro=unit // 8,
                                           period="total", scope="key", subject=key["id"]))
        admin.put(f"/workspaces/{self.of['limited'].id}/limits", requests_per_minute=1200, concurrent=4)
        partner_account = admin.post("/accounts", name="partner")
        self.partner = admin.post("/partners", name="Partner", account_id=partner_account["id"])
        path = f"/partners/{self.partner['id']}/offerings"
        offer = admin.post(path, kind="model", name="adapter", share_ppm=SHARE_PPM)
        admin.post(f"{path}/{offer['id']}/submit")
        admin.post(f"{path}/{offer['id']}/review", list=True)

    # ---- what clients do

    async def client(self, draw):
        line = None
        while self.started < self.requests:
            self.started += 1
            try:
                if line is None or line.lost:
                    line = await Line.open(self.cloud.port)
                if not await self.one(draw, line):
                    line = None
            except (Gone, ConnectionError, OSError):
                self.lost += 1
                if line:
                    line.leave(True)
                line = None
                await self.up.wait()
                await asyncio.sleep(0.01)
        if line:
            line.leave()

    async def one(self, draw, line):
        """A request of some kind; whether the connection can be used again."""
        place = draw.choices(self.places, [8, 3, 3, 3, 3, 1, 3, 2])[0]
        key = draw.choice(place.keys)["secret"]
        stream = draw.random() < 0.4
        body = {"model": draw.choice(("base", "base", "adapter")), "stream": stream,
                "messages": [{"role": "user", "content": draw.choice("abcdefgh") * draw.choice((1, 20, 120))}]}
        if draw.random() < 0.7:
            body["max_tokens"] = draw.choice((1, 4, 16))
        if draw.random() < 0.1:
            body["n"] = 3
        if stream:
            body["stream_options"] = {"include_usage": True}
        headers, known = [], None
        if draw.random() < 0.08:
            ids = self.ids[place.id]
            known = draw.choice(ids) if ids and draw.random() < 0.5 else f"again-{draw.randrange(1 << 60):x}"
            ids.append(known)
            del ids[:-KEPT_IDS]
            headers.append(("Idempotency-Key", known))
        ask = request("POST", "/v1/chat/completions", key, body, headers)
        way = draw.random()
        if way < 0.04:  # never reads
            line.send(ask)
            await asyncio.sleep(draw.random() / 50)
            self.seen["left without reading"] += 1
            line.leave(draw.random() < 0.5)
            return False
        if stream and way < 0.25:  # leaves in the middle
            answer, whole = await line.begin(ask, draw.randrange(1, 1500))
            if not whole:
                self.seen["left midway"] += 1
                if answer.receipt:
                    self.heard[answer.receipt] = sum(
                        1 for e in events(answer.body) for c in e["choices"] if c["delta"].get("content"))
                if known:
                    self.twice[place.id, known].append(answer.receipt)
                line.leave(draw.random() < 0.5)
                return False
        else:
            answer = await line.ask(ask)
        self.seen[answer.status] += 1
        if answer.status == 200:
            usage = next(e["usage"] for e in reversed(events(answer.body)) if e.get("usage")) if stream else (
                answer.json()["usage"])
            assert answer.receipt not in self.shown, "one receipt id for two answers"
            self.shown[answer.receipt] = (place.id, usage)
            if known:
                self.twice[place.id, known].append(answer.receipt)
        elif answer.status == 409:
            assert known, answer
            first = re.search(rb"rcp_\w+", answer.body)
            self.twice[place.id, known].append("409 " + (first[0].decode() if first else ""))
        else:
            code = answer.json()["error"]["code"]
            assert (answer.status, code) in REFUSALS, answer
            self.refused[code] += 1
        return True

    # ---- what happens to the server

    async def killer(self):
        for i in range(self.kills):
            mark = self.requests * (i + 1) // (self.kills + 1)
            while self.started < mark:
                await asyncio.sleep(0.005)
            self.up.clear()
            await asyncio.to_thread(self.cloud.kill)
            await asyncio.to_thread(self.cloud.start)
            self.downs += 1
            self.up.set()
            if i % 3 == 0:
                self.mixed.append(await asyncio.to_thread(self.reconcile))

    async def clocks(self):
        """Steps the server's wall clock, forwards and back."""
        steps = ["+5400", "-10800", "+50000", "-93600", "+60", "+0"]  # forwards by less than Idempotency-Keys are kept
        for i, step in enumerate(steps):
            while self.started < self.requests * (i + 1) // (len(steps) + 1):
                await asyncio.sleep(0.02)
            self.clock.write_text(step + "\n")

    def reconcile(self):
        other = self.cloud.caller(self.cloud.local_key())
        try:
            return other.get("/reconcile")
        finally:
            other.close()

    async def blow(self):
        self.up = asyncio.Event()
        self.up.set()
        clients = [asyncio.ensure_future(self.client(random.Random(self.draw.random()))) for _ in range(AT_ONCE)]
        weather = [asyncio.ensure_future(self.killer())]
        if self.clock:
            weather.append(asyncio.ensure_future(self.clocks()))
        try:
            await asyncio.gather(*clients)
        finally:
            for task in weather:
                if all(client.done() for client in clients) and not task.done():
                    await asyncio.wait([task], timeout=60)
                task.cancel()
        for task in weather:
            if task.done() and not task.cancelled():
                task.result()

    def run(self):
        self.prepare()
        begin = time.monotonic()
        asyncio.run(self.blow())
        self.seconds = time.monotonic() - begin
        return self

    # ---- what must be true afterwards

    def check(self):
        """Every claim; a summary for people."""
        admin = self.cloud.admin = self.cloud.caller(self.cloud.local_key())
        assert self.downs == self.kills, (self.downs, self.kills)
        assert wait_until(lambda: self.reconcile()["in_flight"] == 0, 60), self.reconcile()
        for said in [*self.mixed, self.reconcile()]:
            assert said["ok"], said
            assert all(c["difference"] == 0 for c in said["counts"]), said
            assert all(m["difference_micro"] == 0 and m["entries_sum_micro"] == 0 for m in said["money"]), said
            assert said["unbalanced_transactions"] == said["wrong_balances"] == said["negative_reserved"] == 0, said
        last = said
        receipts = {r["id"]: r for place in self.places for r in admin.all(f"/workspaces/{place.id}/receipts")}
        assert len(receipts) == last["receipts"]

        # What clients were shown is what they were charged for.
        for receipt_id, (workspace_id, usage) in self.shown.items():
            receipt = receipts[receipt_id]
            units = receipt["units"]
            assert receipt["workspace_id"] == workspace_id
            assert units.get("input", 0) + units.get("cached_input", 0) == usage["prompt_tokens"], (receipt, usage)
            assert units.get("output", 0) + units.get("thinking", 0) == usage["completion_tokens"], (receipt, usage)
        for receipt_id, tokens in self.heard.items():
            assert receipts[receipt_id]["units"].get("output", 0) >= tokens, receipts[receipt_id]

        # Each receipt is what its units cost, by arithmetic that is not the server's.
        spent, partner, units_of = Counter(), 0, Counter()
        for receipt in receipts.values():
            place = next(p for p in self.places if p.id == receipt["workspace_id"])
            amount = charge(receipt, place)
            assert receipt["amount_micro"] == amount, (receipt, amount)
            assert sum(line["amount_micro"] for line in receipt["lines"]) == amount, receipt
            share = amount * SHARE_PPM // MILLION if receipt["model"] == "adapter" else 0
            assert receipt["partner_micro"] == share, receipt
            spent[place.id] += amount
            partner += share if receipt["currency"] == "CNY" else 0
            for kind, n in receipt["units"].items():
                units_of[receipt["model"], kind] += n
        for count in last["counts"]:
            assert count["engine"] == count["ledger"] == units_of[count["model"], count["kind"]], count

        # Nobody pays what they do not have, and nothing is lost on the way.
        for place in self.places:
            balance = admin.get(f"/workspaces/{place.id}/balance")
            assert balance["reserved_micro"] == 0, (place.name, balance)
            assert balance["available_micro"] == place.money - spent[place.id], (place.name, balance)
            floor = -(max(self.requests, 1000) // 4) if place.name == "credit" else 0
            assert balance["available_micro"] >= floor, (place.name, balance)
        assert spent[self.of["sandbox"].id] == 0
        assert admin.get(f"/partners/{self.partner['id']}/payable", currency="CNY")["payable_micro"] == partner
        usage = admin.get("/usage", by="workspace", granularity="day", from_ms=0, to_ms=4 * 10**12)["data"]
        assert {u["workspace_id"]: u["amount_micro"] for u in usage} == {
            r: spent[r] for r in {x["workspace_id"] for x in receipts.values()}}
        free = sum(r["free_units"] for r in receipts.values())
        assert free <= 20 * max(self.requests, 1000), free

        # No budget is passed.
        states = {b["id"]: b for name in ("budget", "keys") for b in admin.all(f"/workspaces/{self.of[name].id}/budgets")}
        for budget in self.budgets:
            state = states[budget["id"]]
            assert 0 <= state["spent_micro"] <= state["amount_micro"] and state["held_micro"] == 0, state
        by_key = Counter()
        for receipt in receipts.values():
            by_key[receipt["key_id"]] += receipt["amount_micro"]
        for budget in self.budgets[1:]:
            assert by_key[budget["subject"]] == states[budget["id"]]["spent_micro"] <= budget["amount_micro"]
        assert spent[self.of["budget"].id] == states[self.budgets[0]["id"]]["spent_micro"]

        # A key that came again was charged once.
        again = 0
        for known, answers in self.twice.items():
            first = [a for a in answers if a and not a.startswith("409")]
            again += len(answers) > len(first)
            assert len(set(first)) <= 1 and len(first) <= 1, (known, answers)
            named = {a[4:] for a in answers if a and a.startswith("409")} - {""}
            assert len(named | set(first)) <= 1, (known, answers)
        admin.get("/audit/verify")
        self.sane()
        reasons = Counter(r["end_reason"] for r in receipts.values())
        return {"requests": self.started, "seconds": round(self.seconds, 1), "kills": self.downs,
                "keys": sum(len(p.keys) for p in self.places), "connections_lost": self.lost,
                "receipts": len(receipts), "end_reasons": dict(reasons), "refused": dict(self.refused), "seen": {str(k): v for k, v in self.seen.items()},
                "repeated_idempotency_keys": again, "usages_compared": len(self.shown),
                "charged_micro": sum(spent.values()), "reconcile_difference": 0,
                "clock_steps": bool(self.clock)}

    def sane(self):
        """The storm was one: each kind of end occurred often enough to mean something."""
        assert len(self.shown) > self.requests / 10, self.seen
        assert self.seen["left midway"] and self.seen["left without reading"] and self.seen[409], self.seen
        assert {"Arrearage", "budget_exceeded", "limit_requests"} <= set(self.refused), self.refused


def charge(receipt, place):
    """What a receipt must say, in exact fractions: free tokens first, discount, half up, once."""
    if place.name == "sandbox":
        return 0
    prices = BOOK[receipt["model"], receipt["currency"]]
    left = receipt["free_units"]
    total = 0
    for kind in ("input", "cached_input", "output"):
        units = receipt["units"].get(kind, 0)
        taken = min(units, left)
        left -= taken
        total += (units - taken) * prices[kind]
    assert left == 0, receipt
    exact = Fraction(total, MILLION) * Fraction(MILLION - receipt["discount_ppm"], MILLION)
    return int(exact + Fraction(1, 2))


def summary_line(said):
    return json.dumps(said, sort_keys=True)
