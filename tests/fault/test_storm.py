"""A storm of clients that connect, leave, read slowly and send nonsense: nothing leaks, and nobody else is harmed.

YUN_STORM_SECONDS, YUN_STORM_CLIENTS   end it after so long and at least so many (./test --long: 600 and 10000)
YUN_STORM_SEED                         what the clients do is drawn from this
"""
import asyncio
import json
import os
import random
import socket
import struct
import time

import openai
import pytest
from serving import MODEL, Server, skip_without_program, wait_until

SECONDS = float(os.environ.get("YUN_STORM_SECONDS", 15))
CLIENTS = int(os.environ.get("YUN_STORM_CLIENTS", 100))
SEED = int(os.environ.get("YUN_STORM_SEED", 1))
AT_ONCE = (6, 24, 60)  # clients at a time: from weather that leaves room in the queue to weather that does not
GUST = 100             # clients until it changes
STEADY_TOKENS = 32
MEMORY_GROWTH_MAX = 32 << 20  # bytes, from after the first quarter to the end: a heap's ups and downs


@pytest.fixture
def server(tmp_path):
    skip_without_program()
    # Small enough for full queues and a full cache.
    running = Server(tmp_path, "--deterministic", "--parallel", 12, "--queue", 24, "--cache-bytes", 64 << 20)
    yield running
    assert running.stop() == 0, running.output


def request(server, body, path="/v1/completions"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
            f"Connection: close\r\nContent-Length: {len(data)}\r\n\r\n").encode() + data


def wish(draw, **more):
    prompt = " ".join(draw.choice(["red", "tree", "of", "seven", "and", "stone"]) for _ in range(draw.choice([2, 20, 300])))
    return {"model": MODEL, "prompt": prompt, "max_tokens": draw.choice([1, 8, 100]), "ignore_eos": True,
            "n": draw.choice([1, 1, 1, 3]), "seed": draw.randrange(1 << 30), **more}


class Visitor:
    """One client; each way of behaving is a method."""

    def __init__(self, server, draw):
        self.server, self.draw = server, draw
        self.socket = socket.socket()
        if draw.random() < 0.3:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        if draw.random() < 0.5:  # leaves with a reset
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.setblocking(False)

    async def visit(self):
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(self.socket, ("127.0.0.1", self.server.port))
            way = self.draw.choice([self.leaves_at_once, self.half_a_request, self.nonsense, self.leaves_midway,
                                    self.leaves_midway, self.leaves_midway, self.does_not_wait, self.reads_slowly,
                                    self.runs_out_of_time, self.stays])
            await way(loop)
        except (ConnectionError, BrokenPipeError):
            pass
        finally:
            self.socket.close()

    async def leaves_at_once(self, loop):
        pass

    async def half_a_request(self, loop):
        whole = request(self.server, wish(self.draw))
        await loop.sock_sendall(self.socket, whole[:self.draw.randrange(len(whole))])
        await asyncio.sleep(self.draw.random() / 5)

    async def nonsense(self, loop):
        body = self.draw.choice([b"{", b"\x00" * 50, b'{"model":"smol"}', b"[" * 5000, self.draw.randbytes(200)])
        await loop.sock_sendall(self.socket, request(self.server, body))
        assert b" 400 " in await loop.sock_recv(self.socket, 4096)

    async def leaves_midway(self, loop):
        await loop.sock_sendall(self.socket, request(self.server, wish(self.draw, stream=True)))
        for _ in range(self.draw.randrange(6)):
            if not await loop.sock_recv(self.socket, 2048):
                return

    async def does_not_wait(self, loop):
        await loop.sock_sendall(self.socket, request(self.server, wish(self.draw)))
        await asyncio.sleep(self.draw.random() / 2)

    async def reads_slowly(self, loop):
        await loop.sock_sendall(self.socket, request(self.server, wish(self.draw, stream=True, n=3, max_tokens=200)))
        for _ in range(self.draw.randrange(40)):
            if not await loop.sock_recv(self.socket, 64):
                return
            await asyncio.sleep(0.05)

    async def runs_out_of_time(self, loop):
        await loop.sock_sendall(self.socket, request(self.server, wish(self.draw, max_tokens=32, timeout=self.draw.choice([0.001, 0.2]))))
        await asyncio.wait_for(loop.sock_recv(self.socket, 4096), 120)

    async def stays(self, loop):
        await loop.sock_sendall(self.socket, request(self.server, wish(self.draw, stream=True, n=1, max_tokens=8)))
        got = b""
        while b"[DONE]" not in got and b"\r\n\r\n{" not in got:
            piece = await loop.sock_recv(self.socket, 65536)
            assert piece, got
            got += piece
        status = int(got.split()[1])
        assert status in (200, 429), got
        if status == 429:
            assert b"retry-after: " in got.lower()


def steady_answer(client):
    """Somebody else's stream: its text, which must be whole. Asks again where the queue is full."""
    while True:
        try:
            stream = client.completions.create(
                model=MODEL, prompt="The history of the sea begins", temperature=0, stream=True, max_tokens=STEADY_TOKENS,
                stream_options={"include_usage": True}, extra_body={"ignore_eos": True})
            break
        except openai.RateLimitError:
            time.sleep(0.05)
    text, usage = "", None
    for chunk in stream:
        text += "".join(choice.text for choice in chunk.choices)
        usage = chunk.usage or usage
    assert usage.completion_tokens == STEADY_TOKENS
    return text


async def storm(server, draw, seconds, clients):
    """How many came."""
    end, came, running = time.monotonic() + seconds, 0, set()
    while time.monotonic() < end or came < clients:
        while len(running) < AT_ONCE[came // GUST % len(AT_ONCE)]:
            running.add(asyncio.ensure_future(Visitor(server, random.Random(draw.random())).visit()))
            came += 1
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for visit in done:
            visit.result()
    for visit in running:
        await visit
    return came


@pytest.mark.slow
def test_a_storm_of_clients(server):
    draw = random.Random(SEED)
    client = server.client()
    alone = steady_answer(client)
    idle_files = server.metric("process_open_fds")

    def idle():
        return all(server.metric(name) == 0 for name in ("yun_http_requests_in_flight", "yun_num_requests_running",
                                                         "yun_num_requests_waiting", "yun_kv_cache_blocks_used"))

    async def weather(seconds, clients):
        stop = asyncio.Event()

        async def somebody_else():
            answers = 0
            while not stop.is_set() or answers == 0:
                assert await asyncio.to_thread(steady_answer, client) == alone
                answers += 1
            return answers

        other = asyncio.ensure_future(somebody_else())
        try:
            came = await storm(server, draw, seconds, clients)
        finally:
            stop.set()
        return came, await other

    came, _ = asyncio.run(weather(SECONDS / 4, CLIENTS // 4))  # the heap grows to its size
    assert wait_until(idle, 120), server.metrics()
    memory = server.metric("process_resident_memory_bytes")
    more, answers = asyncio.run(weather(SECONDS * 3 / 4, CLIENTS - CLIENTS // 4))
    assert wait_until(idle, 120), server.metrics()
    grown = server.metric("process_resident_memory_bytes") - memory
    print(f"{came + more} clients, {answers} whole answers beside them, memory {grown / 1e6:+.1f} MB")
    assert grown < MEMORY_GROWTH_MAX
    assert wait_until(lambda: server.metric("process_open_fds") <= idle_files + 2)  # the SDK's own kept connections
    assert steady_answer(client) == alone
