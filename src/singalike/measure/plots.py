"""DET plots: false rejects against false accepts on axes of normal deviates (Martin et al. 1997).

Where the scores of both classes are normally distributed the curve is a straight line; the nearer the lower left
corner, the better. Needs matplotlib; nothing global is touched, so that any number may be drawn side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.atomic import draft
from singalike.errors import ConfigError
from singalike.evaluate.verification import normal_deviate
from singalike.extras import PLOTS_HINT, needs_extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TICKS = np.array([0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
_LIMITS = np.array([0.0008, 0.92])  # the same for every plot, so that two can be laid side by side
_INCHES = (5.5, 5.5)


@dataclass(frozen=True)
class Curve:
    """One system under one condition.

    Attributes:
        label: What the legend calls it.
        false_accepts, false_rejects: (P,) rates strictly between 0 and 1, see
            :func:`singalike.evaluate.verification.det_curve`.
        eer: Where both are equal, a fraction.
        trials: How many trials it is of.
    """

    label: str
    false_accepts: np.ndarray
    false_rejects: np.ndarray
    eer: float
    trials: int


def det_figure(curves: Sequence[Curve], *, title: str = "") -> Figure:
    """Draw DET curves, their equal error rates marked.

    Args:
        curves: One or more.
        title: Above the plot.

    Returns:
        The figure; ``savefig`` writes it.

    Raises:
        ConfigError: There are no curves.
        MissingExtraError: ``matplotlib`` is not installed.
    """
    if not curves:
        raise ConfigError("no DET curve to draw")
    with needs_extra(PLOTS_HINT, who="a picture"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=_INCHES, layout="constrained")
    axes = figure.add_subplot()
    low, high = normal_deviate(_LIMITS)
    axes.plot([low, high], [low, high], color="0.8", linewidth=0.8)
    for curve in curves:
        label = f"{curve.label}: EER {curve.eer:.1%}, n = {curve.trials:,}"
        (line,) = axes.plot(normal_deviate(curve.false_accepts), normal_deviate(curve.false_rejects), label=label)
        if 0 < curve.eer < 1:  # a perfect system has no point on these axes
            point = normal_deviate(np.array([curve.eer]))
            axes.plot(point, point, "o", color=line.get_color(), markersize=6)
    ticks, names = normal_deviate(_TICKS), [f"{100 * tick:g}" for tick in _TICKS]
    axes.set(xlabel="false accepts, %", ylabel="false rejects, %", title=title, aspect="equal")
    axes.set(xlim=(low, high), ylim=(low, high), xticks=ticks, yticks=ticks, xticklabels=names, yticklabels=names)
    axes.grid(color="0.93")
    axes.legend(loc="upper right", fontsize="small")
    return figure


def save_det(path: Path, curves: Sequence[Curve], *, title: str = "") -> None:
    """Write a DET plot, whole or not at all; the suffix of the path says in which format.

    Args:
        path: ``.png``, ``.svg`` or ``.pdf``.
        curves: One or more.
        title: Above the plot.

    Raises:
        ConfigError: There are no curves.
        MissingExtraError: ``matplotlib`` is not installed.
    """
    figure = det_figure(curves, title=title)
    with draft(path) as place:
        figure.savefig(place, dpi=150)
