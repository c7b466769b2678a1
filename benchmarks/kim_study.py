"""Train Kim 2021's three recipes with one small budget, and measure every read-out on the same real voices.

    python benchmarks/song_corpus.py --data ../shared/data --out runs/songs
    python benchmarks/kim_study.py --data ../shared/data --songs runs/songs/songs.csv --out runs/kim-study

All begin with one classifier of singers, trained once. Measured on RAVDESS song and GTSinger, which nobody trained on,
mixed with the virtual choir's band at 0 dB, which no training song has: trials, query by singer and singer
identification, of vocals, mixes, vocals with mixes, and both vectors of a track, one after the other. Each stage
resumes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import real_voices
from singalike.corpus.recordings import replace_text
from singalike.encoders.published import Baseline
from singalike.errors import SingalikeError
from singalike.evaluate import query_by_singer, similarity, singer_identification
from singalike.evaluate.trials import Trials
from singalike.measure.embedders import find_embedder
from singalike.model.card import CARD

CLASSIFIER = "kim-classifier"
RECIPES = ("kim-cross", "kim-bidirectional", "kim-structure-preserving")
BASELINES = ("ge2e", "default")
BUDGET = ("batch_size=32", "steps_per_epoch=50", "max_epochs=20", "patience=null", "optimizer.warmup_steps=25")
SGD_RATE = "optimizer.lr=0.01"  # ten times the recipe's: the budget is small
LEVEL_DB = 0
SEED = real_voices.SEED
# What is asked with and what is asked: vocals (v), the mix (x), or both vectors of a track, one after the other (vx).
READOUTS = {
    "vocals": ("v", "v"),
    "mixes": ("x", "x"),
    "vocals → mixes": ("v", "x"),
    "vocals + mix of a track": ("vx", "vx"),
}


def train_and_export(recipe: str, songs: Path, out: Path) -> Path:
    """Train (or go on, or do nothing where the run is complete) and export; return the model folder."""
    from singalike.train.export import export_run
    from singalike.train.run import train

    run = out / recipe
    if not (run / "model" / CARD).is_file():
        changes = () if recipe == CLASSIFIER else (SGD_RATE, f"first.run={out / CLASSIFIER}")
        train(recipe, data=songs, out=run, overrides=[*BUDGET, *changes], resume=True)
        export_run(run, run / "model", checkpoint="best" if recipe == CLASSIFIER else "last", name=recipe)
    return run / "model"


def embed(model: Baseline, task: real_voices.Task) -> dict[str, np.ndarray]:
    """Return the unit vectors (N, D) of all of a task's paths: as vocals, as mixes, and both."""
    domains = {"v": ("vocals", None), "x": ("mixture", LEVEL_DB)}
    found = {}
    for side, (domain, level) in domains.items():
        one = model.of(domain)
        rows = [real_voices.vector(one, task.root / path, level, fresh=False) for path in task.trials.paths]
        matrix = one.finish(np.stack(rows))
        found[side] = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return {**found, "vx": np.concatenate([found["v"], found["x"]], 1) / np.sqrt(2)}


def measure(name: str, model: Baseline, task: real_voices.Task) -> list[dict[str, Any]]:
    """Return the figures of one model on one set, a row a read-out."""
    paths = list(task.trials.paths)
    tracks, singers = np.array(paths), np.array([task.singer_of[path] for path in paths])
    sides, rows = embed(model, task), []
    for readout, (asked, among) in READOUTS.items():
        known = (sides[asked], sides[among], tracks, singers)
        rows.append(
            {
                "data": task.name,
                "model": name,
                "readout": readout,
                "similarity": _trials(task, paths, sides[asked], sides[among]),
                "query by singer": query_by_singer.evaluate(*known, seed=SEED),
                "identification": singer_identification.evaluate(*known, seed=SEED),
            }
        )
        print(f"{name}: {task.name}, {readout}", file=sys.stderr)
    return rows


def _trials(task: real_voices.Task, paths: list[str], asked: np.ndarray, among: np.ndarray) -> dict[str, Any]:
    """Evaluate the task's trials, the first side as it is asked with, the second as it is asked."""
    sides = {"a": asked, "b": among}
    vectors = {f"{path}@{side}": rows[i] for side, rows in sides.items() for i, path in enumerate(paths)}
    a = tuple(f"{path}@a" for path in task.trials.path_a)
    b = tuple(f"{path}@b" for path in task.trials.path_b)
    singer_of: Mapping[str, str] = {key: task.singer_of[key.rpartition("@")[0]] for key in {*a, *b}}
    return dict(similarity.evaluate(vectors, Trials(task.trials.labels, a, b), singer_of, seed=SEED))


def table(rows: list[dict[str, Any]]) -> str:
    """Render the rows as Markdown."""
    shown = (("similarity", "eer"), ("query by singer", "map"), ("query by singer", "p_at_5"),
             ("identification", "top_1"), ("identification", "top_5"))  # fmt: skip
    heads = ("data", "read-out", "model", *(f"{metric}" for _, metric in shown))
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in sorted(rows, key=lambda row: (row["data"], list(READOUTS).index(row["readout"]))):
        cells = [row["data"], row["readout"], row["model"]]
        for task, metric in shown:
            found = row[task]
            cells.append(f"{found[metric]:.1%} ({found[f'{metric}_low']:.1%}–{found[f'{metric}_high']:.1%})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare Kim 2021's objectives and read-outs on one budget.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv")
    parser.add_argument("--songs", type=Path, required=True, help="songs.csv of song_corpus.py")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    options = parser.parse_args()
    try:
        models = {name: str(train_and_export(name, options.songs, options.out)) for name in (CLASSIFIER, *RECIPES)}
        embedders = {name: find_embedder(place) for name, place in {**models, **{b: b for b in BASELINES}}.items()}
        tasks = [task for task in real_voices.tasks(options.data) if task.name != "GTSinger, all pairs"]
        rows = [row for task in tasks for name, one in embedders.items() for row in measure(name, one, task)]
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    replace_text(options.out / "results.json", json.dumps(rows, indent=2) + "\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
