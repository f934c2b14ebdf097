"""The data routes against the OpenAPI document that the server makes of its own tables and parsers: requests drawn from
it (examples, the limits of each field, chance; good and bad) get what it says. src/server/openapi_test.cc holds it
against the router."""
import copy
import http.client
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
SECONDS_MAX = 600
ITEMS_MAX = 20_000  # longer lists are not made
EXAMPLES = 3  # of each operation, by chance
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
    running = Server(folder / "home", models=[f"{SAID}=scripted:replies={script},step_us=0"])
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


class Values:
    """Values of the document's schemas: one that fits, and those that break one rule each."""

    def __init__(self, document):
        self.components = document["components"]

    def resolved(self, schema):
        while "$ref" in schema:
            schema = self.components["schemas"][schema["$ref"].split("/")[-1]]
        return schema

    def kinds(self, schema):
        kinds = schema.get("type", [])
        return kinds if isinstance(kinds, list) else [kinds]

    def good(self, schema):
        schema = self.resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema and not schema.get("properties"):
            return self.good(schema["anyOf"][0])
        kind = self.kinds(schema)[0] if self.kinds(schema) else "null"
        if kind == "object":
            wanted = schema.get("required", []) + schema.get("anyOf", [{}])[0].get("required", [])
            return {key: SAID if key == "model" else self.good(schema["properties"][key]) for key in wanted}
        if kind == "array":
            return [self.good(schema["items"])] * schema.get("minItems", 0)
        if kind == "string":
            return "24h" if "pattern" in schema else "a" * schema.get("minLength", 1)
        return {"integer": schema.get("minimum", 1), "number": schema.get("maximum", 1), "boolean": True}.get(kind)

    def bad(self, schema):
        schema = self.resolved(schema)
        yield from ([], {}, "no such thing", True, 0.5, -(2**70))  # some of another kind, most of them
        for one in schema.get("anyOf", []):
            yield from self.bad(one)
        if "maximum" in schema:
            yield schema["maximum"] + 1
        if "minimum" in schema:
            yield schema["minimum"] - 1
        for key in ("exclusiveMinimum", "exclusiveMaximum"):
            if key in schema:
                yield schema[key]
        if schema.get("minLength"):
            yield ""
        if "maxLength" in schema:
            yield "a" * (schema["maxLength"] + 1)
        if "items" in schema:
            if schema.get("maxItems", ITEMS_MAX) < ITEMS_MAX:
                yield [self.good(schema["items"])] * (schema["maxItems"] + 1)
            for bad in self.bad(schema["items"]):
                yield [bad]
        if "object" in self.kinds(schema):
            if "maxProperties" in schema:
                yield {str(i): self.good(schema["additionalProperties"]) for i in range(schema["maxProperties"] + 1)}
            if isinstance(schema.get("additionalProperties"), dict):
                for bad in self.bad(schema["additionalProperties"]):
                    yield {"1": bad}
            for key in schema.get("required", []):
                yield {name: value for name, value in self.good(schema).items() if name != key}
            for key, member in schema.get("properties", {}).items():
                for bad in self.bad(member):
                    yield self.good(schema) | {key: bad}


def test_each_rule_is_kept(server, document):
    """What fits is taken; what breaks one rule of a request's schema, at whatever depth, is refused. Schemathesis breaks
    most rules of the first level alone."""
    values = Values(document)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS_MAX)

    def ask(method, path, text):
        connection.request(method, path, text, {"authorization": f"Bearer {server.key}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    wrong, tried = [], 0
    for method, path, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if not content:
            continue
        validator = jsonschema.Draft202012Validator(content["schema"] | {"components": document["components"]})
        good = values.good(content["schema"])
        validator.validate(good)
        status, said = ask(method, path, json.dumps(good))
        if status != (404 if "{" in path else 400 if operation["operationId"] == "batch_make" else 200):  # no such file
            wrong.append((status, method, path, good, said[:200]))
        for text in {json.dumps(body) for body in values.bad(content["schema"]) if not validator.is_valid(body)}:
            status, said = ask(method, path, text)
            tried += 1
            if status != (404 if status == 404 and "{" in path else 400):
                wrong.append((status, method, path, text[:300], said[:200]))
    connection.close()
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(map(str, wrong[:30]))
    assert tried > 1000


@pytest.mark.parametrize("phases", ["fuzzing", pytest.param("examples,coverage", marks=pytest.mark.slow)])
def test_answers_are_as_documented(server, document, tmp_path, phases):
    """Bad requests are refused in the dialect's form, good ones answered in the form that is described."""
    drawn = copy.deepcopy(document)
    for name, schema in drawn["components"]["schemas"].items():
        if name.endswith("Request") and "model" in schema["properties"]:
            schema["properties"]["model"] = {"enum": [SAID, None] if "model" not in schema.get("required", []) else [SAID]}
    for _, _, operation in operations(drawn):
        operation["parameters"] = [one for one in operation["parameters"] if one["name"] not in NOT_DRAWN]
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(drawn))
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", server.url, "-H",
         f"Authorization: Bearer {server.key}", "--phases", phases, "--checks", CHECKS,
         "--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure", "--no-color",
         "--warnings", "off", "--request-timeout", str(SECONDS_MAX), "--suppress-health-check", "all"],
        capture_output=True, text=True, cwd=tmp_path, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    assert " passed" in done.stdout.split("Test cases:")[1]
    assert server.metric("yun_requests_total") > EXAMPLES  # not all were refused
