"""Calls DashScope's SDK, of whichever version PYTHONPATH gives, and prints what it said: one request and one answer a
line. In a process of its own, as two versions do not go into one."""
import asyncio
import inspect
import json
import sys
import types

import dashscope
from dashscope.client.base_api import BaseAsyncApi


def find(api):
    owner, name = api.split(".")
    return getattr({"Tasks": BaseAsyncApi}.get(owner) or getattr(dashscope, owner), name)


async def collect(pending):
    said = await pending
    return [part async for part in said] if inspect.isasyncgen(said) else said


def call(api, arguments):
    said = find(api)(**arguments)
    if inspect.iscoroutine(said):
        said = asyncio.run(collect(said))
    return list(said) if isinstance(said, types.GeneratorType) else said


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"said": call(request["api"], request["arguments"])}
        except Exception as error:  # it is the caller who judges it
            answer = {"raised": type(error).__name__, "message": str(error)}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
