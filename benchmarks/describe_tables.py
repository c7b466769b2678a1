"""The figures of ``describe_default.py`` as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import real_voices
from singalike.measure.columns import NONE, figure

Figures = Mapping[str, Sequence[Mapping[str, Any]]]  # by model


def page(found: Figures) -> str:
    """Return all tables, one under another; in brackets 95 % intervals over singers.

    Args:
        found: Figures by model, those of the described model first; only they have a calibration.
    """
    first = next(iter(found))
    parts = {
        "Vocals": real_voices.table([one for one in _side_by_side(found) if "growth" not in one]),
        "Mixes": mixes(found),
        "Calibration": calibrations(found[first]),
        "Strangers": strangers_table(found[first]),
        **{f"Groups, {name}": group_table(figures) for name, figures in found.items()},
        "Robustness": robustness_table(found),
    }
    return "\n\n".join(f"**{title}**\n\n{table}" for title, table in parts.items() if table)


def mixes(found: Figures) -> str:
    """Return the EER of mixes and how it compares with the same model's on vocals."""
    rows = [
        (one["data"], one["model"], figure(one, "eer"), _growth(one), figure(one, "mnr"), figure(one, "top_1"))
        for one in _side_by_side(found)
        if "growth" in one
    ]
    return _table(("data", "model", "EER, %", "× its EER on vocals", "MNR, %", "top-1, %"), rows)


def calibrations(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return what the calibration is worth on each set, and on singers that it was not fitted on."""
    rows = []
    for one in figures:
        if held := one.get("held_out_singers"):
            spread = f" ({held['expected_calibration_error_p5']:.3f}–{held['expected_calibration_error_p95']:.3f})"
            rows.append((f"{one['data']}, held-out singers, mean of {held['splits']}", *_read(held, spread)))
            rows.append((f"{one['data']}, fitted here", *_read(one)))
        else:
            rows.append((one["data"], *_read(one)))
    off = "expected calibration error (5–95 %)"
    return _table(("data", off, "the same, of two files alone"), rows)


def strangers_table(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return what becomes of strangers, and of those who are enrolled, by how many recordings are enrolled of each."""
    rows = []
    for one in figures:
        for way, found in one.get("strangers", {}).items():
            for row in found:
                rates = (f"{row[name]:.1%}" for name in ("false_accepts", "misses", "misnamed"))
                rows.append((f"{one['data']}, {way}", f"{row['exemplars']:.0f}", *rates, f"{row['singers']:.0f}"))
    heads = ("data", "enrolled of each", "strangers named", "enrolled but “unknown”", "misnamed", "singers")
    return _table(heads, rows)


def group_table(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return the figures of every group, rates at the EER threshold of all, and the counts of those too small."""
    rows = []
    for one in figures:
        for column, found in one.get("groups", {}).items():
            head = f"{one['data']}, {column.replace('_', ' ')}"
            for value, group in found["groups"].items():
                rates = (figure(group, name) for name in ("eer", "miss_rate", "false_accept_rate"))
                rows.append((head, value, *rates, *_counts(group)))
            for value, counts in found["left_out"].items():
                rows.append((head, value, "too few trials", NONE, NONE, *_counts(counts)))
    heads = ("of", "group", "EER, %", "misses, %", "false accepts, %", "targets + non-targets", "singers")
    return _table(heads, rows)


def robustness_table(found: Figures) -> str:
    """Return, a row a change, the EER with one and with both sides changed and its growth, a column a model and set."""
    columns = {
        f"{name}, {one['data']}": {(r["change"], r["sides"]): r for r in one["robustness"]}
        for name, figures in found.items()
        for one in figures
        if "robustness" in one
    }
    rows = []
    for change, sides in dict.fromkeys(key for results in columns.values() for key in results):
        cells = (_changed(results.get((change, sides))) for results in columns.values())
        rows.append((change if sides == "none" else f"{change}, {sides}", *cells))
    return _table(("changed, on which sides", *columns), rows) if columns else ""


def _side_by_side(found: Figures) -> Iterator[Mapping[str, Any]]:
    """Yield the figures of all models on one set, then on the next; every model has the same sets."""
    for row in zip(*found.values(), strict=True):
        yield from ({**one, "model": name} for name, one in zip(found, row, strict=True))


def _changed(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return NONE
    return figure(result, "eer") if "growth" not in result else f"{result['eer']:.1%}, × {_growth(result)}"


def _growth(one: Mapping[str, Any]) -> str:
    """Return "1.21 (1.01–1.46)"; what is unbounded is left out."""
    if "growth" not in one:
        return NONE
    bounds = [one.get(f"growth_{end}") for end in ("low", "high")]
    interval = "" if None in bounds else f" ({bounds[0]:.2f}–{bounds[1]:.2f})"
    return f"{one['growth']:.2f}{interval}"


def _read(one: Mapping[str, Any], spread: str = "") -> Iterator[str]:
    yield f"{one['expected_calibration_error']:.3f}{spread}"
    yield f"{one['expected_calibration_error_alone']:.3f}"


def _counts(group: Mapping[str, Any]) -> tuple[str, str]:
    return f"{group['targets']:,} + {group['nontargets']:,}", str(group["singers"])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    safe = ([cell.replace("|", "/") for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *safe))
