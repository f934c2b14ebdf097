#!/usr/bin/env python3
"""A known scanner (Debian: wapiti) against a live cloud: without TLS and with it, as nobody, as an operator by key, and
as an owner by a browser's session.

  build/venv/bin/python tests/cloud/scan.py            minutes; fails on what is not in EXPECTED

It begins with the sign-in pages and with every GET of the admin API's document, ids and parameters filled in.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from cloud import Admin, Cloud  # noqa: E402
from test_rights import House, fill, routes  # noqa: E402
from test_tls import make_certificate  # noqa: E402

MODULES = ("backup", "blindsql", "brute_login_form", "cookieflags", "crlf", "csp", "csrf", "exec", "file", "htaccess",
           "http_headers", "methods", "permanentxss", "redirect", "shellshock", "sql", "xss", "xxe")
SECONDS_MAX = {"scan": 120, "attack": 240}  # of crawling, of each module
# What it reports and why it stands: (category, part of its words).
EXPECTED = (
    # A form of another site is refused by where it comes from (test_sign_in.py); nothing in it needs to be a secret.
    ("Cross Site Request Forgery", "Lack of anti CSRF token"),
    ("Cross Site Request Forgery", "CSRF token 'token' might be easy to predict"),  # the scan's own, "x": no CSRF token
    ("HTTP Secure Headers", "X-XSS-Protection is not set"),  # obsolete, and harmful where a browser still obeys it
    ("HTTP Secure Headers", "Strict-Transport-Security is not set"),  # of plain HTTP, where it means nothing
)
EXAMPLES = {"month": "2026-10", "first": "2026-01", "last": "2026-10", "from_ms": "1767225600000", "to_ms": "1772323200000"}


def addresses(cloud, base):
    """The pages that a crawler would not find by itself."""
    house = House(cloud, "scanned")
    found = [f"{base}/auth", f"{base}/auth/link?token=x", f"{base}/healthz", f"{base}/metrics", f"{base}/v1/models",
             f"{base}/v1/models/base", f"{base}/v1/receipts/{house.ids['receipt_id']}", f"{base}/api/v1/quotas"]
    for method, path, operation in routes(cloud):
        if method != "GET":
            continue
        query = {p["name"]: EXAMPLES.get(p["name"]) or p["schema"].get("enum", ["1"])[0]
                 for p in operation.get("parameters", []) if p["in"] == "query"}
        where = f"{base}/admin/v1{fill(path, house.ids)}"
        found.append(where)
        if query:
            found.append(f"{where}?{urllib.parse.urlencode(query)}")
    return found, house


def scan(folder, name, base, start, headers):
    """What it reports: (category, where, its words)."""
    report = folder / f"{name}.json"
    command = ["wapiti", "-u", f"{base}/", "--scope", "domain", "-m", ",".join(MODULES), "-l", "2", "-d", "3", "-v", "0",
               "--max-scan-time", str(SECONDS_MAX["scan"]), "--max-attack-time", str(SECONDS_MAX["attack"]),
               "--no-bugreport", "--flush-session", "--verify-ssl", "0", "-f", "json", "-o", str(report),
               "--store-session", str(folder / name)]
    for address in start:
        command += ["-s", address]
    for header in headers:
        command += ["-H", header]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if not report.exists():
        sys.exit(f"wapiti: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    said = json.loads(report.read_text())
    found = [(category, f"{item['method']} {item['path']}", item["info"])
             for kind in ("vulnerabilities", "anomalies") for category, items in said[kind].items() for item in items]
    print(f"{name}: {len(start)} addresses, {len(MODULES)} modules, {time.monotonic() - began:.0f} s, {len(found)} reports")
    return found


def main():
    if not shutil.which("wapiti"):
        sys.exit("wapiti is not installed (Debian: wapiti)")
    unexpected = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        cert, key = make_certificate(folder, "scan")
        for tls in (False, True):
            cloud = Cloud(folder / f"home-{tls}", *(["--tls-cert", cert, "--tls-key", key] if tls else []))
            if tls:
                import ssl
                context = ssl.create_default_context(cafile=str(cert))
                cloud.admin = Admin(cloud.port, cloud.local_key(), tls=context)
                start, callers = [f"https://127.0.0.1:{cloud.port}/auth"], {"nobody": []}
            else:
                cloud.admin.post("/prices", toml='version = "scan"\n[[price]]\nmodel = "*"\ncurrency = "CNY"\n'
                                                 'from = "2020-01-01"\ninput = 1\noutput = 1\n')
                start, house = addresses(cloud, f"http://127.0.0.1:{cloud.port}")
                cookie, csrf = house.sessions["owner"]
                callers = {"nobody": [], "operator": [f"Authorization: Bearer {cloud.local_key()}"],
                           "owner": [f"Cookie: yun_session={cookie}", f"X-CSRF-Token: {csrf}"]}
            base = f"{'https' if tls else 'http'}://127.0.0.1:{cloud.port}"
            try:
                for who, headers in callers.items():
                    for category, where, words in scan(folder, f"{who}{' by TLS' if tls else ''}", base, start, headers):
                        known = any(category == c and part in words for c, part in EXPECTED) and not (
                            tls and "Transport" in words)
                        unexpected += not known
                        print(f"  {'known' if known else 'NEW'}: {category}: {where[:150]}: {words}")
                assert cloud.admin.get("/reconcile")["ok"]
            finally:
                assert cloud.stop() == 0, cloud.output
    sys.exit(1 if unexpected else 0)


if __name__ == "__main__":
    main()
