from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from singalike.errors import ConfigError
from singalike.evaluate import tagging
from singalike.evaluate.classifier import LINEAR, window_logits
from singalike.evaluate.parts import PARTS, TEST
from song_windows import windows_of

NAMES = ["slow", "loud", "choir"]
BRIEF = replace(LINEAR, learning_rate=0.02, max_epochs=20)


def clips():
    """Twenty artists, two clips each; what a clip's tags are shows in its vectors, not very clearly."""
    drawn = windows_of(20, 2, 6, spread=1.0)
    number = np.array([int(name[1:]) for name in drawn.artists])
    tags = np.stack((number % 2 == 0, number % 3 == 0, number % 5 < 2), axis=1)
    drawn.vectors[:] = np.random.default_rng(7).normal(size=drawn.vectors.shape)
    drawn.vectors[:, :3] += tags
    parts = np.array(PARTS)[np.where(number < 10, 0, np.where(number < 13, 1, 2))]
    return drawn.vectors, drawn.songs, drawn.artists, tags, parts


def test_areas_are_those_of_an_outside_library_on_the_means_of_the_windows():
    metrics = pytest.importorskip("sklearn.metrics")
    vectors, songs, _, tags, parts = clips()
    result = tagging.evaluate(*clips(), NAMES, seed=0, replicates=50, training=BRIEF)
    assert list(result) == ["1 s", "2 s", "5 s", "song"]
    part = np.array([PARTS.index(name) for name in parts])
    said = 1 / (1 + np.exp(-window_logits(vectors, tags, part, outputs=3, seed=0, training=BRIEF)))
    tested = np.unique(songs[part == TEST])
    scores = np.stack([said[songs == song].mean(axis=0) for song in tested])
    truth = np.stack([tags[songs == song][0] for song in tested])
    for metric, theirs in (("roc_auc", metrics.roc_auc_score), ("pr_auc", metrics.average_precision_score)):
        assert result["song"][metric] == pytest.approx(theirs(truth, scores, average="macro"))
        for place, name in enumerate(NAMES):
            assert result["song"]["by_tag"][name][metric] == pytest.approx(theirs(truth[:, place], scores[:, place]))
    assert result["song"]["pr_auc_chance"] == pytest.approx(truth.mean())


def test_tags_that_show_are_found_with_intervals():
    result = tagging.evaluate(*clips(), NAMES, seed=0, replicates=50, training=BRIEF)
    assert result["song"]["roc_auc"] > result["1 s"]["roc_auc"] > 0.6
    for found in result.values():
        for name in ("roc_auc", "pr_auc"):
            assert found[f"{name}_low"] < found[name] < found[f"{name}_high"] or found[name] == 1
    assert [found["items"] for found in result.values()] == [84, 42, 14, 14]
    assert (result["song"]["songs"], result["song"]["tags"], result["song"]["notes"]) == (40, 3, [])
    json.dumps(result)


def test_tags_that_cannot_be_measured_are_left_out_by_name():
    vectors, songs, artists, tags, parts = clips()
    more = np.column_stack((tags, parts == "train", parts == "test", np.ones(len(tags), bool)))
    names = [*NAMES, "only learnt", "only tested", "everywhere"]
    options = {"seed": 0, "levels": ["song"], "replicates": 10, "training": BRIEF}
    found = tagging.evaluate(vectors, songs, artists, more, parts, names, **options)["song"]
    assert list(found["by_tag"]) == NAMES
    assert found["notes"] == [
        "3 tags that the training or the test part lacks are left out: only learnt, only tested, everywhere"
    ]
    with pytest.raises(ConfigError, match="no tag has songs"):
        tagging.evaluate(vectors, songs, artists, more[:, 3:], parts, names[3:], **options)


def test_bad_tags_are_refused():
    vectors, songs, artists, tags, parts = clips()
    with pytest.raises(ConfigError, match=r"tags must be \(N, K\)"):
        tagging.evaluate(vectors, songs, artists, tags, parts, NAMES[:2], seed=0)
    with pytest.raises(ConfigError, match="true or false"):
        tagging.evaluate(vectors, songs, artists, tags * 0.5, parts, NAMES, seed=0)
