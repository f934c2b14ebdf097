#!/usr/bin/env python3
"""Writes a corpus to tokenize: at least 5 MB of English, code, Chinese, Japanese, Arabic and other scripts, emoji with
joiners, long digits, white space runs, combining marks and broken UTF-8. Deterministic but for the Python release, whose
own sources and licence are the English and the code; nothing is downloaded.

    make_corpus.py OUT [--mb 6] [--seed 1]
"""
import argparse
import pathlib
import random
import sysconfig
import unicodedata

EMOJI = ["😀", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇨🇳", "🇩🇪", "❤️", "☕", "🧑🏿‍🚀", "✌🏻", "🤷‍♂️", "1️⃣", "🫱🏼‍🫲🏾"]
CHINESE = ("的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者"
           "多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从今天天气很好人工智能大语言模型开源云计算服务器推理训练数据中心芯片"
           "龘靐齉爨灪麤鱻馫驫羴犇骉飍厵淼焱垚森鑫晶磊品众从比北背脊梁樑")
JAPANESE = ("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんがぎぐげござじずぜぞ"
            "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンー日本語東京京都漢字仮名")
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىة"
ARABIC_MARKS = "ًٌٍَُِّْٰ"
OTHERS = {
    "cyrillic": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗ", "greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώΑΒΓΔ",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ", "devanagari": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौ्ंः",
    "thai": "กขคงจฉชซญดตถทธนบปผฝพฟภมยรลวศษสหอฮะาำิีึืุูเแโใไ่้๊๋", "korean": "가나다라마바사아자차카타파하한국어서울대학교안녕하세요값닭읽",
    "jamo": "ᄀᄁᄂᄃᄅᄆᄇᄉᄋᄌ가ᅣᅥᅧᅩᅭᅮᅲᅳᅵᆨᆫᆮᆯᆷᆸᆼ", "tamil": "அஆஇஈஉஊஎஏஐஒஓகஙசஞடணதநபமயரலவழளறனாிீுூெேைொோௌ்",
    "latin": "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœšžđłńśźżąęůűőğışİŞĞ",
    "vietnamese": "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
}
PUNCTUATION = "，。！？；：“”‘’（）《》【】、—…·「」『』،؛؟٪•†‡§¶©®™€£¥₹°±×÷≠≤≥∞∑∫√←→↑↓■□▲△●○★☆"
SPACES = [" ", "  ", "   ", "\t", "\t\t", "\n", "\n\n", "\r\n", " \n", "\n ", "\u00a0", "\u3000", "\u2003", "\u200b", "\u0085", "\u2028",
          "\v", "\f", "\r", " \t \n  "]
CONTRACTIONS = ["'s", "'S", "'t", "'re", "'VE", "'m", "'ll", "'LL", "'d", "'D", "'ſ", "'x", "''", "’s", "'1", " 's", "'r", "'l"]
ADDED = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>", "<tool_call>", "<|im_start", "im_end|>", "<|", "|>", "<", "<<|im_end|>"]
# One of each kind of way UTF-8 goes wrong.
BROKEN = [b"\x80", b"\xbf\xbf", b"\xc0\xaf", b"\xc1", b"\xc3", b"\xe2\x82", b"\xe2\x28\xa1", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf0\x80\x80\x80",
          b"\xf4\x90\x80\x80", b"\xf5", b"\xff\xfe", b"\xe4\xbd", b"\xf0\x9f\x91\xa9\xe2\x80"]


def words(rng, letters, count, longest, joiner=""):
    return joiner.join("".join(rng.choice(letters) for _ in range(rng.randint(1, longest))) for _ in range(count))


def combining(rng):
    marks = [chr(c) for c in range(0x300, 0x370)]
    return "".join(rng.choice("aeiouAEIOUnsczlåêơ가") + "".join(rng.choice(marks) for _ in range(rng.randint(0, 3))) for _ in range(8))


def any_character(rng):
    while True:
        c = rng.choice([rng.randrange(0x80), rng.randrange(0x3000), rng.randrange(0x10000), rng.randrange(0x20000), rng.randrange(0x110000)])
        # Characters that Python's Unicode does not know differ between releases of any two libraries.
        if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn":
            return chr(c)


def fragment(rng, english):
    """One mixed line, as bytes."""
    kind = rng.randrange(17)
    if kind == 0:
        text = words(rng, CHINESE, rng.randint(1, 8), 25, "，") + rng.choice("。！？\n")
    elif kind == 1:
        text = words(rng, JAPANESE, rng.randint(1, 6), 20, "、") + "。"
    elif kind == 2:
        text = " ".join("".join(rng.choice(ARABIC) + (rng.choice(ARABIC_MARKS) if rng.random() < .2 else "") for _ in range(rng.randint(2, 9)))
                        for _ in range(rng.randint(1, 12))) + rng.choice("،؟.")
    elif kind == 3:
        text = "".join(rng.choice(EMOJI) for _ in range(rng.randint(1, 6))) + rng.choice(["", " ", "ok", "好"])
    elif kind == 4:
        text = "".join(rng.choice("0123456789") for _ in range(rng.choice([1, 2, 3, 4, 7, 20, 120]))) + rng.choice(["", ".", ",", "x", " "])
    elif kind == 5:
        text = rng.choice(["a", "", "é"]) + rng.choice(SPACES) * rng.choice([1, 2, 3, 9, 40]) + rng.choice(SPACES) + rng.choice(["b", "", "1", "!", "'s"])
    elif kind == 6:
        text = rng.choice(["it", "IT", "我", "5", " ", "", "!"]) + rng.choice(CONTRACTIONS) + rng.choice(["", " ", "x", "s", "\n"])
    elif kind == 7:
        return rng.choice(english[:1] + [b"ab ", b""]) [:20] + rng.choice(BROKEN) + rng.choice([b"", b" z", rng.choice(BROKEN), "好".encode()])
    elif kind == 8:
        text = combining(rng)
    elif kind == 9:
        text = words(rng, rng.choice(list(OTHERS.values())), rng.randint(1, 10), 10, " ")
    elif kind == 10:
        text = "".join(rng.choice(PUNCTUATION) for _ in range(rng.randint(1, 6))) + rng.choice(["", "\n", "\r\n", "x", " "])
    elif kind == 11:
        text = rng.choice(["", " ", "a"]) + rng.choice(ADDED) + rng.choice(["", " ", "user\n"])
    elif kind == 12:
        text = "".join(any_character(rng) for _ in range(rng.randint(1, 30)))
    elif kind == 13:
        text = "".join(rng.choice("½²³①⅓Ⅷ٣४๕〇一𝟘𝟙ⅻ৪") for _ in range(rng.randint(1, 5))) + rng.choice(["", "a", " 2"])
    elif kind == 14:
        text = words(rng, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rng.randint(1, 4), 60, rng.choice(["", "_", " ", "-"]))
    elif kind == 15:
        text = "".join(rng.choice("{}[]()<>=+-*/\\|&^%$#@!~`;:,.?\"'_ \n\t") for _ in range(rng.randint(1, 40)))
    else:
        return rng.choice(english)
    return text.encode()


def english_and_code(limit):
    """Lines of the standard library's sources and of Python's licence."""
    out, size = [], 0
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    files = sorted(library.glob("*.py")) + sorted(library.glob("asyncio/*.py")) + sorted(library.glob("email/*.py"))
    for path in [library / "LICENSE.txt", *files]:
        if path.is_file() and size < limit:
            data = path.read_bytes()
            out.append(data)
            size += len(data)
    return out


def names(limit):
    """Every named character with its name: English words beside each script."""
    lines = [f"{chr(c)} U+{c:04X} {unicodedata.name(chr(c))}\n" for c in range(0x20, 0x30000) if unicodedata.name(chr(c), "")
             and not (0x3400 <= c < 0xA000 or 0xAC00 <= c < 0xD7A4 or c >= 0x17000)]
    return "".join(lines).encode()[:limit]


def make(mb, seed):
    rng = random.Random(seed)
    size = int(mb * 1e6)
    files = english_and_code(size * 4 // 10)
    lines = [line for data in files for line in data.splitlines(keepends=True)]
    parts = list(files) + [names(size // 10)]
    total = sum(map(len, parts))
    while total < size:
        piece = fragment(rng, lines)
        parts.append(piece)
        total += len(piece)
    return b"".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--mb", type=float, default=6)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.write_bytes(make(arguments.mb, arguments.seed))


if __name__ == "__main__":
    main()
