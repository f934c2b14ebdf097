"""Files over HTTP, by OpenAI's SDK and byte by byte."""
import http.client
import json
import pathlib

import openai
import pytest
from serving import Server

FORM = "multipart/form-data; boundary=XX"


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("files") / "home", scripted=True)
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture(scope="module")
def client(server):
    return server.client()


def raw(server, method, path, body=b"", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Authorization": f"Bearer {server.key}"} | headers)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def form(*fields):
    parts = [b'--XX\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % field for field in fields]
    return b"".join(parts) + b"--XX--\r\n"


def test_by_the_sdk(client):
    content = bytes(range(256)) * 100
    made = client.files.create(file=("云.bin", content), purpose="user_data")
    assert (made.object, made.filename, made.bytes, made.purpose) == ("file", "云.bin", len(content), "user_data")
    assert made.status == "processed" and made.id.startswith("file-")
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).read() == content
    others = [client.files.create(file=("a.jsonl", b"{}"), purpose="batch").id for _ in range(3)]
    assert [file.id for file in client.files.list(purpose="batch", limit=2)] == others[::-1]  # on two pages
    assert [file.id for file in client.files.list(order="asc")] == [made.id, *others]
    assert client.files.list(limit=1).has_more
    assert client.files.delete(made.id).deleted
    for call in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            call(made.id)
    for id in others:
        client.files.delete(id)
    assert client.files.list().data == []


def test_expires(client):
    made = client.files.create(file=("a", b"x"), purpose="batch",
                               expires_after={"anchor": "created_at", "seconds": 3600})
    assert made.expires_at == made.created_at + 3600
    with pytest.raises(openai.BadRequestError) as refused:
        client.files.create(file=("a", b"x"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 1})
    assert refused.value.param == "expires_after[seconds]"
    client.files.delete(made.id)


def test_content_is_never_shown_as_a_page(server, client):
    made = client.files.create(file=("a.html", b"<script>alert(1)</script>"), purpose="batch")
    status, headers, body = raw(server, "GET", f"/compatible-mode/v1/files/{made.id}/content")
    assert status == 200 and body == b"<script>alert(1)</script>"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["content-disposition"] == "attachment" and headers["x-content-type-options"] == "nosniff"
    client.files.delete(made.id)


@pytest.mark.parametrize("type, body, param, says", [
    ("application/json", b"{}", None, "multipart/form-data is needed"),
    ("multipart/form-data", form(), None, "no boundary"),
    (FORM, b"", None, "does not begin"),
    (FORM, form((b"purpose", b"batch"), (b"file", b"x"))[:-6], None, "last boundary is missing"),
    (FORM, form((b"purpose", b"batch")), "file", "Missing required parameter"),
    (FORM, form((b"file", b"x")), "purpose", "Missing required parameter"),
    (FORM, form((b"file", b"x"), (b"purpose", b"batch_output")), "purpose", "one of batch"),
    (FORM, form((b"file", b"x"), (b"file", b"y"), (b"purpose", b"batch")), "file", "one file"),
    (FORM, form((b"file", b"x"), (b"purpose", b"batch"), (b"color", b"red")), "color", "Unknown parameter"),
    (FORM, form((b"file", b"x"), (b"purpose", b"batch")).replace(b"\r\n\r\nx", b"\r\nContent-Type: multipart/mixed"
                                                                             b"\r\n\r\nx"), None, "has parts itself"),
])
def test_bad_uploads(server, type, body, param, says):
    status, _, answer = raw(server, "POST", "/v1/files", body, Content_Type=type)
    error = json.loads(answer)["error"]
    assert status == 400 and error["param"] == param and says in error["message"], answer


def native(*files, purpose=None):
    fields = [(b'files"; filename="%s' % name, text) for name, text in files]
    fields += [(b"descriptions", b"about " + name) for name, _ in files]
    return form(*fields, *([(b"purpose", purpose)] if purpose else []))


def test_natively(server, client):
    status, headers, body = raw(server, "POST", "/api/v1/files", native((b"a.txt", b"one"), (b"b.txt", b"three")),
                                Content_Type=FORM)
    answer = json.loads(body)
    assert status == 200 and answer["request_id"] == headers["x-request-id"] and answer["data"]["failed_uploads"] == []
    kept = answer["data"]["uploaded_files"]
    assert [file["name"] for file in kept] == ["a.txt", "b.txt"]
    status, _, body = raw(server, "GET", f"/api/v1/files/{kept[1]['file_id']}")
    one = json.loads(body)["data"]
    assert (one["name"], one["description"], one["size"], one["purpose"]) == ("b.txt", "about b.txt", 5, "fine-tune")
    assert raw(server, "GET", one["url"])[2] == b"three"
    status, _, body = raw(server, "GET", "/api/v1/files?page_no=2&page_size=1")
    page = json.loads(body)["data"]
    assert (page["total"], page["page_no"], page["page_size"]) == (2, 2, 1)
    assert [file["file_id"] for file in page["files"]] == [kept[0]["file_id"]]  # the newest first
    assert {file.id for file in client.files.list()} == {file["file_id"] for file in kept}
    for file in kept:
        status, headers, body = raw(server, "DELETE", f"/api/v1/files/{file['file_id']}")
        assert (status, json.loads(body)) == (200, {"request_id": headers["x-request-id"]})
        for method in ("GET", "DELETE"):
            status, _, body = raw(server, method, f"/api/v1/files/{file['file_id']}")
            assert (status, json.loads(body)["code"]) == (404, "NotFound")


@pytest.mark.parametrize("body, param", [(form((b"purpose", b"batch")), "files"),
                                         (native((b"a", b"x"), purpose=b"none"), "purpose"), (b"--XX", "form")])
def test_bad_native_uploads(server, body, param):
    status, _, answer = raw(server, "POST", "/api/v1/files", body, Content_Type=FORM)
    error = json.loads(answer)
    assert (status, error["code"]) == (400, "InvalidParameter") and param in error["message"], answer


def test_a_name_that_cannot_be_kept_fails_alone(server):
    status, _, answer = raw(server, "POST", "/api/v1/files", native((b"\xff", b"x"), (b"good", b"y")),
                            Content_Type=FORM)
    data = json.loads(answer)["data"]
    assert status == 200 and [file["name"] for file in data["uploaded_files"]] == ["good"], answer
    assert [(file["name"], file["code"]) for file in data["failed_uploads"]] == [("?", "InvalidParameter")]
    raw(server, "DELETE", "/api/v1/files/" + data["uploaded_files"][0]["file_id"])


def test_too_large(client):
    # The server may answer before all is sent, and close.
    with pytest.raises((openai.APIStatusError, openai.APIConnectionError)) as refused:
        client.files.create(file=("a", b"x" * (16 << 20)), purpose="batch")
    assert getattr(refused.value, "status_code", 413) == 413


@pytest.mark.parametrize("path", ["/v1/files/..%2f..%2fvault.key", "/v1/files/file-%00", "/v1/files/a/content",
                                  "/v1/files/..%2f..%2fvault.key/content"])
def test_ids_are_no_paths(server, path):
    status, _, _ = raw(server, "GET", path)
    assert status in (400, 404)


def test_sealed_and_gone(server, client):
    home = pathlib.Path(server.process.args[server.process.args.index("--home") + 1])
    made = client.files.create(file=("a", b"a secret in a file"), purpose="batch")
    (path,) = home.rglob(made.id)
    assert b"secret" not in path.read_bytes() and path.stat().st_mode & 0o777 == 0o600
    client.files.delete(made.id)
    assert not path.exists()
