"""Write golden/*.json anew: `python tests/evaluate/regenerate_golden.py`; look at the diff.

Each file holds its inputs beside the expected figures, so that it does not depend on how they were drawn.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from singalike.corpus.recordings import Recording
from singalike.evaluate import bootstrap, calibration, probes, verification
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.clips import evaluate_clips
from singalike.evaluate.drawing import draw_trials
from singalike.evaluate.linear_probe import Training

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / "verification.json").write_text(json.dumps(verification_case(), indent=1) + "\n", encoding="utf-8")
    for name, case in (("clips", clips_case()), ("probes", probes_case())):
        lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in case.items())
        (GOLDEN / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def verification_case() -> dict[str, object]:
    chance = np.random.default_rng(2026)
    singers = chance.integers(0, 12, (200, 2))
    singers[::2, 1] = singers[::2, 0]
    labels = (singers[:, 0] == singers[:, 1]).astype(int)
    scores = np.round(0.3 * chance.normal(size=200) + 0.4 * labels, 2)  # rounded: there are ties
    names = np.array([f"singer-{number}" for number in range(12)])[singers]
    interval = bootstrap.singer_interval(verification.eer, scores, labels, *names.T, seed=1, replicates=200)
    return {
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "singer_a": names[:, 0].tolist(),
        "singer_b": names[:, 1].tolist(),
        "verification": verification.evaluate(scores, labels),
        "interval": [interval.low, interval.high],
        "calibration": calibration.fit(scores, labels),
    }


def clips_case() -> dict[str, object]:
    """Six singers, three recordings each, two clips each."""
    chance = np.random.default_rng(2023)
    rows = [
        (f"s{v}", f"s{v}/r{r}.wav", f"s{v}/r{r}.wav@{4 * c}.0") for v in range(6) for r in range(3) for c in range(2)
    ]
    voices, recordings, keys = zip(*rows, strict=True)
    vectors = np.round(np.repeat(chance.normal(size=(6, 4)), 6, axis=0) + chance.normal(size=(36, 4)), 2)
    table = [Recording(Path(key), voice=voice, song=owner) for voice, owner, key in rows]
    trials = draw_trials(table, 60, 0, cross="song")
    options = {"seed": 5, "replicates": 200, "set_size": 16, "rank_trials": 100}
    clips = ClipVectors(keys, vectors, np.array(recordings), np.array(voices), "golden")
    return {
        "keys": keys,
        "vectors": vectors.tolist(),
        "trials": list(zip(trials.labels.astype(int).tolist(), trials.path_a, trials.path_b, strict=True)),
        "options": options,
        "expected": evaluate_clips(clips, trials, **options),
    }


def probes_case() -> dict[str, object]:
    """Four singers, five files each, two clips each, two layers."""
    chance = np.random.default_rng(2023)
    files = [f"s{v}/r{r}.wav" for v in range(4) for r in range(5) for _ in range(2)]
    voices = [file.partition("/")[0] for file in files]
    vectors = np.round(np.repeat(chance.normal(size=(4, 2, 3)), 10, axis=0) + 0.7 * chance.normal(size=(40, 2, 3)), 2)
    options = {"seed": 5, "folds": 4, "replicates": 200}
    training = {"learning_rate": 0.05, "max_epochs": 50, "batch_size": 8}
    return {
        "files": files,
        "voices": voices,
        "vectors": vectors.tolist(),
        "options": options,
        "training": training,
        "expected": probes.evaluate(vectors, files, voices, **options, training=Training(**training)),
    }


if __name__ == "__main__":
    main()
