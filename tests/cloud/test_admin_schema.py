"""The admin API against its own OpenAPI document: requests drawn from the document by chance get what it says."""
import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (content_type_conformance, response_schema_conformance,
                                               status_code_conformance)

EXAMPLES = 10  # of each operation
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def ids(cloud):
    """Things that exist, so that not everything is answered with 404."""
    admin = cloud.admin
    workspace = admin.post("/workspaces", name="schema")
    path = f"/workspaces/{workspace['id']}"
    admin.post(f"{path}/top-ups", amount_micro=10**9)
    member = admin.post(f"{path}/members", email="schema@example.com", role="developer")
    key = admin.post(f"{path}/keys", name="schema", person_id=member["person_id"])
    budget = admin.post(f"{path}/budgets", amount_micro=10**9, period="total")
    partner = admin.post("/partners", name="schema", account_id=workspace["account_id"])
    offering = admin.post(f"/partners/{partner['id']}/offerings", kind="app", name="schema", share_ppm=1000)
    return {"workspace_id": workspace["id"], "account_id": workspace["account_id"], "key_id": key["id"],
            "person_id": member["person_id"], "budget_id": budget["id"], "partner_id": partner["id"],
            "offering_id": offering["id"]}


@pytest.fixture(scope="module")
def api(cloud, ids):
    document = json.loads(cloud.admin.raw("GET", "/admin/v1/openapi.json")[2])
    # Each copy of the cloud takes disk.
    document["paths"]["/admin/v1/backups"].pop("post")
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path" and parameter["name"] in ids:
                    parameter["schema"]["enum"] = [ids[parameter["name"]], "nothing"]
    return schemathesis.openapi.from_dict(document)


def test_the_document_is_valid(cloud):
    schemathesis.openapi.from_dict(json.loads(cloud.admin.raw("GET", "/admin/v1/openapi.json")[2])).validate()


@pytest.mark.slow
def test_answers_are_as_documented(api, cloud):
    wrong = []
    for operation in (result.ok() for result in api.get_all_operations()):

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case):
            case.call_and_validate(base_url=f"http://127.0.0.1:{cloud.port}", checks=CHECKS,
                                   headers={"Authorization": f"Bearer {cloud.admin.key}"})

        try:
            ask()
        except (Exception, BaseExceptionGroup) as error:
            told = "\n".join(map(str, getattr(error, "exceptions", [error])))
            wrong.append(f"{operation.label}\n{told}")
    assert not wrong, f"{len(wrong)} operations:\n" + "\n\n".join(wrong)
