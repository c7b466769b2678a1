"""Train CVSM's recipes and their baselines with one small budget, and measure all on the same real voices.

    python benchmarks/song_corpus.py --data ../shared/data --out runs/songs
    python benchmarks/songs_study.py --data ../shared/data --songs runs/songs/songs.csv --out runs/songs-study

One encoder (TDNN on COLA's front-end), one optimiser, one number of steps for all: what differs is which two sounds are
a pair. Measured on RAVDESS song and GTSinger, which nobody trained on: vocals with vocals, mixes with mixes and vocals
with mixes, accompanied by the virtual choir's band, which no training song has. Each stage resumes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import real_voices
from singalike.corpus.recordings import replace_text
from singalike.errors import SingalikeError
from singalike.measure.embedders import find_embedder
from singalike.model.card import CARD

RECIPES = (
    "cola", "cola-artist", "mscol-vocals", "cvsm-artificial", "cvsm-hybrid", "cvsm-two-stage", "cvsm-semi",
    "cvsm-label-informed",
)  # fmt: skip
BASELINES = ("ge2e", "default")
BUDGET = (
    "encoder={name: tdnn}", "batch_size=48", "steps_per_epoch=50", "max_epochs=6", "patience=null",
    "songs.segment_seconds=5.0", "optimizer.lr=0.0005", "optimizer.warmup_steps=25",
)  # fmt: skip
LEVEL_DB = 0
CONDITIONS = ((None, None), (LEVEL_DB, LEVEL_DB), (None, LEVEL_DB))


def train_and_export(recipe: str, songs: Path, run: Path) -> Path:
    """Train (or go on, or do nothing where the run is complete) and export; return the model folder."""
    from singalike.train.export import export_run
    from singalike.train.run import train

    if not (run / "model" / CARD).is_file():
        train(recipe, data=songs, out=run, overrides=list(BUDGET), resume=True)
        export_run(run, run / "model", checkpoint="last")
    return run / "model"


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the pairings of CVSM on one budget.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv")
    parser.add_argument("--songs", type=Path, required=True, help="songs.csv of song_corpus.py")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    options = parser.parse_args()
    results = []
    try:
        models = [str(train_and_export(recipe, options.songs, options.out / recipe)) for recipe in options.recipes]
        for task in real_voices.tasks(options.data):
            if task.name == "GTSinger, all pairs":  # the published trials are the ones to report
                continue
            for levels in CONDITIONS:
                for name in (*models, *BASELINES):
                    found = real_voices.measure(find_embedder(name), task, levels, fresh=False)
                    results.append(found)
                    print(f"{found['data']}: {found['model']} {found['eer']:.1%}", file=sys.stderr)
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    replace_text(options.out / "results.json", json.dumps(results, indent=2) + "\n")
    print(real_voices.table(results))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
