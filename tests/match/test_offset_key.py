"""Beats on beats, and keys, where both are known."""

from __future__ import annotations

import numpy as np
import pytest
from band import SCALE, clicks, tune

from singalike.match.key import best_shift, played_pitches, sung_pitches
from singalike.match.offset import beat_offset
from singalike.match.onsets import find_onsets


@pytest.mark.parametrize(("first", "second"), [(0.0, 0.0), (0.31, 0.12), (0.05, 0.55)])
def test_clicks_fall_on_clicks(first: float, second: float) -> None:
    query, match = (100.0, first), (120.0, second)
    onsets = [find_onsets(clicks(bpm=bpm, seconds=12.0, first_seconds=at), voice=False) for bpm, at in (query, match)]
    offset = beat_offset(*onsets, query_bpm=100.0, match_bpm=120.0, query_is_voice=False, match_is_voice=False)
    assert -4 * 0.6 < offset <= 0
    beats = (second * 1.2 + offset - first) / 0.6  # the match is stretched by 120/100
    assert abs(beats - round(beats)) * 0.6 < 0.005


def test_a_voice_is_taken_to_begin_before_its_onsets() -> None:
    onsets = find_onsets(clicks(bpm=100.0, seconds=12.0, first_seconds=0.3), voice=False)
    tempi = {"query_bpm": 100.0, "match_bpm": 100.0}
    plain = beat_offset(onsets, onsets, **tempi, query_is_voice=False, match_is_voice=False)
    voice = beat_offset(onsets, onsets, **tempi, query_is_voice=True, match_is_voice=False)
    assert (plain - voice) % 2.4 == pytest.approx(0.027, abs=1e-6)


@pytest.mark.parametrize("shift", range(-3, 4))
def test_the_shift_between_two_scales(shift: int) -> None:
    scale = np.isin(np.arange(12), SCALE).astype(float)
    assert best_shift(scale, np.roll(scale, -shift)) == shift


def test_without_any_preference_nothing_is_moved() -> None:
    assert best_shift(np.ones(12), np.ones(12)) == 0


def test_the_key_is_heard_in_sound() -> None:
    voice = sung_pitches(tune(tonic=2, bpm=150, seconds=8.0))
    band = played_pitches(tune(tonic=4, bpm=130, seconds=8.0))
    assert voice is not None
    assert band is not None
    assert best_shift(voice, band) == -2


def test_a_second_has_no_key() -> None:
    assert sung_pitches(np.ones(22_050, np.float32)) is None
