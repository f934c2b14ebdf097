"""What bench/engine/compare.py measures: the rows, what is asked of each, and how a result is judged. No machine here."""
import dataclasses
import fnmatch
import statistics

QWEN = "qwen3-0.6b-"
SMOL = "smollm2-135m-q4_1"
MOE = "qwen3-30b-a3b-*"
ROW_COUNTS = (1, 2, 4, 8, 16, 32)
COLUMNS = ("native", "avx512", "avx2")  # yun's own choice of kernels; YUN_CPU=avx512; YUN_CPU=avx2, which has no peer


@dataclasses.dataclass(frozen=True)
class Work:
    kind: str        # prefill, decode, together, start
    tokens: int = 0
    depth: int = 0
    batch: int = 1
    kv: str = "f16"
    spin: bool = False
    metric: str = "tokens_per_second"

    @property
    def more_is_better(self):
        return self.metric == "tokens_per_second"


WORKS = {
    "prefill-512": Work("prefill", 512), "prefill-4096": Work("prefill", 4096),
    "decode-128": Work("decode", 128), "decode-64": Work("decode", 64),
    **{f"depth-{d}": Work("decode", 32, depth=d) for d in (1024, 2048, 4096)},
    "depth-4096-kv-q8": Work("decode", 32, depth=4096, kv="q8"),
    **{f"rows-{n}": Work("together", 64, depth=16, batch=n) for n in ROW_COUNTS},
    "spin-64": Work("decode", 64, spin=True),
    "first-token": Work("start", metric="first_token_ms"), "memory": Work("start", metric="peak_rss_bytes"),
}

# work, models (of file names without .gguf), peer, times better asked with AMX and with AVX-512 alone, share of the
# roof asked, bound of the value itself (in the metric's unit). None: not asked, reported.
TABLE = [
    ("prefill-512", [QWEN + t for t in ("q8_0", "q4_0", "q4_k_m")], "llama.cpp", 5, 2.5, None, None),
    ("prefill-512", [QWEN + t for t in ("q8_0", "q4_0", "q4_k_m")], "openvino", 2, 1.3, None, None),
    ("prefill-512", [QWEN + "f16", QWEN + "bf16"], "llama.cpp", 5, 2, None, None),
    ("prefill-512", [QWEN + "f16", QWEN + "bf16"], "torch", 1.3, None, None, None),
    ("prefill-512", ["qwen3-4b-q4_0"], "llama.cpp", 5, 2.5, None, None),
    ("prefill-512", [SMOL], "llama.cpp", 4, 2, None, None),
    ("prefill-512", [MOE], "ik_llama.cpp", 3, 1.5, None, None),
    ("prefill-512", ["*"], "llama.cpp", None, None, None, None),
    ("prefill-4096", [QWEN + "q8_0"], "llama.cpp", 6, 3, None, None),
    ("prefill-4096", [QWEN + "q8_0"], "openvino", 2.4, 1.2, None, None),
    ("decode-128", [QWEN + "q8_0"], "llama.cpp", 1.2, 1.2, 0.85, None),
    ("decode-128", [QWEN + "q4_0"], "llama.cpp", 1.6, 1.6, 0.85, None),
    ("decode-128", [QWEN + "q4_k_m"], "llama.cpp", 1.9, 1.9, 0.85, None),
    ("decode-64", ["qwen3-4b-q4_0"], "llama.cpp", 1.2, 1.2, None, None),
    ("decode-64", [SMOL], "llama.cpp", 1.5, 1.5, None, None),
    ("decode-64", ["*"], "llama.cpp", None, None, None, None),
    ("depth-1024", [QWEN + "q8_0", SMOL], "llama.cpp", None, None, None, None),
    ("depth-2048", [QWEN + "q8_0", SMOL], "llama.cpp", None, None, None, None),
    ("depth-4096", [QWEN + "q8_0"], "llama.cpp", 1.8, 1.8, 0.75, None),
    ("depth-4096", [SMOL], "llama.cpp", 5, 5, 0.75, None),
    ("depth-4096-kv-q8", [QWEN + "q8_0"], "llama.cpp", 5, 5, 0.75, None),
    *[(f"rows-{n}", [QWEN + "q8_0"], "llama.cpp", amx, avx512, None, None) for n, amx, avx512 in
      ((1, None, None), (2, 1.7, 1.5), (4, 1.7, 1.5), (8, None, None), (16, 3, 2), (32, 4, 2.5))],
    *[(f"rows-{n}", [QWEN + "q4_0"], "llama.cpp", None, None, None, None) for n in ROW_COUNTS],
    ("spin-64", [QWEN + "q4_0"], "llama.cpp", 2, 2, None, None),
    ("first-token", [QWEN + "q8_0"], "llama.cpp", 3, 3, None, None),
    ("memory", [QWEN + "q8_0"], "llama.cpp", None, None, None, 800 << 20),
]


@dataclasses.dataclass(frozen=True)
class Row:
    name: str    # prefill-512/qwen3-0.6b-q8_0, and /openvino where the peer is not llama.cpp
    column: str
    work: Work
    model: str
    peer: str    # "" in a column without one
    ask: float | None = None
    share_ask: float | None = None
    limit: float | None = None

    @property
    def key(self):
        return f"{self.column}:{self.name}"


def rows_for(models, columns, has_amx, table=TABLE):
    """The rows of the table for these models, in its order; a later entry for the same row is left out.

    Rows that are only reported are for the column native.
    """
    rows = {}
    for column in columns:
        for work, patterns, peer, amx, avx512, share, limit in table:
            if column != "native" and avx512 is None and share is None and limit is None:
                continue
            for model in models:
                if not any(fnmatch.fnmatch(model, p) for p in patterns):
                    continue
                alone = column == "avx2"
                if alone and peer != "llama.cpp":
                    continue
                asked = amx if column == "native" and has_amx else avx512
                name = f"{work}/{model}" + ("" if peer == "llama.cpp" else f"/{peer}")
                row = Row(name, column, WORKS[work], model, "", None, None, None) if alone else \
                    Row(name, column, WORKS[work], model, peer, asked, share, limit)
                if work.startswith("decode") and any(k.startswith(f"{column}:decode-") and k.endswith(f"/{model}")
                                                     for k in rows):
                    continue  # its own length is in the table already
                rows.setdefault(row.key, row)
    return list(rows.values())


def chosen(rows, globs):
    """Rows whose name, key, or name's first part matches one of the globs; all without globs."""
    match = lambda r, g: any(fnmatch.fnmatch(t, g) for t in (r.name, r.key, r.name.split("/")[0]))
    return [r for r in rows if not globs or any(match(r, g) for g in globs)]


def quick(work):
    """The same work cut so small that it only shows that everything runs."""
    return dataclasses.replace(work, tokens=min(work.tokens, 64 if work.kind == "prefill" else 8),
                               depth=min(work.depth, 256))


def share_of_roof(roofs, arithmetic, tokens_per_second, bytes_per_token, operations_per_token):
    """(roof, share) of the nearest roof, as `yun bench` defines it."""
    read = bytes_per_token * tokens_per_second / 1e9 / max(roofs["read_1_stream_gb_s"], roofs["read_8_streams_gb_s"])
    multiply = operations_per_token * tokens_per_second / 1e9 / roofs[f"{arithmetic}_gops"]
    return ("read", read) if read > multiply else (arithmetic, multiply)


def mean_roofs(before, after):
    return {k: (v + after[k]) / 2 for k, v in before.items()}


def verdict(ask, ratio, share_ask=None, share=None, limit=None, value=None):
    """behind: slower than the peer. short: an ask is missed. met: all asks. reported: nothing is asked."""
    if ratio is not None and ratio < 1:
        return "behind"
    asked = [(ask, ratio), (share_ask, share), (value, limit) if limit is not None else (None, None)]
    if any(want is not None and (got is None or got < want) for want, got in asked):
        return "short"
    return "met" if any(want is not None for want, _ in asked) else "reported"


def summarise(row, rounds):
    """A row's record from its rounds: medians, and the ratios within each round."""
    metric = row.work.metric
    median = lambda values: statistics.median(values) if values else None
    yun = [r["yun"][metric] for r in rounds]
    peer = [r["peer"][metric] for r in rounds if "peer" in r]
    ratios = [(y / p if row.work.more_is_better else p / y) for y, p in zip(yun, peer)]
    shares = [r["share"] for r in rounds if r.get("share") is not None]
    times = {"median": round(median(ratios), 3), "min": round(min(ratios), 3), "max": round(max(ratios), 3)} \
        if ratios else None
    record = {"name": row.name, "column": row.column, "model": row.model, "work": dataclasses.asdict(row.work),
              "metric": metric, "peer": row.peer, "peer_median": median(peer), "yun_median": median(yun),
              "times_better": times, "ask": row.ask, "roof": rounds[-1].get("roof"), "roof_share": median(shares),
              "roof_share_ask": row.share_ask, "limit": row.limit,
              "others_cores_max": max(side["others_cores"] for r in rounds for side in
                                      (r["yun"], r.get("peer", r["yun"]))), "rounds": rounds}
    record["verdict"] = verdict(row.ask, times and times["median"], row.share_ask, record["roof_share"], row.limit,
                                record["yun_median"])
    return record


def merge(old, new):
    """Results with the rows of `new` put over those of `old`; both must be of one processor."""
    if old and old["machine"]["cpu"] != new["machine"]["cpu"]:
        raise ValueError(f"the file is of another processor: {old['machine']['cpu']}")
    merged = {**(old or {}), **new}
    merged["rows"] = {**(old or {}).get("rows", {}), **new["rows"]}
    return merged


def markdown(results, busy_limit):
    """The table, a section a column."""
    lines = []
    show = lambda record, v: "-" if v is None else {
        "tokens_per_second": f"{v:.1f} tok/s" if v < 100 else f"{v:.0f} tok/s",
        "first_token_ms": f"{v:.0f} ms", "peak_rss_bytes": f"{v / 2**20:.0f} MiB"}[record["metric"]]
    percent = lambda v: "-" if v is None else f"{100 * v:.0f} %"
    for column in COLUMNS:
        records = [r for r in results["rows"].values() if r["column"] == column]
        if not records:
            continue
        kernels = sorted({round_["yun"].get("kernels") or "?" for r in records for round_ in r["rounds"]})
        lines += ["", f"**{column}** (kernels: {', '.join(kernels)})", "",
                  "| work | model | peer | peer's | yun's | times better (range) | asked | of its roof | asked | |",
                  "|---|---|---|---|---|---|---|---|---|---|"]
        order = {name: i for i, name in enumerate(WORKS)}
        for r in sorted(records, key=lambda r: order.get(r["name"].split("/")[0], 99)):
            t = r["times_better"]
            asked = f"{r['ask']:g}" if r["ask"] is not None else \
                f"at most {show(r, r['limit'])}" if r["limit"] is not None else "-"
            roof = "-" if r["roof_share"] is None else f"{percent(r['roof_share'])} of {r['roof']}"
            mark = " *" if r["others_cores_max"] > busy_limit else ""
            lines.append(f"| {r['name'].split('/')[0]} | {r['model']} | {r['peer'] or '-'} | "
                         f"{show(r, r['peer_median'])} | {show(r, r['yun_median'])} | "
                         + (f"{t['median']:.2f} ({t['min']:.2f}-{t['max']:.2f})" if t else "-")
                         + f" | {asked} | {roof} | {percent(r['roof_share_ask'])} | {r['verdict']}{mark} |")
    if any(r["others_cores_max"] > busy_limit for r in results["rows"].values()):
        lines += ["", "\\* other processes took part of the machine meanwhile: measure again when it is quiet"]
    return "\n".join(lines[1:])
