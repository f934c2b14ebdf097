#!/usr/bin/env python3
"""Prompt lookup on work that quotes or edits what the prompt says, and on free text: decode speed with
`yun serve --speculate ngram`, against without. Needs a model with real weights.

  bench/research/speculation.py --model smollm2-135m-q4_1.gguf

One request at a time, greedy; speed is tokens a second after the first, over all requests of a kind. Answers must be
the same with and without; where kernels for many rows round otherwise,
--yun-options=--deterministic asks for equal bits.
"""
import random
import tempfile

import common
import load

NGRAM, OFF = "ngram", "off"
NAMES = ["Alice", "Tomas", "Ingrid", "Mehmet", "Yuki", "Nadia", "Oskar", "Leila"]
THINGS = ["lamp", "bicycle", "kettle", "violin", "ladder", "blanket", "mirror", "basket"]
PLACES = ["harbour", "library", "station", "garden", "market", "museum", "bakery", "school"]
SENTENCES = ["{name} left the {thing} at the {place} on {day}.",
             "The {thing} near the {place} costs {number} crowns.",
             "On {day} {name} paid {number} crowns for a {thing}.",
             "Nobody at the {place} had seen {name} since {day}.",
             "{name} says that the {place} closes at {hour} o'clock."]
CODE = """def {name}_{thing}(count):
    total = {number}
    for index in range(count):
        total += index * {hour}
    return total
"""
FREE = ["Write a short story about a lighthouse keeper.", "Explain why the sky is blue.",
        "What are good habits for learning a language?", "Describe a walk through a forest in autumn.",
        "Give advice to somebody who starts a new job.", "Tell me about the history of bread."]


def passage(rng, sentences):
    return " ".join(rng.choice(SENTENCES).format(
        name=rng.choice(NAMES), thing=rng.choice(THINGS), place=rng.choice(PLACES), number=rng.randrange(10, 990),
        day=rng.choice(["Monday", "Tuesday", "Friday", "Sunday"]), hour=rng.randrange(4, 11)) for _ in range(sentences))


def code(rng):
    return "\n".join(CODE.format(name=rng.choice(NAMES).lower(), thing=rng.choice(THINGS), number=rng.randrange(90),
                                 hour=rng.randrange(2, 9)) for _ in range(3))


def trace(seed, requests):
    """{kind: asks}"""
    rng = random.Random(seed)
    quote, edit, free = [], [], []
    for i in range(requests):
        quote.append(f"Repeat the following text word for word, and nothing else:\n\n{passage(rng, 8)}")
        edit.append(f"Here is some code:\n\n```python\n{code(rng)}```\n\nWrite the same code again, with `total` "
                    "renamed to `result`. Answer with the code only.")
        free.append(FREE[i % len(FREE)])
    return {"quote": quote, "edit": edit, "free": free}


def measure(a, *options):
    found, texts = {}, {}
    with tempfile.TemporaryDirectory() as home, common.serving(a, lambda: common.Yun(
            a, a.model, *options, home=home)) as server:
        def ask(prompts):
            return load.run(server.url, server.model,
                            [load.Ask(p, a.answer, chat=True, ignore_eos=False) for p in prompts], server.key, 1)
        ask(["Say hello."])
        for kind, prompts in trace(a.seed, a.requests).items():
            before = server.metrics()
            heard = [h for h in load.good(ask(prompts)) if h.tokens > 1]
            after = server.metrics()
            found[kind] = round(sum(h.tokens - 1 for h in heard) / sum(h.times[-1] - h.times[0] for h in heard), 2)
            found[kind + "_tokens"] = sum(h.tokens for h in heard)
            for name in ("draft", "accepted"):
                metric = f"yun_spec_decode_num_{name}_tokens_total"
                found[f"{kind}_{name}"] = after[metric] - before[metric]
            texts[kind] = [h.text for h in heard]
        return {**found, "texts": texts, "others_cores": server.others()}


def main():
    a = common.arguments(__doc__, model=("smollm2-135m-q4_1.gguf", "GGUF"), requests=(6, "of each kind"),
                         answer=(256, "tokens at most"))
    done = common.rounds(a, {NGRAM: lambda: measure(a, "--speculate", "ngram"), OFF: lambda: measure(a)})
    same = [float(r[NGRAM]["texts"] == r[OFF]["texts"]) for r in done]
    for r in done[1:]:
        for arm in r.values():
            del arm["texts"]  # the first round's say enough
    common.keep(a, "speculation", "Prompt lookup",
                f"{a.requests} requests of each kind, one at a time, greedy, at most {a.answer} tokens; tokens/s after "
                "the first", done,
                [common.verdict("quoting, times off", common.ratio(done, "quote", NGRAM, OFF), 1.5),
                 common.verdict("editing, times off", common.ratio(done, "edit", NGRAM, OFF), 1.5),
                 common.verdict("free text, times off", common.ratio(done, "free", NGRAM, OFF), 0.97),
                 common.verdict("rounds with equal answers", common.spread(same), 1)],
                ["quote", "edit", "free", "quote_draft", "quote_accepted", "edit_draft", "edit_accepted", "free_draft",
                 "free_accepted"])


if __name__ == "__main__":
    main()
