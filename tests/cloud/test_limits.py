"""The limiter in a running server, judged by the server's own times: those of its receipts."""
import asyncio
import json
import time

import pytest
from cloud import Admin
from line import Line, request

RPM = 600
SECONDS = 4
AT_ONCE = 8


def busiest(times_ms, span_ms):
    """The most that lie in any span of time."""
    times_ms, most, first = sorted(times_ms), 0, 0
    for last, at in enumerate(times_ms):
        while times_ms[first] <= at - span_ms:
            first += 1
        most = max(most, last - first + 1)
    return most


async def press(port, key, seconds, at_once):
    """Asks as fast as it is answered: (requests served, refusals)."""
    served, refused, end = [], [], time.monotonic() + seconds
    ask = request("POST", "/v1/chat/completions", key,
                  {"model": "base", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]})

    async def one():
        line = await Line.open(port)
        while time.monotonic() < end:
            answer = await line.ask(ask)
            (served if answer.status == 200 else refused).append(answer)
            if answer.status != 200:
                assert answer.status == 429, answer
                await asyncio.sleep(0.005)
        line.leave()

    await asyncio.gather(*(one() for _ in range(at_once)))
    return served, refused


@pytest.fixture(scope="module")
def limited(cloud):
    made = cloud.make_workspace("limited", 10**9)
    return made["id"], cloud.make_key(made["id"], "limited", limits={"requests_per_minute": RPM})


@pytest.mark.slow
def test_no_second_above_its_allowance(cloud, limited):
    workspace, key = limited
    served, refused = asyncio.run(press(cloud.port, key["secret"], SECONDS, AT_ONCE))
    assert refused and served
    for answer in refused:
        assert answer.json()["error"]["code"] == "limit_requests" and int(answer.headers["retry-after"]) >= 1, answer
    for answer in served:
        assert answer.headers["x-ratelimit-limit-requests"] == str(RPM)
        assert 0 <= int(answer.headers["x-ratelimit-remaining-requests"]) < RPM
    cloud.admin.get("/reconcile")  # everything is committed
    times = [r["started_ms"] for r in cloud.admin.all(f"/workspaces/{workspace}/receipts", key_id=key["id"])]
    assert len(times) == len(served)
    # A receipt's time is taken a moment before the limiter's, and cut to milliseconds: hence the narrower second.
    assert busiest(times, 990) <= RPM // 60, busiest(times, 990)
    assert len(times) <= RPM // 60 * (SECONDS + 1)


def test_three_words_for_too_much(cloud):
    """Requests, tokens, and a rush that comes too steeply have their own codes."""
    made = cloud.make_workspace("words", 10**9)
    body = {"model": "base", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
    seen = {}
    for limits in ({"requests_per_minute": 1}, {"tokens_per_minute": 60}, {"burst_per_second": 1, "requests_per_minute": 6000}):
        key = cloud.make_key(made["id"], "k", limits=limits)["secret"]
        for _ in range(50):
            status, headers, answer = Admin(cloud.port, key).raw("POST", "/v1/chat/completions", body)
            if status == 429:
                assert int(headers["retry-after"]) >= 1
                seen[next(iter(limits))] = json.loads(answer)["error"]["code"]
                break
    assert seen == {"requests_per_minute": "limit_requests", "tokens_per_minute": "insufficient_quota",
                    "burst_per_second": "limit_burst_rate"}


def test_streams_at_once(cloud):
    made = cloud.make_workspace("streams", 10**9)
    key = cloud.make_key(made["id"], "k", limits={"concurrent": 2})["secret"]
    ask = request("POST", "/v1/chat/completions", key, {
        "model": "base", "stream": True, "ignore_eos": True, "max_tokens": 20000,
        "messages": [{"role": "user", "content": "x"}]})

    async def go():
        lines = [await Line.open(cloud.port) for _ in range(3)]
        first = [await line.begin(ask, 100) for line in lines[:2]]
        assert all(answer.status == 200 for answer, _ in first)
        assert (await lines[2].ask(ask)).status == 429
        lines[0].leave(rudely=True)
        for _ in range(100):  # its place is free when the server has noticed
            if lines[2].lost:
                lines[2] = await Line.open(cloud.port)
            answer, whole = await lines[2].begin(ask, 100)
            if answer.status == 200:
                break
            assert answer.status == 429 and whole
            await asyncio.sleep(0.05)
        assert answer.status == 200
        for line in lines:
            line.leave(rudely=True)

    asyncio.run(go())
