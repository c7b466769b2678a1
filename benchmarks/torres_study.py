"""Train every objective of Torres 2023 with one small budget, and measure all on the same real voices.

    python benchmarks/torres_study.py --data ../shared/data --out runs/study

One encoder (TDNN; the masked recipes have their own), one front-end, one optimiser, one number of steps for
all: what differs is the objective. Trained on the rows whose licence permits commercial use; measured on
RAVDESS song and GTSinger, which nobody trained on, beside the baselines. Each stage resumes. Of each run the checkpoint
with the lowest EER on its validation voices is measured.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import real_voices
from singalike.errors import SingalikeError
from singalike.evaluate.trials import write_trials
from singalike.measure.embedders import find_embedder
from singalike.model.card import CARD

OBJECTIVES = (
    "torres-cont", "torres-cont-vc", "torres-unif", "torres-vicreg", "torres-byol",
    "cnn-transformer-masked",
)  # fmt: skip
BASELINES = ("ge2e", "mfcc", "mfcc-plain")
BUDGET = (
    "features=voice16k", "crop_seconds=2.0", "hop_seconds=2.0", "batch_size=48", "max_epochs=27",
    "data.reader=open-voices", "data.commercial_only=true", "patience=null", "monitor=eer",
    "optimizer={lr: 0.0005, weight_decay: 0.00001, warmup_steps: 50, schedule: cosine}",
)  # fmt: skip


def encoder_of(recipe: str) -> str:
    """Return the encoder as an override: masking needs a sequence, of about the TDNN's cost; the others share that."""
    small = "encoder={name: cnn-transformer, width: 128, layers: 2, heads: 4}"
    return small if recipe.startswith("cnn-") else "encoder={name: tdnn}"


def train_and_export(recipe: str, data: Path, run: Path) -> Path:
    """Train (or go on, or do nothing where the run is complete) and export; return the model folder."""
    from singalike.train.export import export_run
    from singalike.train.run import train

    if not (run / "model" / CARD).is_file():
        train(recipe, data=data, out=run, overrides=[encoder_of(recipe), *BUDGET], resume=True)
        export_run(run, run / "model", checkpoint="best")
    return run / "model"


def measure(name: str, task: real_voices.Task, data: Path, out: Path) -> None:
    """Measure one model or baseline on one dataset, by the same trials for all, into a results folder."""
    from singalike.measure.run import evaluate
    from singalike.measure.settings import Settings

    trials = out / f"trials-{task.name.partition(' ')[0].lower()}.csv"
    write_trials(task.trials, trials)
    reader = "gtsinger-demo" if task.name.startswith("GTSinger") else "open-voices"
    embedder = find_embedder(name)
    folder = out / "results" / f"{trials.stem.removeprefix('trials-')}-{embedder.name}"
    outcome = evaluate(
        embedder, task.root, folder, Settings("similarity", reader=reader, kinds=("sung",), trials=trials),
        command=f"python benchmarks/torres_study.py --data {data.name} --out {out.name}",
    )  # fmt: skip
    for figures in outcome.document["results"]:
        print(f"{task.name}, {embedder.name}, {figures['condition']}: EER {figures['eer']:.1%}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the objectives of Torres 2023 on one budget.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--recipes", nargs="+", default=OBJECTIVES)
    options = parser.parse_args()
    try:
        models = [str(train_and_export(recipe, options.data, options.out / recipe)) for recipe in options.recipes]
        for task in real_voices.tasks(options.data):
            if task.name != "GTSinger, all pairs":  # the published trials are the ones to report
                for name in (*models, *BASELINES, "default"):
                    measure(name, task, options.data, options.out)
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"now: python benchmarks/recipes_page.py {options.out}/results --out docs/results.md", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
