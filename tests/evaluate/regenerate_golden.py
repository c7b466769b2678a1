"""Write golden/*.json anew: `python tests/evaluate/regenerate_golden.py`; look at the diff.

Each file holds its inputs beside the expected figures, so that it does not depend on how they were drawn.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from singalike.corpus.recordings import Recording
from singalike.evaluate import artist_similarity, bootstrap, calibration, gender, probes, robustness, verification
from singalike.evaluate.classifier import ClassifierTraining
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.clips import evaluate_clips
from singalike.evaluate.drawing import draw_trials
from singalike.evaluate.linear_probe import Training

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / "verification.json").write_text(json.dumps(verification_case(), indent=1) + "\n", encoding="utf-8")
    cases = {
        "clips": clips_case,
        "probes": probes_case,
        "gender": gender_case,
        "artist_similarity": similarity_case,
        "robustness": robustness_case,
    }
    for name, case in ((name, make()) for name, make in cases.items()):
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


def gender_case() -> dict[str, object]:
    """Eight singers, two songs each, three windows each."""
    chance = np.random.default_rng(2025)
    songs = [f"s{v}/{n}" for v in range(8) for n in range(2) for _ in range(3)]
    singers = [song.partition("/")[0] for song in songs]
    genders = ["female" if int(singer[1:]) < 4 else "male" for singer in singers]
    shift = np.array([[one == "female"] for one in genders])
    vectors = np.round(chance.normal(size=(48, 4)) + np.repeat(chance.normal(size=(8, 4)), 6, axis=0) + shift, 2)
    options = {"seed": 5, "splits": 4, "levels": ["1", "2", "song"], "replicates": 200}
    training = {"learning_rate": 0.05, "max_epochs": 20, "batch_size": 8}
    return {
        "songs": songs,
        "singers": singers,
        "genders": genders,
        "vectors": vectors.tolist(),
        "options": options,
        "training": training,
        "expected": gender.evaluate(
            vectors, songs, singers, genders, **options, training=ClassifierTraining(**training)
        ),
    }  # fmt: skip


def similarity_case() -> dict[str, object]:
    """Seven artists, three songs each, three windows each; five artists an episode."""
    chance = np.random.default_rng(2025)
    songs = [f"a{v}/{n}" for v in range(7) for n in range(3) for _ in range(3)]
    artists = [song.partition("/")[0] for song in songs]
    vectors = np.round(chance.normal(size=(63, 4)) + np.repeat(chance.normal(size=(7, 4)), 9, axis=0), 2)
    options = {"seed": 5, "episodes": 10, "episode_size": 5, "replicates": 100}
    return {
        "songs": songs,
        "artists": artists,
        "vectors": vectors.tolist(),
        "options": options,
        "expected": artist_similarity.evaluate(vectors, songs, artists, **options),
    }


def robustness_case() -> dict[str, object]:
    """Six singers, four clips each, three of which were not heard after the change; every pair is a trial."""
    chance = np.random.default_rng(2027)
    voices = [f"s{v}" for v in range(6) for _ in range(4)]
    clean = np.round(np.repeat(chance.normal(size=(6, 4)), 4, axis=0) + 0.7 * chance.normal(size=(24, 4)), 2)
    changed = np.round(clean + 1.5 * chance.normal(size=(24, 4)), 2)
    heard = ~np.isin(np.arange(24), [3, 10, 11])
    pairs = np.stack(np.triu_indices(24, 1), axis=1)
    options = {"seed": 5, "replicates": 200, "others": 8, "rank_trials": 100}
    given = clean, changed, heard, np.array(voices), pairs
    return {
        "clean": clean.tolist(),
        "changed": changed.tolist(),
        "heard": heard.tolist(),
        "voices": voices,
        "pairs": pairs.tolist(),
        "options": options,
        "expected": {sides: robustness.evaluate(*given, sides=sides, **options) for sides in ("one", "both")},
    }


if __name__ == "__main__":
    main()
