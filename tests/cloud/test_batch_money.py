"""Batches: every line is answered once and paid for once, at half the price, though the server be killed between."""
import json

import openai
import pytest
from cloud import Cloud, faketime, skip_without_program, wait_until

LINES = 60
SLOW = "scripted:slow,tokens=12,step_us=15000"  # most of a fifth of a second an answer
PRICES = ('version = "batches"\n[[price]]\nmodel = "*"\ncurrency = "CNY"\nfrom = "2020-01-01"\n'
          'input = 2_000_000\noutput = 10_000_000\n')


def lines(count, model="slow", **more):
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}], **more}
    return "\n".join(json.dumps({"custom_id": f"line-{i}", "method": "POST", "url": "/v1/chat/completions",
                                 "body": body}) for i in range(count))


def begin(client, text, **more):
    file = client.files.create(file=("in.jsonl", text.encode()), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h",
                                 **more)


def ended(client, batch, seconds_max=120):
    state = {}

    def done():
        state["batch"] = client.batches.retrieve(batch.id)
        return state["batch"].status in ("completed", "failed", "expired", "cancelled")

    assert wait_until(done, seconds_max), state["batch"]
    return state["batch"]


def rows(client, file_id):
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()] if file_id else []


@pytest.fixture
def priced(database, tmp_path):
    """A cloud with prices, and a customer: (cloud, workspace id, key id, client)."""
    skip_without_program()
    cloud = Cloud(tmp_path / "home", SLOW, database=database)
    cloud.admin.post("/prices", toml=PRICES)
    workspace = cloud.make_workspace("north", 10**9)["id"]
    key = cloud.make_key(workspace)
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{cloud.port}/v1", api_key=key["secret"], max_retries=0)
    yield cloud, workspace, key["id"], client
    assert cloud.stop() == 0, cloud.output


def test_killed_in_the_middle(priced):
    cloud, workspace, _, client = priced
    batch = begin(client, lines(LINES), metadata={"of": "test"})
    assert batch.status == "validating"
    for so_far in (5, 20):
        assert wait_until(lambda: client.batches.retrieve(batch.id).request_counts.completed >= so_far)
        cloud.kill()
        cloud.start()
        cloud.admin.key = cloud.local_key()
    batch = ended(client, batch)
    assert batch.status == "completed" and batch.error_file_id is None and batch.metadata == {"of": "test"}
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (LINES, LINES, 0)
    answers = rows(client, batch.output_file_id)
    assert [row["custom_id"] for row in answers] == [f"line-{i}" for i in range(LINES)]
    usage = [row["response"]["body"]["usage"] for row in answers]
    receipts = cloud.admin.all(f"/workspaces/{workspace}/receipts")
    paid = [receipt for receipt in receipts if receipt["amount_micro"]]
    assert len(paid) == LINES
    # 2 micro-units a token of the prompt and 10 of the answer, and half of that.
    assert sum(receipt["amount_micro"] for receipt in paid) == sum(
        used["prompt_tokens"] + 5 * used["completion_tokens"] for used in usage)
    assert {receipt["end_reason"] for receipt in receipts if not receipt["amount_micro"]} <= {"interrupted", "aborted"}
    assert cloud.admin.get("/reconcile")["ok"]


def test_cancelled(priced):
    cloud, workspace, _, client = priced
    batch = begin(client, lines(LINES))
    assert wait_until(lambda: client.batches.retrieve(batch.id).request_counts.completed >= 3)
    with pytest.raises(openai.ConflictError):
        client.files.delete(batch.input_file_id)
    assert client.batches.cancel(batch.id).status == "cancelling"
    batch = ended(client, batch)
    assert batch.status == "cancelled" and batch.cancelled_at
    good, bad = rows(client, batch.output_file_id), rows(client, batch.error_file_id)
    assert len(good) == batch.request_counts.completed >= 3 and len(good) + len(bad) == LINES
    assert {row["error"]["code"] for row in bad} == {"batch_cancelled"}
    assert len([r for r in cloud.admin.all(f"/workspaces/{workspace}/receipts") if r["amount_micro"]]) == len(good)
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)
    client.files.delete(batch.input_file_id)


def test_nobody_waits_for_anothers_batch(priced):
    cloud, _, _, client = priced
    long = begin(client, lines(20 * LINES))
    waits = begin(client, lines(1))  # the same workspace's next one
    assert wait_until(lambda: client.batches.retrieve(long.id).request_counts.completed >= 1)
    south = cloud.make_workspace("south", 10**9)["id"]
    other = openai.OpenAI(base_url=f"http://127.0.0.1:{cloud.port}/v1", max_retries=0,
                          api_key=cloud.make_key(south)["secret"])
    short = ended(other, begin(other, lines(3)))
    assert short.status == "completed" and short.request_counts.completed == 3
    assert client.batches.retrieve(long.id).status == "in_progress"
    # One that waits for its turn does not wait to be cancelled.
    assert client.batches.retrieve(waits.id).status == "validating"
    client.batches.cancel(waits.id)
    waits = ended(client, waits)
    assert waits.status == "cancelled"
    assert [row["error"]["code"] for row in rows(client, waits.error_file_id)] == ["batch_cancelled"]
    client.batches.cancel(long.id)
    ended(client, long)


def test_a_window_that_ends(tmp_path):
    skip_without_program()
    if not faketime():
        pytest.skip("libfaketime is not installed: no day can be over")
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    cloud = Cloud(tmp_path / "home", SLOW, clock_file=clock)
    cloud.admin.post("/prices", toml=PRICES)
    workspace = cloud.make_workspace("north", 10**9)["id"]
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{cloud.port}/v1", max_retries=0,
                           api_key=cloud.make_key(workspace)["secret"])
    batch = begin(client, lines(20 * LINES), output_expires_after={"anchor": "created_at", "seconds": 3600})
    assert wait_until(lambda: client.batches.retrieve(batch.id).request_counts.completed >= 1)
    clock.write_text("+25h\n")
    batch = ended(client, batch)
    assert batch.status == "expired" and batch.expired_at >= batch.expires_at
    good, bad = rows(client, batch.output_file_id), rows(client, batch.error_file_id)
    assert len(good) == batch.request_counts.completed and len(good) + len(bad) == 20 * LINES
    assert {row["error"]["code"] for row in bad} == {"batch_expired"}
    assert len([r for r in cloud.admin.all(f"/workspaces/{workspace}/receipts") if r["amount_micro"]]) == len(good)
    clock.write_text("+27h\n")  # its files go by themselves

    def gone():
        try:
            return not client.files.retrieve(batch.output_file_id)
        except openai.NotFoundError:
            return True

    assert wait_until(gone)
    assert client.batches.retrieve(batch.id).status == "expired"
    assert cloud.admin.get("/reconcile")["ok"]
    assert cloud.stop() == 0, cloud.output


def test_a_key_that_is_revoked(priced):
    cloud, workspace, key_id, client = priced
    batch = begin(client, lines(LINES))
    assert wait_until(lambda: client.batches.retrieve(batch.id).request_counts.completed >= 3)
    cloud.admin.delete(f"/workspaces/{workspace}/keys/{key_id}")
    other = openai.OpenAI(base_url=f"http://127.0.0.1:{cloud.port}/v1", max_retries=0,
                          api_key=cloud.make_key(workspace, "other")["secret"])
    batch = ended(other, batch)
    bad = rows(other, batch.error_file_id)
    assert batch.request_counts.failed == len(bad) > 0
    assert {row["response"]["status_code"] for row in bad} == {401}
