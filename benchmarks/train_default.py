"""Train the shipped model, export it, and write its card: calibration and figures as measured.

    python benchmarks/train_default.py --data ../shared/data --out runs/default            (`make train-default`)
    python benchmarks/train_default.py --data ../shared/data --out runs/default --install  (into the package)

Training resumes where it stopped. Calibration is fitted on RAVDESS song, GTSinger is for reporting; neither is
ever trained on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np

import real_voices
import singalike
from singalike.evaluate import calibration
from singalike.model.card import CARD, GRAPH, WEIGHTS, Calibration, Card

INTENDED_USE = (
    "Finding recordings whose voices are alike, in a library of songs or isolated vocals; measuring whether a "
    "synthetic or converted voice keeps an identity. Scores are relative: read them with the calibration."
)
MISUSE = (
    "Do not use it to prove who someone is: its errors are far too many for that. Do not use it to imitate a person, "
    "to find out who an anonymous singer or speaker is, or to enroll people who have not agreed."
)
LIMITS = (
    "Trained mostly on speech and on few singers. Falsetto, growl, whisper, choirs and duets, and pitch far from a "
    "singer's usual range lower the score of one and the same voice. Similar rooms and microphones raise it. In a loud "
    "mix the band is heard too. Probabilities were fitted on 23 singers of two short English songs."
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Train, export, calibrate and measure the shipped model.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--checkpoint", default="last", choices=("best", "last"))
    parser.add_argument("--skip-training", action="store_true", help="the run is complete")
    parser.add_argument("--install", action="store_true", help="copy the model into the package")
    parser.add_argument("overrides", nargs="*", help="key=value changes to the recipe")
    options = parser.parse_args()
    from singalike.train.export import export_run
    from singalike.train.run import train

    if not options.skip_training:
        train("default", data=options.data, out=options.out, overrides=options.overrides, resume=True, progress=_say)
    model = options.out / "model"
    export_run(options.out, model, checkpoint=options.checkpoint)
    describe(model, options.data)
    if options.install:
        package = Path(singalike.__file__).parent / "model" / "default"
        package.mkdir(exist_ok=True)
        for name in (WEIGHTS, GRAPH, CARD):
            shutil.copyfile(model / name, package / name)
    return 0


def describe(model: Path, data: Path) -> None:
    """Measure a model folder, fit its calibration, and write both into its card."""
    encoder = real_voices.encoder(str(model))
    tasks = real_voices.tasks(data)
    card = Card.load(model)
    scores, labels = _scores(encoder, tasks[0])
    fitted = calibration.calibrate(
        scores, labels, fitted_on="RAVDESS song, pairs of one gender, targets across emotions",
        cohort_name="different singers of one gender, RAVDESS song",
    )  # fmt: skip
    card.calibration = Calibration.model_validate(fitted)
    card.figures = [real_voices.measure(encoder, task, (None, None), fresh=False) for task in tasks]
    for task, figure in zip(tasks, card.figures, strict=True):
        task_scores, task_labels = _scores(encoder, task)
        probabilities = np.array([card.calibration.probability(s) for s in task_scores])
        figure["expected_calibration_error"] = calibration.expected_calibration_error(probabilities, task_labels)
        accepted = task_scores >= card.calibration.unknown_threshold
        figure["miss_rate_at_threshold"] = float(1 - accepted[task_labels == 1].mean())
        figure["false_accepts_at_threshold"] = float(accepted[task_labels == 0].mean())
        figure["model"] = card.name
    card.intended_use, card.misuse, card.limits = INTENDED_USE, MISUSE, LIMITS
    card.save(model)
    print(json.dumps(card.figures, indent=2))


def _scores(encoder: real_voices.Encoder, task: real_voices.Task) -> tuple[np.ndarray, np.ndarray]:
    trials = task.trials
    vectors = {path: real_voices.vector(encoder, task.root / path, None, fresh=False) for path in trials.paths}
    pairs = zip(trials.path_a, trials.path_b, strict=True)
    return np.array([float(vectors[a] @ vectors[b]) for a, b in pairs]), np.asarray(trials.labels)


_last = 0.0


def _say(stage: str, done: int, of: int) -> None:
    global _last
    if done == of or time.monotonic() - _last > 5:
        _last = time.monotonic()
        print(f"{stage}: {done} of {of}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
