"""Sign-in as a browser sees it: the first link, passwords, a second factor, an OpenID Connect provider."""
import base64
import hashlib
import hmac
import http.client
import json
import re
import time
import urllib.parse

import pytest
from cloud import free_port, skip_without_program
from oidc_provider import Key, Provider
from serving import Program

PASSWORD = "correct horse battery"


class Server(Program):
    """A `yun serve` with a scripted model, in its own home."""

    def __init__(self, home, *options):
        super().__init__()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.launch("scripted:s", "--port", self.port, "--home", home, *options)
        link = re.search(r"sign in once, .* at (\S+)/auth/link\?token=(\w+)", self.output)
        self.link = link and link.group(2)


class Browser:
    """Cookies, and the token of its session."""

    def __init__(self, server):
        self.server, self.cookies, self.csrf = server, {}, ""

    def ask(self, method, path, body=None, form=False, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
            body = urllib.parse.urlencode(body) if form else json.dumps(body)
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        line.request(method, path, body, headers)
        answer = line.getresponse()
        answer.text = answer.read().decode()
        line.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return answer

    def session(self):
        """Who is signed in, as a console asks; None: nobody."""
        answer = self.ask("GET", "/admin/v1/session")
        if answer.status != 200:
            return None
        told = json.loads(answer.text)
        self.csrf = told["csrf_token"]
        return told

    def change(self, method, path, **fields):
        """What a console changes in the session."""
        return self.ask(method, "/admin/v1" + path, fields or None, x_csrf_token=self.csrf)

    def sign_in(self, password=PASSWORD, code="", **headers):
        """By the form of the page."""
        return self.ask("POST", "/auth/password", {"email": "ann@example.com", "password": password, "code": code},
                        form=True, **headers)


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    provider = Provider(tmp_path_factory.mktemp("provider"))
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, provider):
    skip_without_program()
    folder = tmp_path_factory.mktemp("home")
    (folder / "secret").write_text(provider.client_secret + "\n")
    server = Server(folder / "home", "--oidc-issuer", provider.issuer, "--oidc-client", provider.client_id,
                    "--oidc-secret-file", str(folder / "secret"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def operator(server):
    """Who has used the first link and chosen an address and a password."""
    browser = Browser(server)
    page = browser.ask("GET", "/auth/link?token=" + server.link)
    assert page.status == 200 and "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert browser.session() is None, "looking at the link uses nothing up"
    answer = browser.ask("POST", "/auth/link", {"token": server.link}, form=True)
    assert (answer.status, answer.headers["Location"]) == (303, "/auth")
    told = browser.session()
    assert told["is_operator"] and told["workspaces"][0]["role"] == "owner"
    assert "operate" in told["workspaces"][0]["rights"]
    assert browser.change("PATCH", "/session", email="Ann@Example.com", name="Ann").status == 200
    assert browser.change("PUT", "/session/password", password=PASSWORD).status == 204
    return browser


def totp(secret, at=None):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, int((at or time.time()) // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset:offset + 4], 'big') & 0x7fffffff) % 10 ** 6:06d}"


def test_link_is_good_once(server, operator):
    again = Browser(server)
    assert again.ask("POST", "/auth/link", {"token": server.link}, form=True).status == 401
    assert again.ask("POST", "/admin/v1/session/link", {"token": server.link}).status == 401
    assert again.session() is None


def test_password(server, operator):
    browser = Browser(server)
    assert browser.sign_in("wrong").status == 401
    assert browser.sign_in().status == 303
    assert browser.session()["email"] == "ann@example.com"
    assert browser.ask("POST", "/auth/sign-out", {}, form=True).status == 403, "without the token"
    assert browser.ask("DELETE", "/admin/v1/session").status == 403, "without the token"
    kept = dict(browser.cookies)
    csrf = re.search(r'name=csrf value="(\w+)"', browser.ask("GET", "/auth").text)[1]
    assert browser.ask("POST", "/auth/sign-out", {"csrf": csrf}, form=True).status == 303
    assert not browser.cookies
    browser.cookies = kept
    assert browser.session() is None, "the session is gone, not only the cookie"


def test_other_sites(server, operator):
    browser = Browser(server)
    assert browser.sign_in(sec_fetch_site="cross-site").status == 403
    assert browser.sign_in(origin="https://evil.example.com").status == 403
    assert browser.sign_in(origin=server.url).status == 303
    ask = {"email": "ann@example.com", "password": PASSWORD}
    assert browser.ask("POST", "/admin/v1/session", ask, sec_fetch_site="cross-site").status == 403
    assert browser.ask("POST", "/admin/v1/session", ask, origin="https://evil.example.com").status == 403
    assert browser.ask("POST", "/admin/v1/session", ask, origin=server.url).status == 201
    browser.session()
    assert browser.change("PATCH", "/session", name="Ann").status == 200
    assert browser.ask("PATCH", "/admin/v1/session", {"name": "x"}, x_csrf_token=browser.csrf,
                       sec_fetch_site="cross-site").status == 403


def test_behind_a_proxy_that_says_nothing(tmp_path):
    """The public address is https: the cookie is bound to it, for the pages and the admin API alike."""
    skip_without_program()
    server = Server(tmp_path / "home", "--public-url", "https://cloud.example.com")
    try:
        browser = Browser(server)
        answer = browser.ask("POST", "/auth/link", {"token": server.link}, form=True)
        assert answer.status == 303 and list(browser.cookies) == ["__Host-yun_session"]
        assert "; Secure" in answer.headers["Set-Cookie"]
        assert browser.session()["is_operator"]
        assert browser.change("DELETE", "/session").status == 204 and not browser.cookies
    finally:
        server.stop()


def test_second_factor(server, operator):
    browser = Browser(server)
    browser.sign_in()
    browser.session()
    begun = json.loads(browser.change("POST", "/session/totp").text)
    assert begun["uri"].startswith("otpauth://totp/")
    code = totp(begun["secret"])
    assert browser.change("POST", "/session/totp/confirm", code=code).status == 204
    other = Browser(server)
    missing = other.ask("POST", "/admin/v1/session", {"email": "ann@example.com", "password": PASSWORD})
    assert json.loads(missing.text)["error"]["code"] == "code_needed"
    assert "name=code" in other.sign_in().text
    assert other.sign_in(code=code).status == 401, "a replay"
    assert other.sign_in(code=totp(begun["secret"], time.time() + 30)).status == 303
    assert browser.change("POST", "/session/totp/remove", password="wrong").status == 403
    assert browser.change("POST", "/session/totp/remove", password=PASSWORD).status == 204
    assert Browser(server).sign_in().status == 303


def through_the_provider(browser, path="/auth/oidc"):
    """Follows the redirects as a browser would; the last answer."""
    to = browser.ask("GET", path).headers["Location"]
    provider = urllib.parse.urlsplit(to)
    line = http.client.HTTPConnection(provider.netloc, timeout=60)
    line.request("GET", f"{provider.path}?{provider.query}")
    back = urllib.parse.urlsplit(line.getresponse().headers["Location"])
    line.close()
    return f"{back.path}?{back.query}"


def test_openid_connect(server, operator, provider):
    browser = Browser(server)
    callback = through_the_provider(browser, "/auth/oidc?return_to=/console")
    stranger = Browser(server)
    assert stranger.ask("GET", callback).status == 401, "another browser's answer"
    answer = browser.ask("GET", callback)
    assert (answer.status, answer.headers["Location"]) == (303, "/console"), answer.text
    told = browser.session()
    assert told["email"] == "ann@example.com" and told["method"] == "oidc"
    assert not provider.refused
    again = Browser(server)
    again.cookies = browser.cookies
    assert again.ask("GET", callback).status == 401, "the same answer once more"


@pytest.mark.parametrize("lie", [{"iss": "http://127.0.0.1:1"}, {"aud": "other"}, {"aud": ["yun", "other"]},
                                 {"azp": "x"}, {"nonce": "0" * 32}, {"exp": 1}, {"iat": 9999999999}, {"sub": ""}],
                         ids=str)
def test_tokens_that_are_not_for_us(server, operator, provider, lie):
    browser = Browser(server)
    provider.lie = lie
    try:
        assert browser.ask("GET", through_the_provider(browser)).status == 401
    finally:
        provider.lie = {}
    assert browser.session() is None


def test_a_token_of_another_key(server, operator, provider, tmp_path):
    browser = Browser(server)
    true_key = provider.key
    callback = through_the_provider(browser)
    provider.key = Key(tmp_path, "k1")  # the same name
    try:
        assert browser.ask("GET", callback).status == 401
    finally:
        provider.key = true_key


def test_unknown_people_stay_outside(server, operator, provider):
    known, provider.person = provider.person, {"sub": "person-2", "email": "bob@example.com", "email_verified": True}
    try:
        browser = Browser(server)
        assert browser.ask("GET", through_the_provider(browser)).status == 401
        provider.person = {"sub": "person-3", "email": "ann@example.com", "email_verified": False}
        assert browser.ask("GET", through_the_provider(browser)).status == 401, "an address that nobody has verified"
    finally:
        provider.person = known


def test_guesses_are_counted(server, operator):
    browser = Browser(server)
    ask = {"email": "x@example.com", "password": "x"}
    statuses = [browser.ask("POST", path, ask, form=path == "/auth/password").status
                for path in ("/auth/password", "/admin/v1/session") * 15]
    assert statuses[-1] == 429 and statuses.count(401) <= 10


def test_no_secret_is_told(server, operator, provider):
    told = server.output
    assert PASSWORD not in told and provider.client_secret not in told
    for browser in (operator,):
        for value in browser.cookies.values():
            assert value not in told
    assert operator.ask("GET", "/auth").headers["Cache-Control"] == "no-store"
