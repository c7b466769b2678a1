"""Tempo, against clicks of known tempo; and what has none."""

from __future__ import annotations

import numpy as np
import pytest
from band import clicks

from singalike.match.onsets import LISTEN_HZ, find_onsets
from singalike.match.tempo import find_tempo, fit_stretch


@pytest.mark.parametrize("bpm", [66.0, 97.3, 128.0, 171.5])
def test_the_tempo_of_clicks_is_found_up_to_octaves(bpm: float) -> None:
    found = find_tempo(find_onsets(clicks(bpm=bpm, seconds=15.0), voice=False))
    assert found is not None
    assert min(abs(found.bpm * fold / bpm - 1) for fold in (0.5, 1, 2)) < 0.001


def test_noise_silence_and_a_held_tone_have_no_tempo() -> None:
    times = np.arange(15 * LISTEN_HZ) / LISTEN_HZ
    noise = np.random.default_rng(1).normal(0, 0.1, len(times)).astype(np.float32)
    for samples in (noise, np.zeros_like(noise), (0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)):
        assert find_tempo(find_onsets(samples, voice=False)) is None


def test_a_second_has_no_tempo_unless_it_is_said() -> None:
    onsets = find_onsets(clicks(bpm=120, seconds=1.0), voice=False)
    assert find_tempo(onsets) is None
    said = find_tempo(onsets, near_bpm=118.0)
    assert said is not None
    assert said.bpm == 118.0


def test_a_tempo_that_is_said_decides_the_octave_and_is_made_precise() -> None:
    onsets = find_onsets(clicks(bpm=90.4, seconds=15.0), voice=False)
    for fold in (1, 2):
        found = find_tempo(onsets, near_bpm=90.0 * fold)
        assert found is not None
        assert found.bpm == pytest.approx(90.4 * fold, rel=5e-4)


@pytest.mark.parametrize(
    ("wanted", "bpm", "fold", "ratio"),
    [(120, 120, 1, 1.0), (120, 130, 1, 130 / 120), (60, 118, 0.5, 59 / 60), (150, 80, 2, 160 / 150)],
)
def test_the_gentlest_of_half_once_and_twice(wanted: float, bpm: float, fold: float, ratio: float) -> None:
    stretch = fit_stretch(wanted_bpm=wanted, bpm=bpm)
    assert (stretch.fold, stretch.ratio) == (fold, pytest.approx(ratio))
    assert stretch.allowed


def test_between_the_octaves_it_is_refused() -> None:
    stretch = fit_stretch(wanted_bpm=100, bpm=140)
    assert (stretch.fold, stretch.ratio, stretch.allowed) == (1.0, pytest.approx(1.4), False)
