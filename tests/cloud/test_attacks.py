"""What somebody would try who means no good: each try has a name and an answer."""
import base64
import hashlib
import hmac
import json
import re
import socket
import struct
import subprocess
import time
import urllib.parse

import pytest
from cloud import Admin, Cloud, Refused, skip_without_program, wait_until
from line import parse_head, request

PASSWORD = "correct horse battery staple"


# ---- bytes on the wire

def exchange(port, data, seconds=3, shut=False):
    """All that the server says to these bytes until it closes or is silent for so long."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        try:
            line.sendall(data)
        except ConnectionError:
            pass  # it answered and closed before it had heard all
        if shut:
            line.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while piece := line.recv(65536):
                got += piece
        except (TimeoutError, ConnectionError):
            pass
        return got


def statuses(answers):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Smuggled: 1\r\n\r\n"


def post(head, body=b""):
    return b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n" + body


@pytest.mark.parametrize("name, data", [
    ("length and chunked", post(b"Content-Length: 4\r\nTransfer-Encoding: chunked", b"0\r\n\r\n" + SMUGGLED)),
    ("chunked and length", post(b"Transfer-Encoding: chunked\r\nContent-Length: 4", b"0\r\n\r\n" + SMUGGLED)),
    ("two lengths", post(b"Content-Length: 0\r\nContent-Length: 50", SMUGGLED)),
    ("a list of lengths", post(b"Content-Length: 0, 50", SMUGGLED)),
    ("a signed length", post(b"Content-Length: +0", SMUGGLED)),
    ("a negative length", post(b"Content-Length: -1", SMUGGLED)),
    ("a length in hex", post(b"Content-Length: 0x0", SMUGGLED)),
    ("a length over 64 bits", post(b"Content-Length: 18446744073709551617", SMUGGLED)),
    ("chunked, not last", post(b"Transfer-Encoding: chunked, identity", b"0\r\n\r\n" + SMUGGLED)),
    ("an unknown coding", post(b"Transfer-Encoding: xchunked", b"0\r\n\r\n" + SMUGGLED)),
    ("a folded header", post(b"X-A: 1\r\n Transfer-Encoding: chunked\r\nContent-Length: 0", SMUGGLED)),
    ("a space before the colon", post(b"Transfer-Encoding : chunked\r\nContent-Length: 5", b"0\r\n\r\n" + SMUGGLED)),
    ("a tab in a name", post(b"Content\tLength: 0", SMUGGLED)),
    ("a NUL in a value", post(b"X-A: a\0b\r\nContent-Length: 0", SMUGGLED)),
    ("a lone CR in a value", post(b"X-A: a\rContent-Length: 50\r\nContent-Length: 0", SMUGGLED)),
    ("lone LF for line ends", b"POST /v1/chat/completions HTTP/1.1\nHost: x\nContent-Length: 0\n\n" + SMUGGLED),
    ("a chunk size that overflows", post(b"Transfer-Encoding: chunked", b"ffffffffffffffff1\r\nx\r\n0\r\n\r\n" + SMUGGLED)),
    ("a chunk without its end", post(b"Transfer-Encoding: chunked", b"1\r\nxy\r\n0\r\n\r\n" + SMUGGLED)),
    ("HTTP/1.0 and chunked", b"POST /v1/chat/completions HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED),
    ("HTTP/9.9", b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n" + SMUGGLED),
    ("no method", b" /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED),
])
def test_smuggling(cloud, name, data):
    """One refusal, and the connection ends: what comes behind is not taken for a request."""
    said = exchange(cloud.port, data, shut=True)
    assert len(statuses(said)) <= 1 and all(400 <= s < 600 for s in statuses(said)), said


def test_a_second_request_is_not_answered_from_the_bodys_bytes(cloud):
    body = SMUGGLED * 3
    said = exchange(cloud.port, post(b"Content-Length: %d" % len(body), body) + b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
                    b"Connection: close\r\n\r\n")
    assert len(statuses(said)) == 2 and statuses(said)[1] == 200, said


@pytest.mark.parametrize("name, data, wanted", [
    ("a body over the limit", post(b"Content-Length: 1000000000000"), {413, 401}),
    ("a long header", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 40000 + b"\r\n\r\n", {431}),
    ("many headers", b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-A: a\r\n" * 10000 + b"\r\n", {431}),
    ("a long path", b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {431, 414}),
    ("endless chunks", post(b"Transfer-Encoding: chunked", (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 600), {413, 401}),
])
def test_too_large(cloud, name, data, wanted):
    assert set(statuses(exchange(cloud.port, data))) & wanted, name
    assert Admin(cloud.port).raw("GET", "/healthz")[0] == 200


def test_large_and_packed_bodies(cloud):
    caller = cloud.admin
    path = "/admin/v1/prices/check"
    assert caller.raw("POST", path, {"toml": "#" * (3 << 20)})[0] in (400, 413)
    deep = b"[" * 100_000 + b"]" * 100_000
    assert caller.raw("POST", path, deep)[0] == 400
    wide = b'{"toml": ' + b'"' + b"\\u0000" * 100_000 + b'"}'
    assert caller.raw("POST", path, wide)[0] == 400
    # A packed body is not unpacked: it is no JSON.
    bomb = subprocess.run(["gzip", "-9"], input=b"\0" * (64 << 20), capture_output=True, check=True).stdout
    for headers in ({"Content-Encoding": "gzip"}, {}):
        before = cloud.metric("process_resident_memory_bytes")
        assert 400 <= caller.raw("POST", path, bomb, headers)[0] < 500
        status, _, _ = Admin(cloud.port, cloud.key).raw("POST", "/v1/chat/completions", bomb, headers)
        assert 400 <= status < 500
        assert cloud.metric("process_resident_memory_bytes") - before < 32 << 20
    form = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a\"\r\n\r\n" + b"a" * 100_000
    for kind in ("multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded"):
        assert caller.raw("POST", path, form, {"Content-Type": kind})[0] in (400, 415), kind


def test_paths_that_climb(cloud):
    secret = (cloud.home / "server.json").read_bytes()
    ways = ["/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/v1/../admin/v1/people",
            "/v1/receipts/..%2f..%2fserver.json", "/v1/receipts/%00", "/v1/models/../../server.json",
            "/admin/v1/backups/..%2fserver.json/part?offset=0", "/admin/v1/backups/../server.json/part?offset=0",
            "/admin/v1/backups/%2e%2e%2f%2e%2e%2fetc%2fpasswd/part?offset=0", "//etc/passwd", "/admin/v1//people",
            "/admin/v1/backups/backup-1.tar%00/part?offset=0", "/console/..%2f..%2fserver.json", "/%5c..%5c..%5cetc"]
    for way in ways:
        for key in (cloud.admin.key, cloud.key, None):
            status, _, body = Admin(cloud.port, key).raw("GET", way)
            assert status in (400, 401, 403, 404), (way, status, body)
            assert b"root:" not in body and secret not in body


# ---- words

WORDS = ["'; DROP TABLE receipt; --", "x' OR '1'='1", 'x" OR 1=1 --', "%' ESCAPE '", "\\'; SELECT pg_sleep(5); --", "${7*7}{{7*7}}",
         "<script>alert(1)</script>", "=1+1", "\u202e\u0000", "\r\nSet-Cookie: a=b", "a" * 100_000, "💥" * 100, "../../x", "?", "$1"]


def strings(schema, components, name=None):
    """The names of a body's text fields."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[1]]
    return [n for n, s in schema.get("properties", {}).items() if s.get("type") == "string" and "enum" not in s]


def test_sql_and_worse_in_every_text(cloud):
    from test_rights import House, fill, routes, sample
    cloud.admin.post("/prices", toml='version = "words"\n')
    house = House(cloud, "words")
    components = cloud.admin.get("/openapi.json")["components"]["schemas"]
    tried = 0
    for method, path, operation in routes(cloud):
        where = fill(path, house.ids)
        if method == "DELETE" or path.endswith(("/close", "/withdraw")) or path.startswith("/session"):
            continue
        tries = []
        for parameter in operation.get("parameters", []):
            for word in WORDS:
                quoted = urllib.parse.quote(word[:3000])
                if parameter["in"] == "query":
                    tries.append((f"{where}?{parameter['name']}={quoted}", None))
                elif parameter["in"] == "path":
                    tries.append((fill(path, house.ids | {parameter["name"]: quoted}), None))
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            good = sample(schema, components)
            for field in strings(schema, components):
                tries += [(where, good | {field: word}) for word in WORDS]
            tries = [(w, good if b is None else b) for w, b in tries]
        for at, body in tries:
            status, headers, answer = cloud.admin.raw(method, "/admin/v1" + at, body)
            assert status < 500, (method, at, str(body)[:300], status, answer)
            assert "set-cookie" not in headers
            tried += 1
    print(f"{tried} tries")
    assert tried > 1000
    for word in WORDS[:5]:  # what is allowed comes back as it was
        made = cloud.admin.post("/workspaces", name=word)
        assert cloud.admin.get(f"/workspaces/{made['id']}")["name"] == word
        for path in (f"/v1/receipts/{urllib.parse.quote(word)}", f"/v1/models/{urllib.parse.quote(word)}"):
            assert Admin(cloud.port, cloud.key).raw("GET", path)[0] in (400, 404)
        body = {"model": word, "messages": [{"role": "user", "content": word}]}
        status, headers, _ = Admin(cloud.port, cloud.key).raw("POST", "/v1/chat/completions", body,
                                                              {"Idempotency-Key": word, "X-Request-Id": word})
        assert status in (400, 404)
    assert cloud.admin.get("/reconcile")["ok"]
    cloud.admin.get("/audit/verify")


# ---- sessions

def enter(cloud, path, **body):
    """(status, session or None) of a way to sign in."""
    status, headers, answer = Admin(cloud.port).raw("POST", "/admin/v1/session" + path, body)
    if status != 201:
        return status, None
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie, cookie
    return status, (re.match(r"yun_session=([^;]+)", cookie)[1], json.loads(answer)["csrf_token"])


def person(cloud, name):
    """(person id, e-mail address, token of a sign-in link) of somebody new."""
    made = cloud.admin.post("/people", name=name, email=f"{name}@sessions.test")
    url = cloud.admin.post(f"/people/{made['id']}/sign-in-links")["url"]
    return made["id"], made["email"], urllib.parse.parse_qs(urllib.parse.urlparse(url).query)["token"][0]


def totp(secret, at):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7fffffff) % 10**6:06d}"


def test_a_link_is_good_once(cloud):
    _, _, token = person(cloud, "once")
    status, session = enter(cloud, "/link", token=token)
    assert status == 201 and cloud.caller(session=session).get("/session")["method"] == "link"
    assert enter(cloud, "/link", token=token)[0] == 401
    assert enter(cloud, "/link", token=token[:-1] + ("0" if token[-1] != "0" else "1"))[0] == 401
    # A newer link ends the older one.
    who, _, old = person(cloud, "newer")
    cloud.admin.post(f"/people/{who}/sign-in-links")
    assert enter(cloud, "/link", token=old)[0] == 401


def test_a_session_needs_its_token_for_changes(cloud):
    _, _, token = person(cloud, "csrf")
    _, session = enter(cloud, "/link", token=token)
    _, _, other = person(cloud, "csrf2")
    _, others = enter(cloud, "/link", token=other)
    for csrf in ("", "x", session[1][:-1], others[1]):
        status, _, _ = cloud.caller(session=(session[0], csrf)).raw("PUT", "/admin/v1/session/password", {"password": PASSWORD})
        assert status == 403, csrf
    # A form of another site: a simple request with the cookie alone.
    status, _, _ = Admin(cloud.port).raw("PUT", "/admin/v1/session/password", b'{"password": "0123456789abc"}',
                                         {"Cookie": f"yun_session={session[0]}", "Content-Type": "text/plain"})
    assert status in (403, 415)
    cloud.caller(session=session).put("/session/password", password=PASSWORD)


def test_a_session_ends(cloud):
    who, email, token = person(cloud, "ends")
    _, first = enter(cloud, "/link", token=token)
    cloud.caller(session=first).put("/session/password", password=PASSWORD)
    _, second = enter(cloud, "", email=email, password=PASSWORD)
    cloud.caller(session=second).delete("/session")
    with pytest.raises(Refused) as refused:  # the cookie once more
        cloud.caller(session=second).get("/session")
    assert refused.value.status == 401
    _, third = enter(cloud, "", email=email, password=PASSWORD)
    for wrong in ({}, {"current_password": PASSWORD + "?"}):  # a stolen session is not enough
        assert cloud.caller(session=third).raw("PUT", "/admin/v1/session/password",
                                               {"password": PASSWORD + "!", **wrong})[0] == 403
    cloud.caller(session=third).put("/session/password", password=PASSWORD + "!", current_password=PASSWORD)
    # ends the others
    assert cloud.caller(session=first).raw("GET", "/admin/v1/session")[0] == 401
    assert cloud.caller(session=third).raw("GET", "/admin/v1/session")[0] == 200
    cloud.admin.patch(f"/people/{who}", status="suspended")
    assert cloud.caller(session=third).raw("GET", "/admin/v1/session")[0] == 401
    assert enter(cloud, "", email=email, password=PASSWORD + "!")[0] in (401, 403)


def test_a_code_is_good_once(cloud):
    _, email, token = person(cloud, "codes")
    _, session = enter(cloud, "/link", token=token)
    me = cloud.caller(session=session)
    me.put("/session/password", password=PASSWORD)
    secret = me.post("/session/totp")["secret"]
    now = time.time()
    me.post("/session/totp/confirm", code=totp(secret, now))
    assert enter(cloud, "", email=email, password=PASSWORD)[0] == 401           # no code
    assert enter(cloud, "", email=email, password=PASSWORD, code=totp(secret, now))[0] == 401  # the confirmed one again
    code = totp(secret, now + 30)  # the next step, which a clock that is a little ahead may show
    assert enter(cloud, "", email=email, password=PASSWORD, code=code)[0] == 201
    assert enter(cloud, "", email=email, password=PASSWORD, code=code)[0] == 401
    assert enter(cloud, "", email=email, password=PASSWORD, code="000000")[0] == 401
    assert me.raw("POST", "/admin/v1/session/totp/remove", {"password": "not the password"})[0] == 403
    me.post("/session/totp/remove", password=PASSWORD)
    assert enter(cloud, "", email=email, password=PASSWORD)[0] == 201


def test_guessing_passwords_ends(cloud):
    _, email, token = person(cloud, "guessed")
    _, session = enter(cloud, "/link", token=token)
    cloud.caller(session=session).put("/session/password", password=PASSWORD)
    said = [enter(cloud, "", email=email, password=f"wrong password {i}")[0] for i in range(14)]
    assert said[0] == 401 and said[-1] == 429 and set(said) == {401, 429}, said
    assert enter(cloud, "", email=email, password=PASSWORD)[0] == 429  # the right one tells a guesser nothing


# ---- secrets

def test_secrets_are_written_nowhere(tmp_path):
    """Keys, tokens, passwords and codes: not in the database, the journal, a log, the audit log, or an answer."""
    skip_without_program()
    cloud = Cloud(tmp_path / "home", "--metrics", "open")
    try:
        made = cloud.make_workspace("secrets", 10**9)
        key = cloud.make_key(made["id"], "key")
        rotated = cloud.admin.post(f"/workspaces/{made['id']}/keys/{key['id']}/rotate", overlap_ms=60_000)
        cloud.admin.post(f"/workspaces/{made['id']}/budgets", amount_micro=10**9, period="total",
                         webhook_url="http://192.0.2.1/", webhook_secret="webhook-secret-words")
        _, email, token = person(cloud, "secretive")
        _, session = enter(cloud, "/link", token=token)
        me = cloud.caller(session=session)
        me.put("/session/password", password=PASSWORD)
        seed = me.post("/session/totp")["secret"]
        me.post("/session/totp/confirm", code=totp(seed, time.time()))
        prompt = "a prompt that is kept sealed 5e0f"
        path = f"/workspaces/{made['id']}"
        assert cloud.admin.get(path)["store_prompts"] is False  # unless somebody turns it on
        cloud.admin.patch(path, store_prompts=True, retention_days=1)
        for k in (key["secret"], rotated["secret"], "sk-" + "a" * 64):
            Admin(cloud.port, k).raw("POST", "/v1/chat/completions",
                                     {"model": "base", "messages": [{"role": "user", "content": prompt}], "max_tokens": 2})
        Admin(cloud.port).raw("GET", f"/v1/models?api_key={key['secret']}")  # where it does not belong
        exchange(cloud.port, b"GET / HTTP/1.1\r\nAuthorization: Bearer " + key["secret"].encode() + b"\r\nbroken\r\n\r\n", 1)
        assert wait_until(lambda: len(cloud.admin.all(f"{path}/prompts")) == 2)
        kept = cloud.admin.all(f"{path}/prompts")
        assert prompt in cloud.admin.get(f"{path}/prompts/{kept[0]['receipt_id']}")["request"]
        cloud.admin.delete(f"{path}/prompts/{kept[1]['receipt_id']}")
        for action, target in (("workspace.update", made["id"]), ("prompt.show", kept[0]["receipt_id"]),
                               ("prompt.delete", kept[1]["receipt_id"])):
            assert cloud.admin.all(f"{path}/audit", action=action, target=target), action
        assert "yun_prompts_stored_total 2" in Admin(cloud.port).raw("GET", "/metrics")[2].decode()
        shown = json.dumps(cloud.admin.all("/audit")) + json.dumps(cloud.admin.all(f"/workspaces/{made['id']}/budgets"))
        shown += Admin(cloud.port).raw("GET", "/metrics")[2].decode()
        shown += json.dumps(cloud.admin.all(f"/workspaces/{made['id']}/keys"))
        link = urllib.parse.parse_qs(urllib.parse.urlparse(cloud.sign_in_link[0]).query)["token"][0]
        first_lines = len(cloud.lines)
    finally:
        assert cloud.stop() == 0, cloud.output
    secrets = {"key": key["secret"], "rotated key": rotated["secret"], "first key": cloud.key, "link": token,
               "first link": link, "session": session[0], "csrf": session[1], "password": PASSWORD, "totp": seed,
               "totp bytes": base64.b32decode(seed + "=" * (-len(seed) % 8)), "webhook": "webhook-secret-words",
               "prompt": prompt, "wrong key": "sk-" + "a" * 64}
    log = cloud.output.replace(cloud.key, "", 2).replace(link, "", 1)  # the first start shows both, once
    places = {"the log": log.encode(), "the API": shown.encode()}
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                places[path.name] = b"".join(iter(lambda: file.read(1 << 20).strip(b"\0"), b"")) if (
                    path.stat().st_size < 1 << 24) else read_sparse(path)
    assert first_lines and any(name.endswith((".db", ".sqlite", ".journal")) for name in places), places.keys()
    for where, data in places.items():
        for name, secret in secrets.items():
            secret = secret if isinstance(secret, bytes) else secret.encode()
            assert secret not in data, f"the {name} stands in {where}"


def read_sparse(path):
    """What is not a hole of a large file."""
    out, end = b"", path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at < end:
            try:
                at = file.seek(at, 3)  # SEEK_DATA
            except OSError:
                break
            hole = file.seek(at, 4)  # SEEK_HOLE
            file.seek(at)
            out += file.read(hole - at)
            at = hole
    return out


def test_files_are_nobody_elses(cloud):
    for path in [cloud.home / "server.json", cloud.home / "server.key", *cloud.home.glob("cloud.db*"), cloud.home / "meter.journal"]:
        assert path.stat().st_mode & 0o077 == 0, path


# ---- patience

@pytest.mark.slow
def test_slow_clients_do_not_keep_others_out(tmp_path):
    skip_without_program()
    cloud = Cloud(tmp_path / "home")
    try:
        lines = []
        for i in range(60):
            line = socket.create_connection(("127.0.0.1", cloud.port))
            line.settimeout(0.002)
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" if i % 2 else
                         b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n")
            lines.append(line)

        def drip():
            """How many are still there."""
            left = 0
            for line in lines:
                try:
                    line.sendall(b"X-A: a\r\n")
                    try:
                        left += line.recv(65536) == b"never"
                    except TimeoutError:
                        left += 1
                except OSError:
                    pass
            return left

        assert drip() > 45  # they are in no hurry
        assert Admin(cloud.port).raw("GET", "/healthz")[0] == 200
        assert wait_until(lambda: drip() == 0, 60)  # and are shown out
        assert Admin(cloud.port).raw("GET", "/healthz")[0] == 200
    finally:
        assert cloud.stop() == 0, cloud.output


def test_claims_about_oneself_are_not_believed(cloud):
    """Without --trusted-proxy a forwarded address is only words."""
    key = cloud.make_key(cloud.make_workspace("claims", 10**9)["id"], "near", ip_ranges=["192.0.2.0/24"])
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "X-Client-IP"):
        value = "for=192.0.2.1" if name == "Forwarded" else "192.0.2.1"
        status, _, _ = Admin(cloud.port, key["secret"]).raw("GET", "/v1/models", headers={name: value})
        assert status == 403, name
    # The machine's own key is for callers of this machine alone.
    assert cloud.admin.get("/me")["means"] == "local"
