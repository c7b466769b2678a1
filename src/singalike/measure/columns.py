"""What a table shows of a task: its metrics, which way is better, and a figure as it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from singalike.measure.task_table import TASKS

NONE = "–"
_ARROWS = {"lower": " ↓", "higher": " ↑", "": ""}
_PAPER_SET = 512  # clips ranked in the paper; where fewer were there, the cell says so


@dataclass(frozen=True)
class Column:
    """A metric in a table.

    Attributes:
        metric: Its name in the results.
        head: Its heading.
        better: ``"lower"`` or ``"higher"``; empty for what no model achieves, as chance.
    """

    metric: str
    head: str
    better: str

    @property
    def heading(self) -> str:
        """The heading with an arrow towards the better."""
        return self.head + _ARROWS[self.better]


_ALSO = {"similarity": (Column("auc", "AUC, %", "higher"),)}


def columns_of(task: str) -> tuple[Column, ...]:
    """Return the metrics of a task that tables show, the foremost first."""
    entry = TASKS[task]
    shown = (
        Column(metric, head.removeprefix("#"), "" if metric.endswith("chance") else entry.better)
        for metric, head in entry.columns
    )
    return (*shown, *_ALSO.get(task, ()))


def legend(task: str) -> str:
    """Return how the figures of a task are to be read."""
    over = TASKS[task].over
    said = f"↓ lower is better, ↑ higher is better; in brackets 95 % intervals by bootstrap over {over}."
    if any(column.metric == "mnr_released_code" for column in columns_of(task)):
        said += " Mean normalised ranks (MNR) are among 512 clips, or among as many as the cell says."
    return said


def figure(found: Mapping[str, Any], metric: str) -> str:
    """Return a metric in per cent with its interval, ``"20.71 (15.70–25.60)"``; "–" where there is none."""
    value = found.get(metric)
    if value is None:
        return NONE
    low, high = found.get(f"{metric}_low"), found.get(f"{metric}_high")
    interval = "" if low is None or high is None else f" ({100 * low:.2f}–{100 * high:.2f})"
    size = found.get(f"{metric}_set_size")
    ranked = "" if size in (None, _PAPER_SET, _PAPER_SET + 1) else f" of {size}"
    return f"{100 * value:.2f}{interval}{ranked}"


def best(found: Mapping[str, Mapping[str, Any]], column: Column) -> set[str]:
    """Return which of several models have the best value of a metric, as it is printed.

    Args:
        found: Metrics by model.
        column: The metric.

    Returns:
        Names of models; none where all are equal, one alone has the metric, or it is nothing that is achieved.
    """
    values = {
        model: round(100 * one[column.metric], 2) for model, one in found.items() if one.get(column.metric) is not None
    }
    if not column.better or len(set(values.values())) < 2:
        return set()
    top = (min if column.better == "lower" else max)(values.values())
    return {model for model, value in values.items() if value == top}
