"""Chat and completions through the official SDK: whole, streamed, sampled, cut."""
import concurrent.futures

import pytest
from serving import MODEL

QUESTION = [{"role": "user", "content": "What is the capital of France? Answer in one sentence."}]
COUNT = [{"role": "user", "content": "Count from 1 to 10, with a comma after each number."}]


def ask(client, messages=QUESTION, **more):
    return client.chat.completions.create(model=MODEL, messages=messages, **{"temperature": 0, "max_tokens": 48, **more})


def hear(stream):
    """The text, finish reason and usage of a stream of one choice."""
    text, finish, usage, roles = "", None, None, []
    for chunk in stream:
        if chunk.usage:
            usage = chunk.usage
            assert chunk.choices == []
            continue
        choice = chunk.choices[0]
        assert finish is None, "a chunk after the finish"
        if hasattr(choice, "delta"):
            text += choice.delta.content or ""
            if choice.delta.role:
                roles.append(choice.delta.role)
        else:
            text += choice.text
        finish = choice.finish_reason
    return text, finish, usage, roles


def test_answers_a_question(client):
    answer = ask(client)
    assert answer.object == "chat.completion" and answer.model == MODEL and answer.id.startswith("chatcmpl-")
    assert "Paris" in answer.choices[0].message.content
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens > 10


@pytest.mark.parametrize("more", [{}, {"max_tokens": 5}, {"stop": ["Paris"]}, {"temperature": 0.8, "seed": 11}])
def test_stream_equals_whole(client, more):
    whole = ask(client, **more)
    text, finish, usage, roles = hear(ask(client, stream=True, stream_options={"include_usage": True}, **more))
    assert text == whole.choices[0].message.content
    assert finish == whole.choices[0].finish_reason
    assert roles == ["assistant"]
    assert usage.prompt_tokens == whole.usage.prompt_tokens
    if "stop" not in more:  # the engine hears of a stop string while it goes on, and what it did counts
        assert usage.completion_tokens == whole.usage.completion_tokens


def test_max_tokens_is_exact(client):
    for n in (1, 2, 7):
        answer = ask(client, COUNT, max_tokens=n)
        assert answer.choices[0].finish_reason == "length"
        assert answer.usage.completion_tokens == n
    assert ask(client, COUNT, max_tokens=None, max_completion_tokens=3).usage.completion_tokens == 3


def test_stop_strings_are_cut_and_never_shown(client):
    whole = ask(client).choices[0].message.content
    for stop in ("Paris", "capital of", "ris", whole[7:12]):
        answer = ask(client, stop=[stop, "never to be seen"])
        assert answer.choices[0].message.content == whole[:whole.index(stop)]
        assert answer.choices[0].finish_reason == "stop"


def test_seed_repeats_and_differs(client):
    def draw(seed):
        return ask(client, temperature=1.5, seed=seed, max_tokens=24).choices[0].message.content
    assert draw(1) == draw(1)
    assert len({draw(seed) for seed in range(4)}) > 1


def test_logprobs(client):
    choice = ask(client, logprobs=True, top_logprobs=3, max_tokens=12).choices[0]
    entries = choice.logprobs.content
    assert "".join(e.token for e in entries) == choice.message.content
    for e in entries:
        assert bytes(e.bytes).decode() == e.token
        assert e.logprob <= 0 and len(e.top_logprobs) == 3
        assert abs(e.top_logprobs[0].logprob - e.logprob) < 1e-5, "greedy draws the likeliest"
        assert [t.logprob for t in e.top_logprobs] == sorted((t.logprob for t in e.top_logprobs), reverse=True)
    streamed = [e for chunk in ask(client, logprobs=True, top_logprobs=3, max_tokens=12, stream=True)
                if chunk.choices[0].logprobs for e in chunk.choices[0].logprobs.content]
    assert [e.token for e in streamed] == [e.token for e in entries]


def test_n_choices(client):
    one = ask(client)
    answer = ask(client, n=3)
    assert [c.index for c in answer.choices] == [0, 1, 2]
    assert {c.message.content for c in answer.choices} == {one.choices[0].message.content}
    assert answer.usage.prompt_tokens == one.usage.prompt_tokens
    assert answer.usage.completion_tokens == 3 * one.usage.completion_tokens
    texts = {}
    for chunk in ask(client, n=2, temperature=1.5, seed=5, stream=True):
        texts[chunk.choices[0].index] = texts.get(chunk.choices[0].index, "") + (chunk.choices[0].delta.content or "")
    again = ask(client, n=2, temperature=1.5, seed=5)
    assert [texts[0], texts[1]] == [c.message.content for c in again.choices]


def test_logit_bias_forbids_a_token(client):
    plain = ask(client, max_tokens=1).choices[0].message.content
    the = 504  # "The" in this model's vocabulary
    assert plain == "The"
    assert ask(client, max_tokens=1, logit_bias={str(the): -100}).choices[0].message.content != plain
    other = 505
    forced = ask(client, max_tokens=2, logit_bias={str(other): 100}, logprobs=True).choices[0].logprobs.content
    assert forced[0].token == forced[1].token != plain


def test_several_turns_and_parts(client):
    turns = [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "One.\nTwo."},
             {"role": "assistant", "content": "Three."}, *QUESTION]
    plain = ask(client, turns)
    turns[1] = {"role": "user", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]}
    turns[0] = {"role": "developer", "content": "You are terse."}
    parts = ask(client, turns)
    assert parts.choices[0].message.content == plain.choices[0].message.content
    assert parts.usage.prompt_tokens == plain.usage.prompt_tokens > ask(client).usage.prompt_tokens


def test_completion_of_text_and_of_token_ids(client):
    prompt = "The capital of France is"
    text = client.completions.create(model=MODEL, prompt=prompt, temperature=0, max_tokens=8)
    assert text.object == "text_completion" and text.usage.completion_tokens <= 8
    assert "Paris" in text.choices[0].text
    streamed, finish, usage, _ = hear(client.completions.create(
        model=MODEL, prompt=prompt, temperature=0, max_tokens=8, stream=True, stream_options={"include_usage": True}))
    assert (streamed, finish, usage.completion_tokens) == (text.choices[0].text, text.choices[0].finish_reason,
                                                            text.usage.completion_tokens)
    several = client.completions.create(model=MODEL, prompt=[prompt, "1, 2, 3,"], temperature=0, max_tokens=8)
    assert several.choices[0].text == text.choices[0].text and len(several.choices) == 2
    ids = client.completions.create(model=MODEL, prompt=[1, 2, 3, 4], temperature=0, max_tokens=4)
    assert ids.usage.prompt_tokens == 4
    many = client.completions.create(model=MODEL, prompt=[[1, 2, 3, 4], [5]], temperature=0, max_tokens=4)
    assert many.usage.prompt_tokens == 5
    assert many.choices[0].text == ids.choices[0].text


def test_echo(client):
    prompt = "The capital of France is"
    plain = client.completions.create(model=MODEL, prompt=prompt, temperature=0, max_tokens=4)
    echoed = client.completions.create(model=MODEL, prompt=prompt, temperature=0, max_tokens=4, echo=True)
    assert echoed.choices[0].text == prompt + plain.choices[0].text and echoed.usage == plain.usage
    streamed = hear(client.completions.create(model=MODEL, prompt=prompt, temperature=0, max_tokens=4, echo=True,
                                              stream=True))[0]
    assert streamed == echoed.choices[0].text
    several = client.completions.create(model=MODEL, prompt=["A", [1, 2]], temperature=0, max_tokens=1, n=2, echo=True)
    assert [choice.text[:1] for choice in several.choices][:2] == ["A", "A"] and len(several.choices) == 4


def test_ignore_eos_goes_to_the_limit(client):
    answer = client.completions.create(model=MODEL, prompt="Hi", temperature=0, max_tokens=200, extra_body={"ignore_eos": True})
    assert answer.usage.completion_tokens == 200 and answer.choices[0].finish_reason == "length"


def test_completion_logprobs(client):
    choice = client.completions.create(model=MODEL, prompt="1, 2, 3,", temperature=0, max_tokens=6, logprobs=2).choices[0]
    lp = choice.logprobs
    assert "".join(lp.tokens) == choice.text
    assert len(lp.token_logprobs) == len(lp.top_logprobs) == len(lp.text_offset) == len(lp.tokens)
    for token, offset in zip(lp.tokens, lp.text_offset):
        assert choice.text[offset:].startswith(token)


def test_tools_are_taken(client):
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
    answer = ask(client, tools=[tool], tool_choice="auto", max_tokens=8)
    assert answer.usage.completion_tokens <= 8


def test_models(client, server):
    models = client.models.list().data
    assert [m.id for m in models] == [MODEL] and models[0].object == "model"
    assert client.models.retrieve(MODEL).id == MODEL


def test_compatible_mode_path(server):
    client = server.client(base_url=server.url + "/compatible-mode/v1")
    assert "Paris" in ask(client).choices[0].message.content
    assert hear(ask(client, stream=True))[1] == "stop"
    assert client.models.list().data[0].id == MODEL


@pytest.mark.slow
def test_sixteen_at_once_answer_as_alone(client):
    questions = [[{"role": "user", "content": f"Say the number {i} and one fact about it."}] for i in range(16)]
    alone = [ask(client, q, max_tokens=24).choices[0].message.content for q in questions]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda q: hear(ask(client, q, max_tokens=24, stream=True))[0], questions))
    assert together == alone
