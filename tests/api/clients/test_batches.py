"""Batches through OpenAI's SDK, against a model whose tokens are given."""
import json

import openai
import pytest
from script import FACTS, FACTS_SAID, HELLO, HELLO_SAID, HERMES, PLAIN
from serving import wait_until


def line(i, text=HELLO, model=HERMES, url="/v1/chat/completions", **more):
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return {"custom_id": f"line-{i}", "method": "POST", "url": url, "body": body}


def upload(client, lines):
    text = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines)
    return client.files.create(file=("in.jsonl", text.encode()), purpose="batch").id


def run(client, lines, endpoint="/v1/chat/completions", **more):
    batch = client.batches.create(input_file_id=upload(client, lines), endpoint=endpoint, completion_window="24h",
                                  **more)
    state = {}

    def done():
        state["batch"] = client.batches.retrieve(batch.id)
        return state["batch"].status in ("completed", "failed", "expired", "cancelled")

    assert wait_until(done), state["batch"]
    return state["batch"]


def rows(client, file_id):
    return [json.loads(row) for row in client.files.content(file_id).text.splitlines()]


def test_answers(client):
    batch = run(client, [line(0), "", line(1, FACTS), line(2, temperature=9)])
    assert batch.status == "completed" and batch.model == HERMES and batch.errors is None
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (3, 2, 1)
    assert batch.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at < batch.expires_at
    good, bad = rows(client, batch.output_file_id), rows(client, batch.error_file_id)
    said = {row["custom_id"]: row["response"]["body"]["choices"][0]["message"]["content"] for row in good}
    assert said == {"line-0": HELLO_SAID, "line-1": FACTS_SAID}
    assert all(row["error"] is None and row["response"]["status_code"] == 200 for row in good)
    assert [(row["custom_id"], row["response"]["status_code"]) for row in bad] == [("line-2", 400)]
    assert bad[0]["response"]["body"]["error"]["param"] == "temperature"
    output = client.files.retrieve(batch.output_file_id)
    assert output.purpose == "batch_output" and output.filename == f"{batch.id}_output.jsonl"
    assert client.batches.list(limit=1).data[0].id == batch.id


def test_other_endpoints(client):
    batch = run(client, [{"custom_id": "a", "method": "POST", "url": "/v1/completions",
                          "body": {"model": HERMES, "prompt": HELLO}}], "/v1/completions")
    assert rows(client, batch.output_file_id)[0]["response"]["body"]["object"] == "text_completion"
    batch = run(client, [{"custom_id": "a", "method": "POST", "url": "/v1/responses",
                          "body": {"model": HERMES, "input": HELLO}}], "/v1/responses")
    assert rows(client, batch.output_file_id)[0]["response"]["body"]["object"] == "response"


@pytest.mark.parametrize("lines, code, number", [
    ([""], "empty_file", None),
    (["no JSON"], "invalid_json_line", 1),
    ([line(0), line(0)], "duplicate_custom_id", 2),
    ([line(0), line(1, model=PLAIN)], "mismatched_model", 2),
    ([line(0, model="nobody")], "model_not_found", 1),
    ([line(0, url="/v1/embeddings")], "invalid_url", 1),
    ([line(0) | {"method": "GET"}], "invalid_method", 1),
    ([line(0) | {"custom_id": ""}], "invalid_custom_id", 1),
    ([line(0) | {"body": []}], "invalid_body", 1),
    ([line(0, stream=True)], "invalid_body", 1),
])
def test_input_that_is_wrong(client, lines, code, number):
    batch = run(client, lines)
    assert batch.status == "failed" and batch.failed_at
    assert [(error.code, error.line) for error in batch.errors.data] == [(code, number)]


@pytest.mark.parametrize("change, param", [
    ({"input_file_id": "file-none"}, "input_file_id"), ({"endpoint": "/v1/models"}, "endpoint"),
    ({"completion_window": "1h"}, "completion_window"), ({"metadata": {"a": 1}}, "metadata"),
])
def test_requests_that_are_wrong(client, change, param):
    right = {"input_file_id": upload(client, [line(0)]), "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    with pytest.raises(openai.BadRequestError) as refused:
        client.batches.create(**right | change)
    assert refused.value.param == param


def test_not_found(client):
    for call in (client.batches.retrieve, client.batches.cancel):
        with pytest.raises(openai.NotFoundError):
            call("batch_none")
