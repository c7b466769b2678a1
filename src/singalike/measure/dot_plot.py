"""Figures of several models as dots with intervals: a row a condition, panels side by side (Cleveland 1984).

Models differ in colour and in form. Needs matplotlib; nothing global is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.errors import ConfigError
from singalike.extras import PLOTS_HINT, needs_extra
from singalike.measure.markup import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Handles = dict[str, Any]  # what the legend shows, by its name

_FORMS = "osD^vPX<>*"
_WIDTH_INCHES, _MARGIN_INCHES, _DOT_INCHES, _GAP_INCHES = 8.0, 1.4, 0.09, 0.16
_SPREAD = 0.7  # of a row's height, over which its dots are spread


@dataclass(frozen=True)
class Dot:
    """One figure.

    Attributes:
        panel: Which panel it is in.
        row: Which row it is in.
        model: Whose it is.
        value: A fraction.
        low, high: Its interval; None for none.
        chance: What chance would get there; None where nobody knows.
    """

    panel: str
    row: str
    model: str
    value: float
    low: float | None = None
    high: float | None = None
    chance: float | None = None


def dot_figure(dots: Sequence[Dot], *, axis: str, guide: str = "") -> Figure:
    """Draw dots with their intervals, and chance as a grey tick.

    Args:
        dots: One or more; panels, rows and models keep the order of their first appearance.
        axis: What all are, in per cent.
        guide: A row from whose dots dotted lines go through the others; empty for none.

    Returns:
        The figure; ``savefig`` writes it.

    Raises:
        ConfigError: There are no dots.
        MissingExtraError: ``matplotlib`` is not installed.
    """
    if not dots:
        raise ConfigError("no figures to draw")
    with needs_extra(PLOTS_HINT, who="a picture"):
        from matplotlib.figure import Figure
    panels, rows, models = (list(dict.fromkeys(getattr(dot, of) for dot in dots)) for of in ("panel", "row", "model"))
    height = _MARGIN_INCHES + (_GAP_INCHES + _DOT_INCHES * len(models)) * len(rows)
    figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    every = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    handles: Handles = {}
    for axes, panel in zip(every, panels, strict=True):
        handles |= _draw(axes, [dot for dot in dots if dot.panel == panel], rows, models, guide)
        axes.set_title(printable(panel), fontsize="medium", parse_math=False)
    every[0].set_yticks(range(len(rows)), [printable(row) for row in rows], parse_math=False)
    every[0].set_ylim(len(rows) - 0.5, -0.5)
    intervals = any(dot.low is not None for dot in dots)
    figure.supxlabel(f"{axis} (bars: 95 % intervals)" if intervals else axis, fontsize="medium")
    shown = {name: handles[name] for name in [*map(printable, models), "chance"] if name in handles}
    legend = figure.legend(list(shown.values()), list(shown), loc="outside upper center", ncols=3, fontsize="small")
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _draw(axes: Axes, dots: Sequence[Dot], rows: Sequence[str], models: Sequence[str], guide: str) -> Handles:
    """Draw one panel; return what the legend shows of each model and of chance."""
    handles: Handles = {}
    known = {dot.row: 100 * dot.chance for dot in dots if dot.chance is not None}
    if known:
        places = [rows.index(row) for row in known]
        (handles["chance"],) = axes.plot(list(known.values()), places, "|", color="0.45", markersize=11)
    for number, model in enumerate(models):
        own = [dot for dot in dots if dot.model == model]
        if not own:
            continue
        offset = _SPREAD * (number - (len(models) - 1) / 2) / len(models)
        values = 100 * np.array([dot.value for dot in own])
        ends = 100 * np.array([(dot.low, dot.high) if dot.low is not None else (np.nan, np.nan) for dot in own])
        # A percentile interval need not hold the figure itself.
        bars = np.nan_to_num((ends.T - values) * [[-1], [1]]).clip(min=0)
        look = {"fmt": _FORMS[number % len(_FORMS)], "color": f"C{number % 10}", "markersize": 4.5, "linewidth": 1}
        handles[printable(model)] = axes.errorbar(
            values, [rows.index(dot.row) + offset for dot in own], xerr=bars, **look
        )
        for dot in own:
            if dot.row == guide:
                axes.axvline(100 * dot.value, color=look["color"], linewidth=0.8, linestyle=":")
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    return handles
