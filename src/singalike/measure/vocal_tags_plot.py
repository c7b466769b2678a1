"""Vocal tags as a picture: both areas of each tag, and what the area under precision over recall would be by chance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike.atomic import draft
from singalike.errors import ConfigError
from singalike.extras import PLOTS_HINT, needs_extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURE = "vocal-tags.png"
_SERIES = (("roc_auc", "ROC-AUC", "o", "C0"), ("pr_auc", "PR-AUC", "s", "C1"), ("holds", "chance (PR-AUC)", "|", "0.5"))
_WIDTH_INCHES, _ROW_INCHES, _MARGIN_INCHES = 7.0, 0.22, 1.3


def vocal_tags_figure(result: Mapping[str, Any], *, title: str = "") -> Figure:
    """Draw the figures of :func:`singalike.evaluate.vocal_tags.evaluate`.

    Args:
        result: With ``by_tag`` and the means.
        title: Above the plot.

    Returns:
        The figure, a row a tag, the best known one on top; ``savefig`` writes it.

    Raises:
        ConfigError: There are no tags.
        MissingExtraError: ``matplotlib`` is not installed.
    """
    by_tag = result["by_tag"]
    if not by_tag:
        raise ConfigError("no tags to draw")
    with needs_extra(PLOTS_HINT, who="a picture"):
        from matplotlib.figure import Figure
    names = sorted(by_tag, key=lambda name: (-by_tag[name]["roc_auc"], name))
    figure = Figure(figsize=(_WIDTH_INCHES, _MARGIN_INCHES + _ROW_INCHES * len(names)), layout="constrained")
    axes, rows = figure.add_subplot(), range(len(names))
    axes.axvline(50, color="0.8", linewidth=1)
    axes.axvspan(100 * result["roc_auc_low"], 100 * result["roc_auc_high"], color="0.93")
    axes.axvline(100 * result["roc_auc"], color="0.4", linewidth=1, label=f"mean, {100 * result['roc_auc']:.1f} %")
    for metric, label, marker, colour in _SERIES:
        areas = [100 * by_tag[name][metric] for name in names]
        axes.plot(areas, rows, marker, color=colour, markersize=5, label=label)
    axes.set(xlabel="%", title=title, yticks=rows, xlim=(-2, 102))
    axes.set_yticklabels(names, fontsize="small")
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=4, fontsize="small")
    return figure


def save_vocal_tags(path: Path, result: Mapping[str, Any], *, title: str = "") -> None:
    """Write the picture, whole or not at all; the suffix of the path says in which format. Errors as above."""
    figure = vocal_tags_figure(result, title=title)
    with draft(path) as place:
        figure.savefig(place, dpi=150)
