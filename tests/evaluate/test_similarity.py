from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import similarity, verification
from singalike.evaluate.drawing import draw_trials


@pytest.fixture
def study():
    """Ten singers of six recordings: vectors, trials, singer by path."""
    chance = np.random.default_rng(0)
    recordings = [
        Recording(Path(f"v{v}/{n}.wav"), voice=f"v{v}", session=str(n % 3)) for v in range(10) for n in range(6)
    ]
    trials = draw_trials(recordings, 200, 0, cross="session")
    centres = {f"v{v}": chance.normal(size=16) for v in range(10)}
    vectors = {r.path.as_posix(): centres[r.voice] + chance.normal(size=16) for r in recordings}
    return vectors, trials, {r.path.as_posix(): r.voice for r in recordings}


def test_evaluate_gives_all_figures(study):
    vectors, trials, singer_of = study
    result = similarity.evaluate(vectors, trials, singer_of, seed=0, replicates=100, rank_trials=100)
    assert result["eer"] == verification.eer(similarity.scores(vectors, trials), trials.labels)
    assert 0 <= result["eer_low"] <= result["eer"] <= result["eer_high"] <= 1
    assert 0 < result["eer"] < 0.3
    assert (result["trials"], result["targets"], result["nontargets"]) == (200, 100, 100)
    assert (result["clips"], result["singers"]) == (len(trials.paths), 10)
    assert result["mnr_set_size"] <= len(trials.paths) - 4
    assert result["mnr_low"] <= result["mnr"] <= result["mnr_high"]
    assert result["mnr"] < 0.2


def test_scores_are_cosines(study):
    vectors, trials, _ = study
    scores = similarity.scores(vectors, trials)
    for n in (0, 150):
        a, b = vectors[trials.path_a[n]], vectors[trials.path_b[n]]
        assert scores[n] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    louder = {path: 7 * vector for path, vector in vectors.items()}
    np.testing.assert_allclose(similarity.scores(louder, trials), scores)


def test_bad_vectors_are_named(study):
    vectors, trials, singer_of = study
    first = trials.paths[0]
    for bad in (np.full(16, np.nan), np.zeros(16), np.full(16, np.inf)):
        with pytest.raises(NotFiniteError, match=f"1 vectors are zero or not finite: {first}"):
            similarity.evaluate({**vectors, first: bad}, trials, singer_of, seed=0)
    with pytest.raises(ConfigError, match=r"must be \(D,\)"):
        similarity.evaluate({**vectors, first: np.ones(3)}, trials, singer_of, seed=0)


def test_missing_clips_and_singers_are_named(study):
    vectors, trials, singer_of = study
    first = trials.paths[0]
    without = {path: vector for path, vector in vectors.items() if path != first}
    with pytest.raises(ConfigError, match=f"1 clips of the trials have no vector: {first}"):
        similarity.evaluate(without, trials, singer_of, seed=0)
    with pytest.raises(ConfigError, match=r"^list\.csv: 1 clips"):
        similarity.evaluate(without, replace(trials, source="list.csv"), singer_of, seed=0)
    with pytest.raises(ConfigError, match="no singer"):
        similarity.evaluate(vectors, trials, {}, seed=0)


def test_labels_that_contradict_the_singers_are_refused(study):
    vectors, trials, singer_of = study
    with pytest.raises(ConfigError, match="contradicts its singers"):
        similarity.evaluate(vectors, trials, {**singer_of, trials.path_a[0]: "somebody else"}, seed=0)
