#!/usr/bin/env python3
"""Load for a server with OpenAI's API: streams of completions, in a closed or an open loop. Standard library only.

  bench/research/load.py --url http://127.0.0.1:8460 --key sk-... --model m --streams 16

Closed loop: each stream sends its next request when the last one has ended. Open loop: requests are sent at times of
their own, whatever becomes of the others. Requests are made from a seed before anything is sent, so every server gets
the same ones. While a stream runs, bytes and their times are kept and nothing is parsed: the generator shares its
cores with the server.
"""
import argparse
import asyncio
import bisect
import dataclasses
import json
import random
import sys
import time
import urllib.parse

TOKEN_MIN, TOKEN_MAX = 1000, 40000  # of random prompts: plain words of any usual vocabulary, no control tokens
READ_BYTES = 1 << 16
ANSWER_SECONDS_MAX = 600


@dataclasses.dataclass
class Ask:
    prompt: list | str              # token ids or text; with chat: the user's message
    answer_tokens: int
    at: float = 0.0                 # open loop: seconds after the start
    tenant: str = ""                # for the one who reads the results
    key: str | None = None          # instead of the server's
    chat: bool = False
    leave_after: int = 0            # hang up after so many events; 0: hear the end
    ignore_eos: bool = True
    model: str = ""                 # instead of the session's


@dataclasses.dataclass
class Heard:
    ask: Ask
    sent: float = 0.0
    ended: float = 0.0
    times: list = dataclasses.field(default_factory=list)  # of events with text
    text: str = ""
    tokens: int = 0                 # of the answer, as the server counts; events where it does not say
    prompt_tokens: int = 0
    cached_tokens: int = 0
    error: str = ""
    cut: bool = False               # the session was over before the answer
    raw: bytearray = dataclasses.field(default_factory=bytearray, repr=False)
    marks: list = dataclasses.field(default_factory=list, repr=False)

    @property
    def ttft(self):
        return self.times[0] - self.sent

    @property
    def gaps(self):
        return [b - a for a, b in zip(self.times, self.times[1:])]


def random_prompt(rng, tokens):
    return [rng.randrange(TOKEN_MIN, TOKEN_MAX) for _ in range(tokens)]


def percentile(values, p):
    if not values:
        return float("nan")
    ordered = sorted(values)
    at = (len(ordered) - 1) * p / 100
    low = int(at)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (at - low)


def request_bytes(url, model, ask, key):
    body = {"model": ask.model or model, "max_tokens": ask.answer_tokens, "stream": True, "temperature": 0,
            "ignore_eos": ask.ignore_eos, "stream_options": {"include_usage": True}}
    if ask.chat:
        body["messages"] = [{"role": "user", "content": ask.prompt}]
    else:
        body["prompt"] = ask.prompt
    data = json.dumps(body).encode()
    path = "/v1/chat/completions" if ask.chat else "/v1/completions"
    head = (f"POST {path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {ask.key or key}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n")
    return head.encode() + data


async def exchange(url, message, heard):
    """Sends, and keeps all bytes with [(offset of the end, time)] of each read."""
    raw, marks, events, counted = heard.raw, heard.marks, 0, 0
    heard.sent = time.perf_counter()
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        writer.write(message)
        while data := await reader.read(READ_BYTES):
            raw += data
            marks.append((len(raw), time.perf_counter()))
            if heard.ask.leave_after:
                while (found := raw.find(b"\ndata: ", counted)) >= 0:
                    events, counted = events + 1, found + 1
                if events >= heard.ask.leave_after:
                    break
    finally:
        writer.close()
        heard.ended = time.perf_counter()


def unchunk(raw, at, marks):
    """The body from raw[at:], with [(offset of the end, time)] of each chunk; the last one may be cut off."""
    body, times, ends = bytearray(), [], [end for end, _ in marks]
    while (line := raw.find(b"\r\n", at)) >= 0:
        size = int(raw[at:line].split(b";")[0], 16)
        at = line + 2 + size
        if size == 0 or at > len(raw):
            break
        body += raw[line + 2:at]
        times.append((len(body), marks[bisect.bisect_left(ends, at)][1]))
        at += 2
    return bytes(body), times


def read(heard):
    """Parses what came."""
    raw, marks = bytes(heard.raw), heard.marks
    head_end = raw.find(b"\r\n\r\n")
    if head_end < 0:
        if heard.cut:
            return
        raise ValueError("no answer")
    head = raw[:head_end].decode("latin-1").lower()
    body, times = raw[head_end + 4:], [(end - head_end - 4, t) for end, t in marks]
    if "transfer-encoding: chunked" in head:
        body, times = unchunk(raw, head_end + 4, marks)
    status = int(head.split(" ", 2)[1])
    if status != 200:
        raise ValueError(f"HTTP {status}: {body[:200].decode(errors='replace')}")
    ends, at, texts = [end for end, _ in times], 0, []
    while (line_end := body.find(b"\n", at)) >= 0:
        line, at = body[at:line_end].strip(), line_end + 1
        if not line.startswith(b"data:") or line.endswith(b"[DONE]"):
            continue
        event = json.loads(line[5:])
        if event.get("error"):
            raise ValueError(json.dumps(event["error"])[:200])
        if usage := event.get("usage"):
            heard.tokens, heard.prompt_tokens = usage.get("completion_tokens", 0), usage.get("prompt_tokens", 0)
            heard.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        for choice in event.get("choices") or []:
            if text := choice.get("text") or (choice.get("delta") or {}).get("content"):
                heard.times.append(times[bisect.bisect_left(ends, line_end)][1])
                texts.append(text)
    heard.text = "".join(texts)
    heard.tokens = heard.tokens or len(heard.times)
    if not heard.times and not heard.cut:
        raise ValueError("an answer without text")


async def send(url, model, heard, key):
    try:
        await asyncio.wait_for(exchange(url, request_bytes(url, model, heard.ask, key), heard), ANSWER_SECONDS_MAX)
    except (OSError, asyncio.TimeoutError) as e:
        heard.error = repr(e)
    except asyncio.CancelledError:
        heard.cut = True
        raise


@dataclasses.dataclass
class Session:
    heard: list
    start: float
    end: float

    @property
    def seconds(self):
        return self.end - self.start


async def _run(address, model, asks, key, streams, seconds, watch):
    url = urllib.parse.urlparse(address)
    done, start = [], time.perf_counter()
    if watch:
        watch(start)

    async def one(ask):
        heard = Heard(ask)
        done.append(heard)
        await send(url, model, heard, key)

    if streams:
        queue = iter(asks)

        async def stream():
            for ask in queue:
                await one(ask)
        jobs = [asyncio.create_task(stream()) for _ in range(streams)]
    else:
        async def later(ask):
            await asyncio.sleep(max(0, start + ask.at - time.perf_counter()))
            await one(ask)
        jobs = [asyncio.create_task(later(ask)) for ask in asks]
    _, left = await asyncio.wait(jobs, timeout=seconds or None)
    end = time.perf_counter()
    for job in left:
        job.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return done, start, end


def run(address, model, asks, key="", streams=0, seconds=0, watch=None):
    """Sends all asks, `streams` at a time or (0) at their own times, for at most `seconds`: the rest is cut off.
    Answers are parsed only when all is over. watch: is called with the start's time."""
    done, start, end = asyncio.run(_run(address, model, asks, key, streams, seconds, watch))
    for heard in done:
        if heard.error:
            continue
        try:
            read(heard)
        except (ValueError, KeyError, IndexError) as e:
            heard.error = str(e)
        heard.raw, heard.marks = bytearray(), []
    return Session(done, start, end)


def good(session):
    """Those that came to their end; says the first error."""
    failed = [h for h in session.heard if h.error]
    if failed:
        print(f"  {len(failed)} of {len(session.heard)} failed: {failed[0].error}", file=sys.stderr)
    return [h for h in session.heard if not h.error and not h.cut]


def figures(session):
    """What there is to say of a session, in seconds and tokens a second."""
    heard = good(session)
    gaps = [g for h in heard for g in h.gaps]
    tokens = sum(h.tokens for h in heard)
    return {"requests": len(session.heard), "unfinished": len(session.heard) - len(heard),
            "seconds": round(session.seconds, 3), "output_tokens_s": round(tokens / session.seconds, 2),
            "requests_s": round(len(heard) / session.seconds, 4),
            "ttft_p50": round(percentile([h.ttft for h in heard], 50), 4),
            "ttft_p95": round(percentile([h.ttft for h in heard], 95), 4),
            "gap_p50": round(percentile(gaps, 50), 4), "gap_p99": round(percentile(gaps, 99), 4),
            "gap_max": round(max(gaps, default=0), 4),
            "events_per_token": round(sum(len(h.times) for h in heard) / max(1, tokens), 3),
            "cached_tokens": sum(h.cached_tokens for h in heard)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", default="http://127.0.0.1:8460")
    p.add_argument("--key", default="")
    p.add_argument("--model", default="m")
    p.add_argument("--streams", type=int, default=4, help="closed loop; 0: open loop")
    p.add_argument("--rate", type=float, default=1, help="open loop: requests a second, Poisson")
    p.add_argument("--requests", type=int, default=8)
    p.add_argument("--prompt", type=int, default=128, help="tokens")
    p.add_argument("--prefix", type=int, default=0, help="tokens that all prompts begin with, beside --prompt")
    p.add_argument("--answer", type=int, default=128, help="tokens")
    p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    rng, at, asks = random.Random(a.seed), 0.0, []
    prefix = random_prompt(rng, a.prefix)
    for _ in range(a.requests):
        asks.append(Ask(prefix + random_prompt(rng, a.prompt), a.answer, at))
        at += rng.expovariate(a.rate)
    print(json.dumps(figures(run(a.url, a.model, asks, a.key, a.streams)), indent=1))


if __name__ == "__main__":
    main()
