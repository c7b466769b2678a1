"""Results to tables: ours and the paper's rows side by side, and never two lists of trials in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from singalike.measure.page import Paragraph, Row, Table
from singalike.measure.paper import (
    IN_DOMAIN,
    TABLE_OF_TASK,
    paper_dataset,
    paper_figures,
    paper_models,
    paper_row,
    paper_rows,
)
from singalike.measure.reading import BOTTLENECK, NATIVE, Measured

NONE = "–"
_READING = "↓ lower is better, ↑ higher is better; in brackets 95 % intervals by bootstrap over singers."
LEGEND = {
    "similarity": f"{_READING} Mean normalised ranks (MNR) are among 512 clips, or among as many as the cell says.",
    "singers": _READING,
}
_PAPER_SET = 512  # clips ranked in the paper; where fewer were there, the cell says so
# Per task: our metric, its column, the paper's metric that stands beside it.
_COLUMNS = {
    "similarity": (
        ("eer", "EER, % ↓", "eer"),
        ("mnr_eq7", "MNR (eq. 7), % ↓", "mnr"),
        ("mnr_released_code", "MNR (released code), % ↓", None),
        ("auc", "AUC, % ↑", None),
    ),
    "singers": (("accuracy", "accuracy, % ↑", "accuracy"), ("chance", "chance, %", None)),
}
_HEARD = {
    NATIVE: "Each model at its own sample rate.",
    BOTTLENECK: "The input through 16 kHz; models that take no more than that as they are.",
}
_COUNTS = {"similarity": ("trials", "clips"), "singers": ("clips", "files")}


def grouped(results: Sequence[Measured]) -> list[list[Measured]]:
    """Put together what may be compared: one task on the same data, trials or folds, clip length and seed.

    Returns:
        Groups in order of their first result; within a group the order given.
    """
    groups: dict[tuple[object, ...], list[Measured]] = {}
    for one in results:
        drawn = one.trials.sha256 if one.trials else one.settings.get("folds")
        key = (one.task, one.data.sha256, drawn, one.clip_seconds, one.seed)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def labels(results: Sequence[Measured]) -> list[str]:
    """Return a name for each result of a group: the model's; with the folder's where that is not enough."""
    names = Counter(one.model.name for one in results)
    folders = Counter((one.model.name, one.name) for one in results)
    said = []
    for one in results:
        folder = one.name if folders[one.model.name, one.name] == 1 else str(one.folder)
        said.append(one.model.name if names[one.model.name] == 1 else f"{one.model.name} ({folder})")
    return said


def comparison(group: Sequence[Measured], condition: str) -> Table | None:
    """Return our figures under one condition, the paper's beside and beneath where the data are the paper's.

    Args:
        group: Results of one group of :func:`grouped`.
        condition: ``"native"`` or ``"16 kHz"``.

    Returns:
        A table; None where no model was measured under this condition. Beside one that was, models that take no
        more than 16 kHz stand under both.
    """
    if not any(found["condition"] == condition for one in group for found in one.results):
        return None
    measured = [
        (label, one, found)
        for label, one in zip(labels(group), group, strict=True)
        if (found := one.metrics(condition)) is not None
    ]
    task, dataset = group[0].task, paper_dataset(group[0].data.name)
    paper = paper_figures(task, dataset, condition) if dataset else {}
    columns = _COLUMNS[task]
    rows = [
        Row(
            (
                label,
                *_cells(columns, found, paper.get(paper_row(one.model.name) or "", {}), paper),
                *_counts(task, found),
            )
        )
        for label, one, found in measured
    ]
    shown = {paper_row(one.model.name) for _, one, _ in measured}
    for model, figures in paper.items():
        if model not in shown:
            blank = (NONE,) * len(_COUNTS[task])
            rows.append(Row((f"{model} (paper)", *_cells(columns, {}, figures, paper), *blank), reference=True))
    heads = [f"#{part}" for _, head, beside in columns for part in _heads(head, beside, paper)]
    counts = (f"#{name}" for name in _COUNTS[task])
    return Table(_caption(condition, paper, task), ("model", *heads, *counts), tuple(rows))


def reference(task: str) -> list[Paragraph | Table]:
    """Return the paper's table of a task as it is, for results on data that are not the paper's."""
    number = TABLE_OF_TASK[task]
    datasets = tuple(dict.fromkeys(figure.dataset for figure in paper_rows(number)))
    metrics = tuple(dict.fromkeys(figure.metric for figure in paper_rows(number)))
    cells: dict[tuple[str, str, str], list[str]] = {}
    for figure in paper_rows(number):  # 16 kHz before 44.1
        cells.setdefault((figure.model, figure.dataset, figure.metric), []).append(f"{figure.percent:.2f}")
    rows = tuple(
        Row((model, *(" / ".join(cells.get((model, d, m), [NONE])) for d in datasets for m in metrics)), reference=True)
        for model in paper_models()
    )
    heads = tuple(f"#{d}, {m.upper() if m != 'accuracy' else m}" for d in datasets for m in metrics)
    private = (
        f"; at 16 kHz / 44.1 kHz where there are two; “{IN_DOMAIN}” is the paper's private set" if number == 3 else ""
    )
    note = f"The data differ from the paper's: its table {number} tells orders of magnitude, it is no comparison."
    caption = f"Torres et al. 2023, table {number}, %{private}"
    return [Paragraph(note, "note"), Table(caption, ("model", *heads), rows, folded=True)]


def figure(found: dict[str, Any], metric: str) -> str:
    """Return a metric in per cent with its interval, ``"20.71 (15.70–25.60)"``; "–" where there is none."""
    value = found.get(metric)
    if value is None:
        return NONE
    low, high = found.get(f"{metric}_low"), found.get(f"{metric}_high")
    interval = "" if low is None or high is None else f" ({100 * low:.2f}–{100 * high:.2f})"
    size = found.get(f"{metric}_set_size")
    ranked = "" if size in (None, _PAPER_SET, _PAPER_SET + 1) else f" of {size}"
    return f"{100 * value:.2f}{interval}{ranked}"


def _heads(head: str, beside: str | None, paper: object) -> list[str]:
    return [head, f"paper: {head.partition(' ')[0].rstrip(',')}"] if beside and paper else [head]


def _cells(
    columns: Sequence[tuple[str, str, str | None]], found: dict[str, Any], theirs: dict[str, float], paper: object
) -> list[str]:
    cells = []
    for metric, _, beside in columns:
        cells.append(figure(found, metric))
        if beside and paper:
            cells.append(f"{theirs[beside]:.2f}" if beside in theirs else NONE)
    return cells


def _counts(task: str, found: dict[str, Any]) -> list[str]:
    return [f"{found[name]:,}" if found.get(name) is not None else NONE for name in _COUNTS[task]]


def _caption(condition: str, paper: object, task: str) -> str:
    theirs = f" Paper: Torres et al. 2023, table {TABLE_OF_TASK[task]}." if paper else ""
    return _HEARD[condition] + theirs
