"""What stands before the API: TLS with a certificate that can be replaced, proxies, limits of size."""
import http.client
import json
import socket
import ssl
import subprocess
import time

import pytest
from serving import MODEL, YUN, Server, wait_until


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", str(folder / "key.new"), "-out", str(folder / "cert.new")], check=True, capture_output=True)
    (folder / "key.new").rename(folder / "key.pem")
    (folder / "cert.new").rename(folder / "cert.pem")


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder, "first")
    server = Server(folder / "home", "--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem",
                    "--trusted-proxy", "127.0.0.1", "--body-bytes-max", "64KB", "--header-bytes-max", "4096",
                    "--address-rate", "1000", scripted=True)
    server.folder = folder
    yield server
    assert server.stop() == 0


def connect(server):
    context = ssl.create_default_context(cafile=str(server.folder / "cert.pem"))
    return http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=30)


def ask(connection, method="GET", path="/healthz", body=None, headers={}):
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    return answer, answer.read()


def test_tls_serves_and_keeps_connections(secure):
    connection = connect(secure)
    key = {"Authorization": "Bearer " + secure.key}
    for i in range(3):  # one connection
        answer, body = ask(connection, "POST", "/v1/chat/completions", json.dumps(
            {"model": MODEL, "messages": [{"role": "user", "content": "x" * 20000}], "max_tokens": 4}), key)
        assert answer.status == 200 and json.loads(body)["usage"]["prompt_tokens"] > 20000
    assert answer.headers["strict-transport-security"] and answer.headers["x-content-type-options"] == "nosniff"
    answer, body = ask(connection, "POST", "/v1/chat/completions", json.dumps(
        {"model": MODEL, "messages": [{"role": "user", "content": "y"}], "stream": True, "max_tokens": 4}), key)
    assert body.endswith(b"data: [DONE]\n\n")
    assert secure.url.startswith("https://")


def test_old_protocols_and_plain_text_are_refused(secure):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain:
        with pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(plain)
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            while got := plain.recv(1000):
                assert b"HTTP" not in got
        except ConnectionResetError:
            pass
    assert ask(connect(secure))[0].status == 200


def test_a_new_certificate_is_used_without_a_restart(secure):
    def subject():
        with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as wrapped:
                return wrapped.getpeercert(binary_form=True)

    old = connect(secure)
    assert ask(old)[0].status == 200
    before = subject()
    (secure.folder / "cert.pem").write_text("half a certificate")
    time.sleep(1.1)
    assert subject() == before  # nothing broken is taken
    make_certificate(secure.folder, "second")
    assert wait_until(lambda: subject() != before)
    assert ask(old)[0].status == 200  # whoever is connected stays so
    assert ask(connect(secure))[0].status == 200


def test_commands_of_this_machine_find_their_server(secure):
    done = subprocess.run([YUN, "admin", "--home", str(secure.folder / "home"), "workspace", "list"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "Default" in done.stdout, done.stderr


def test_limits_of_size(secure):
    answer, _ = ask(connect(secure), "POST", "/v1/chat/completions", b"x" * 70000)
    assert answer.status == 413
    answer, _ = ask(connect(secure), headers={"x-long": "y" * 5000})
    assert answer.status == 431


def test_wrong_keys_of_an_address_are_slowed(secure):
    connection = connect(secure)

    def guess(ip):
        return ask(connection, path="/v1/models", headers={"X-Forwarded-For": ip, "Authorization": "Bearer sk-guess"})[0]

    statuses = [guess("192.0.2.9").status for _ in range(80)]
    assert statuses[:50] == [401] * 50 and 429 in statuses
    good = {"X-Forwarded-For": "192.0.2.10", "Authorization": "Bearer " + secure.key}
    assert ask(connection, path="/v1/models", headers=good)[0].status == 200  # others are not


def test_mistakes_of_tls_are_named(tmp_path):
    make_certificate(tmp_path, "a")
    (tmp_path / "empty").write_text("")
    for cert, key, words in [("none", "key.pem", "none"), ("empty", "key.pem", "no certificate"),
                             ("cert.pem", "cert.pem", "no private key")]:
        done = subprocess.run([YUN, "serve", "scripted:s", "--port", "0", "--home", str(tmp_path / "home"),
                               "--tls-cert", str(tmp_path / cert), "--tls-key", str(tmp_path / key)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and words in done.stderr, done.stderr
