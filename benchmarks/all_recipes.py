"""Every trained run on the same real voices: one table a set, a row a model, vocals and mixes at 0 dB.

    python benchmarks/all_recipes.py runs/study/* runs/songs-study/* runs/kim-study/* default --json recipes.json

A run is measured by its exported model; one that has none is exported first, to a folder of its own, and the run stays
as it is. What is no run, or cannot be opened, is skipped and said at the end (exit code 1). A model with an encoder for
each domain takes the one that fits. Vectors are kept: a run that was measured before costs nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import real_voices
from singalike.corpus.recordings import replace_text
from singalike.encoders.published import Baseline
from singalike.errors import ConfigError, SingalikeError
from singalike.measure.columns import figure
from singalike.measure.embedders import EMBEDDERS, find_embedder
from singalike.model.card import CARD

BASELINES = ("ge2e", "mfcc", "mfcc-plain")
CONDITIONS = {"vocals": (None, None), "mixes at 0 dB": (0, 0)}
DOMAINS = {"vocals": "vocals", "mixes at 0 dB": "mixture"}
METRICS = {"eer": "EER", "mnr": "MNR", "top_1": "top-1"}


def open_run(run: str, scratch: Path, checkpoint: str) -> tuple[str, Baseline]:
    """Open a run, a model folder, or a model by its name, and say how its row is called.

    Args:
        run: A folder that ``train`` wrote, a model folder, or a name.
        scratch: Where a run without a model is exported to.
        checkpoint: Which one, ``best`` or ``last``.

    Raises:
        ConfigError: It is neither a run nor a model.
        SingalikeError: It cannot be exported or opened.
    """
    folder = Path(run)
    if run in EMBEDDERS:
        return run, find_embedder(run)
    name = f"{folder.parent.name}/{folder.name}"
    for place in (folder / "model", folder):
        if (place / CARD).is_file():
            return name, find_embedder(str(place))
    if not (folder / "checkpoints").is_dir():
        raise ConfigError("neither a run nor a model", where=folder)
    from singalike.train.export import export_run

    place = scratch / name.replace("/", "-")
    export_run(folder, place, checkpoint=checkpoint, name=folder.name)
    return name, find_embedder(str(place))


def measure(name: str, model: Baseline, tasks: Sequence[real_voices.Task]) -> list[dict[str, Any]]:
    """Return the figures of a model on each set and condition."""
    return [
        {
            **real_voices.measure(model.of(DOMAINS[condition]), task, levels, fresh=False),
            "model": name,
            "set": task.name,
            "condition": condition,
        }
        for task in tasks
        for condition, levels in CONDITIONS.items()
    ]


def tables(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table a set, in per cent, the best EER on vocals first; in brackets 95 % intervals over singers."""
    for name in dict.fromkeys(one["set"] for one in results):
        rows: dict[str, dict[str, Mapping[str, Any]]] = {}
        for one in results:
            if one["set"] == name:
                rows.setdefault(one["model"], {})[one["condition"]] = one
        heads = [f"{condition}: {head}" for condition in CONDITIONS for head in METRICS.values()]
        lines = [f"| {name} | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
        for model, found in sorted(rows.items(), key=lambda row: row[1]["vocals"]["eer"]):
            cells = (figure(found[condition], metric) for condition in CONDITIONS for metric in METRICS)
            lines.append(f"| {model} | {' | '.join(cells)} |")
        yield "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure every trained run on the same real voices.")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folders, model folders, names of models")
    parser.add_argument("--data", type=Path, default=real_voices.SHARED / "data", help="folder with recordings.csv")
    parser.add_argument("--baselines", nargs="*", default=BASELINES, help="measured beside them")
    parser.add_argument("--checkpoint", default="best", choices=("best", "last"), help="of runs without a model")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    options = parser.parse_args()
    results, skipped = [], []
    try:
        tasks = [task for task in real_voices.tasks(options.data) if task.name != "GTSinger, all pairs"]
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        for run in dict.fromkeys([*options.runs, *options.baselines]):
            try:
                results += measure(*open_run(run, Path(scratch), options.checkpoint), tasks)
            except SingalikeError as error:
                skipped.append({"run": run, "why": str(error)})
    print(*tables(results), sep="\n\n")
    for one in skipped:
        print(f"skipped: {one['run']}: {one['why']}", file=sys.stderr)
    if options.json:
        replace_text(options.json, json.dumps({"results": results, "skipped": skipped}, indent=2) + "\n")
    return 1 if skipped else 0


if __name__ == "__main__":
    raise SystemExit(main())
