from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import artist_similarity, verification
from singalike.evaluate.episodes import Episode, SongItems, draw_episode
from song_windows import Windows, windows_of

GOLDEN = json.loads((Path(__file__).parent / "golden" / "artist_similarity.json").read_text())


def evaluate(drawn: Windows, **options):
    options = {"seed": 0, "episodes": 20, "episode_size": 6, "replicates": 50, **options}
    return artist_similarity.evaluate(drawn.vectors, drawn.songs, drawn.artists, **options)


def test_an_episode_is_ranked_and_scored_as_by_a_loop():
    chance = np.random.default_rng(0)
    scores = np.round(chance.normal(size=(7, 7)) + np.eye(7), 1)
    episode = Episode(np.arange(7), scores)
    for row, rank in enumerate(episode.normalised_ranks()):
        above = sum(scores[row, other] > scores[row, row] for other in range(7))
        equal = sum(scores[row, other] == scores[row, row] for other in range(7) if other != row)
        assert rank == pytest.approx((1 + above + equal / 2) / 7)
    pairs = [(scores[q, a], q == a) for q in range(7) for a in range(7)]
    expected = verification.eer(*map(np.array, zip(*pairs, strict=True)))
    assert episode.eers(np.ones((1, 7)))[0] == pytest.approx(expected)


def test_vectors_that_are_all_alike_are_at_chance():
    rounding = 1e-8 * np.random.default_rng(0).normal(size=(20, 20))
    assert Episode(np.arange(20), 1.0 - rounding).normalised_ranks() == pytest.approx(np.full(20, 10.5 / 20))


def test_an_artist_drawn_twice_weighs_as_two_artists_who_are_not_compared():
    scores = np.random.default_rng(1).normal(size=(3, 3))
    drawn = np.array([[2, 0, 1]])
    stands = [0, 0, 2]  # the first twice, the second never
    pairs = [
        (scores[q, a], one == two)
        for one, q in enumerate(stands)
        for two, a in enumerate(stands)
        if one == two or q != a
    ]
    expected = verification.eer(*map(np.array, zip(*pairs, strict=True)))
    assert Episode(np.arange(3), scores).eers(drawn)[0] == pytest.approx(expected)


def test_query_and_answer_are_two_songs_of_one_artist():
    owners, names = np.repeat(["a", "b", "c"], 4), np.array([f"{a}{s}" for a in "abc" for s in range(2) for _ in "xy"])
    items = SongItems(np.eye(12), names, owners, np.array(["a", "b", "c"]))
    for seed in range(30):
        query, answer = items.two_songs(1, np.random.default_rng(seed))
        first, second = int(query.argmax()), int(answer.argmax())
        assert owners[first] == owners[second] == "b"
        assert names[first] != names[second]
        one, two = items.two_halves(1, np.random.default_rng(seed))
        assert np.flatnonzero(one + two).tolist() == [4, 5, 6, 7]
        assert (one > 0).sum() == (two > 0).sum() == 2
        assert not (one * two).any()


def test_an_episode_draws_different_artists():
    items = SongItems(np.eye(20), np.array([f"s{n}" for n in range(20)]), np.arange(20) // 2, np.arange(10))
    episode = draw_episode(items.two_songs, 10, 4, np.random.default_rng(0))
    assert len(set(episode.artists.tolist())) == 4
    np.testing.assert_array_equal(episode.scores, np.zeros((4, 4)))


def test_near_songs_are_found_and_random_ones_are_at_chance():
    near = evaluate(windows_of(9, 4, 7, spread=1.0, song_spread=0.5))
    assert list(near) == ["1 s", "2 s", "5 s", "song"]
    assert near["song"]["mnr"] < near["1 s"]["mnr"] < 0.4
    assert near["song"]["eer"] < near["1 s"]["eer"] < 0.3
    drawn = windows_of(9, 4, 7, spread=1.0)
    drawn.vectors[:] = np.random.default_rng(3).normal(size=drawn.vectors.shape)
    for found in evaluate(drawn, episodes=60).values():
        assert found["mnr"] == pytest.approx(found["mnr_chance"], abs=0.06)
        assert found["eer"] == pytest.approx(0.5, abs=0.07)
        for name in ("mnr", "eer"):
            assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
    json.dumps(near)


def test_what_tells_songs_but_not_artists_deceives_only_the_halves():
    # The centre of a song is all there is: two songs of an artist have nothing in common, two halves have.
    drawn = windows_of(8, 2, 10, spread=0.1)
    drawn.vectors[:] = np.repeat(np.random.default_rng(2).normal(size=(16, 12)), 10, axis=0)
    songs, halves = (evaluate(drawn, levels=["1"], version=name)["1 s"] for name in artist_similarity.VERSIONS)
    assert halves["eer"] < 0.1 < 0.3 < songs["eer"]


def test_fewer_artists_than_an_episode_are_all_taken_and_others_left_out():
    drawn = windows_of(4, 3, 2, spread=0.5)
    kept = ~np.isin(drawn.songs, ["a0/s0", "a0/s1"])
    result = evaluate(Windows(drawn.vectors[kept], drawn.songs[kept], drawn.artists[kept]))["song"]
    assert (result["artists"], result["songs"], result["mnr_chance"]) == (3, 9, pytest.approx(2 / 3))
    assert result["notes"] == ["3 artists are there: every episode has all of them"]


def test_bad_requests_are_refused():
    drawn = windows_of(3, 2, 2, spread=0.5)
    with pytest.raises(ConfigError, match="no version 'mine'"):
        evaluate(drawn, version="mine")
    one = np.isin(drawn.songs, ["a0/s0", "a0/s1", "a1/s0"])
    with pytest.raises(ConfigError, match="1 of 2 artists have 2 songs or more"):
        evaluate(Windows(drawn.vectors[one], drawn.songs[one], drawn.artists[one]))
    drawn.vectors[5] = 0
    with pytest.raises(NotFiniteError, match="a1/s0: 1 vectors are zero"):
        evaluate(drawn)


def test_golden_figures():
    inputs = (np.array(GOLDEN[name]) for name in ("vectors", "songs", "artists"))
    result = artist_similarity.evaluate(*inputs, **GOLDEN["options"])
    assert result.keys() == GOLDEN["expected"].keys()
    for level, expected in GOLDEN["expected"].items():
        assert {name: pytest.approx(value, abs=1e-6) for name, value in expected.items()} == result[level]
