from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import EdgeToy, Toy, WrongToy

from singalike.errors import ConfigError, InputError, NotFiniteError, TooShortError, UnreadableError
from singalike.separate.chunks import chunk_starts, separate_array, separate_blocks

RATE_HZ = 8000


@given(
    frames=st.integers(1, 2000), chunk=st.integers(20, 700), overlap_share=st.floats(0, 0.5), sizes=st.integers(9, 999)
)
@settings(max_examples=40, deadline=None)
def test_chunked_is_unchunked_exactly_for_a_separator_without_memory(frames, chunk, overlap_share, sizes):
    mix = np.random.default_rng(frames).uniform(-1, 1, (2, frames)).astype(np.float32)
    toy = Toy(chunk_seconds=chunk / 1000, overlap_seconds=overlap_share * chunk / 1000)
    blocks = [mix[:, i : i + sizes] for i in range(0, frames, sizes)]
    parts = list(separate_blocks(blocks, toy, frames=frames, sample_rate_hz=1000))
    vocals, rest = (np.concatenate([part[name] for part in parts], axis=1) for name in toy.stems)
    np.testing.assert_array_equal(vocals, toy.share * mix)
    np.testing.assert_allclose(vocals + rest, mix, atol=1e-6)


@given(frames=st.integers(1, 5000), chunk=st.integers(2, 700), overlap_share=st.floats(0, 0.5))
@settings(deadline=None)
def test_chunks_cover_all_and_overlap_enough_and_are_full(frames, chunk, overlap_share):
    overlap = int(overlap_share * chunk)
    starts = chunk_starts(frames, chunk=min(chunk, frames), overlap=overlap)
    assert starts[0] == 0
    assert starts[-1] + min(chunk, frames) == frames
    for one, next_one in pairwise(starts):
        assert one < next_one <= one + chunk - overlap


def test_a_sine_has_no_step_where_chunks_meet_though_they_disagree():
    t = np.arange(5 * RATE_HZ) / RATE_HZ
    mix = 0.5 * np.sin(2 * np.pi * 50 * t).astype(np.float32)
    vocals = separate_array(mix, EdgeToy(), sample_rate_hz=RATE_HZ)["vocals"][0]
    ramp = 1.0 / (0.25 * RATE_HZ)  # the two chunks are 1 apart; the fade takes a quarter of a second
    steepest = np.abs(np.diff(mix)).max()
    assert np.abs(np.diff(vocals)).max() < steepest + 1.01 * ramp
    assert np.ptp(vocals - mix) == pytest.approx(1.0, abs=1e-3)  # they do disagree


def test_the_fade_is_the_linear_one():
    mix = np.zeros((1, 7 * RATE_HZ // 4), np.float32)  # two chunks of 1 s, 0.25 s in common
    vocals = separate_array(mix, EdgeToy(), sample_rate_hz=RATE_HZ)["vocals"][0]
    first, last = 3 * RATE_HZ // 4, RATE_HZ
    assert set(vocals[:first]) == {np.float32(0.5)}
    assert set(vocals[last:]) == {np.float32(-0.5)}
    expected = 0.5 - (np.arange(last - first) + 0.5) / (last - first)
    np.testing.assert_allclose(vocals[first:last], expected, atol=1e-6)


def test_no_array_is_longer_than_a_chunk(noise):
    toy = Toy()
    separate_array(noise(10.3, RATE_HZ), toy, sample_rate_hz=RATE_HZ)
    assert set(toy.shapes) == {(2, RATE_HZ)}  # the last is as full as the others


@pytest.mark.parametrize("rate_hz", [8000, 22_050, 44_100])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_separator_at_another_rate_gets_its_own_and_the_stems_still_add_up(noise, rate_hz, channels):
    mix = noise(2.6, rate_hz, channels)
    toy = Toy(sample_rate_hz=16_000, stems=("drums", "bass", "vocals", "other"))
    stems = separate_array(mix, toy, sample_rate_hz=rate_hz)
    assert list(stems) == ["drums", "bass", "vocals", "other"]
    assert toy.rates_hz == {16_000}
    assert {stem.shape for stem in stems.values()} == {mix.shape}
    assert {stem.dtype for stem in stems.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(sum(stems.values()), mix, atol=1e-5)


def test_a_tone_keeps_its_place_through_another_rate():
    t = np.arange(3 * 22_050) / 22_050
    mix = 0.5 * np.sin(2 * np.pi * 440 * t).astype(np.float32)
    vocals = separate_array(mix, Toy(0.5, sample_rate_hz=16_000), sample_rate_hz=22_050)["vocals"][0]
    np.testing.assert_allclose(vocals[500:-500], 0.5 * mix[500:-500], atol=1e-3)


def test_the_separators_arrays_are_not_shared_with_the_result(noise):
    mix = noise(1.0, RATE_HZ)
    toy = Toy(1.0)
    toy.stems_of = lambda samples: {"vocals": samples}  # the very array it was given
    stems = separate_array(mix, toy, sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(stems["vocals"], mix)
    np.testing.assert_array_equal(stems["accompaniment"], 0.0)


def test_progress_ends_at_one(noise):
    shares: list[float] = []
    mix = noise(4.0, RATE_HZ)
    list(separate_blocks([mix], Toy(), frames=mix.shape[1], sample_rate_hz=RATE_HZ, progress=shares.append))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) == 5


def test_a_stream_that_ends_too_early_is_said(noise):
    mix = noise(1.0, RATE_HZ)
    with pytest.raises(UnreadableError, match="changed while it was read") as caught:
        list(separate_blocks([mix], Toy(), frames=2 * RATE_HZ, sample_rate_hz=RATE_HZ, where="a.wav"))
    assert caught.value.where == "a.wav"


def test_a_separator_that_breaks_its_promise_is_named(noise):
    mix = noise(0.5, RATE_HZ)
    with pytest.raises(ConfigError, match="'toy' returned nothing for vocals"):
        separate_array(mix, WrongToy(), sample_rate_hz=RATE_HZ)
    with pytest.raises(ConfigError, match=r"returned \(2, 7\) for vocals, not \(2, 4000\)"):
        separate_array(mix, WrongToy(np.zeros(7, np.float32)), sample_rate_hz=RATE_HZ)
    with pytest.raises(InputError, match="made NaN"):
        separate_array(mix, WrongToy(np.full(4000, np.nan, np.float32)), sample_rate_hz=RATE_HZ)


def test_bad_arrays(noise):
    with pytest.raises(TooShortError, match=r"lasts 0.050 s; toy needs at least 0.100 s"):
        separate_array(noise(0.05, RATE_HZ), Toy(), sample_rate_hz=RATE_HZ)
    with pytest.raises(TooShortError):
        separate_array(np.zeros((2, 0)), Toy(), sample_rate_hz=RATE_HZ)
    with pytest.raises(NotFiniteError):
        separate_array(np.full((1, RATE_HZ), np.inf), Toy(), sample_rate_hz=RATE_HZ)
    with pytest.raises(ConfigError, match="no waveform"):
        separate_array(np.zeros((1, 2, 3)), Toy(), sample_rate_hz=RATE_HZ)
