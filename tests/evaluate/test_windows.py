from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.windows import check_levels, checked_windows, items_of, level_name


def slow_items(songs: list[str], level: str) -> list[list[int]]:
    """Item by item, in a loop."""
    found = []
    for song in sorted(set(songs)):
        own = [number for number, name in enumerate(songs) if name == song]
        length = len(own) if level == "song" else int(level)
        pieces = [own[start : start + length] for start in range(0, len(own), length)]
        whole = [piece for piece in pieces if len(piece) == length]
        found += whole or pieces
    return found


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.sampled_from(["1", "2", "5", "7", "song"]))
def test_items_are_whole_groups_of_following_windows(songs, level):
    items, expected = items_of(np.array(songs), level), slow_items(songs, level)
    assert items.first.tolist() == [piece[0] for piece in expected]
    assert [np.flatnonzero(items.of == number).tolist() for number in range(len(expected))] == expected
    values = np.random.default_rng(0).normal(size=(len(songs), 2, 3))
    np.testing.assert_allclose(items.mean(values), [values[piece].mean(axis=0) for piece in expected], rtol=1e-12)


def test_levels_have_names_and_others_are_refused():
    assert [level_name(level) for level in ("1", "5", "song")] == ["1 s", "5 s", "song"]
    check_levels(["song", "30"])
    for bad in (["0"], ["-1"], ["1.5"], ["01"], ["²"], ["clip"], [], ["1", "1"]):
        with pytest.raises(ConfigError):
            check_levels(bad)


def test_windows_are_checked_and_songs_named():
    vectors, songs = np.ones((4, 2)), ["x", "x", "y", "y"]
    h, song, artist = checked_windows(vectors, songs, artists=["a", "a", "b", "b"])
    assert (h.dtype, song.tolist(), artist.tolist()) == (np.float32, songs, ["a", "a", "b", "b"])
    with pytest.raises(ConfigError, match="x: two artists: a, b"):
        checked_windows(vectors, songs, artists=["a", "b", "b", "b"])
    with pytest.raises(ConfigError, match="3 artists"):
        checked_windows(vectors, songs, artists=["a", "a", "b"])
    with pytest.raises(ConfigError, match=r"\(N, D\)"):
        checked_windows(vectors[0], songs)
    vectors[2, 1] = np.nan
    with pytest.raises(NotFiniteError, match="y: 1 vectors are not finite, first number 2"):
        checked_windows(vectors, songs)
