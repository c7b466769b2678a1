"""Robustness as a picture: the equal error rate under each condition, with intervals, beside that of clean clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.atomic import draft
from singalike.errors import ConfigError
from singalike.extras import PLOTS_HINT, needs_extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURE = "robustness.png"
_SERIES = (("one", "one side changed", -0.14, "o"), ("both", "both sides changed", 0.14, "s"))
_WIDTH_INCHES, _ROW_INCHES, _MARGIN_INCHES = 7.0, 0.34, 1.3


def robustness_figure(results: Sequence[Mapping[str, Any]], *, title: str = "") -> Figure:
    """Draw the results of :func:`singalike.measure.robustness.measure_robustness`.

    Args:
        results: The clean clips and at least one condition.
        title: Above the plot.

    Returns:
        The figure, a row a condition; ``savefig`` writes it.

    Raises:
        ConfigError: There are no clean clips or no conditions.
        MissingExtraError: ``matplotlib`` is not installed.
    """
    clean = [found for found in results if found["sides"] == "none"]
    changed = [found for found in results if found["sides"] != "none"]
    if len(clean) != 1 or not changed:
        raise ConfigError(f"{len(clean)} clean results and {len(changed)} others", hint="one and some")
    with needs_extra(PLOTS_HINT, who="a picture"):
        from matplotlib.figure import Figure
    names = list(dict.fromkeys(found["change"] for found in changed))
    figure = Figure(figsize=(_WIDTH_INCHES, _MARGIN_INCHES + _ROW_INCHES * len(names)), layout="constrained")
    axes = figure.add_subplot()
    low, middle, high = (100 * clean[0][name] for name in ("eer_low", "eer", "eer_high"))
    axes.axvspan(low, high, color="0.93")
    axes.axvline(middle, color="0.4", linewidth=1, label=f"clean, {middle:.1f} %")
    for sides, label, offset, marker in _SERIES:
        shown = [found for found in changed if found["sides"] == sides]
        if not shown:
            continue
        rows = np.array([names.index(found["change"]) for found in shown]) + offset
        rates = 100 * np.array([[found[name] for name in ("eer_low", "eer", "eer_high")] for found in shown]).T
        # A percentile interval need not hold the figure itself.
        bars = np.stack((rates[1] - rates[0], rates[2] - rates[1])).clip(min=0)
        axes.errorbar(rates[1], rows, xerr=bars, fmt=marker, markersize=5, linewidth=1, label=label)
    axes.set(xlabel="equal error rate, % (intervals over singers)", title=title, yticks=range(len(names)))
    axes.set_yticklabels(names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=-1)  # or half a point would be cut off at 0
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    return figure


def save_robustness(path: Path, results: Sequence[Mapping[str, Any]], *, title: str = "") -> None:
    """Write the picture, whole or not at all; the suffix of the path says in which format. Errors as above."""
    figure = robustness_figure(results, title=title)
    with draft(path) as place:
        figure.savefig(place, dpi=150)
