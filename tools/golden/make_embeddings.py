#!/usr/bin/env python3
"""Makes tests/golden/embeddings.json: what transformers says in float32 of texts embedded and judged by tiny models.

  python3 -m venv v && v/bin/pip install torch transformers==5.5.4
  v/bin/python tools/golden/make_embeddings.py

A token is a byte here. An embedding is made of the hidden states after the last norm: that of the last token, or the
mean of all, scaled to length 1; a line break (token 10) stands behind each text, as an end token would. A score is
P("y") among "y" and "n" after the judge's prompt of server/judge.cc in its plainest form.
"""
import argparse
import json
import os

import torch
import transformers
from transformers import AutoModelForCausalLM

END = 10
TEXTS = ["What is the capital of France?", "Paris is the capital of France.", "水は百度で沸騰する。", "x"]
EMBEDDERS = ["qwen3_tied", "llama_tied_layers3"]
JUDGE = "llama_llama3"  # the one whose context holds the prompt
SYSTEM = ("Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that "
          'the answer can only be "yes" or "no".')
PAIRS = [("I", "q", "d"), ("I", "q", "e"), ("Find it", "ab", "cd")]


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def main():
    here = os.path.join(os.path.dirname(__file__), "../../tests/golden")
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", default=os.path.join(here, "models"))
    p.add_argument("--out", default=os.path.join(here, "embeddings.json"))
    a = p.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    unit = lambda v: (v.double() / v.double().norm()).tolist()
    embeddings, scores = [], []
    with torch.no_grad():
        for name in EMBEDDERS:
            model = load(f"{a.models}/{name}")
            for text in TEXTS:
                ids = [*text.encode(), END]
                hidden = model.model(torch.tensor([ids]), use_cache=False).last_hidden_state[0]
                embeddings.append({"model": name, "text": text, "tokens": len(ids), "last": unit(hidden[-1]),
                                   "mean": unit(hidden.double().mean(0))})
        model = load(f"{a.models}/{JUDGE}")
        for instruct, query, document in PAIRS:
            prompt = f"{SYSTEM}\n\n<Instruct>: {instruct}\n<Query>: {query}\n<Document>: {document}\n\nAnswer: "
            ids = list(prompt.encode())
            assert len(ids) <= model.config.max_position_embeddings, len(ids)
            logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1].double()
            scores.append({"model": JUDGE, "instruct": instruct, "query": query, "document": document,
                           "tokens": len(ids), "score": float(torch.sigmoid(logits[ord("y")] - logits[ord("n")]))})
    row = lambda values: "[" + ",".join("%.7f" % v for v in values) + "]"
    with open(a.out, "w") as f:
        f.write('{"transformers": "%s",\n"embeddings": [\n' % transformers.__version__)
        f.write(",\n".join('{"model": "%s", "text": %s, "tokens": %d,\n "last": %s,\n "mean": %s}' % (
            e["model"], json.dumps(e["text"], ensure_ascii=False), e["tokens"], row(e["last"]), row(e["mean"]))
            for e in embeddings))
        f.write('],\n"scores": [\n')
        f.write(",\n".join(json.dumps(s) for s in scores))
        f.write("]}\n")
    print(len(embeddings), "embeddings,", len(scores), "scores:", [round(s["score"], 4) for s in scores])


if __name__ == "__main__":
    main()
