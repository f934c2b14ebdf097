"""The data routes against the OpenAPI document that the server makes of its own tables and parsers: requests drawn from
it (examples, the limits of each field, chance; good and bad) get what it says. src/server/openapi_test.cc holds it
against the router."""
import copy
import json
import subprocess
import sys
import urllib.error
import urllib.request

import jsonschema
import pytest
import schemathesis
from serving import Server

SAID = "said"
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
          "negative_data_rejection,unsupported_method")
EXAMPLES = 5  # of each operation, by chance
# Another workspace than the key's is refused, and a task says later what is wrong with it: little would be seen.
NOT_DRAWN = {"X-DashScope-WorkSpace", "X-DashScope-Async"}
# A timeout of no time at all is 504, as it should be.
CONFIGURATION = """[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 504]
"""


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("openapi")
    script = folder / "script.json"
    script.write_text(json.dumps([{"when": "", "reply": "Hi."}]))
    running = Server(folder / "home", f"{SAID}=scripted:replies={script},step_us=0")
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture(scope="module")
def document(server):
    with urllib.request.urlopen(f"{server.url}/openapi.json", timeout=60) as answer:
        assert answer.headers["content-type"] == "application/json"
        return json.load(answer)


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_document_is_valid(document):
    schemathesis.openapi.from_dict(document).validate()
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    schemas = document["components"]["schemas"]
    used = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert used == set(schemas)


def test_each_operation_is_there_and_wants_a_key(server, document):
    """Without a key an operation says 401, unless the document says that it needs none; none is unknown."""
    for method, path, operation in operations(document):
        request = urllib.request.Request(server.url + path.replace("{", "").replace("}", ""), method=method)
        try:
            status = urllib.request.urlopen(request, timeout=60).status
        except urllib.error.HTTPError as error:
            status, body = error.code, json.load(error)
            dialect = operation["tags"][0]
            assert (set(body) == {"code", "message", "request_id"} if dialect == "dashscope" else
                    body["type"] == "error" if dialect == "anthropic" else body["error"]["message"]), (path, body)
        assert status == (200 if operation.get("security") == [] else 401), (method, path)


def test_events_are_as_documented(server, document):
    """The data of each event of a stream, of every operation that may stream."""
    hi = {"model": SAID, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    bodies = {"chat": hi, "complete": {"model": SAID, "prompt": "Hi", "stream": True}, "messages": hi,
              "respond": {"model": SAID, "input": "Hi", "stream": True}}
    native = {"model": SAID, "input": {"prompt": "Hi"}, "parameters": {"stream": True}}
    streaming = 0
    for method, path, operation in operations(document):
        event = operation["responses"]["200"].get("content", {}).get("text/event-stream")
        if not event:
            continue
        streaming += 1
        request = urllib.request.Request(
            server.url + path, json.dumps(bodies.get(operation["operationId"], native)).encode(), method=method,
            headers={"authorization": f"Bearer {server.key}", "content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        said = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
        assert len(said) > 1, path
        schema = event["schema"]["properties"]["data"]["contentSchema"] | {"components": document["components"]}
        for data in said:
            if data != "[DONE]":
                jsonschema.Draft202012Validator(schema).validate(json.loads(data))
    assert streaming == len(bodies) + 2  # DashScope has two


@pytest.mark.parametrize("phases", ["fuzzing", pytest.param("examples,coverage", marks=pytest.mark.slow)])
def test_answers_are_as_documented(server, document, tmp_path, phases):
    """Bad requests are refused in the dialect's form, good ones answered in the form that is described."""
    drawn = copy.deepcopy(document)
    for name, schema in drawn["components"]["schemas"].items():
        if name.endswith("Request") and "model" in schema["properties"]:
            schema["properties"]["model"] = {"enum": [SAID]}
    for _, _, operation in operations(drawn):
        operation["parameters"] = [one for one in operation["parameters"] if one["name"] not in NOT_DRAWN]
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(drawn))
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", server.url, "-H",
         f"Authorization: Bearer {server.key}", "--phases", phases, "--checks", CHECKS,
         "--request-timeout", "120", "--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure", "--no-color",
         "--warnings", "off"],
        capture_output=True, text=True, cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    assert " passed" in done.stdout.split("Test cases:")[1]
    assert server.metric("yun_requests_total") > EXAMPLES  # not all were refused
