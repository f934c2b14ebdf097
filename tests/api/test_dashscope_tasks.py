"""DashScope's tasks: submitted, waited for, listed, cancelled, taken up again by the next server."""
import json
import time

import pytest
from serving import Server, wait_until
from test_dashscope import SAID, TEXT, ask, failed, wish

ASYNC = {"X-DashScope-Async": "enable"}
TASKS_RUNNING_MAX = 8


def launch(folder):
    script = folder / "script.json"
    script.write_text(json.dumps([{"when": "Greet.", "reply": "Hi, 世!"},
                                  {"when": "Break.", "reply": "ab", "fail_after": 1},
                                  {"when": "Slow.", "reply": "x" * 30, "step_us": 100_000}]))
    return Server(folder / "home", f"{SAID}=scripted:replies={script},step_us=0", scripted=True)


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    running = launch(tmp_path_factory.mktemp("tasks"))
    yield running
    assert running.stop() == 0, running.output


def submit(server, text="Greet.", **parameters):
    status, headers, body = ask(server, TEXT, wish(text, **parameters), ASYNC)
    answer = json.loads(body)
    assert status == 200 and answer["request_id"] == headers["x-request-id"], body
    assert set(answer["output"]) == {"task_id", "task_status"} and answer["output"]["task_status"] == "PENDING"
    return answer["output"]["task_id"]


def fetch(server, task_id, key=None):
    status, _, body = ask(server, f"/api/v1/tasks/{task_id}", method="GET", key=key)
    assert status == 200, body
    return json.loads(body)


def wait(server, task_id, key=None, until=("SUCCEEDED", "FAILED")):
    assert wait_until(lambda: fetch(server, task_id, key)["output"]["task_status"] in until)
    return fetch(server, task_id, key)


def test_a_task_is_answered(server):
    task_id = submit(server, stream=True, result_format="text")
    done = wait(server, task_id)
    output = done["output"]
    assert output["task_id"] == task_id and output["task_status"] == "SUCCEEDED"
    assert output["text"] == "Hi, 世!" and output["finish_reason"] == "stop"
    assert output["submit_time"] <= output["scheduled_time"] <= output["end_time"]
    assert output["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0}
    assert done["usage"]["output_tokens"] == 9


def test_a_task_that_fails_says_why(server):
    output = wait(server, submit(server, "Break."))["output"]
    assert output["task_status"] == "FAILED" and output["code"] == "InternalError" and output["message"]
    output = wait(server, submit(server, top_p=5))["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter") and "top_p" in output["message"]


def test_what_is_no_task(server):
    assert failed(ask(server, TEXT, wish(model="nobody"), ASYNC))[:2] == (404, "ModelNotFound")
    assert failed(ask(server, TEXT, {"model": SAID}, ASYNC))[:2] == (400, "BadRequest.EmptyInput")
    by_url = {"model": SAID, "input": {"url": "http://x/texts"}}
    assert failed(ask(server, TEXT, by_url, ASYNC))[:2] == (400, "InvalidParameter")
    assert failed(ask(server, TEXT, wish("x" * (1 << 20)), ASYNC))[:2] == (413, "BadRequest.TooLarge")
    unknown = fetch(server, "00000000-0000-4000-8000-000000000000")["output"]
    assert unknown["task_status"] == "UNKNOWN"
    assert failed(ask(server, "/api/v1/tasks/none/cancel"))[:2] == (404, "NotFound")
    assert failed(ask(server, "/api/v1/tasks/none"))[:2] == (404, "NotFound")
    assert failed(ask(server, "/api/v1/tasks?status=LOST", method="GET"))[:2] == (400, "InvalidParameter")
    assert failed(ask(server, "/api/v1/tasks?start_time=today", method="GET"))[:2] == (400, "InvalidParameter")


def test_only_what_waits_is_cancelled(server):
    running = [submit(server, "Slow.") for _ in range(TASKS_RUNNING_MAX)]
    for task_id in running:
        wait(server, task_id, until=("RUNNING", "SUCCEEDED"))
    waiting = submit(server)
    status, headers, body = ask(server, f"/api/v1/tasks/{waiting}/cancel")
    assert (status, json.loads(body)) == (200, {"request_id": headers["x-request-id"]})
    assert fetch(server, waiting)["output"]["task_status"] == "CANCELED"
    for task_id in (running[0], waiting):
        status, code, message = failed(ask(server, f"/api/v1/tasks/{task_id}/cancel"))
        assert (status, code) == (400, "UnsupportedOperation")
        assert message == "Failed to cancel the task, please confirm if the task is in PENDING status."
    assert all(wait(server, task_id)["output"]["task_status"] == "SUCCEEDED" for task_id in running)


def test_tasks_are_listed(server):
    task_id = submit(server)
    wait(server, task_id)

    def page(query):
        status, _, body = ask(server, "/api/v1/tasks?" + query, method="GET")
        assert status == 200, body
        return json.loads(body)

    first = page("page_size=1")
    assert [task["task_id"] for task in first["data"]] == [task_id] and first["total_page"] == first["total"] > 1
    assert first["data"][0]["status"] == "SUCCEEDED" and first["data"][0]["model_name"] == SAID
    failures = sum(task["status"] == "FAILED" for task in page("page_size=100")["data"])
    assert page("status=FAILED")["total"] == failures > 0
    assert page("model_name=nobody")["data"] == []
    now = time.time()
    day = [time.strftime("%Y%m%d%H%M%S", time.gmtime(now + offset)) for offset in (-3600, 3600)]
    assert page(f"start_time={day[0]}&end_time={day[1]}")["total"] == first["total"]
    assert page(f"start_time={day[1]}")["total"] == 0


def test_a_killed_servers_task_is_taken_up_again(tmp_path):
    first = launch(tmp_path)
    task_id = submit(first, "Slow.")
    later = [submit(first) for _ in range(3)]
    wait(first, task_id, until=("RUNNING",))
    first.process.kill()
    first.process.wait()
    second = launch(tmp_path)
    for each in [task_id, *later]:
        assert wait(second, each, first.key)["output"]["task_status"] == "SUCCEEDED"
    assert fetch(second, task_id, first.key)["output"]["text"] == "x" * 30
    assert second.stop() == 0, second.output
