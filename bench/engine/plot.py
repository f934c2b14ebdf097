#!/usr/bin/env python3
"""Draws a result file of compare.py as SVG: the kernels' roofline, tokens a second over depth, and over rows.

  bench/engine/plot.py bench/results/<date>-<cpu>.json     writes <date>-<cpu>-{roofline,depth,rows}.svg beside it
A plot whose rows the file lacks is left out. Standard library only.
"""
import argparse
import json
import math
import pathlib
import re
import statistics
from xml.sax.saxutils import escape

FONT = "font-family='Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif'"
INK, FAINT, GRID = "#1f2933", "#52606d", "#e4e7eb"
YUN, PEER = "#0b6fb8", "#d1580a"
FORMATS = {"q8": "#0b6fb8", "q4": "#2a9d63", "q4k": "#8a5bc7", "bf16": "#d1580a", "f16": "#b83280", "attend": "#6b7280"}
MARGIN = dict(left=66, right=22, top=62, bottom=50)


class Axis:
    """Values to pixels: linear from 0, or logarithmic."""

    def __init__(self, low, high, start, end, log=False):
        self.log, self.start, self.end = log, start, end
        self.low, self.high = (math.log2(low), math.log2(high)) if log else (low, high)

    def __call__(self, value):
        v = math.log2(value) if self.log else value
        return self.start + (v - self.low) / (self.high - self.low) * (self.end - self.start)


def nice_ticks(high, count=5):
    """Round steps from 0 to past `high`."""
    rough = high / count
    size = 10 ** math.floor(math.log10(rough))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= rough)
    return [i * step for i in range(math.ceil(high / step * 0.999) + 1)]


class Panel:
    """One pair of axes with a title, in a rectangle of the picture."""

    def __init__(self, x, y, width, height, title, x_label, y_label, x_axis, y_axis, x_ticks, y_ticks):
        self.left, self.right = x + MARGIN["left"], x + width - MARGIN["right"]
        self.top, self.bottom = y + MARGIN["top"], y + height - MARGIN["bottom"]
        self.x = Axis(*x_axis[:2], self.left, self.right, *x_axis[2:])
        self.y = Axis(*y_axis[:2], self.bottom, self.top, *y_axis[2:])
        self.parts = [text(self.left, y + 26, title, 15, INK, weight="bold")]
        for value in y_ticks:
            at = self.y(value)
            self.parts += [line(self.left, at, self.right, at, GRID), text(self.left - 8, at + 4, number(value), 12,
                                                                           FAINT, "end")]
        for value in x_ticks:
            at = self.x(value)
            self.parts += [line(at, self.bottom, at, self.bottom + 5, FAINT), text(at, self.bottom + 20, number(value),
                                                                                   12, FAINT, "middle")]
        self.parts += [line(self.left, self.bottom, self.right, self.bottom, FAINT),
                       text((self.left + self.right) / 2, self.bottom + 40, x_label, 13, INK, "middle"),
                       text(self.left - 46, self.top - 14, y_label, 13, INK)]

    def dot(self, x, y, color, hollow=False, radius=4.5):
        fill = "white" if hollow else color
        self.parts.append(f"<circle cx='{self.x(x):.1f}' cy='{self.y(y):.1f}' r='{radius}' fill='{fill}' "
                          f"stroke='{color}' stroke-width='2'/>")

    def series(self, points, color, dashed=False):
        """points: (x, median, least, most)"""
        path = " ".join(f"{self.x(p[0]):.1f},{self.y(p[1]):.1f}" for p in points)
        dash = " stroke-dasharray='6 4'" if dashed else ""
        self.parts.append(f"<polyline points='{path}' fill='none' stroke='{color}' stroke-width='2.2'{dash}/>")
        for x, value, least, most in points:
            if most > least:
                self.parts.append(line(self.x(x), self.y(least), self.x(x), self.y(most), color, 1.4))
            self.dot(x, value, color, hollow=dashed)

    def label(self, x, y, what, color, dx=0, dy=0, anchor="start", size=12):
        self.parts.append(text(self.x(x) + dx, self.y(y) + dy, what, size, color, anchor))


def text(x, y, what, size, color, anchor="start", weight="normal"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{color}' text-anchor='{anchor}' "
            f"font-weight='{weight}'>{escape(what)}</text>")


def line(x1, y1, x2, y2, color, width=1.0, dash=""):
    extra = f" stroke-dasharray='{dash}'" if dash else ""
    return (f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{color}' "
            f"stroke-width='{width}'{extra}/>")


def number(value):
    if value >= 10000:
        return f"{value / 1000:g}k"
    return f"{value:g}"


def legend(x, y, entries):
    """entries: (title, color, dashed); a row of them."""
    parts = []
    for title, color, dashed in entries:
        parts += [line(x, y - 4, x + 26, y - 4, color, 2.2, "6 4" if dashed else ""),
                  f"<circle cx='{x + 13}' cy='{y - 4}' r='4.5' fill='{'white' if dashed else color}' stroke='{color}' "
                  "stroke-width='2'/>", text(x + 33, y, title, 13, INK)]
        x += 52 + 7.2 * len(title)
    return parts


def picture(width, height, parts):
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
            f"height='{height}' {FONT}>\n<rect width='100%' height='100%' fill='white'/>\n" + "\n".join(parts)
            + "\n</svg>\n")


def spread(record, side):
    values = [r[side][record["metric"]] for r in record["rounds"] if side in r]
    return (statistics.median(values), min(values), max(values)) if values else None


def curves(results, column, model, points):
    """points: (x, work) -> {"yun": series, "peer": series}, of the rows that the file has."""
    found = {"yun": [], "peer": []}
    for x, work in points:
        record = results["rows"].get(f"{column}:{work}/{model}")
        for side, series in found.items():
            if record and spread(record, side):
                series.append((x, *spread(record, side)))
    return found


def two_panels(results, column, models, points_of, title_of, x_label, x_axis, x_ticks, note, extra=None):
    """A panel for each model that has at least two points; None where none has."""
    width, height = 470, 400
    panels = []
    for model in models:
        found = curves(results, column, model, points_of(model))
        if len(found["yun"]) < 2:
            continue
        dots = extra(model) if extra else []
        high = max([p[3] for s in found.values() for p in s] + [d[1] for d in dots])
        ticks = nice_ticks(high)
        panel = Panel(len(panels) * width, 44, width, height, title_of(model), x_label, "tokens/s", x_axis,
                      (0, ticks[-1]), x_ticks, ticks)
        for side, color in (("peer", PEER), ("yun", YUN)):
            if found[side]:
                panel.series(found[side], color, dashed=side == "peer")
        for x, y, color, what in dots:
            panel.parts.append(f"<rect x='{panel.x(x) - 5:.1f}' y='{panel.y(y) - 5:.1f}' width='10' height='10' "
                               f"fill='white' stroke='{color}' stroke-width='2'/>")
            panel.label(x, y, what, color, dx=-10, dy=4, anchor="end")
        panels.append(panel)
    if not panels:
        return None
    parts = legend(MARGIN["left"], 30, [("yun", YUN, False), ("llama.cpp", PEER, True)])
    parts.append(text(300, 30, note, 12, FAINT))
    return picture(width * len(panels), height + 56, parts + [p for panel in panels for p in panel.parts])


def depth_plot(results, column):
    def kv_q8(model):
        record = results["rows"].get(f"{column}:depth-4096-kv-q8/{model}")
        if not record:
            return []
        sides = [("yun", YUN, "yun, 8-bit KV"), ("peer", PEER, "llama.cpp, 8-bit KV")]
        return [(4096, spread(record, side)[0], color, what) for side, color, what in sides if spread(record, side)]

    models = sorted({r["model"] for r in results["rows"].values() if r["name"].startswith("depth-")})
    return two_panels(
        results, column, models,
        lambda m: [(0, "decode-128"), (0, "decode-64"), (1024, "depth-1024"), (2048, "depth-2048"), (4096, "depth-4096")],
        lambda m: f"Decode, {m}", "tokens in the cache", (0, 4300), [0, 1024, 2048, 4096],
        threads_note(results), kv_q8)


def rows_plot(results, column):
    models = sorted({r["model"] for r in results["rows"].values() if r["name"].startswith("rows-")}, reverse=True)
    return two_panels(results, column, models, lambda m: [(n, f"rows-{n}") for n in (1, 2, 4, 8, 16, 32)],
                      lambda m: f"Streams decoded together, {m}", "streams", (0.9, 36, True), [1, 2, 4, 8, 16, 32],
                      threads_note(results))


def threads_note(results):
    return f"{short_cpu(results)}, {results['threads']} threads; bars: least and most of the rounds"


def short_cpu(results):
    return re.sub(r"\((R|TM)\)", "", results["machine"]["cpu"])


def roofline_plot(results, column):
    measured = results.get("kernels")
    if not measured:
        return None
    roofs, table = measured["roofs"], measured["table"]
    dots = {}  # format -> [(operations per byte, Gop/s, rows, in cache)]
    for name, p in measured["points"].items():
        m = re.match(rf"{table}/(?:matmul/(\w+)/(\d+)x1024|(attend)/f16/hd:128)/rows:(\d+)$", name)
        cached = bool(m and m[2] == "3072")
        if m and (m[3] or int(m[4]) in ((4, 16, 64, 512) if cached else (1,))):
            dots.setdefault(m[1] or m[3], []).append(
                (p["operations_per_s"] / p["bytes_per_s"], p["operations_per_s"] / 1e9, int(m[4]), cached))
    if not dots:
        return None
    read = max(roofs["read_1_stream_gb_s"], roofs["read_8_streams_gb_s"])
    peaks = sorted(((roofs[f"{kind}_gops"], kind) for kind in ("int8", "bf16", "f32")), reverse=True)
    every = [d for series in dots.values() for d in series]
    x_low, x_high = 2 ** math.floor(math.log2(min(d[0] for d in every)) - 0.3), 4096
    y_low = 2 ** math.floor(math.log2(min(min(d[1] for d in every), read * x_low * 2)) - 0.3)
    y_high = 2 ** math.ceil(math.log2(peaks[0][0]) + 0.3)
    decades = [10 ** k * m for k in range(0, 6) for m in (1, 2, 5) if y_low <= 10 ** k * m <= y_high]
    width, height = 940, 560
    panel = Panel(0, 44, width, height, f"Kernels of the table {table} on one thread (hollow: 3 million weights, which a cache holds)",
                  "operations for each byte of weights (or of keys and values) read", "Gop/s", (x_low, x_high, True),
                  (y_low, y_high, True), [2 ** k for k in range(0, 13) if x_low <= 2 ** k <= x_high], decades)
    corner = peaks[0][0] / read  # where reading stops to bind
    foot = max(x_low, y_low / read)
    panel.parts.append(line(panel.x(foot), panel.y(read * foot), panel.x(corner), panel.y(peaks[0][0]), INK, 2))
    middle = foot ** 0.25 * corner ** 0.75
    angle = math.degrees(math.atan2(panel.y(read * corner) - panel.y(read * foot), panel.x(corner) - panel.x(foot)))
    at = panel.x(middle), panel.y(read * middle) - 8
    panel.parts.append(f"<g transform='rotate({angle:.1f} {at[0]:.1f} {at[1]:.1f})'>"
                       + text(*at, f"read {read:.1f} GB/s", 12, INK, "middle") + "</g>")
    drawn = []
    for peak, kind in peaks:
        start = peak / read
        same = next((d for d in drawn if abs(d[0] / peak - 1) < 0.04), None)
        if same:  # bf16 that is no faster than f32
            same[1].append(kind)
            continue
        drawn.append((peak, [kind]))
        panel.parts.append(line(panel.x(start), panel.y(peak), panel.right, panel.y(peak), INK, 2))
    for peak, kinds in drawn:
        panel.label(x_high, peak, f"{' and '.join(kinds)} {peak:.0f} Gop/s", INK, dx=-4, dy=-7, anchor="end")
    labels = []
    for name, series in sorted(dots.items(), key=lambda item: list(FORMATS).index(item[0])):
        series.sort()
        color = FORMATS[name]
        path = " ".join(f"{panel.x(x):.1f},{panel.y(y):.1f}" for x, y, *_ in series)
        panel.parts.append(f"<polyline points='{path}' fill='none' stroke='{color}' stroke-width='1.4' opacity='0.6'/>")
        for x, y, rows, cached in series:
            panel.dot(x, y, color, hollow=cached)
            here = panel.x(x), panel.y(y)
            if all(math.dist(here, there) > 16 for there in labels):  # else unreadable
                panel.label(x, y, str(rows), color, dx=7, dy=14, size=11)
                labels.append(here)
    parts = legend(MARGIN["left"], 30, [(n, c, False) for n, c in FORMATS.items() if n in dots])
    parts.append(text(width - 22, 30, f"{short_cpu(results)}; beside the dots: rows multiplied together", 12, FAINT, "end"))
    return picture(width, height + 56, parts + panel.parts)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("results", type=pathlib.Path)
    p.add_argument("--column", default="native", help="native, avx512 (default: native)")
    a = p.parse_args()
    results = json.loads(a.results.read_text())
    for name, draw in (("roofline", roofline_plot), ("depth", depth_plot), ("rows", rows_plot)):
        drawing = draw(results, a.column)
        if drawing:
            suffix = "" if a.column == "native" or name == "roofline" else f"-{a.column}"
            path = a.results.with_name(f"{a.results.stem}-{name}{suffix}.svg")
            path.write_text(drawing)
            print(path)


if __name__ == "__main__":
    main()
