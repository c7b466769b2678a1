"""Four sides of a triplet: an anchor's vocals and mix, another track's vocals and mix by the same singer."""

from __future__ import annotations

import numpy as np
import pytest

from singalike.corpus.segments import SOURCES, Segments
from singalike.errors import ConfigError
from singalike.pairs import SongPlan, triplets

MIXTURE, VOCALS = (SOURCES.index(name) for name in ("mixture", "vocals"))


def _segments(songs_of: list[int], each: int = 4, *, silent: float = 0.0) -> Segments:
    """So many songs of each voice, of so many segments; vocals and mixtures are absent from a share of them."""
    owner = np.repeat(np.arange(len(songs_of)), songs_of)
    song = np.repeat(np.arange(len(owner)), each)
    active = np.random.default_rng(9).random((len(song), len(SOURCES))) >= silent
    return Segments([], 100, song, np.tile(100 * np.arange(each), len(owner)), owner[song], active)


def _plan(segments: Segments, *, batch: int = 10, steps: int | None = 40) -> SongPlan:
    return triplets(segments, batch=batch, steps=steps, seed=1, epoch=0, done=0.0)


def test_sides_are_vocals_and_mix_of_the_anchor_then_of_the_positive() -> None:
    plan = _plan(_segments([3, 3, 3]))
    assert plan.segment.shape == (40, 10, 4)
    assert np.unique(plan.source.reshape(-1, 4), axis=0).tolist() == [[VOCALS, MIXTURE, VOCALS, MIXTURE]]
    assert np.array_equal(plan.segment[..., 0], plan.segment[..., 1])
    assert np.array_equal(plan.segment[..., 2], plan.segment[..., 3])
    assert (plan.under == -1).all()
    assert plan.known.shape == (40, 10)
    assert plan.known.all()


def test_the_positive_is_of_another_track_of_the_singer() -> None:
    segments = _segments([3, 2, 4], silent=0.2)
    plan = _plan(segments)
    anchor, positive = plan.segment[..., 0], plan.segment[..., 2]
    assert np.array_equal(segments.voice[anchor], segments.voice[positive])
    assert (segments.song[anchor] != segments.song[positive]).all()


def test_a_singer_of_one_track_gives_another_segment_of_it_and_of_one_segment_itself() -> None:
    segments = _segments([1, 1, 3])
    segments.active[5:8] = False  # of the second singer's four segments one is left
    plan = _plan(segments, batch=5, steps=100)
    anchor, positive = plan.segment[..., 0], plan.segment[..., 2]
    voice = segments.voice[anchor]
    assert set(np.unique(voice)) == {0, 1, 2}
    assert np.array_equal(voice, segments.voice[positive])
    assert (anchor[voice == 0] != positive[voice == 0]).all()
    assert (positive[voice == 1] == 4).all()


def test_only_segments_with_vocals_and_mix_are_taken_and_each_is_as_likely() -> None:
    segments = _segments([3, 3, 3], silent=0.3)
    usable = segments.active[:, MIXTURE] & segments.active[:, VOCALS]
    assert 0 < usable.sum() < len(usable)
    plan = _plan(segments, steps=None, batch=int(usable.sum()))
    assert usable[plan.segment].all()
    assert sorted(plan.segment[0, :, 0]) == np.flatnonzero(usable).tolist()  # one shuffle: each anchor once


def test_positives_of_an_anchor_are_drawn_from_all_its_other_tracks() -> None:
    segments = _segments([3, 3], each=2)
    plan = _plan(segments, batch=12, steps=300)
    of_first = plan.segment[..., 2][plan.segment[..., 0] == 0]
    counts = np.bincount(of_first, minlength=12)
    assert counts[[0, 1]].tolist() == [0, 0]
    assert (np.abs(counts[2:6] / len(of_first) - 0.25) < 0.09).all()
    assert not counts[6:].any()


def test_songs_without_mixes_are_a_configuration_error() -> None:
    segments = _segments([2, 2])
    segments.active[:, MIXTURE] = False
    with pytest.raises(ConfigError, match=r"0 segment\(s\)"):
        _plan(segments)
