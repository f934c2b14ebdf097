"""The edge: what is refused before a key is looked at, headers, and TLS by files."""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess

import pytest
from cloud import Admin, Cloud, skip_without_program, wait_until


def make_certificate(folder, name):
    """A self-signed certificate and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out",
                    str(cert)], check=True, capture_output=True)
    return cert, key


def shown(port, **versions):
    """The certificate that the server shows, and the protocol."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, version in versions.items():
        setattr(context, name, version)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line, context.wrap_socket(line) as tls:
        return ssl.DER_cert_to_PEM_cert(tls.getpeercert(True)).strip(), tls.version()


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    skip_without_program()
    folder = tmp_path_factory.mktemp("tls")
    cert, key = make_certificate(folder, "first")
    used = folder / "cert.pem", folder / "key.pem"
    shutil.copy(cert, used[0]), shutil.copy(key, used[1])
    running = Cloud(folder / "home", "--tls-cert", used[0], "--tls-key", used[1])
    running.folder, running.files = folder, used
    yield running
    assert running.stop() == 0, running.output


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of old versions: that is what is tried
def test_versions(tls):
    first = (tls.folder / "first.pem").read_text().strip()
    assert shown(tls.port, maximum_version=ssl.TLSVersion.TLSv1_2) == (first, "TLSv1.2")
    assert shown(tls.port) == (first, "TLSv1.3")
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            shown(tls.port, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=old)


def test_requests_and_cookies(tls):
    context = ssl.create_default_context(cafile=str(tls.files[0]))
    status, headers, _ = Admin(tls.port, tls.key, tls=context).raw("GET", "/v1/models")
    assert status == 200
    assert "max-age" in headers.get("strict-transport-security", "")
    with socket.create_connection(("127.0.0.1", tls.port), timeout=10) as line:  # plain words
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert b" 200 " not in line.recv(4096)
        except ConnectionError:
            pass


def test_a_reload_shows_the_new_certificate_and_never_none(tls):
    cert, key = make_certificate(tls.folder, "second")
    second = cert.read_text().strip()
    shutil.copy(key, tls.files[1])  # half of a change: key and certificate do not fit
    os.kill(tls.process.pid, signal.SIGHUP)  # what a service manager sends for a reload
    assert shown(tls.port)[0] in ((tls.folder / "first.pem").read_text().strip(), second)
    shutil.copy(cert, tls.files[0])
    assert wait_until(lambda: shown(tls.port)[0] == second, 30)
    tls.files[0].write_text("no certificate\n")
    assert not wait_until(lambda: shown(tls.port)[0] != second, 2)


def test_a_signal_reads_files_that_look_the_same(tls):
    """Size, time and inode of the files say nothing of the new certificate: only the signal does."""
    pairs = {}
    for i in range(60):  # until two have the same sizes: signatures have 70 to 72 bytes
        pair = make_certificate(tls.folder, f"same{i}")
        sizes = tuple(len(path.read_bytes()) for path in pair)
        if sizes in pairs:
            break
        pairs[sizes] = pair
    before, after = pairs[sizes], pair
    for source, used in zip(before, tls.files):
        shutil.copy(source, used)
    assert wait_until(lambda: shown(tls.port)[0] == before[0].read_text().strip(), 30)
    times = [os.stat(used) for used in tls.files]
    for source, used, time in zip(after, tls.files, times):
        with used.open("r+b") as file:
            file.write(source.read_bytes())
        os.utime(used, ns=(time.st_atime_ns, time.st_mtime_ns))
    assert not wait_until(lambda: shown(tls.port)[0] != before[0].read_text().strip(), 2)
    os.kill(tls.process.pid, signal.SIGHUP)
    assert wait_until(lambda: shown(tls.port)[0] == after[0].read_text().strip(), 30)


def test_what_a_scanner_says(tls):
    if not (sslscan := shutil.which("sslscan")):
        pytest.skip("sslscan is not installed")
    said = subprocess.run([sslscan, "--no-colour", "--no-failed", f"127.0.0.1:{tls.port}"], capture_output=True, text=True,
                          timeout=120).stdout
    assert re.search(r"TLSv1\.2\s+enabled", said) and re.search(r"TLSv1\.3\s+enabled", said), said
    for version in ("SSLv2", "SSLv3", r"TLSv1\.0", r"TLSv1\.1"):
        assert not re.search(rf"{version}\s+enabled", said), said
    assert not re.search(r"\b(RC4|3DES|DES-CBC|NULL|EXP|MD5|anon)", said), said
    assert "vulnerable to heartbleed" not in said.replace("not vulnerable to heartbleed", "")


def test_every_answer_says_what_a_browser_may_not(cloud):
    for path in ("/healthz", "/v1/models", "/admin/v1/me", "/nowhere", "/admin/v1/openapi.json"):
        _, headers, _ = Admin(cloud.port).raw("GET", path)
        assert headers.get("x-content-type-options") == "nosniff", (path, dict(headers))
        assert headers.get("x-frame-options") == "DENY" or "frame-ancestors" in headers.get("content-security-policy", "")
        assert "access-control-allow-origin" not in headers
        assert not re.search(r"\d", headers.get("server", "")), headers["server"]


@pytest.mark.slow
def test_guessing_keys_ends(tmp_path):
    """An address that comes with wrong keys is soon refused before anything is looked at, and nobody else is."""
    skip_without_program()
    cloud = Cloud(tmp_path / "home", "--trusted-proxy", "127.0.0.1")
    try:
        guesser = {"X-Forwarded-For": "203.0.113.7"}
        said = [Admin(cloud.port, f"sk-{i:064x}").raw("GET", "/v1/models", headers=guesser)[0] for i in range(2000)]
        assert said[0] == 401 and said[-1] == 429 and set(said) == {401, 429}, set(said)
        status, headers, _ = Admin(cloud.port, cloud.key).raw("GET", "/v1/models", headers=guesser)
        assert status == 429 and int(headers["retry-after"]) >= 1
        for other in ({"X-Forwarded-For": "203.0.113.8"}, {}):
            assert Admin(cloud.port, cloud.key).raw("GET", "/v1/models", headers=other)[0] == 200
    finally:
        assert cloud.stop() == 0, cloud.output
