from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from singalike.corpus.segments import SOURCES, SongSamples, cut
from singalike.corpus.songs import Song
from singalike.errors import InputError

Make = Callable[..., SongSamples]
FULL_SCALE = 32_767


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a song of int16 arrays, and of files that are silent."""

    def song(name: str = "song", voice: str = "ann", silent: str = "", **stems: np.ndarray) -> SongSamples:
        paths = {stem: tmp_path / f"{name} {stem}.npy" for stem in stems}
        for stem, samples in stems.items():
            np.save(paths[stem], np.asarray(samples).astype(np.int16))
        files = {stem: tmp_path / f"{name} {stem}.wav" for stem in (*stems, *silent.split())}
        return SongSamples(Song(name, voice, files), paths)

    return song


def _noise(length: int, *, mean: float = 0.1, seed: int = 0) -> np.ndarray:
    """Samples of int16 whose mean |x| is as asked for, full scale 1."""
    noise = np.random.default_rng(seed).standard_normal(length)
    return np.round(noise * mean / np.abs(noise).mean() * FULL_SCALE)


def test_segments_follow_one_another_and_the_rest_is_left_out(make: Make) -> None:
    songs = [make("a", mixture=np.arange(1070)), make("b", "bea", mixture=np.arange(200))]
    segments = cut(songs, length=100)
    assert len(segments) == 12
    assert segments.song.tolist() == [0] * 10 + [1] * 2
    assert segments.start.tolist() == [*range(0, 1000, 100), 0, 100]
    assert segments.voice.tolist() == [0] * 10 + [1] * 2
    np.testing.assert_allclose(segments.read(11, "mixture") * FULL_SCALE, np.arange(100, 200), rtol=1e-6)


def test_a_song_shorter_than_a_segment_is_repeated_to_one(make: Make) -> None:
    segments = cut([make(mixture=np.arange(1, 41))], length=100)
    assert segments.start.tolist() == [0]
    expected = [1 + i % 40 for i in range(100)]
    np.testing.assert_allclose(segments.read(0, "mixture") * FULL_SCALE, expected, rtol=1e-6)


def test_equal_artists_are_one_voice_across_songs(make: Make) -> None:
    songs = [make(n, v, mixture=_noise(100)) for n, v in (("a", "zoe"), ("b", "ann"), ("c", "zoe"))]
    assert cut(songs, length=100).voice.tolist() == [1, 0, 1]


def test_activity_is_told_in_the_very_window_of_the_segment(make: Make) -> None:
    """A voice that enters half a segment late: only the segments it sounds in, by the mean over just those samples."""
    length, quiet = 1000, 150
    vocals = np.concatenate([np.zeros(2 * length + quiet), _noise(2 * length - quiet, mean=0.011, seed=1)])
    segments = cut([make(mixture=_noise(4 * length) + vocals, vocals=vocals)], length=length)
    told = segments.active[:, SOURCES.index("vocals")]
    means = [np.abs(vocals[begin : begin + length]).mean() / FULL_SCALE for begin in segments.start]
    assert told.tolist() == [mean > 0.01 for mean in means] == [False, False, False, True]
    assert 0.009 < means[2] < 0.01  # had the window begun 150 samples later, it would sound


def test_activity_is_told_before_any_normalisation(make: Make) -> None:
    faint = make(mixture=_noise(400, mean=0.2), vocals=_noise(400, mean=0.009, seed=1))
    assert not cut([faint], length=200).active[:, SOURCES.index("vocals")].any()


def test_accompaniment_is_mixture_without_vocals_where_there_is_none(make: Make) -> None:
    vocals, band = _noise(300, seed=1), _noise(300, seed=2)
    song = make(mixture=vocals + band, vocals=vocals)
    assert song.sources == ("mixture", "vocals", "accompaniment")
    np.testing.assert_allclose(song.read("accompaniment", 100, 150) * FULL_SCALE, band[100:250], atol=0.01)
    assert cut([song], length=300).active[0].tolist() == [name in song.sources for name in SOURCES]


def test_mixture_is_the_sum_of_its_parts_where_there_is_none(make: Make) -> None:
    vocals, band = _noise(300, seed=1), _noise(300, seed=2)
    song = make(vocals=vocals, accompaniment=band)
    assert song.sources == ("mixture", "vocals", "accompaniment")
    np.testing.assert_allclose(song.read("mixture", 20, 200) * FULL_SCALE, (vocals + band)[20:220], atol=0.01)


def test_four_stems_make_an_accompaniment_and_a_mixture(make: Make) -> None:
    stems = {name: _noise(300, seed=i) for i, name in enumerate(("vocals", "drums", "bass", "other"))}
    song = make(**stems)
    assert song.sources == SOURCES
    band = stems["drums"] + stems["bass"] + stems["other"]
    np.testing.assert_allclose(song.read("accompaniment", 20, 200) * FULL_SCALE, band[20:220], atol=0.02)
    np.testing.assert_allclose(song.read("mixture", 20, 200) * FULL_SCALE, (stems["vocals"] + band)[20:220], atol=0.02)
    assert cut([song], length=300).active.tolist() == [[True] * len(SOURCES)]


def test_a_silent_stem_adds_nothing(make: Make) -> None:
    vocals, band = _noise(300, seed=1), _noise(300, seed=2)
    unaccompanied = make("a", vocals=vocals, silent="accompaniment")
    assert unaccompanied.sources == ("mixture", "vocals")
    np.testing.assert_array_equal(unaccompanied.read("mixture", 0, 300), unaccompanied.read("vocals", 0, 300))
    instrumental = make("b", mixture=band, silent="vocals")
    assert instrumental.sources == ("mixture", "accompaniment")
    np.testing.assert_array_equal(instrumental.read("accompaniment", 0, 300), instrumental.read("mixture", 0, 300))
    without_bass = make("c", vocals=vocals, other=band, silent="drums bass")
    assert without_bass.sources == ("mixture", "vocals", "accompaniment", "other")
    np.testing.assert_allclose(without_bass.read("mixture", 0, 300) * FULL_SCALE, vocals + band, atol=0.01)


def test_an_accompaniment_of_its_own_is_taken_as_it_is(make: Make) -> None:
    band = _noise(300, seed=2)
    song = make(mixture=_noise(300), vocals=_noise(300, seed=1), accompaniment=band)
    np.testing.assert_allclose(song.read("accompaniment", 0, 300) * FULL_SCALE, band, atol=0.01)


def test_a_source_that_a_song_lacks_is_absent_and_cannot_be_read(make: Make) -> None:
    songs = [make("a", mixture=_noise(100)), make("b", mixture=_noise(100), drums=_noise(100, seed=1))]
    segments = cut(songs, length=100)
    assert segments.where("drums").tolist() == [1]
    assert segments.where("mixture", "drums").tolist() == [1]
    assert segments.where("mixture").tolist() == [0, 1]
    for source in ("vocals", "accompaniment", "drums"):
        with pytest.raises(ValueError, match=f"a has no {source}"):
            segments.read(0, source)


def test_stems_of_two_lengths_are_an_error_that_names_them(make: Make) -> None:
    with pytest.raises(InputError, match=r"song: .*mixture 1000, vocals 980 samples"):
        make(mixture=_noise(1000), vocals=_noise(980))


def test_what_a_codec_cuts_off_is_left_out_of_all(make: Make) -> None:
    song = make(mixture=_noise(1000), vocals=_noise(995, seed=1))
    assert len(song) == 995
    assert len(song.read("accompaniment", 900, 95)) == 95
    assert cut([song], length=250).start.tolist() == [0, 250, 500]
