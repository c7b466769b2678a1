from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError
from singalike.evaluate import singer_identification
from singalike.evaluate.bootstrap import mean_interval
from singalike.evaluate.singer_identification import deal_models, hits_at, singer_models
from song_windows import windows_of

GOLDEN = json.loads((Path(__file__).parent / "golden" / "singer_identification.json").read_text())


def test_every_singer_has_a_model_and_queries():
    singers = np.random.default_rng(0).permutation(np.repeat(np.arange(4), [2, 3, 10, 20]))
    for seed in range(20):
        known = deal_models(singers, 0.8, np.random.default_rng(seed))
        assert np.bincount(singers[known]).tolist() == [1, 2, 8, 16]
        assert np.bincount(singers[~known]).tolist() == [1, 1, 2, 4]
    few = deal_models(singers, 0.01, np.random.default_rng(0))
    assert np.bincount(singers[few]).tolist() == [1, 1, 1, 1]


def test_every_track_is_dealt_to_both_sides_in_some_draw():
    singers = np.repeat(np.arange(3), 5)
    dealt = np.array([deal_models(singers, 0.8, np.random.default_rng(seed)) for seed in range(60)])
    assert dealt.any(axis=0).all()
    assert (~dealt).any(axis=0).all()


def test_a_model_is_the_direction_of_the_mean():
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [1.0, 0.0], [-1.0, 0.0]])
    models = singer_models(vectors, np.array([0, 0, 1, 2, 2]))
    np.testing.assert_allclose(models, [[0.5**0.5, 0.5**0.5], [0.6, 0.8], [0.0, 0.0]])  # the last cancel out


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_hits_are_the_share_of_all_orders_in_which_equal_scores_may_stand(depth):
    chance = np.random.default_rng(depth)
    scores, answers = chance.integers(0, 3, (20, 6)) / 4, chance.integers(0, 6, 20)
    for row, answer in zip(scores, answers, strict=True):
        orders = [
            order
            for order in itertools.permutations(range(6))
            if all(row[one] >= row[two] for one, two in itertools.pairwise(order))
        ]
        expected = np.mean([answer in order[:depth] for order in orders])
        assert hits_at(row[None], np.array([answer]), depth) == pytest.approx([expected])


def test_figures_are_those_of_slow_loops():
    drawn = windows_of(7, 6, 1, spread=2.0)
    other = drawn.vectors + 0.7 * np.random.default_rng(5).normal(size=drawn.vectors.shape)
    result = singer_identification.evaluate(drawn.vectors, other, drawn.songs, drawn.artists, seed=4, draws=3)
    names = sorted(set(drawn.artists))
    numbers = np.array([names.index(artist) for artist in drawn.artists])  # tracks are in the order of their names
    top_1, top_5, owners = [], [], []
    for draw in range(3):
        known = deal_models(numbers, 0.8, np.random.default_rng([4, draw]))
        models = []
        for name in names:
            own = [other[row] / np.linalg.norm(other[row]) for row in np.flatnonzero(known & (drawn.artists == name))]
            models.append(sum(own) / len(own))
        for row in np.flatnonzero(~known):
            query = drawn.vectors[row]
            cosine = [query @ model / np.linalg.norm(query) / np.linalg.norm(model) for model in models]
            nearest = sorted(range(7), key=lambda one, cosine=cosine: -cosine[one])
            top_1.append(nearest[0] == numbers[row])
            top_5.append(numbers[row] in nearest[:5])
            owners.append(drawn.artists[row])
    for name, values in (("top_1", top_1), ("top_5", top_5)):
        interval = mean_interval(np.array(values, float), owners, seed=4)
        found = [result[f"{name}{part}"] for part in ("", "_low", "_high")]
        assert found == pytest.approx([np.mean(values), interval.low, interval.high])
    assert 1 / 7 < result["top_1"] < result["top_5"] < 1
    assert (result["top_1_chance"], result["top_5_chance"]) == (pytest.approx(1 / 7), pytest.approx(5 / 7))
    assert (result["queries"], result["singers"], result["notes"]) == (7, 7, [])
    assert result["draws"] == pytest.approx(np.reshape(top_1, (3, -1)).mean(axis=1))
    json.dumps(result)


def test_what_knows_the_song_but_not_the_singer_is_at_chance_across_domains():
    # A track's two vectors are one, and no two tracks have anything in common: only the own song could be found.
    tracks, singers = [f"t{n:02}" for n in range(40)], np.repeat(list("abcdefgh"), 5)
    result = singer_identification.evaluate(np.eye(40), np.eye(40), tracks, singers, seed=0)
    assert result["top_1"] == pytest.approx(1 / 8)
    assert result["top_5"] == pytest.approx(5 / 8)


def test_vectors_that_are_all_the_same_are_at_chance():
    same, tracks = np.ones((12, 3)), [f"t{n:02}" for n in range(12)]
    result = singer_identification.evaluate(same, same, tracks, list("aabbccddeeff"), seed=0)
    assert result["top_1"] == pytest.approx(result["top_1_chance"])
    assert result["top_5"] == pytest.approx(result["top_5_chance"])


def test_singers_of_one_track_are_left_out_and_counted():
    drawn = windows_of(4, 3, 1, spread=0.1)
    kept = ~np.isin(drawn.songs, ["a1/s0", "a1/s1"])
    one, names, artists = drawn.vectors[kept], drawn.songs[kept], drawn.artists[kept]
    result = singer_identification.evaluate(one, one, names, artists, seed=0)
    assert (result["singers"], result["top_1"], result["top_1_chance"]) == (3, 1.0, pytest.approx(1 / 3))
    assert result["top_5_chance"] == 1.0
    assert result["notes"] == ["1 singers of one track are left out"]


def test_a_share_must_leave_something():
    drawn = windows_of(3, 3, 1, spread=0.1)
    for share in (0.0, 1.0, float("nan")):
        with pytest.raises(ConfigError, match="as his model"):
            singer_identification.evaluate(
                drawn.vectors, drawn.vectors, drawn.songs, drawn.artists, seed=0, model_share=share
            )


def test_golden_figures():
    inputs = (np.array(GOLDEN[name]) for name in ("queries", "collection", "tracks", "singers"))
    result = singer_identification.evaluate(*inputs, **GOLDEN["options"])
    assert result == {
        name: value if isinstance(value, (int, str)) or name == "notes" else pytest.approx(value, abs=1e-9)
        for name, value in GOLDEN["expected"].items()
    }
