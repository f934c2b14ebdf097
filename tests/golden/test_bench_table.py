"""The pure parts of bench/engine: which rows there are, how results are judged, merged and shown. Nothing is measured."""
import pathlib
import sys
import xml.etree.ElementTree

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench/engine"))
import plot  # noqa: E402
import rows as table  # noqa: E402

Q8 = "qwen3-0.6b-q8_0"


def side(value, **more):
    return {"tokens_per_second": value, "others_cores": 0.0, "kernels": "amx", **more}


def test_rows_and_their_asks():
    rows = {r.key: r for r in table.rows_for([Q8, "other-q4_0"], ["native", "avx512", "avx2"], has_amx=True)}
    assert (rows[f"native:prefill-512/{Q8}"].ask, rows[f"avx512:prefill-512/{Q8}"].ask) == (5, 2.5)
    assert rows[f"native:prefill-512/{Q8}/openvino"].ask == 2
    assert rows[f"native:decode-128/{Q8}"].share_ask == 0.85
    assert f"native:decode-64/{Q8}" not in rows and rows["native:decode-64/other-q4_0"].ask is None
    assert "avx512:decode-64/other-q4_0" not in rows  # only reported: only in native
    alone = rows[f"avx2:decode-128/{Q8}"]
    assert (alone.peer, alone.ask, alone.share_ask) == ("", None, None)
    without = {r.key: r for r in table.rows_for([Q8], ["native"], has_amx=False)}
    assert without[f"native:prefill-512/{Q8}"].ask == 2.5
    assert [r.name for r in table.chosen(rows.values(), ["first-*"]) if r.column == "native"] == [f"first-token/{Q8}"]
    assert len(table.chosen(rows.values(), ["avx2:*"])) == sum(r.column == "avx2" for r in rows.values())


@pytest.mark.parametrize("expected, arguments", [
    ("met", dict(ask=2, ratio=2.0)), ("short", dict(ask=2, ratio=1.9)), ("behind", dict(ask=2, ratio=0.99)),
    ("behind", dict(ask=None, ratio=0.5)), ("reported", dict(ask=None, ratio=1.5)),
    ("short", dict(ask=1.2, ratio=1.3, share_ask=0.85, share=0.8)),
    ("met", dict(ask=1.2, ratio=1.3, share_ask=0.85, share=0.9)), ("short", dict(ask=1.2, ratio=1.3, share_ask=0.85)),
    ("met", dict(ask=None, ratio=2, limit=800, value=700)), ("short", dict(ask=None, ratio=2, limit=800, value=900)),
])
def test_verdict(expected, arguments):
    assert table.verdict(**arguments) == expected


def test_share_takes_the_nearest_roof():
    roofs = {"read_1_stream_gb_s": 20, "read_8_streams_gb_s": 30, "int8_gops": 1000, "bf16_gops": 500, "f32_gops": 250}
    assert table.share_of_roof(roofs, "int8", 40, 0.6e9, 1e9) == ("read", pytest.approx(0.8))
    assert table.share_of_roof(roofs, "bf16", 400, 1e6, 1e9) == ("bf16", pytest.approx(0.8))


def test_ratios_are_taken_within_rounds():
    row = table.rows_for([Q8], ["native"], True)[0]
    record = table.summarise(row, [{"yun": side(y), "peer": side(p), "share": 0.5, "roof": "int8"}
                                   for y, p in ((10, 1), (60, 10), (40, 10))])
    assert record["times_better"] == {"median": 6, "min": 4, "max": 10}
    assert (record["yun_median"], record["verdict"]) == (40, "met")
    first = next(r for r in table.rows_for([Q8], ["native"], True) if r.name.startswith("first-token"))
    record = table.summarise(first, [{"yun": side(0, first_token_ms=100), "peer": side(0, first_token_ms=150)}])
    assert record["times_better"]["median"] == 1.5 and record["verdict"] == "short"


def test_merge_keeps_what_was_not_measured_again():
    machine = {"cpu": "A"}
    old = {"machine": machine, "rows": {"a": 1, "b": 2}, "kernels": 3}
    assert table.merge(old, {"machine": machine, "rows": {"b": 5}}) == \
        {"machine": machine, "rows": {"a": 1, "b": 5}, "kernels": 3}
    assert table.merge(None, {"machine": machine, "rows": {"b": 5}})["rows"] == {"b": 5}
    with pytest.raises(ValueError):
        table.merge(old, {"machine": {"cpu": "B"}, "rows": {}})


def test_markdown_has_a_line_a_row_and_marks_disturbed_ones():
    results = {"rows": {}}
    for row in table.rows_for([Q8], ["native", "avx2"], True):
        rounds = [{"yun": side(9, first_token_ms=1, peak_rss_bytes=1 << 20)}]
        if row.peer:
            rounds[0]["peer"] = side(3, first_token_ms=2, peak_rss_bytes=2 << 20)
        results["rows"][row.key] = table.summarise(row, rounds)
    lines = table.markdown(results, 0.1).splitlines()
    assert sum(line.startswith("| ") and not line.startswith("| work") for line in lines) == len(results["rows"])
    assert not lines[-1].startswith("\\*")
    next(iter(results["rows"].values()))["others_cores_max"] = 0.5
    assert table.markdown(results, 0.1).splitlines()[-1].startswith("\\*")


def test_plots_are_drawn_of_what_is_there():
    results = {"machine": {"cpu": "A & B"}, "threads": 2, "rows": {}}
    assert plot.rows_plot(results, "native") is None and plot.roofline_plot(results, "native") is None
    for row in table.rows_for([Q8], ["native"], True):
        if row.work.more_is_better and row.peer == "llama.cpp":
            rounds = [{"yun": side(9 + i), "peer": side(3)} for i in range(3)]
            results["rows"][row.key] = table.summarise(row, rounds)
    results["kernels"] = {
        "table": "amx", "roofs": {"read_1_stream_gb_s": 10, "read_8_streams_gb_s": 15, "int8_gops": 4000,
                                  "bf16_gops": 200, "f32_gops": 200},
        "points": {"amx/matmul/q8/65536x1024/rows:1": {"operations_per_s": 2e10, "bytes_per_s": 1e10},
                   "amx/matmul/q8/3072x1024/rows:64": {"operations_per_s": 1e12, "bytes_per_s": 1e10},
                   "amx/attend/f16/hd:128/rows:2": {"operations_per_s": 2e10, "bytes_per_s": 1e10}}}
    for draw, texts in ((plot.rows_plot, ["streams", "llama.cpp"]), (plot.depth_plot, ["tokens in the cache", "8-bit KV"]),
                        (plot.roofline_plot, ["int8 4000 Gop/s", "read 15.0 GB/s", "f32"])):
        drawing = draw(results, "native")
        xml.etree.ElementTree.fromstring(drawing)
        assert "nan" not in drawing and all(t in drawing for t in texts), draw
