"""The figures as SVG, each from the results alone."""

import os
from statistics import median

import matplotlib

from measure.verdict import thousands

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "latchkey", "svg.fonttype": "none", "font.size": 9,
                            "axes.spines.top": False, "axes.spines.right": False})
import matplotlib.pyplot as pyplot  # noqa: E402

OURS, FLOOR, PEER = "#2b6cb0", "#a0aec0", "#dd6b20"


def middle(got, key="rate"):
    return median(row[key] for row in got)


def colour(name):
    return PEER if "(flask" in name else OURS if "/" in name else FLOOR


def save(figure, out, name):
    figure.tight_layout()
    figure.savefig(os.path.join(out, name + ".svg"), metadata={"Date": None})
    pyplot.close(figure)


def draw_rates(results, out):
    rows = results["rates"]
    names = list(rows)[::-1]
    figure, axes = pyplot.subplots(figsize=(8, 0.32 * len(names) + 1))
    bars = axes.barh(names, [middle(rows[name]) for name in names], color=[colour(name) for name in names])
    axes.bar_label(bars, fmt="%.0f", padding=3, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("requests a second, 64 connections, TLS")
    save(figure, out, "rates")


def draw_connections(results, out):
    figure, axes = pyplot.subplots(1, 3, figsize=(11, 4), sharey=True)
    for at, key in zip(axes, ("p50", "p99", "p99.9")):
        for name, counts in results["connections"].items():
            points = {**counts, **({"64": results["rates"][name]} if "rates" in results else {})}
            # A refusal is fast: its time says nothing of the others'
            order = sorted((n for n in points if not points[n][0]["refused"]), key=int)
            at.plot([int(n) for n in order], [middle(points[n], key) for n in order], marker="o", markersize=3, label=name)
        at.set(xscale="log", yscale="log", xlabel="connections", title=key)
        at.set_xticks([1, 16, 64, 256], ["1", "16", "64", "256"])
    axes[0].set_ylabel("ms")
    axes[2].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    save(figure, out, "connections")


def draw_series(series, xlabel, out, name):
    """{line: {x: rate}}, each as a share of its first."""
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for line, points in series.items():
        first = next(iter(points.values()))
        axes.plot(list(points), [value / first for value in points.values()], marker="o", markersize=3, label=line)
    axes.set(xlabel=xlabel, ylabel=f"rate, of that with {next(iter(points))}", ylim=(0, None))
    axes.legend(fontsize=7)
    save(figure, out, name)


def draw_workers(results, out):
    counts = list(results["workers"])
    draw_series({name: {n: middle(results["workers"][n][name]) for n in counts} for name in results["workers"][counts[0]]},
                f"workers in each pool ({results['cores']} cores)", out, "workers")


def draw_growth(results, out):
    draw_series({name: {thousands(n): middle(got) for n, got in sizes.items()}
                 for name, sizes in results["growth"].items()}, "users and sessions", out, "growth")


def draw_profile(results, out):
    figure, axes = pyplot.subplots(figsize=(8, 2.6))
    names, left = list(results["profile"]), [0] * len(results["profile"])
    groups = list(dict.fromkeys(group for shares in results["profile"].values() for group in shares))
    for group in groups:
        shares = [results["profile"][name].get(group, 0) for name in names]
        axes.barh(names, shares, left=left, label=group)
        left = [a + b for a, b in zip(left, shares)]
    axes.set_xlabel("% of a fast worker's time")
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    save(figure, out, "profile")


DRAWN = {"rates": draw_rates, "connections": draw_connections, "workers": draw_workers, "growth": draw_growth,
         "profile": draw_profile}


def draw(results, out):
    for name, one in DRAWN.items():
        if name in results:
            one(results, out)
