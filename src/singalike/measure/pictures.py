"""The pictures of a report: curves of trials, figures over conditions, figures over what they are means of.

- DET curves, where the results have them: a picture a condition.
- Dots with intervals, where there are more conditions than a table shows at a glance. Rows and panels follow from the
  conditions' names: ``"vocals, 5 s"`` is the row "5 s" of the panel "vocals".
- Dots without, where the results hold a mapping ``by_…`` (``by_tag``): each under the last condition of each panel.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from singalike.errors import MissingExtraError
from singalike.measure import plots
from singalike.measure.columns import columns_of
from singalike.measure.dot_plot import Dot, dot_figure
from singalike.measure.page import Paragraph, Picture
from singalike.measure.reading import Folder, Measured
from singalike.measure.tables import conditions_of, labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FEWEST = 3  # conditions in a picture; two are seen in the table
_SIDES = {"one": "one side changed", "both": "both sides changed"}


def pictures(folders: Sequence[Folder]) -> list[Picture | Paragraph]:
    """Return all pictures of results that may be compared; without matplotlib a word about it."""
    group = [folder.measured for folder in folders]
    try:
        return [*_curves(folders, group), *_over_conditions(group), *_over_parts(group)]
    except MissingExtraError as error:
        return [Paragraph(f"No pictures: {error}.", "warning")]


def _curves(folders: Sequence[Folder], group: Sequence[Measured]) -> Iterator[Picture]:
    """Yield the DET curves of all models, a picture a condition."""
    data = group[0].data.name
    for condition in conditions_of(group):
        drawn = []
        for label, folder in zip(labels(group), folders, strict=True):
            curve, found = folder.curve(condition), folder.measured.metrics(condition)
            if curve and found:
                drawn.append(plots.Curve(label, *curve, eer=found["eer"], trials=found["trials"]))
        if drawn:
            names = ", ".join(curve.label for curve in drawn)
            caption = f"Detection error tradeoff on {data}, {condition}: towards the lower left is better."
            alt = f"Curves of false rejects over false accepts on {data}, {condition}: {names}."
            yield Picture(caption, alt, _svg(plots.det_figure(drawn)))


def _over_conditions(group: Sequence[Measured]) -> Iterator[Picture]:
    """Yield the task's first metric over its conditions, if they are many."""
    conditions, metric = conditions_of(group), columns_of(group[0].task)[0].metric
    if len(conditions) < _FEWEST:
        return
    found = [
        (_place(result), label, result)
        for condition in conditions
        for label, one in zip(labels(group), group, strict=True)
        if (result := one.metrics(condition)) is not None
    ]
    every = list(dict.fromkeys(panel for (panel, _), _, _ in found if panel)) or [""]
    dots = [
        Dot(
            shown, row, label, result[metric],
            result.get(f"{metric}_low"), result.get(f"{metric}_high"), _chance(result, metric),
        )
        for (panel, row), label, result in found
        for shown in ([panel] if panel else every)
    ]  # fmt: skip
    clean = next((row for (_, row), _, result in found if result.get("sides") == "none"), "")
    yield _dots(group[0], "by condition", dots, guide=clean)


def _over_parts(group: Sequence[Measured]) -> Iterator[Picture]:
    """Yield the task's first metric for each of what it is a mean over, where the results tell, best first."""
    metric = columns_of(group[0].task)[0].metric
    last = {_place(found)[0]: found["condition"] for one in group for found in one.results}
    names = (name for one in group for found in one.results for name in found if name.startswith("by_"))
    for kind in dict.fromkeys(names):
        dots = [
            Dot(condition, part, label, figures[metric])
            for condition in last.values()
            for label, one in zip(labels(group), group, strict=True)
            for part, figures in ((one.metrics(condition) or {}).get(kind) or {}).items()
            if metric in figures
        ]
        best = {row: max(dot.value for dot in dots if dot.row == row) for row in {dot.row for dot in dots}}
        if dots:
            yield _dots(group[0], kind.replace("_", " "), sorted(dots, key=lambda dot: (-best[dot.row], dot.row)))


def _place(found: Mapping[str, Any]) -> tuple[str, str]:
    """Return panel and row of a condition; an empty panel is all of them."""
    if "change" in found:
        return _SIDES.get(found["sides"], ""), found["change"]
    heard, _, rest = found["condition"].partition(", ")
    level, _, share = rest.partition(", ")
    return (f"{heard}, {share}" if share else heard, level) if level else ("", heard)


def _chance(found: Mapping[str, Any], metric: str) -> float | None:
    return found.get(f"{metric}_chance", found.get("chance"))


def _dots(one: Measured, over: str, dots: Sequence[Dot], *, guide: str = "") -> Picture:
    column = columns_of(one.task)[0]
    where = f"{one.task} on {one.data.name}, {over}"
    caption = f"{column.head.partition(',')[0]}, {where}: {column.better} is better."
    names = ", ".join(dict.fromkeys(dot.model for dot in dots))
    rows, panels = (len({getattr(dot, name) for dot in dots}) for name in ("row", "panel"))
    size = f"{rows} rows in {panels} panels" if panels > 1 else f"{rows} rows"
    alt = f"Dots of {column.head}, {where}: {names}; {size}."
    return Picture(caption, alt, _svg(dot_figure(dots, axis=column.head, guide=guide)))


def _svg(figure: Figure) -> str:
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "singalike"}):  # equal figures give an equal file
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
