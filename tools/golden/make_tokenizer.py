#!/usr/bin/env python3
"""Writes tests/tokenizer/data/golden.json: one small BPE model, several ways around it (normalizer, pre-tokenizer, added tokens),
and the ids and decoded text that the reference `tokenizers` library gives. Run in a venv with tokenizers.
"""
import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/tokenizer/data/golden.json"
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = QWEN2.replace(r"\p{N}|", r"\p{N}{1,3}|", 1)
QWEN35 = QWEN2.replace(r"?\p{L}+", r"?[\p{L}\p{M}]+").replace(r"[^\s\p{L}\p{N}]+", r"[^\s\p{L}\p{M}\p{N}]+")
OTHER = r"\p{Lu}?\p{Ll}+|\p{N}{2}|[^\p{L}\p{N}]+(?=x)"

TRAINING = ["The quick brown fox jumps over the lazy dog's back, and they're there again; it'll be 2024 soon. " * 3,
            "for (int i = 0; i < count; ++i) {\n        return values[i] == 0 ? nullptr : &values[i];\n}\n\n",
            "你好世界，今天天气很好。人工智能 大语言模型 今天", "こんにちは世界 日本語", "مرحبا بالعالم", "Привет мир", "👩‍💻👍🏽 café"]
TEXTS = ["", " ", "Hello, world!", "The fox's den; they'RE here, I'LL go, it'ſ", "it''s 's x'd", "  two  spaces ", "tab\there\t\tand", "line\nline\r\n\r\n  x",
         "a \n \n b", "trailing   ", "   \n", "\u3000全角 空白\u00a0nbsp\u0085nel\u2028ls", "1234567890 3.14 x²½ ٣٤ Ⅷ", " 12 a1b22c333", "你好世界，今天天气很好。", "日本語とカタカナ",
         "مرحبا بالعالم", "👩‍💻👨‍👩‍👧‍👦🏳️‍🌈🇨🇳", "cafe\u0301 e\u0323\u0302 a\u0308\u0304", "가각 각", "\u0340\u0341\u212b\u2126\u1e9b\u0323", "नमस्ते ก็ดี", "<|a|>x<|a|>", "x <|l|> y", "x  <|r|>  y\n",
         "say word words word. aword", "nörm no\u0308rm NO\u0308RM", "<|a", "<|a|><|a|b|>", "if(x){return;}\n\t\tdone();", "snake_case camelCase __init__", "=" * 200, "-" * 9 + "\n\n", "a" * 300,
         "\u200b\u200d\ufeff", "\U0001f1e8\u0301 \U00011de0 \u16ff4 \U0002ebf0", "\x00\x01\x7f", "x" + " " * 150 + "y"]
BROKEN = ["80", "61c3", "e282", "e2822861", "eda080", "f09f9861", "f0808080", "f490808062", "fffe", "c0af", "e4bda0e5a5", "f09f91a9e2808d"]


def small_model():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(TRAINING, trainers.BpeTrainer(
        vocab_size=460, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return json.loads(tokenizer.to_str())["model"]


def split(pattern):
    return [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]


def random_texts(count):
    rng = random.Random(7)
    letters = "abeist THE'srdlmv0123 \n\r\t.,!<|>_-" + "éü你好世界今天ا🙂\u0301\u200d٣½"
    return ["".join(rng.choice(letters) for _ in range(rng.randint(1, 60))) for _ in range(count)]


def main():
    model = small_model()
    added = [AddedToken("<|a|>", special=True, normalized=False), AddedToken("<|a|b|>", special=True, normalized=False),
             AddedToken("<|l|>", lstrip=True, normalized=False), AddedToken("<|r|>", rstrip=True, normalized=False),
             AddedToken("word", single_word=True, normalized=False), AddedToken("nörm", normalized=True)]
    digits = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    variants = {
        "qwen2": (normalizers.NFC(), split(QWEN2), {}),
        "qwen35": (normalizers.Sequence([normalizers.NFC()]), split(QWEN35), {}),
        "llama3": (None, split(LLAMA3), {"ignore_merges": True}),
        "smollm": (None, digits, {}),
        "gpt2 with a space in front": (None, [pre_tokenizers.ByteLevel(add_prefix_space=True)], {}),
        "runs of digits": (None, [pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=True)], {}),
        "another regex": (None, split(OTHER), {}),
        "a text to split at": (None, [pre_tokenizers.Split("an.", "isolated"), *split(QWEN2)], {}),
        "no regex": (normalizers.NFC(), [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)], {}),
    }
    texts = TEXTS + random_texts(16)
    inputs = [{"text": text} for text in texts] + [{"hex": data} for data in BROKEN]
    texts += [bytes.fromhex(data).decode("utf-8", "replace") for data in BROKEN]
    out = {"model": model, "inputs": inputs, "variants": []}
    for name, (normalizer, steps, options) in variants.items():
        tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0", "model": model | options}))
        if normalizer:
            tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.add_special_tokens(added[:2])
        tokenizer.add_tokens(added[2:])
        description = json.loads(tokenizer.to_str())
        del description["model"]
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        # The reference takes the ö of an added token for a byte when it decodes; yun gives the token's text. Not compared.
        norm = tokenizer.token_to_id("nörm")
        decoded = [None if norm in row else tokenizer.decode(row, skip_special_tokens=True) for row in ids]
        out["variants"].append({"name": name, "options": options, "tokenizer": description, "ids": ids}
                               | ({"decoded": decoded} if name == "qwen2" else {}))
    text = json.dumps(out, separators=(",", ":"))
    for key in ('{"name":', '"ids":', '"decoded":', '"inputs":', '"merges":'):
        text = text.replace(key, "\n" + key)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(text + "\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
