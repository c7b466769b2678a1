from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import vocal_tags
from singalike.evaluate.classifier import LINEAR
from singalike.evaluate.parts import PARTS

NAMES = ["husky", "bright", "male"]
BRIEF = replace(LINEAR, learning_rate=0.02, max_epochs=40)


def rated():
    """Thirty artists, six segments each, ratings 0 to 3; a tag of 2 or 3 shows in the vector, not very clearly."""
    chance = np.random.default_rng(3)
    artists = np.repeat([f"a{number:02d}" for number in range(30)], 6)
    ratings = chance.integers(0, 4, size=(180, 3)).astype(float)
    vectors = chance.normal(size=(180, 8)).astype(np.float32)
    vectors[:, :3] += 1.5 * (ratings >= 2)
    parts = np.array(PARTS)[np.repeat([0] * 18 + [1] * 4 + [2] * 8, 6)]
    segments = np.array([f"s{number}" for number in range(180)])
    return vectors, segments, artists, ratings, parts


def measured(*data, **options):
    return vocal_tags.evaluate(
        *data, NAMES, **{"holds_from": 2.0, "seed": 0, "replicates": 50, "training": BRIEF} | options
    )


def test_the_head_that_is_kept_is_the_one_that_was_measured():
    metrics = pytest.importorskip("sklearn.metrics")
    vectors, _, _, ratings, parts = rated()
    found = measured(*rated())
    weights, biases = vocal_tags.train_head(vectors, ratings >= 2, parts, seed=0, training=BRIEF)
    assert (weights.shape, biases.shape) == ((8, 3), (3,))
    tests = parts == "test"
    scores, truth = (vectors @ weights + biases)[tests], (ratings >= 2)[tests]
    for metric, theirs in (("roc_auc", metrics.roc_auc_score), ("pr_auc", metrics.average_precision_score)):
        assert found[metric] == pytest.approx(theirs(truth, scores, average="macro"))
        for place, name in enumerate(NAMES):
            assert found["by_tag"][name][metric] == pytest.approx(theirs(truth[:, place], scores[:, place]))
    assert [found["by_tag"][name]["holds"] for name in NAMES] == pytest.approx(truth.mean(axis=0).tolist())


def test_tags_that_show_are_found_with_intervals_over_artists():
    found = measured(*rated())
    for metric in ("roc_auc", "pr_auc"):
        assert 0.5 < found[f"{metric}_low"] < found[metric] < found[f"{metric}_high"] < 1
    assert (found["items"], found["tags"], found["tested_artists"], found["notes"]) == (48, 3, 8, [])
    json.dumps(found)


def test_a_rating_holds_from_the_threshold_on():
    vectors, segments, artists, ratings, parts = rated()
    exact = measured(vectors, segments, artists, (ratings >= 2).astype(float), parts, holds_from=1.0)
    assert exact == measured(*rated())
    assert exact != measured(*rated(), holds_from=3.0)


def test_a_tag_that_cannot_be_measured_is_left_out_by_name():
    vectors, segments, artists, ratings, parts = rated()
    ratings[parts == "test", 1] = 3
    found = measured(vectors, segments, artists, ratings, parts)
    assert list(found["by_tag"]) == ["husky", "male"]
    assert "bright" in found["notes"][0]


def test_artists_in_two_parts_are_refused():
    vectors, segments, artists, ratings, parts = rated()
    parts[0] = "test"
    with pytest.raises(ConfigError, match="a00: two parts: test, train"):
        measured(vectors, segments, artists, ratings, parts)


def test_bad_ratings_are_refused():
    vectors, segments, artists, ratings, parts = rated()
    with pytest.raises(ConfigError, match="ratings must be"):
        measured(vectors, segments, artists, ratings[:, :2], parts)
    with pytest.raises(ConfigError, match="is there twice"):
        measured(vectors, np.repeat(segments[::2], 2), artists, ratings, parts)
    for wrong in (0.0, -1.0, np.nan):
        with pytest.raises(ConfigError, match="cannot hold"):
            measured(*rated(), holds_from=wrong)
    ratings[7, 1] = np.nan
    with pytest.raises(NotFiniteError, match="s7"):
        measured(vectors, segments, artists, ratings, parts)


def test_only_a_linear_head_can_be_kept():
    vectors, _, _, ratings, parts = rated()
    with pytest.raises(ConfigError, match="hidden"):
        vocal_tags.train_head(vectors, ratings >= 2, parts, seed=0, training=replace(BRIEF, hidden=4))
