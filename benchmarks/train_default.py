"""Train the shipped model, export it, and write its card: calibration and figures as measured.

    python benchmarks/train_default.py --data ../shared/data --out runs/default            (`make train-default`)
    python benchmarks/train_default.py --data ../shared/data --out runs/default --install  (into the package)

Training resumes where it stopped. Calibration is fitted on RAVDESS, GTSinger is for reporting; neither is
ever trained on.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

import singalike
from accompaniments import training_sources
from describe_default import describe
from describe_tables import page
from singalike.model.card import CARD, GRAPH, WEIGHTS


def main() -> int:
    parser = argparse.ArgumentParser(description="Train, export, calibrate and measure the shipped model.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--accompaniments", type=Path, help="folder of music without voices: see accompaniments.py")
    parser.add_argument("--music", type=Path, help="folder of other music, to measure with")
    parser.add_argument("--checkpoint", default="last", choices=("best", "last"))
    parser.add_argument("--skip-training", action="store_true", help="the run is complete")
    parser.add_argument("--install", action="store_true", help="copy the model into the package")
    parser.add_argument("overrides", nargs="*", help="key=value changes to the recipe")
    options = parser.parse_args()
    from singalike.train.export import export_run
    from singalike.train.run import train

    if not options.skip_training:
        train(
            "default", data=options.data, out=options.out, overrides=options.overrides, resume=True, progress=_say,
            accompaniments=options.accompaniments,
        )  # fmt: skip
    model = options.out / "model"
    card = export_run(options.out, model, checkpoint=options.checkpoint, weights="int8")
    if options.accompaniments:
        card.training += training_sources(options.accompaniments)
        card.save(model)
    print(page(describe(model, options.data, music=options.music)))
    if options.install:
        package = Path(singalike.__file__).parent / "model" / "default"
        package.mkdir(exist_ok=True)
        for name in (WEIGHTS, GRAPH, CARD):
            shutil.copyfile(model / name, package / name)
    return 0


_last = 0.0


def _say(stage: str, done: int, of: int) -> None:
    global _last
    if done == of or time.monotonic() - _last > 5:
        _last = time.monotonic()
        print(f"{stage}: {done} of {of}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
