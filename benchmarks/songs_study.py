"""Train CVSM's recipes and their baselines with one small budget, and measure all on the same real voices.

    python benchmarks/song_corpus.py --data ../shared/data --out runs/songs
    python benchmarks/probe_songs.py --data ../shared/data --out runs/probe-songs
    python benchmarks/songs_study.py --data ../shared/data --songs runs/songs/songs.csv \
        --probes runs/probe-songs --out runs/songs-study

One encoder (TDNN on COLA's front-end), one optimiser, one number of steps for all: what differs is which two sounds are
a pair. Measured on RAVDESS song and GTSinger, which nobody trained on: trials of vocals with vocals, mixes with mixes
and vocals with mixes, and CVSM's probes on vocals and on mixes, all accompanied by the virtual choir's band, which no
training song has. Each stage resumes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import probe_songs
import real_voices
from singalike.corpus.recordings import replace_text
from singalike.encoders.published import Baseline
from singalike.errors import SingalikeError
from singalike.measure.embedders import find_embedder
from singalike.measure.results import RESULTS, read_results
from singalike.measure.song_run import evaluate_songs
from singalike.measure.song_settings import SongSettings
from singalike.model.card import CARD

# Every run: a recipe and what is changed in it.
RUNS: dict[str, tuple[str, ...]] = {
    "cola": ("cola",),
    "cola-artist": ("cola-artist",),
    "mscol-vocals": ("mscol-vocals",),
    "cvsm-artificial": ("cvsm-artificial",),  # hybrid's share of 100 %
    "cvsm-hybrid-75": ("cvsm-hybrid", "pairs.foreign_share=0.75"),
    "cvsm-hybrid-50": ("cvsm-hybrid",),
    "cvsm-hybrid-25": ("cvsm-hybrid", "pairs.foreign_share=0.25"),
    "cvsm-two-stage": ("cvsm-two-stage",),
    "cvsm-semi-10": ("cvsm-semi",),
    "cvsm-semi-50": ("cvsm-semi", "pairs.labelled_share=0.5"),
    "cvsm-label-informed": ("cvsm-label-informed",),
}
BASELINES = ("ge2e", "default")
BUDGET = (
    "encoder={name: tdnn}", "batch_size=48", "steps_per_epoch=50", "max_epochs=20", "patience=null",
    "songs.segment_seconds=5.0", "optimizer.lr=0.0005", "optimizer.warmup_steps=25",
)  # fmt: skip
LEVEL_DB = 0
CONDITIONS = ((None, None), (LEVEL_DB, LEVEL_DB), (None, LEVEL_DB))
# What the tables show of each task of CVSM: the metric, and how long a scored item is.
PROBES = (
    ("gender", "accuracy", "5 s"), ("artists", "accuracy", "5 s"), ("artists", "macro_f1", "5 s"),
    ("artist-similarity", "mnr", "song"), ("artist-similarity", "eer", "song"),
)  # fmt: skip
DOMAINS = ("vocals", "mixture")


def train_and_export(name: str, songs: Path, run: Path) -> Path:
    """Train (or go on, or do nothing where the run is complete) and export; return the model folder."""
    from singalike.train.export import export_run
    from singalike.train.run import train

    recipe, *changes = RUNS[name]
    if not (run / "model" / CARD).is_file():
        train(recipe, data=songs, out=run, overrides=[*BUDGET, *changes], resume=True)
        export_run(run, run / "model", checkpoint="last", name=name)
    return run / "model"


def trials(embedders: Sequence[Baseline], data: Path) -> list[dict[str, Any]]:
    """Return EER and rank of every model on every set and condition."""
    found = []
    for task in real_voices.tasks(data):
        if task.name == "GTSinger, all pairs":  # the published trials are the ones to report
            continue
        for levels in CONDITIONS:
            found += [real_voices.measure(one, task, levels, fresh=False) for one in embedders]
    return found


def probe(embedder: Baseline, name: str, songs: Path, out: Path) -> dict[str, Any]:
    """Return the figures of CVSM's probes of one model on both sets, by set, task and condition."""
    found: dict[str, Any] = {}
    for data in probe_songs.NAMES:
        for task in dict.fromkeys(task for task, _, _ in PROBES):
            place = out / "probes" / name / f"{data}-{task}"
            if not _is_measured(place, embedder):
                settings = SongSettings(task, domain="both")
                evaluate_songs(embedder, songs / f"{data}.csv", place, settings, command="benchmarks/songs_study.py")
            document = read_results(place)
            found |= {f"{data}, {task}, {one['condition']}": one for one in document["results"]}
        print(f"{name}: probed on {data}", file=sys.stderr)
    return found


def _is_measured(place: Path, embedder: Baseline) -> bool:
    return (place / RESULTS).is_file() and read_results(place)["model"]["fingerprint"] == embedder.fingerprint


def probe_table(probed: dict[str, dict[str, Any]], data: str) -> str:
    """Render one set's probes as Markdown."""
    columns = [(task, metric, f"{domain}, {level}") for task, metric, level in PROBES for domain in DOMAINS]
    heads = [f"{task} {metric}, {condition}" for task, metric, condition in columns]
    lines = [f"| {data} | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name, found in probed.items():
        cells = []
        for task, metric, condition in columns:
            one = found[f"{data}, {task}, {condition}"]
            low, high = one.get(f"{metric}_low"), one.get(f"{metric}_high")
            interval = "" if low is None or high is None else f" ({low:.1%}–{high:.1%})"
            cells.append(f"{one[metric]:.1%}{interval}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the pairings of CVSM on one budget.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv")
    parser.add_argument("--songs", type=Path, required=True, help="songs.csv of song_corpus.py")
    parser.add_argument("--probes", type=Path, required=True, help="folder of probe_songs.py")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--runs", nargs="+", default=list(RUNS), choices=list(RUNS))
    options = parser.parse_args()
    try:
        models = {name: str(train_and_export(name, options.songs, options.out / name)) for name in options.runs}
        embedders = {name: find_embedder(place) for name, place in {**models, **{b: b for b in BASELINES}}.items()}
        results = trials(list(embedders.values()), options.data)
        probed = {name: probe(one, name, options.probes, options.out) for name, one in embedders.items()}
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    replace_text(options.out / "results.json", json.dumps({"trials": results, "probes": probed}, indent=2) + "\n")
    print(real_voices.table(results), *(probe_table(probed, data) for data in probe_songs.NAMES), sep="\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
