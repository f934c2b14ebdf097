"""Prompts that are kept by explicit marks, dry runs, and what a queue tells, through the vendors' clients."""
import anthropic
import openai
import pytest
from serving import MODEL, Server

MARK = {"type": "ephemeral"}
BOOK = " ".join(f"Item {i} lies in room {i * 7 % 31}." for i in range(160))


@pytest.fixture(scope="module")
def server(needs, tmp_path_factory):
    """Its own: what is kept here must not be found by other tests."""
    running = Server(tmp_path_factory.mktemp("marks"))
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture(scope="module")
def client(server):
    return server.client()


@pytest.fixture(scope="module")
def claude(server):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{server.port}/anthropic", api_key=server.key)


def test_a_marked_prompt_is_kept_and_found_again(claude):
    def ask(question):
        return claude.messages.create(model=MODEL, max_tokens=2, messages=[{"role": "user", "content": question}],
                                      system=[{"type": "text", "text": BOOK, "cache_control": MARK}]).usage

    first, second = ask("Where is item 3?"), ask("Where is item 4?")
    assert first.cache_creation_input_tokens > 1024 and first.cache_read_input_tokens == 0, first
    assert second.cache_read_input_tokens >= first.cache_creation_input_tokens, second
    assert second.cache_creation_input_tokens == 0
    assert first.input_tokens + first.cache_creation_input_tokens == \
        second.input_tokens + second.cache_read_input_tokens


def test_what_was_kept_is_on_the_receipt(client):
    text = "Another book. " + BOOK
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, max_tokens=2,
        messages=[{"role": "user", "content": [{"type": "text", "text": text, "cache_control": MARK},
                                               {"type": "text", "text": "Where is item 5?"}]}])
    kept = raw.parse().usage.prompt_tokens_details.cache_creation_input_tokens
    units = client.get(f"/receipts/{raw.headers['x-yun-receipt-id']}", cast_to=object)["units"]
    assert kept > 1024 and units["cache_write"] == kept
    assert units["cache_write"] + units["input"] == raw.parse().usage.prompt_tokens


def test_a_short_prompt_is_not_kept(claude):
    usage = claude.messages.create(model=MODEL, max_tokens=2, messages=[
        {"role": "user", "content": [{"type": "text", "text": "Hello.", "cache_control": MARK}]}]).usage
    assert usage.cache_creation_input_tokens == 0


def test_a_dry_run_is_exact_and_costs_nothing(client):
    wish = dict(model=MODEL, max_tokens=3, messages=[{"role": "user", "content": "A dry run. " + BOOK}])
    told = client.post("/chat/completions", body={**wish, "dry_run": True}, cast_to=object)
    answer = client.chat.completions.create(**wish)
    assert told["object"] == "dry_run" and told["cached_tokens"] < 64
    assert told["prompt_tokens"] == answer.usage.prompt_tokens
    again = client.post("/chat/completions", body={**wish, "dry_run": True}, cast_to=object)
    assert 1024 < again["cached_tokens"] < again["prompt_tokens"]
    assert client.chat.completions.create(**wish).usage.prompt_tokens_details.cached_tokens == again["cached_tokens"]


def test_a_dry_run_in_the_other_dialects(server, claude, client):
    told = claude.post("/v1/messages", cast_to=object, body={
        "model": MODEL, "max_tokens": 3, "dry_run": True, "messages": [{"role": "user", "content": "Hi"}]})
    counted = claude.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "Hi"}])
    assert told["prompt_tokens"] == counted.input_tokens
    native = openai.OpenAI(base_url=f"http://127.0.0.1:{server.port}/api/v1", api_key=server.key)
    told = native.post("/services/aigc/text-generation/generation", cast_to=object, body={
        "model": MODEL, "input": {"prompt": "Hi"}, "parameters": {"dry_run": True}})
    assert told["prompt_tokens"] == counted.input_tokens
    told = client.post("/responses", cast_to=object, body={"model": MODEL, "input": "Hi", "dry_run": True})
    assert told["object"] == "dry_run" and told["prompt_tokens"] == counted.input_tokens
    with pytest.raises(openai.NotFoundError):
        client.post("/chat/completions", cast_to=object, body={
            "model": "none", "dry_run": True, "messages": [{"role": "user", "content": "Hi"}]})


def test_every_answer_tells_its_place_in_the_queue(client):
    raw = client.chat.completions.with_raw_response.create(model=MODEL, max_tokens=1,
                                                           messages=[{"role": "user", "content": "Hi"}])
    assert int(raw.headers["x-yun-queue-place"]) >= 0 and int(raw.headers["x-yun-start-estimate-ms"]) >= 0
