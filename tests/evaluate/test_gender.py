from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import gender
from singalike.evaluate.classifier import LINEAR, ClassifierTraining, window_logits
from singalike.evaluate.parts import TEST, deal_parts
from song_windows import windows_of

BRIEF = replace(LINEAR, learning_rate=0.02, max_epochs=10)
GOLDEN = json.loads((Path(__file__).parent / "golden" / "gender.json").read_text())


def people(*, telling: float, singers: int = 12):
    drawn = windows_of(singers, 3, 7, spread=1.0)
    genders = np.where([int(name[1:]) % 2 == 0 for name in drawn.artists], "female", "male")
    drawn.vectors[:, 0] += telling * (genders == "female")
    return drawn.vectors, drawn.songs, drawn.artists, genders


def test_a_trait_that_all_singers_share_is_found_and_longer_is_better():
    result = gender.evaluate(*people(telling=3.0), seed=0, replicates=50, training=BRIEF)
    assert list(result) == ["1 s", "2 s", "5 s", "song"]
    for found in result.values():
        assert 0.75 < found["accuracy"] <= 1
        assert found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"]
        assert found["accuracy"] == pytest.approx(np.mean(found["splits"]))
        assert found["chance"] == pytest.approx(0.5)
    assert result["song"]["accuracy"] >= result["1 s"]["accuracy"]
    # Two singers of three songs of seven windows are tested in each of ten splits.
    assert [found["items"] for found in result.values()] == [420, 180, 60, 60]
    assert (result["song"]["songs"], result["song"]["singers"]) == (36, 12)
    json.dumps(result)


def test_a_voice_is_never_known_from_the_training_part():
    # Each singer has a direction of his own, which says nothing of the others of the gender.
    vectors, songs, singers, genders = people(telling=0.0)
    vectors += 5 * np.eye(12, dtype=np.float32)[np.unique(singers, return_inverse=True)[1]]
    result = gender.evaluate(vectors, songs, singers, genders, seed=0, levels=["song"], replicates=50, training=BRIEF)
    assert result["song"]["accuracy"] < 0.75


def test_figures_are_those_of_a_loop_over_splits_and_songs():
    vectors, songs, singers, genders = people(telling=1.0)
    result = gender.evaluate(vectors, songs, singers, genders, seed=3, splits=2, replicates=10, training=BRIEF)
    for split in range(2):
        part = deal_parts(singers, genders, seed=3 + split)
        truth = (genders == "male").astype(int)
        logits = window_logits(vectors, truth, part, outputs=2, seed=3 + split, training=BRIEF)
        right = [
            genders[own][0] == ("female", "male")[int(logits[own].sum(axis=0).argmax())]
            for own in (songs == song for song in np.unique(songs[part == TEST]))
        ]
        assert result["song"]["splits"][split] == pytest.approx(np.mean(right))


def test_bad_input_is_refused():
    vectors, songs, singers, genders = people(telling=1.0)
    few = np.isin(singers, ["a0", "a2", "a4", "a1", "a3"])
    with pytest.raises(ConfigError, match=r"male has 2 \(1 such\)"):
        gender.evaluate(vectors[few], songs[few], singers[few], genders[few], seed=0)
    with pytest.raises(ConfigError, match="two: female"):
        gender.evaluate(vectors, songs, singers, np.full(len(songs), "female"), seed=0)
    turned = np.where(songs == "a0/s2", "male", genders)
    with pytest.raises(ConfigError, match="a0: two genders: female, male"):
        gender.evaluate(vectors, songs, singers, turned, seed=0)
    with pytest.raises(ConfigError, match="no level '3 s'"):
        gender.evaluate(vectors, songs, singers, genders, seed=0, levels=["3 s"])
    vectors[9] = np.inf
    with pytest.raises(NotFiniteError, match="a0/s1: 1 vectors"):
        gender.evaluate(vectors, songs, singers, genders, seed=0)


def test_progress_is_told_and_the_seed_is_all_that_counts():
    told: list[tuple[int, int]] = []
    data, options = people(telling=1.0), {"splits": 2, "levels": ["1"], "replicates": 10, "training": BRIEF}
    first = gender.evaluate(*data, seed=0, progress=lambda done, of: told.append((done, of)), **options)
    assert told == [(1, 2), (2, 2)]
    assert gender.evaluate(*data, seed=0, **options) == first
    assert gender.evaluate(*data, seed=1, **options) != first


def test_golden_figures():
    inputs = (GOLDEN[name] for name in ("vectors", "songs", "singers", "genders"))
    result = gender.evaluate(*inputs, **GOLDEN["options"], training=ClassifierTraining(**GOLDEN["training"]))
    assert result.keys() == GOLDEN["expected"].keys()
    for level, expected in GOLDEN["expected"].items():
        assert {name: pytest.approx(value, abs=1e-9) for name, value in expected.items()} == result[level]
