"""A small, quick HTTP client: thousands of requests a second from one thread, and no manners where none are wanted."""
import asyncio
import json
import socket
import struct


class Gone(ConnectionError):
    """The other side went away before the answer was whole."""


class Answer:
    __slots__ = ("status", "headers", "body")

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def receipt(self):
        return self.headers.get("x-yun-receipt-id")

    def __repr__(self):
        return f"{self.status} {self.headers} {bytes(self.body)[:400]!r}"


def parse_head(buffer):
    """(status, headers, where the body begins), or None while the head is not whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(first.split(" ", 2)[1]), headers, end + 4


def unchunk(buffer, at):
    """(what has come of a chunked body, where the next answer begins or None while the body is not whole)."""
    body = bytearray()
    while True:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return body, None
        size = int(buffer[at:line].split(b";")[0], 16)
        if len(buffer) < line + 2 + size + 2:
            return body + buffer[line + 2:line + 2 + size], None
        body += buffer[line + 2:line + 2 + size]
        at = line + 2 + size + 2
        if size == 0:
            return body, at


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self):
        self.buffer = bytearray()
        self.transport = None
        self.waiter = None
        self.lost = False

    @classmethod
    async def open(cls, port, tls=None):
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port, ssl=tls)
        return line

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        self._wake()

    def connection_lost(self, _):
        self.lost = True
        self._wake()

    def _wake(self):
        if self.waiter and not self.waiter.done():
            self.waiter.set_result(None)

    async def more(self):
        """Waits for bytes. errors: Gone"""
        if self.lost:
            raise Gone()
        self.waiter = asyncio.get_running_loop().create_future()
        await self.waiter

    def send(self, data):
        if self.lost:
            raise Gone()
        self.transport.write(data)

    async def read(self):
        """The next whole answer."""
        while not (head := parse_head(self.buffer)):
            await self.more()
        status, headers, at = head
        if headers.get("transfer-encoding") == "chunked":
            while (whole := unchunk(self.buffer, at))[1] is None:
                await self.more()
            body, end = whole
        else:
            end = at + int(headers.get("content-length", 0))
            while len(self.buffer) < end:
                await self.more()
            body = bytes(self.buffer[at:end])
        del self.buffer[:end]
        return Answer(status, headers, bytes(body))

    async def ask(self, data):
        self.send(data)
        return await self.read()

    async def begin(self, data, bytes_min):
        """Sends, and reads until so much of the body has come, or all of it: (answer as far as it came, is it whole)."""
        self.send(data)
        while not (head := parse_head(self.buffer)):
            await self.more()
        status, headers, at = head
        if headers.get("transfer-encoding") != "chunked":
            return await self.read(), True
        while True:
            body, end = unchunk(self.buffer, at)
            if end is not None or len(body) >= bytes_min:
                if end is not None:
                    del self.buffer[:end]
                return Answer(status, headers, bytes(body)), end is not None
            await self.more()

    def leave(self, rudely=False):
        """Closes; rudely: with a reset, and what is on its way is lost."""
        if self.transport is None or self.lost:
            return
        if rudely:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                               struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()


def request(method, path, key=None, body=None, headers=()):
    """The bytes of a request. `body`: None, bytes, or what JSON can hold."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: cloud.test"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def events(body):
    """The JSON of each whole server-sent event of a body, without [DONE]."""
    return [json.loads(event[6:]) for event in bytes(body).decode(errors="replace").split("\n\n")[:-1]
            if event.startswith("data: ") and event != "data: [DONE]"]
