"""Many streams at once: each gets, whole, the answer that its prompt gets alone."""
import concurrent.futures

import pytest
from serving import MODEL, Server

STREAMS = 64
# Short and long, so that prompts are read in pieces beside answers that go on; the last ones share a beginning.
PROMPTS = [*(f"The {thing} is" for thing in ("sea", "moon", "king", "bread", "night", "river")),
           *(" ".join(f"{n} and" for n in range(first, first + 40)) for first in (1, 100, 1000)),
           *("Once upon a time there was a small house at the end of a long road, and in it lived " + who
             for who in ("a fox", "a queen", "two brothers"))]


@pytest.fixture(scope="module")
def exact(needs, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("exact"), "--deterministic")
    yield running
    assert running.stop() == 0, running.output


def ask(server, number):
    """The text of one stream, which must be whole."""
    tokens = 16 + 8 * (number % 3)
    stream = server.client().completions.create(
        model=MODEL, prompt=PROMPTS[number % len(PROMPTS)], temperature=0, max_tokens=tokens, stream=True,
        stream_options={"include_usage": True}, extra_body={"ignore_eos": True})
    text, finish, usage = "", None, None
    for chunk in stream:
        for choice in chunk.choices:
            assert finish is None
            text += choice.text
            finish = choice.finish_reason
        usage = chunk.usage or usage
    assert finish == "length" and usage.completion_tokens == tokens
    return text


def test_streams_together_equal_streams_alone(exact):
    alone = {}
    for number in range(STREAMS):
        kind = (number % len(PROMPTS), number % 3)
        if kind not in alone:
            alone[kind] = ask(exact, number)
    with concurrent.futures.ThreadPoolExecutor(STREAMS) as pool:
        together = list(pool.map(lambda number: ask(exact, number), range(STREAMS)))
    for number, text in enumerate(together):
        assert text == alone[number % len(PROMPTS), number % 3], PROMPTS[number % len(PROMPTS)]
    assert exact.metric("yun_kv_cache_blocks_used") == 0
