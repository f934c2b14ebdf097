"""A small OpenID Connect provider that signs one person in without asking: code flow with PKCE, RS256, by the letter.

Stands for a real one in tests: what a client gets wrong (state of the code, verifier, redirect address, secret) is
refused here as a real one would.
"""
import base64
import hashlib
import http.server
import json
import re
import secrets
import subprocess
import threading
import time
import urllib.parse


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """An RSA key; OpenSSL's program makes it and signs with it."""

    def __init__(self, folder, name):
        self.path, self.name = folder / f"{name}.pem", name
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)
        said = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True,
                              capture_output=True, text=True).stdout
        self.modulus = bytes.fromhex(re.search(r"Modulus=([0-9A-F]+)", said).group(1))

    def jwk(self):
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.name, "n": b64url(self.modulus), "e": "AQAB"}

    def token(self, claims):
        text = ".".join(b64url(json.dumps(part).encode())
                        for part in ({"alg": "RS256", "typ": "JWT", "kid": self.name}, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text.encode(), check=True,
                                   capture_output=True).stdout
        return text + "." + b64url(signature)


class Provider:
    def __init__(self, folder, client_id="yun", client_secret="s3cret/+ä"):
        self.client_id, self.client_secret = client_id, client_secret
        self.key = Key(folder, "k1")
        self.person = {"sub": "person-1", "email": "ann@example.com", "email_verified": True, "name": "Ann"}
        self.lie = {}  # claims to put in place of the true ones
        self.codes, self.refused = {}, []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, status, body, **headers):
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                path, _, query = self.path.partition("?")
                if path == "/.well-known/openid-configuration":
                    self.answer(200, provider.discovery())
                elif path == "/keys":
                    self.answer(200, {"keys": [provider.key.jwk()]})
                elif path == "/authorize":
                    self.answer(302, {}, Location=provider.authorize(dict(urllib.parse.parse_qsl(query))))
                else:
                    self.answer(404, {})

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    if self.path != "/token":
                        raise ValueError("no such endpoint")
                    tokens = provider.redeem(dict(urllib.parse.parse_qsl(form)), self.headers.get("Authorization", ""))
                except ValueError as e:
                    provider.refused.append(str(e))
                    return self.answer(400, {"error": "invalid_grant", "error_description": str(e)})
                self.answer(200, tokens, **{"Cache-Control": "no-store"})

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def discovery(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"]}

    def authorize(self, ask):
        assert ask["response_type"] == "code" and ask["client_id"] == self.client_id, ask
        assert "openid" in ask["scope"].split() and ask["code_challenge_method"] == "S256" and ask["nonce"], ask
        code = secrets.token_urlsafe(16)
        self.codes[code] = ask
        return ask["redirect_uri"] + "?" + urllib.parse.urlencode(
            {"code": code, "state": ask["state"], "iss": self.issuer})

    def redeem(self, form, authorization):
        scheme, _, given = authorization.partition(" ")
        name, _, secret = base64.b64decode(given).decode().partition(":")
        if (scheme, urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)) != (
                "Basic", self.client_id, self.client_secret):
            raise ValueError("client")
        if form.get("grant_type") != "authorization_code":
            raise ValueError("grant type")
        ask = self.codes.pop(form.get("code"), None)  # a code is good once
        if ask is None:
            raise ValueError("code")
        if form.get("redirect_uri") != ask["redirect_uri"]:
            raise ValueError("redirect_uri")
        if b64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest()) != ask["code_challenge"]:
            raise ValueError("code_verifier")
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "exp": now + 300, "iat": now, "nonce": ask["nonce"],
                  **self.person, **self.lie}
        return {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300,
                "id_token": self.key.token(claims)}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
