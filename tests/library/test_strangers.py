"""What ``benchmarks/strangers.py`` makes of singers whose voices are drawn: the shipped threshold comes from it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError

SINGERS, SONGS, TAKES, DIMENSION = 20, 3, 3, 48


@pytest.fixture
def strangers(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    yield importlib.import_module("strangers")
    for name in ("strangers", "real_voices"):
        sys.modules.pop(name, None)


def collection(strangers, *, of_voice: float, of_song: float, singers: int = SINGERS):
    """Vectors that are the sum of a voice, a song and something else, each drawn."""
    chance = np.random.default_rng(0)
    singer, song, _ = np.indices((singers, SONGS, TAKES)).reshape(3, -1)
    voices, songs = chance.normal(size=(singers, DIMENSION)), chance.normal(size=(singers, SONGS, DIMENSION))
    vectors = of_voice * voices[singer] + of_song * songs[singer, song] + chance.normal(size=(len(singer), DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return strangers.Collection(vectors, vectors, singer.astype(str), song.astype(str))


def test_about_one_stranger_in_a_hundred_reaches_the_threshold_whatever_is_enrolled(strangers):
    drawn = collection(strangers, of_voice=1.0, of_song=0.6)
    rows = strangers.measure(drawn, strangers.threshold(drawn))
    assert [row["exemplars"] for row in rows] == [1, 3, 5]
    assert all(row["singers"] == SINGERS for row in rows)
    # In one recording a song counts for more; and the highest of eight has a longer tail than a normal.
    assert rows[0]["false_accepts"] < 0.04
    assert all(0.005 < row["false_accepts"] < 0.025 for row in rows[1:])
    assert all(row["misnamed"] < 0.01 for row in rows)
    assert rows[0]["misses"] > rows[2]["misses"]


def test_recordings_of_the_songs_that_are_enrolled_are_not_asked_about(strangers):
    songs_alone = collection(strangers, of_voice=0.0, of_song=5.0)  # each would be known by its own song at once
    limit = strangers.threshold(songs_alone)
    assert min(row["misses"] for row in strangers.measure(songs_alone, limit)) > 0.9


def test_strangers_who_are_held_out_are_named_about_as_often(strangers):
    drawn = collection(strangers, of_voice=1.0, of_song=0.6)
    (rows,) = strangers.across_strangers(drawn, [drawn])
    assert [row["singers"] for row in rows] == [SINGERS * 4 / 5] * 3
    assert all(0.005 < row["false_accepts"] < 0.025 for row in rows[1:])


def test_too_few_singers_have_no_threshold(strangers):
    few = collection(strangers, of_voice=1.0, of_song=0.3, singers=strangers.VOICES - 1)
    assert strangers.measure(few, 0.5) == []
    with pytest.raises(ConfigError, match="under 8 singers"):
        strangers.threshold(few)
