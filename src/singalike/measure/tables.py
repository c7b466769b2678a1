"""Results to tables: all models under all conditions, the paper's rows beside, never two lists of trials in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from singalike.measure.columns import NONE, Column, best, columns_of, figure
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
from singalike.measure.reading import CONDITIONS, Measured

# The paper's metric that stands beside ours.
_BESIDE = {"eer": "eer", "mnr_eq7": "mnr", "accuracy": "accuracy"}
# Settings by which two results may differ and still be compared: they choose recordings, which the data's checksum
# tells, or which conditions are measured. What chooses trials is told by the checksum of these, if there are any.
_HARMLESS = {
    "task", "data", "reader", "options", "split", "kinds", "min_files", "clip_seconds", "seed",
    "bottleneck", "conditions", "domain", "levels", "shares",
}  # fmt: skip
_OF_TRIALS = {"trials", "draw", "cross", "allow_identical", "shorten_silences", "folds"}
_PARTS = {"targets", "nontargets"}  # of the trials, which are counted themselves


def grouped(results: Sequence[Measured]) -> list[list[Measured]]:
    """Put together what may be compared: one task on the same data, trials, clip length, seed and settings.

    Returns:
        Groups in order of their first result; within a group the order given.
    """
    groups: dict[str, list[Measured]] = {}
    for one in results:
        harmless = _HARMLESS | _OF_TRIALS if one.trials else _HARMLESS
        telling = sorted(
            (name, value) for name, value in one.settings.items() if name not in harmless and value is not None
        )
        trials = one.trials and one.trials.sha256
        groups.setdefault(repr((one.task, one.data.sha256, trials, one.clip_seconds, one.seed, telling)), []).append(
            one
        )
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


def conditions_of(group: Sequence[Measured]) -> list[str]:
    """Return all conditions of a group, in the order of their first appearance."""
    return list(dict.fromkeys(found["condition"] for one in group for found in one.results))


def comparison(group: Sequence[Measured]) -> Table:
    """Return our figures, condition by condition, the paper's beside and beneath where the data are the paper's.

    Args:
        group: Results of one group of :func:`grouped`. Models that take no more than 16 kHz stand under both native
            and 16 kHz, where another model was measured through that.

    Returns:
        Rows grouped by condition, the best of our figures marked; counts that are not the same everywhere are columns.
    """
    task, dataset = group[0].task, paper_dataset(group[0].data.name)
    named = list(zip(labels(group), group, strict=True))
    found = {
        condition: {label: metrics for label, one in named if (metrics := one.metrics(condition)) is not None}
        for condition in conditions_of(group)
    }
    theirs = {condition: _paper(task, dataset, condition) for condition in found}
    beside = any(theirs.values())
    columns, counts = columns_of(task), [name for name, values in _counts(group).items() if len(values) > 1]
    of_paper = {label: paper_row(one.model.name) or "" for label, one in named}
    rows = [
        row
        for condition, ours in found.items()
        for row in _rows(condition, ours, theirs[condition], columns, counts, of_paper, beside=beside)
    ]
    heads = [f"#{head}" for column in columns for head in _heads(column, beside=beside)]
    said = f" Paper: Torres et al. 2023, table {TABLE_OF_TASK[task]}." if beside else ""
    caption = f"{task} on {group[0].data.name}.{said}"
    return Table(caption, ("model", *heads, *(f"#{_spaced(name)}" for name in counts)), tuple(rows), groups="condition")


def same_counts(group: Sequence[Measured]) -> str:
    """Return in words the counts that are the same for all models and conditions of a group; may be empty."""
    same = {name: values for name, values in _counts(group).items() if len(values) == 1}
    return ", ".join(f"{_spaced(name)} {next(iter(values))}" for name, values in same.items())


def reference(task: str) -> list[Paragraph | Table]:
    """Return the paper's table of a task as it is, for results on data that are not the paper's."""
    number = TABLE_OF_TASK[task]
    datasets = tuple(dict.fromkeys(one.dataset for one in paper_rows(number)))
    metrics = tuple(dict.fromkeys(one.metric for one in paper_rows(number)))
    cells: dict[tuple[str, str, str], list[str]] = {}
    for one in paper_rows(number):  # 16 kHz before 44.1
        cells.setdefault((one.model, one.dataset, one.metric), []).append(f"{one.percent:.2f}")
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


def _paper(task: str, dataset: str | None, condition: str) -> dict[str, dict[str, float]]:
    """Return the paper's figures by metric by its model; none where it has no such task, data or condition."""
    if dataset is None or task not in TABLE_OF_TASK or condition not in CONDITIONS:
        return {}
    return paper_figures(task, dataset, condition)


def _rows(
    condition: str,
    ours: Mapping[str, Mapping[str, Any]],
    theirs: Mapping[str, Mapping[str, float]],
    columns: Sequence[Column],
    counts: Sequence[str],
    of_paper: Mapping[str, str],
    *,
    beside: bool,
) -> list[Row]:
    """Return the rows of one condition: ours by label, then those of the paper's models that are not among ours."""
    bests = {column.metric: best(ours, column) for column in columns}
    rows = []
    for label, found in ours.items():
        cells, marked = [label], set[int]()
        for column in columns:
            if label in bests[column.metric]:
                marked.add(len(cells))
            cells += _cells(column, found, theirs.get(of_paper[label], {}), beside=beside)
        cells += [NONE if found.get(name) is None else f"{found[name]:,}" for name in counts]
        rows.append(Row(tuple(cells), group=condition, best=frozenset(marked)))
    shown = {of_paper[label] for label in ours}
    for model, figures in theirs.items():
        if model not in shown:
            cells = [cell for column in columns for cell in _cells(column, {}, figures, beside=beside)]
            blank = (NONE,) * len(counts)
            rows.append(Row((f"{model} (paper)", *cells, *blank), reference=True, group=condition))
    return rows


def _heads(column: Column, *, beside: bool) -> list[str]:
    theirs = f"paper: {column.head.partition(' ')[0].rstrip(',')}"
    return [column.heading, theirs] if beside and column.metric in _BESIDE else [column.heading]


def _cells(column: Column, found: Mapping[str, Any], theirs: Mapping[str, float], *, beside: bool) -> list[str]:
    cells = [figure(found, column.metric)]
    if beside and (metric := _BESIDE.get(column.metric)):
        cells.append(f"{theirs[metric]:.2f}" if metric in theirs else NONE)
    return cells


def _counts(group: Sequence[Measured]) -> dict[str, set[str]]:
    """Return the counts that the results hold, each with all its values as they are printed."""
    metrics = {column.metric for column in columns_of(group[0].task)}
    values: dict[str, set[str]] = {}
    for one in group:
        for found in one.results:
            for name, value in found.items():
                counted = isinstance(value, int) and not isinstance(value, bool) and not name.endswith("_set_size")
                if counted and name not in metrics | _PARTS:
                    values.setdefault(name, set()).add(f"{value:,}")
    return values


def _spaced(name: str) -> str:
    return name.replace("_", " ")
