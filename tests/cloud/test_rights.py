"""Who may do what: every route of the admin API and of the models, asked by every role, with ids of one's own and of
somebody else. The routes come from the server's own document; who may what is written down here once more, so that a
slip in the server's table does not pass for a rule.
"""
import itertools
import json
import re
import time
import urllib.parse

import pytest
from cloud import ROOT, Admin, Refused, wait_until

ROLES = ("viewer", "billing", "developer", "admin", "owner")
MAY = {
    "see_workspace": ROLES,
    "use_models": ("developer", "admin", "owner"),
    "manage_own_keys": ("developer", "admin", "owner"),
    "manage_keys": ("admin", "owner"),
    "manage_members": ("admin", "owner"),
    "manage_owners": ("owner",),
    "manage_workspace": ("admin", "owner"),
    "see_usage": ROLES,
    "see_money": ("billing", "admin", "owner"),
    "manage_money": ("billing", "owner"),
    "see_prompts": ("developer", "admin", "owner"),
    "see_audit": ("admin", "owner"),
    "publish": ("admin", "owner"),
    "operate": (),
}
# What must never be opened to more people by a slip.
PINNED = {
    "POST /workspaces": "operate", "POST /workspaces/{workspace_id}/top-ups": "operate",
    "POST /workspaces/{workspace_id}/adjustments": "operate", "PUT /workspaces/{workspace_id}/limits": "operate",
    "PATCH /workspaces/{workspace_id}/terms": "operate", "POST /prices": "operate", "GET /reconcile": "operate",
    "POST /models": "operate", "DELETE /models/{model}": "operate", "POST /models/{model}/unload": "operate",
    "GET /models": "operate", "POST /models/{model}/pin": "operate",
    "POST /adapters": "operate", "DELETE /adapters/{name}": "operate",
    "POST /backups": "operate", "GET /backups/{name}/part": "operate", "POST /people/{person_id}/sign-in-links": "operate",
    "POST /partners/{partner_id}/offerings/{offering_id}/review": "operate",
    "POST /partners/{partner_id}/payouts": "operate", "GET /audit": "operate", "GET /usage": "operate",
    "POST /workspaces/{workspace_id}/keys": "manage_own_keys",
    "POST /workspaces/{workspace_id}/members": "manage_members",
    "POST /workspaces/{workspace_id}/budgets": "manage_money",
    "GET /workspaces/{workspace_id}/prompts": "see_prompts", "PATCH /workspaces/{workspace_id}": "manage_workspace",
    "GET /workspaces/{workspace_id}/prompts/{receipt_id}": "see_prompts",
    "DELETE /workspaces/{workspace_id}/prompts": "manage_workspace",
    "DELETE /workspaces/{workspace_id}/prompts/{receipt_id}": "manage_workspace",
    "GET /workspaces/{workspace_id}/receipts": "see_usage", "GET /workspaces/{workspace_id}/balance": "see_money",
}
NOBODY = {"GET /openapi.json", "POST /session", "POST /session/link"}
PROBE = "no_such_parameter"  # refused with 400 after the check of rights, before anything happens


class House:
    """An account with a workspace, a member of each role, and one thing of each kind."""

    def __init__(self, cloud, name):
        admin = cloud.admin
        self.name = name
        made = cloud.make_workspace(name, 10**9)
        self.ids = {"workspace_id": made["id"], "account_id": made["account_id"]}
        path = f"/workspaces/{made['id']}"
        self.people, self.keys, self.plain, self.sessions = {}, {}, {}, {}
        for role in ROLES:
            member = admin.post(f"{path}/members", role=role, email=f"{role}@{name}.test", name=role)
            self.people[role] = member["person_id"]
            self.sessions[role] = sign_in(cloud, member["sign_in_link"])
            for keys, endpoints in ((self.keys, ["admin"]), (self.plain, ["chat", "completions", "embeddings"])):
                keys[role] = cloud.make_key(made["id"], role, person_id=member["person_id"], endpoints=endpoints)
        budget = admin.post(f"{path}/budgets", amount_micro=10**9, period="total", webhook_secret="webhook-secret-" + name,
                            webhook_url="http://192.0.2.1/hook")
        partner = admin.post("/partners", name=name, account_id=made["account_id"])
        offering = admin.post(f"/partners/{partner['id']}/offerings", kind="model", name=f"{name}-model", share_ppm=1000)
        status, headers, _ = chat(cloud, self.plain["owner"]["secret"])
        assert status == 200
        self.ids |= {"key_id": self.plain["owner"]["id"], "person_id": self.people["viewer"], "budget_id": budget["id"],
                     "partner_id": partner["id"], "offering_id": offering["id"],
                     "receipt_id": headers["x-yun-receipt-id"], "invoice_id": "inv_" + "0" * 24, "version": "none",
                     "name": "backup-1.tar", "model": "base"}

    def state(self, admin):
        """What another house must not be able to change."""
        w, p = self.ids["workspace_id"], self.ids["partner_id"]
        return json.dumps([admin.get(f"/workspaces/{w}"), admin.all(f"/workspaces/{w}/keys"),
                           admin.all(f"/workspaces/{w}/members"), admin.all(f"/workspaces/{w}/budgets"),
                           admin.all(f"/workspaces/{w}/limits"), admin.all(f"/partners/{p}/offerings"),
                           admin.get(f"/partners/{p}"), admin.get(f"/workspaces/{w}/balance")], sort_keys=True)


def sign_in(cloud, link):
    """(cookie, CSRF token) of a one-time link."""
    token = urllib.parse.parse_qs(urllib.parse.urlparse(link).query)["token"][0]
    status, headers, body = Admin(cloud.port).raw("POST", "/admin/v1/session/link", {"token": token})
    assert status == 201, body
    return re.match(r"yun_session=([^;]+)", headers["set-cookie"])[1], json.loads(body)["csrf_token"]


def chat(cloud, key, **more):
    body = {"model": "base", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 4, **more}
    return Admin(cloud.port, key).raw("POST", "/v1/chat/completions", body)


def routes(cloud):
    """(method, path, operation) of each route in the server's document."""
    document = cloud.admin.get("/openapi.json")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path.removeprefix("/admin/v1"), operation


def fill(path, ids):
    return re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], path)


@pytest.fixture(scope="module")
def houses(cloud):
    cloud.admin.post("/prices", toml='version = "rights"\n[[price]]\nmodel = "*"\ncurrency = "CNY"\n'
                                     'from = "2020-01-01"\ninput = 1_000_000\noutput = 1_000_000\n')
    return House(cloud, "north"), House(cloud, "south")


def expected(operation, role, own):
    """The statuses that are right for a member; 400: let through to the handler's own checks."""
    whose, right = operation["x-yun-whose"], operation.get("x-yun-right")
    if whose in ("nobody", "caller"):
        return {200, 201, 204, 302, 400, 404}
    if whose == "cloud":
        return {403}
    if not own:
        return {404}
    return {400} if role in MAY[right] else {403}


def test_the_document_says_what_was_meant(cloud):
    seen = {}
    for method, path, operation in routes(cloud):
        seen[f"{method} {path}"] = operation.get("x-yun-right")
        if operation["x-yun-whose"] == "nobody":
            assert f"{method} {path}" in NOBODY
        elif operation["x-yun-whose"] not in ("caller", "cloud"):
            assert sorted(operation["x-yun-roles"]) == sorted(MAY[operation["x-yun-right"]]), (method, path)
            assert "{" in path
    for route, right in PINNED.items():
        assert seen.get(route) == right, route
    assert len(seen) > 60


def test_every_role_against_every_route(cloud, houses):
    cells, wrong = 0, []
    north, south = houses
    callers = [("operator", "operator", cloud.admin)]
    for role in ROLES:
        callers += [(f"{role} by key", role, cloud.caller(north.keys[role]["secret"])),
                    (f"{role} by session", role, cloud.caller(session=north.sessions[role])),
                    (f"{role} without scope", "no scope", cloud.caller(north.plain[role]["secret"]))]
    callers += [("nobody", "nobody", cloud.caller()), ("wrong key", "nobody", cloud.caller("sk-" + "0" * 64)),
                ("wrong session", "nobody", cloud.caller(session=("0" * 64, "0" * 64)))]
    for (method, path, operation), own in itertools.product(list(routes(cloud)), (True, False)):
        if not own and operation["x-yun-whose"] not in ("workspace", "account", "partner"):
            continue
        if f"{method} {path}" in NOBODY:
            continue  # what they refuse is in test_attacks.py
        where = fill(path, (north if own else south).ids)
        for name, role, caller in callers:
            if role == "operator":
                right = expected(operation, "owner", True) | {400} - {403}
            elif role == "no scope":
                right = {403}
            elif role == "nobody":
                right = {401}
            else:
                right = expected(operation, role, own)
            status, _, body = caller.raw(method, f"/admin/v1{where}?{PROBE}=1")
            cells += 1
            if status not in right:
                wrong.append((name, method, where, "own" if own else "another's", status, sorted(right), body[:200]))
    print(f"{cells} cells")
    assert not wrong, "\n".join(map(str, wrong))
    assert cells > 1500


def sample(schema, components):
    """A body that a schema accepts, as small as it can be."""
    if "$ref" in schema:
        return sample(components[schema["$ref"].rsplit("/", 1)[1]], components)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"][0] if isinstance(schema.get("type"), list) else schema.get("type")
    if kind == "object":
        return {name: sample(schema["properties"][name], components) for name in schema.get("required", [])}
    if kind == "array":
        return [sample(schema["items"], components) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 0))
    if kind == "boolean":
        return True
    return (schema.get("examples") or [schema.get("example")])[0] or {3: "CNY", 7: "2026-10"}.get(
        schema.get("minLength"), "x" * max(1, schema.get("minLength", 0)))


def test_things_of_others_are_not_found_below_ones_own(cloud, houses):
    """/workspaces/<mine>/keys/<theirs>, with a body that would do for one's own."""
    north, south = houses
    components = cloud.admin.get("/openapi.json")["components"]["schemas"]
    before = south.state(cloud.admin)
    asked = 0
    for method, path, operation in routes(cloud):
        names = re.findall(r"\{(\w+)\}", path)
        if len(names) < 2:
            continue
        where = fill(path, north.ids | {name: south.ids[name] for name in names[1:]})
        body = None
        if "requestBody" in operation:
            body = sample(operation["requestBody"]["content"]["application/json"]["schema"], components)
        for caller in (cloud.caller(north.keys["owner"]["secret"]), cloud.caller(session=north.sessions["owner"]),
                       cloud.admin):
            status, _, answer = caller.raw(method, "/admin/v1" + where, body)
            right = {404} if caller is cloud.admin or "owner" in MAY[operation["x-yun-right"]] else {403}
            assert status in right, (method, where, body, status, answer)
            asked += 1
    assert asked > 30
    assert south.state(cloud.admin) == before


def test_ids_of_others_in_bodies_and_queries(cloud, houses):
    north, south = houses
    owner = cloud.caller(north.keys["owner"]["secret"])
    w, before = f"/workspaces/{north.ids['workspace_id']}", south.state(cloud.admin)
    for path, body in [(f"{w}/keys", {"name": "x", "person_id": south.people["owner"]}),
                       (f"{w}/members", {"role": "viewer", "person_id": south.people["viewer"]}),
                       (f"{w}/budgets", {"amount_micro": 1, "period": "total", "scope": "key",
                                         "subject": south.ids["key_id"]})]:
        with pytest.raises(Refused) as refused:
            owner.post(path, **body)
        assert refused.value.status in (400, 403, 404), refused.value
    assert {x["id"] for x in owner.all("/workspaces")} == {north.ids["workspace_id"]}
    assert owner.all("/workspaces", account_id=south.ids["account_id"]) == []
    assert {x["id"] for x in owner.all("/accounts")} == {north.ids["account_id"]}
    assert owner.all(f"{w}/receipts", key_id=south.ids["key_id"]) == []
    assert owner.get(f"{w}/usage", key_id=south.ids["key_id"], by="key")["data"] == []
    assert all(row["workspace_id"] == north.ids["workspace_id"] for row in owner.all(f"{w}/audit"))
    assert south.state(cloud.admin) == before


def test_nobody_gives_more_than_they_have(cloud, houses):
    north, _ = houses
    w = f"/workspaces/{north.ids['workspace_id']}"
    admin, developer, billing = (cloud.caller(north.keys[role]["secret"]) for role in ("admin", "developer", "billing"))
    tries = [
        (admin, "POST", f"{w}/members", {"role": "owner", "email": "new@north.test"}),
        (admin, "PATCH", f"{w}/members/{north.people['admin']}", {"role": "owner"}),
        (admin, "PATCH", f"{w}/members/{north.people['owner']}", {"role": "viewer"}),
        (admin, "DELETE", f"{w}/members/{north.people['owner']}", None),
        (admin, "POST", f"{w}/keys", {"name": "x", "person_id": north.people["owner"], "endpoints": ["admin"]}),
        (developer, "POST", f"{w}/keys", {"name": "x", "person_id": north.people["owner"]}),
        (developer, "POST", f"{w}/keys", {"name": "x", "person_id": north.people["viewer"]}),
        (developer, "PATCH", f"{w}/keys/{north.keys['owner']['id']}", {"endpoints": ["admin"]}),
        (developer, "POST", f"{w}/keys/{north.keys['owner']['id']}/rotate", {"overlap_ms": 0}),
        (developer, "DELETE", f"{w}/keys/{north.keys['admin']['id']}", None),
        (developer, "GET", f"{w}/keys/{north.keys['owner']['id']}", None),
        (developer, "PUT", f"{w}/keys/{north.plain['developer']['id']}/limits", {"requests_per_minute": 0}),
        (billing, "POST", f"{w}/top-ups", {"amount_micro": 10**9}),
        (billing, "POST", f"{w}/keys", {"name": "x"}),
    ]
    for caller, method, path, body in tries:
        status, _, answer = caller.raw(method, "/admin/v1" + path, body)
        assert status in (403, 404), (method, path, body, status, answer)
    assert {m["role"] for m in cloud.admin.all(f"{w}/members") if m["person_id"] == north.people["admin"]} == {"admin"}


def test_models_by_role(cloud, houses):
    north, south = houses
    for role in ROLES:
        key = north.plain[role]["secret"]
        allowed = role in MAY["use_models"]
        assert chat(cloud, key)[0] == (200 if allowed else 403), role
        caller = Admin(cloud.port, key)
        assert caller.raw("GET", f"/v1/receipts/{north.ids['receipt_id']}")[0] == 200, role
        assert caller.raw("GET", f"/v1/receipts/{south.ids['receipt_id']}")[0] == 404, role
        for path in ("/admin/reconcile", "/admin/v1/reconcile"):
            assert caller.raw("GET", path)[0] == 403, (role, path)
    for method, path in [("POST", "/v1/chat/completions"), ("POST", "/v1/completions"),
                         ("GET", "/v1/models"), ("GET", f"/v1/receipts/{north.ids['receipt_id']}"),
                         ("GET", "/api/v1/quotas"), ("GET", "/admin/reconcile"),
                         ("POST", "/compatible-mode/v1/chat/completions")]:
        for key in (None, "sk-" + "f" * 64, "", "sk-", north.plain["owner"]["secret"][:-1]):
            status, _, body = Admin(cloud.port, key).raw(method, path, {} if method == "POST" else None)
            assert status == 401, (method, path, key, status, body)


# What a route wants besides a model, by the end of its path; of others messages.
BODIES = {
    "embeddings": {"input": "hello"},
    "rerank": {"query": "hello", "documents": ["you"]},
    "reranks": {"query": "hello", "documents": ["you"]},
    "score": {"text_1": "hello", "text_2": "you"},
    "tokenize": {"prompt": "hello"},
    "detokenize": {"tokens": [104, 105]},
    "text-embedding": {"input": {"texts": "hello"}},
    "text-rerank": {"input": {"query": "hello", "documents": ["you"]}},
    "tokenizer": {"input": {"prompt": "hello"}},
}


def data_routes():
    """(method, path, endpoint of a key's scopes or "") of each route that needs a key and is not the admin API."""
    table = (ROOT / "src/server/routes.cc").read_text()
    for method, path, rest in re.findall(r'Route\{"(\w+)", "([^"]+)", \w+::\w+((?:[^{}]|\{\})*)\}', table):
        if not re.match(r", true\b", rest):
            yield method, path, "".join(re.findall(r'"([^"]*)"', rest)[:1])


def test_every_role_against_every_data_route(cloud, houses):
    """Routes that are added are asked as well: what makes a model work is for who may use models."""
    north, south = houses
    w = north.ids["workspace_id"]
    elsewhere = {role: cloud.make_key(w, "elsewhere", person_id=north.people[role], ip_ranges=["192.0.2.0/24"])["secret"]
                 for role in ROLES}
    other = {role: cloud.make_key(w, "other", person_id=north.people[role], endpoints=["nothing"])["secret"]
             for role in ROLES}
    every = {role: cloud.make_key(w, "every", person_id=north.people[role])["secret"] for role in ROLES}
    wrong, cells = [], 0
    for method, path, endpoint in data_routes():
        ids = {"receipts": (north.ids["receipt_id"], south.ids["receipt_id"]), "models": ("base", "base")}
        mine, theirs = ids.get(path.split("/")[-2], ("nothing", "nothing")) if path.endswith("*") else ("", "")
        body = None
        if method == "POST":
            body = {"model": "base"} | ({} if path.endswith("count_tokens") else {"max_tokens": 4})
            body |= {"prompt": "hello"} if path.endswith("/completions") and "chat" not in path else {
                "messages": [{"role": "user", "content": "hello"}]}
            if own := BODIES.get(path.rsplit("/", 1)[1]):
                body = {"model": "base"} | own

        def ask(name, key, right, tail=mine):
            nonlocal cells
            where = path.removesuffix("*") + tail
            status, _, answer = Admin(cloud.port, key).raw(method, where, body)
            cells += 1
            if b'"task_status":"UNKNOWN"' in answer:
                status = 404  # as DashScope says it
            if not right(status):
                wrong.append((name, method, where, status, answer[:200]))

        for key in (None, "sk-" + "f" * 64, north.plain["owner"]["secret"][:-1]):
            ask("nobody", key, lambda status: status == 401)
        for role in ROLES:
            works = not endpoint or role in MAY["use_models"]
            ask(role, every[role], (lambda status: status not in (401, 403, 404, 500)) if works and mine != "nothing" else
                lambda status: status == (403 if not works else 404))
            ask(f"{role} from elsewhere", elsewhere[role], lambda status: status == 403)
            if endpoint:
                ask(f"{role}, other endpoint", other[role], lambda status: status == 403)
            if theirs != mine:
                ask(f"{role}, another's", every[role], lambda status: status == 404, theirs)
    print(f"{cells} cells")
    assert not wrong, "\n".join(map(str, wrong))
    assert cells > 60


def test_scopes_of_keys(cloud, houses):
    north, _ = houses
    w = north.ids["workspace_id"]
    narrow = {"models": {"models": ["adapter*"]}, "endpoints": {"endpoints": ["embeddings"]},
              "addresses": {"ip_ranges": ["192.0.2.0/24", "2001:db8::/32"]}}
    for name, scopes in narrow.items():
        key = cloud.make_key(w, name, person_id=north.people["developer"], **scopes)
        assert chat(cloud, key["secret"])[0] == 403, name
    key = cloud.make_key(w, "models", person_id=north.people["developer"], models=["adapter*"])
    assert chat(cloud, key["secret"], model="adapter")[0] == 200
    soon = cloud.make_key(w, "soon", person_id=north.people["developer"], expires_ms=int(1000 * time.time()) + 500)
    assert wait_until(lambda: chat(cloud, soon["secret"])[0] == 401, 10)
    for how in ("revoked", "rotated"):
        key = cloud.make_key(w, how, person_id=north.people["developer"])
        assert chat(cloud, key["secret"])[0] == 200
        path = f"/workspaces/{w}/keys/{key['id']}"
        if how == "revoked":
            cloud.admin.delete(path)
        else:
            new = cloud.admin.post(path + "/rotate", overlap_ms=0)
            assert chat(cloud, new["secret"])[0] == 200
        assert chat(cloud, key["secret"])[0] == 401


def test_rotating_a_key_sheds_no_limit(cloud, houses):
    """A developer may rotate a key of theirs, but not set its limits: neither secret gets around what was set."""
    north, _ = houses
    w, person = f"/workspaces/{north.ids['workspace_id']}", north.people["developer"]
    developer = cloud.caller(north.keys["developer"]["secret"])
    limited = cloud.make_key(north.ids["workspace_id"], "limited", person_id=person, limits={"requests_per_minute": 60})
    spent = cloud.make_key(north.ids["workspace_id"], "spent", person_id=person,
                           budget={"amount_micro": 0, "period": "total"})
    rotated = {key["id"]: developer.post(f"{w}/keys/{key['id']}/rotate", overlap_ms=60_000) for key in (limited, spent)}
    assert all(made["id"] == before for before, made in rotated.items())
    for secret in (spent["secret"], rotated[spent["id"]]["secret"]):
        assert chat(cloud, secret)[0] == 403
    said = [chat(cloud, secret)[0] for secret in (limited["secret"], rotated[limited["id"]]["secret"])]
    assert said == [200, 429]  # one a second, by either


def test_keys_go_with_their_member_and_their_workspace(cloud):
    made = cloud.make_workspace("leavers", 10**9)
    path = f"/workspaces/{made['id']}"
    member = cloud.admin.post(f"{path}/members", role="developer", email="leaver@leavers.test", name="leaver")
    key = cloud.make_key(made["id"], "theirs", person_id=member["person_id"])["secret"]
    own = cloud.make_key(made["id"], "ours")["secret"]
    assert chat(cloud, key)[0] == chat(cloud, own)[0] == 200
    cloud.admin.delete(f"{path}/members/{member['person_id']}")
    assert chat(cloud, key)[0] == 401 and chat(cloud, own)[0] == 200
    cloud.admin.patch(f"{path}/terms", status="suspended")
    assert chat(cloud, own)[0] in (401, 403)
    cloud.admin.patch(f"{path}/terms", status="active")
    assert wait_until(lambda: chat(cloud, own)[0] == 200, 5)
