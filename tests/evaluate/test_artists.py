from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from singalike.errors import ConfigError
from singalike.evaluate import artists
from singalike.evaluate.classifier import LINEAR
from song_windows import Windows, windows_of

BRIEF = replace(LINEAR, learning_rate=0.02, max_epochs=10)


def evaluate(drawn: Windows, **options):
    options = {"seed": 0, "replicates": 50, "training": BRIEF, **options}
    return artists.evaluate(drawn.vectors, drawn.songs, drawn.artists, **options)


def test_artists_are_told_apart_as_well_as_by_an_outside_classifier():
    linear_model = pytest.importorskip("sklearn.linear_model")
    metrics = pytest.importorskip("sklearn.metrics")
    drawn = windows_of(6, 10, 5, spread=1.5, song_spread=0.5)
    result = evaluate(drawn)["1 s"]
    theirs = []
    for draw in range(5):
        part = artists.deal_parts(drawn.songs, drawn.artists, seed=draw)
        seen, tests = part != artists.TEST, part == artists.TEST
        oracle = linear_model.LogisticRegression(max_iter=1000).fit(drawn.vectors[seen], drawn.artists[seen])
        said = oracle.predict(drawn.vectors[tests])
        theirs.append((np.mean(said == drawn.artists[tests]),
                       metrics.f1_score(drawn.artists[tests], said, average="macro")))  # fmt: skip
    accuracy, macro_f1 = np.mean(theirs, axis=0)
    assert 0.6 < accuracy < 0.97
    assert result["accuracy"] == pytest.approx(accuracy, abs=0.07)
    assert result["macro_f1"] == pytest.approx(macro_f1, abs=0.07)
    for name in ("accuracy", "macro_f1"):
        assert result[f"{name}_low"] <= result[name] <= result[f"{name}_high"]
    assert result["chance"] == pytest.approx(1 / 6)
    assert (result["items"], result["songs"], result["artists"]) == (5 * 6 * 5, 60, 6)
    json.dumps(result)


def test_macro_f1_is_that_of_an_outside_library():
    metrics = pytest.importorskip("sklearn.metrics")
    chance = np.random.default_rng(0)
    truth, guess = chance.integers(0, 4, 50), chance.integers(0, 5, 50)  # class 5 is neither there nor said
    expected = metrics.f1_score(truth, guess, average=None, labels=range(6), zero_division=0)
    np.testing.assert_allclose(artists.macro_f1(truth, guess, 6), expected)


def test_songs_are_not_known_from_the_training_part():
    # What a window says is which song it is of, nothing of the artist.
    drawn = windows_of(4, 10, 5, spread=0.1, dimension=40)
    drawn.vectors[:] = np.repeat(np.random.default_rng(5).normal(size=(40, 40)), 5, axis=0)
    assert evaluate(drawn, levels=["song"])["song"]["accuracy"] < 0.55


def test_less_to_learn_from_is_no_better_and_shares_are_nested():
    result = evaluate(windows_of(5, 10, 6, spread=2.0, song_spread=1.0), levels=["1"], shares=[1.0, 0.125])
    assert list(result) == ["1 s", "1 s, 12.5 % of training"]
    assert result["1 s"]["accuracy"] > result["1 s, 12.5 % of training"]["accuracy"]
    song, artist = np.array([f"{a}{n}" for a in "ab" for n in range(10)]), np.repeat(["a", "b"], 10)
    part = artists.deal_parts(song, artist, seed=0)
    kept = {
        share: {s for s, p in zip(song, artists._with_share(part, song, artist, share, seed=0), strict=True) if p == 0}
        for share in (1.0, 0.5, 0.25, 0.01)
    }
    assert [len(names) for names in kept.values()] == [16, 8, 4, 2]
    assert kept[1.0] > kept[0.5] > kept[0.25] > kept[0.01]


def test_draws_of_more_artists_than_a_draw_holds_and_notes_where_there_are_fewer():
    drawn = windows_of(8, 4, 2, spread=0.5)
    few = evaluate(drawn, draw_size=5, levels=["1"])["1 s"]
    assert (few["artists"], few["notes"], few["chance"]) == (5, [], pytest.approx(0.2))
    every = evaluate(drawn, levels=["1"])["1 s"]
    assert every["artists"] == 8
    assert every["notes"] == ["8 artists are there: every draw has all of them, not 50 of more"]
    lost = drawn.songs != "a0/s0"
    lost &= drawn.songs != "a0/s1"
    less = Windows(drawn.vectors[lost], drawn.songs[lost], drawn.artists[lost])
    result = evaluate(less, draw_size=5, levels=["1"])["1 s"]
    assert result["notes"] == ["1 artists of fewer than 3 songs are left out"]
    assert result["songs"] == 28


def test_bad_requests_are_refused():
    drawn = windows_of(3, 2, 2, spread=0.5)
    with pytest.raises(ConfigError, match="0 of 3 artists have 3 songs or more"):
        evaluate(drawn)
    for shares in ([], [0.0], [1.5], [0.5, 0.5]):
        with pytest.raises(ConfigError, match="over 0 and at most 1"):
            evaluate(drawn, shares=shares)
