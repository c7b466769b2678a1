"""Stems of songs, decoded each by itself, still add up; a recording by itself is decoded like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.corpus.segments import SongSamples
from singalike.corpus.songs import Song, read_songs
from singalike.errors import InputError, SilentError
from singalike.train.prepare_songs import _decode

RATE_HZ = 16_000
FRAMES = RATE_HZ // 2
sides = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)  # hard left, hard right, anywhere


def _noise(seed: int, *, offset: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.2, 0.2, FRAMES) + offset


def _panned(sound: np.ndarray, side: float) -> np.ndarray:
    return np.stack([(1 - side) * sound, side * sound], axis=1)


def _write(folder: Path, **stems: np.ndarray) -> Song:
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in stems.items():
        soundfile.write(folder / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
    return Song(str(folder), "ann", {name: folder / f"{name}.wav" for name in stems})


def _decoded(*songs: Song) -> tuple[list[SongSamples], list[InputError]]:
    return _decode(songs, RATE_HZ, lambda *_: None)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), vocals=sides, band=sides, offset=st.sampled_from([0.0, 0.1]))
def test_mono_stems_add_up_to_the_mono_mixture(
    tmp_path_factory: pytest.TempPathFactory, seed: int, vocals: float, band: float, offset: float
) -> None:
    voice, music = _panned(_noise(seed, offset=offset), vocals), _panned(_noise(seed + 1), band)
    song = _write(tmp_path_factory.mktemp("song"), mixture=voice + music, vocals=voice, accompaniment=music)
    (found,), failed = _decoded(song)
    assert not failed
    mixture, sung, played = (found.read(name, 0, FRAMES) for name in ("mixture", "vocals", "accompaniment"))
    np.testing.assert_allclose(sung + played, mixture, atol=1e-4)
    np.testing.assert_allclose(sung, voice.mean(1) - voice.mean(), atol=1e-4)


def test_a_mono_stem_beside_stereo_ones(tmp_path: Path) -> None:
    voice, music = _noise(0), _panned(_noise(1), 1.0)
    song = _write(tmp_path, mixture=voice[:, None] + music, vocals=voice)
    (found,), _ = _decoded(song)
    np.testing.assert_allclose(found.read("accompaniment", 0, FRAMES), music.mean(1) - music.mean(), atol=1e-4)


def test_stems_in_which_nothing_is_left_are_absent_sources(tmp_path: Path) -> None:
    """Silent in all channels, or the same in both but for the sign: nothing of it is in the mono mixture either."""
    voice, music = _panned(_noise(0), 0.5), _panned(_noise(1), 0.2)
    sides_only = _noise(2)[:, None] * [1, -1]
    song = _write(tmp_path, vocals=voice, drums=0 * music, bass=sides_only, other=music)
    (found,), failed = _decoded(song)
    assert not failed
    assert found.sources == ("mixture", "vocals", "accompaniment", "other")
    expected = (voice + music + sides_only).mean(1)
    np.testing.assert_allclose(found.read("mixture", 0, FRAMES), expected - expected.mean(), atol=1e-4)


def test_a_song_of_silent_stems_is_listed(tmp_path: Path) -> None:
    silence = np.zeros((FRAMES, 2))
    found, (error,) = _decoded(_write(tmp_path, vocals=silence, accompaniment=silence))
    assert not found
    assert isinstance(error, SilentError)
    assert error.where == str(tmp_path)


def test_a_mixture_alone_is_decoded_like_any_recording(tmp_path: Path) -> None:
    sound = _noise(0)
    dead = _write(tmp_path / "ann" / "dead", mixture=_panned(sound, 0.0))
    inverted = _write(tmp_path / "ann" / "inverted", mixture=sound[:, None] * [1, -1])
    both = _write(tmp_path / "ann" / "stems", mixture=_panned(sound, 0.0), vocals=_panned(sound, 0.0))
    assert [song.name for song in read_songs(tmp_path)] == ["ann/dead", "ann/inverted", "ann/stems"]
    found, failed = _decoded(dead, both, inverted)
    assert not failed
    assert [one.song for one in found] == [dead, both, inverted]
    for one, share in zip(found, (1.0, 0.5, 1.0), strict=True):
        np.testing.assert_allclose(one.read("mixture", 0, FRAMES), share * (sound - sound.mean()), atol=1e-4)
