"""The admin API against its own OpenAPI document: requests drawn from the document (examples, limits of each parameter,
chance, chains of calls) get what it says, whoever asks.

YUN_SCHEMA_CALLERS  who asks, with commas between (default operator,developer; ./test --long: everybody)
"""
import json
import os
import subprocess
import sys

import pytest
import schemathesis
from test_rights import ROLES, House

CALLERS = os.environ.get("YUN_SCHEMA_CALLERS", "operator,developer").split(",")
PHASES = "examples,coverage,fuzzing,stateful"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = 5  # of each operation, by chance


@pytest.fixture(scope="module")
def house(cloud):
    """Things that exist, so that not everything is answered with 404."""
    cloud.admin.post("/prices", toml='version = "schema"\n[[price]]\nmodel = "*"\ncurrency = "CNY"\n'
                                     'from = "2020-01-01"\ninput = 1_000_000\noutput = 1_000_000\n')
    return House(cloud, "schema")


@pytest.fixture(scope="module")
def document(cloud, house, tmp_path_factory):
    """The file of a document whose paths lead to the house."""
    document = cloud.admin.get("/openapi.json")
    document["paths"]["/admin/v1/backups"].pop("post")  # each copy of the cloud takes disk
    document["paths"]["/admin/v1/models/{model}"].pop("delete")  # the only ones there are
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path" and parameter["name"] in house.ids:
                    parameter["schema"]["enum"] = [house.ids[parameter["name"]]]
    file = tmp_path_factory.mktemp("schema") / "openapi.json"
    file.write_text(json.dumps(document))
    return file


def test_the_document_is_valid(cloud):
    schemathesis.openapi.from_dict(json.loads(cloud.admin.raw("GET", "/admin/v1/openapi.json")[2])).validate()


@pytest.mark.slow
@pytest.mark.parametrize("caller", CALLERS)
def test_answers_are_as_documented(cloud, house, document, caller):
    assert caller == "operator" or caller in ROLES
    key = cloud.admin.key if caller == "operator" else house.keys[caller]["secret"]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", f"http://127.0.0.1:{cloud.port}", "-H",
         f"Authorization: Bearer {key}", "--phases", PHASES, "--checks", CHECKS, "--max-examples", str(EXAMPLES),
         "--generation-deterministic", "--continue-on-failure", "--no-color", "--warnings", "off"],
        capture_output=True, text=True, cwd=document.parent, timeout=600)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    assert " passed" in done.stdout.split("Test cases:")[1]
    assert cloud.admin.get("/reconcile")["ok"] and cloud.admin.get("/audit/verify")["ok"]
