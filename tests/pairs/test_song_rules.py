"""Every rule against what its paper says of a pair, on segments of which only the labels exist."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from singalike.corpus.segments import SOURCES, Segments
from singalike.errors import ConfigError
from singalike.pairs import SONG_RULES, SongPlan

MIXTURE, VOCALS, ACCOMPANIMENT = (SOURCES.index(name) for name in ("mixture", "vocals", "accompaniment"))
STEMS = ("vocals", "drums", "bass", "other")


def _segments(voices: int = 6, songs: int = 3, each: int = 5, *, silent: float = 0.0) -> Segments:
    """So many segments of so many songs of each voice; every stem is absent from a share of them."""
    song = np.repeat(np.arange(voices * songs), each)
    active = np.random.default_rng(9).random((len(song), len(SOURCES))) >= silent
    active[:, MIXTURE] = True
    return Segments([], 100, song, np.tile(100 * np.arange(each), voices * songs), song // songs, active)


def _plan(rule: str, segments: Segments | None = None, **options: Any) -> SongPlan:
    given = {"batch": 10, "steps": 8, "seed": 1, "epoch": 0, "done": 0.0, **options}
    return SONG_RULES[rule](_segments() if segments is None else segments, **given)


def _sounds(segments: Segments, plan: SongPlan, side: int) -> np.ndarray:
    return segments.active[plan.segment[..., side], plan.source[..., side]]


@pytest.mark.parametrize("rule", sorted(SONG_RULES))
def test_a_plan_depends_on_its_arguments_alone(rule: str) -> None:
    segments = _segments(silent=0.3)
    first, again, epoch, seed = (_plan(rule, segments, **changed) for changed in ({}, {}, {"epoch": 1}, {"seed": 2}))
    for name in ("segment", "source", "under", "known"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert not np.array_equal(first.segment, epoch.segment)
    assert not np.array_equal(first.segment, seed.segment)
    sides = 4 if rule == "triplets" else 2
    assert first.segment.shape == first.source.shape == first.under.shape == (8, *first.known.shape[1:], sides)


@pytest.mark.parametrize("rule", sorted(SONG_RULES))
def test_anchors_sound_and_none_comes_twice_in_a_batch(rule: str) -> None:
    segments = _segments(silent=0.4)
    plan = _plan(rule, segments, steps=50)
    assert _sounds(segments, plan, 0).all()
    for anchors in plan.segment[..., 0]:
        assert len(set(anchors)) == len(anchors)


@pytest.mark.parametrize("rule", sorted(SONG_RULES))
def test_too_little_to_pair_is_a_configuration_error(rule: str) -> None:
    segments = _segments(2, 1, 1)
    segments.active[0] = False
    with pytest.raises(ConfigError, match=r"segment|fewer than two"):
        _plan(rule, segments)


def test_an_epoch_without_steps_shows_each_segment_at_most_once() -> None:
    plan = _plan("same-segment", steps=None, batch=20)
    assert plan.segment.shape == (4, 20, 2)  # of 90
    assert len(np.unique(plan.segment[..., 0])) == 80
    assert _plan("same-segment", steps=None, batch=500).segment.shape == (1, 90, 2)


def test_more_steps_than_one_shuffle_has() -> None:
    plan = _plan("same-segment", steps=9, batch=40)
    assert plan.segment.shape == (9, 40, 2)
    rounds = plan.segment[:8, :, 0].reshape(4, -1)  # two batches a shuffle
    assert all(len(set(anchors)) == 80 for anchors in rounds)
    assert not np.array_equal(np.sort(rounds[0]), rounds[0])


def test_same_segment_is_cola() -> None:
    plan = _plan("same-segment")
    assert np.array_equal(plan.segment[..., 0], plan.segment[..., 1])
    assert (plan.source == MIXTURE).all()
    assert (plan.under == -1).all()


@pytest.mark.parametrize(("positive", "source"), [("vocals", VOCALS), ("mixture", MIXTURE)])
def test_label_informed_takes_another_segment_of_the_artist(positive: str, source: int) -> None:
    segments = _segments(silent=0.3)
    plan = _plan("same-artist", segments, steps=50, positive=positive)
    anchor, other = plan.segment[..., 0], plan.segment[..., 1]
    assert (segments.voice[anchor] == segments.voice[other]).all()
    assert (anchor != other).all()
    assert (segments.song[anchor] == segments.song[other]).any()  # another segment, not another song
    assert (plan.source == [MIXTURE, source]).all()
    assert segments.active[plan.segment, VOCALS].all()  # vocal-less segments are left out of either side
    assert plan.known.all()


def test_label_informed_draws_all_other_segments_of_the_artist() -> None:
    segments = _segments(voices=2, songs=2, each=2)
    plan = _plan("same-artist", segments, steps=200, batch=8)
    for anchor in range(8):
        positives = plan.segment[..., 1][plan.segment[..., 0] == anchor]
        assert set(positives) == {s for s in range(8) if s // 4 == anchor // 4} - {anchor}


def test_two_tracks_of_one_singer_where_there_are_two() -> None:
    segments = _segments(voices=5, songs=2, each=3)
    segments.voice[segments.song == 9] = 5  # singer 4 and singer 5 are left with one song each
    plan = _plan("same-artist", segments, steps=40, other_song=True)
    anchor, other = plan.segment[..., 0], plan.segment[..., 1]
    alone = segments.voice[anchor] >= 4
    assert (segments.voice[anchor] == segments.voice[other]).all()
    assert (segments.song[anchor] != segments.song[other])[~alone].all()
    assert (anchor != other).all()
    assert alone.any()


def test_a_singer_with_one_segment_is_paired_with_it() -> None:
    plan = _plan("same-artist", _segments(voices=4, songs=1, each=1), batch=4)
    assert np.array_equal(plan.segment[..., 0], plan.segment[..., 1])


def test_either_side_is_vocals_or_mixture_on_its_own_half_of_the_time() -> None:
    plan = _plan("same-artist", steps=200, anchor="either", positive="either")
    assert set(np.unique(plan.source)) == {MIXTURE, VOCALS}
    heard = plan.source.reshape(-1, 2) == VOCALS
    pairs = [np.mean((heard == wanted).all(1)) for wanted in ([0, 0], [0, 1], [1, 0], [1, 1])]
    assert pairs == pytest.approx([0.25] * 4, abs=0.04)  # of 2000: four standard deviations


@pytest.mark.parametrize(("share", "labelled"), [(0.0, 0), (0.1, 2), (0.5, 10), (1.0, 20), (0.01, 1)])
def test_semi_pairs_by_artist_only_where_the_artist_is_labelled(share: float, labelled: int) -> None:
    segments = _segments(voices=20, songs=2, each=4)
    plan = _plan("same-artist", segments, steps=40, labelled_share=share)
    anchor, other = plan.segment[..., 0], plan.segment[..., 1]
    assert len(np.unique(segments.voice[anchor[plan.known]])) == labelled
    assert not set(segments.voice[anchor[plan.known]]) & set(segments.voice[anchor[~plan.known]])
    assert np.array_equal(anchor == other, ~plan.known)  # without a label: vocals of the same segment
    assert (segments.voice[anchor] == segments.voice[other]).all()
    assert (plan.source == [MIXTURE, VOCALS]).all()


def test_which_artists_have_a_label_depends_on_the_seed_alone() -> None:
    segments = _segments(voices=20, songs=2, each=4)

    def labelled(share: float, **changed: int) -> set[int]:
        plan = _plan("same-artist", segments, steps=40, labelled_share=share, **changed)
        return set(segments.voice[plan.segment[..., 0][plan.known]])

    assert labelled(0.5) == labelled(0.5, epoch=3)
    assert labelled(0.5) != labelled(0.5, seed=2)
    assert labelled(0.1) < labelled(0.5)


def test_each_batch_has_one_source_drawn_uniformly() -> None:
    plan = _plan("own-source", steps=400)
    heard = plan.source[..., 1]
    assert (heard == heard[:, :1]).all()
    assert (plan.source[..., 0] == MIXTURE).all()
    assert np.array_equal(plan.segment[..., 0], plan.segment[..., 1])
    counts = [np.mean(heard[:, 0] == SOURCES.index(name)) for name in STEMS]
    assert counts == pytest.approx([0.25] * 4, abs=0.09)  # of 400: four standard deviations
    assert sum(counts) == 1.0


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_so_many_batches_hold_absent_sources_and_the_others_none(share: float, expected: float) -> None:
    segments = _segments(silent=0.5)
    plan = _plan("own-source", segments, steps=400, batch=20, absent_share=share)
    absent = ~_sounds(segments, plan, 1)
    # A batch that may hold absent ones holds none once in a million.
    assert np.mean(absent.any(1)) == pytest.approx(expected, abs=0.1)
    if share:
        assert absent[absent.any(1)].mean() == pytest.approx(0.5, abs=0.05)


def test_a_single_source() -> None:
    assert (_plan("own-source", sources=["bass"]).source[..., 1] == SOURCES.index("bass")).all()


def test_every_batch_is_of_the_size_that_the_rarest_source_allows() -> None:
    segments = _segments()
    segments.active[7:, SOURCES.index("bass")] = False
    assert _plan("own-source", segments, steps=60, batch=50).segment.shape == (60, 7, 2)


def test_random_sources_are_those_of_the_batch_shuffled() -> None:
    plan = _plan("own-source", steps=60, random=True)
    anchor, other = plan.segment[..., 0], plan.segment[..., 1]
    assert np.array_equal(np.sort(anchor, 1), np.sort(other, 1))
    assert np.mean(anchor == other) == pytest.approx(0.1, abs=0.05)  # by chance one in ten keeps its own


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_the_foreign_share_is_met_and_foreign_is_another_song(share: float) -> None:
    segments = _segments(silent=0.3)
    plan = _plan("artificial-mixture", segments, steps=400, foreign_share=share)
    anchor, under = plan.segment[..., 0], plan.under[..., 0]
    foreign = under != anchor
    assert np.mean(foreign) == pytest.approx(share, abs=0.03)  # of 4000: four standard deviations
    assert (segments.song[under[foreign]] != segments.song[anchor[foreign]]).all()
    assert segments.active[under[foreign], ACCOMPANIMENT].all()
    if share:
        assert len(np.unique(under[foreign])) > 50  # from all over the collection


def test_artificial_mixtures_are_paired_with_the_vocals_of_their_segment() -> None:
    segments = _segments(silent=0.3)
    plan = _plan("artificial-mixture", segments)
    assert np.array_equal(plan.segment[..., 0], plan.segment[..., 1])
    assert (plan.source == VOCALS).all()
    assert (plan.under[..., 0] >= 0).all()
    assert (plan.under[..., 1] == -1).all()
    assert segments.active[plan.segment, VOCALS].all()


@pytest.mark.parametrize(("done", "real"), [(0.0, False), (0.499, False), (0.5, True), (0.99, True)])
def test_two_stages(done: float, real: bool) -> None:
    plan = _plan("artificial-mixture", real_after=0.5, done=done)
    assert (plan.source[..., 0] == (MIXTURE if real else VOCALS)).all()
    assert ((plan.under[..., 0] == -1) == real).all()
    assert (plan.source[..., 1] == VOCALS).all()
    assert np.array_equal(plan.segment[..., 0], plan.segment[..., 1])


def test_nobody_elses_accompaniment() -> None:
    segments = _segments()
    segments.active[segments.song > 0, ACCOMPANIMENT] = False
    with pytest.raises(ConfigError, match="fewer than two songs have an accompaniment"):
        _plan("artificial-mixture", segments)


@pytest.mark.parametrize(
    ("rule", "options", "said"),
    [
        ("same-artist", {"positive": "mix"}, "no side 'mix'.*mixture, vocals or either"),
        ("same-artist", {"labelled_share": 10}, r"labelled_share is a share from 0 to 1, not 10"),
        ("own-source", {"absent_share": -0.5}, "absent_share is a share"),
        ("own-source", {"sources": ["vocal"]}, "no source called vocal.*vocals"),
        ("own-source", {"sources": []}, "no sources"),
        ("artificial-mixture", {"foreign_share": 25}, "foreign_share is a share"),
        ("artificial-mixture", {"foreign_share": "half"}, "foreign_share is a share"),
        ("artificial-mixture", {"real_after": 50}, "real_after is a share"),
    ],
)
def test_a_wrong_option_says_what_is_wrong(rule: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _plan(rule, **options)


def test_a_source_that_hardly_sounds_is_named() -> None:
    segments = _segments()
    segments.active[1:, [SOURCES.index("drums"), SOURCES.index("bass")]] = False
    with pytest.raises(ConfigError, match="drums and bass sound in fewer than two") as error:
        _plan("own-source", segments)
    assert "`sources`" in error.value.hint
