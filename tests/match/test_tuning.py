"""The tuning is where librosa hears it."""

from __future__ import annotations

import numpy as np
import pytest
from band import tune

from singalike.match.onsets import LISTEN_HZ
from singalike.match.tuning import tuning


def _chord(deviation: float) -> np.ndarray:
    time = np.arange(3 * LISTEN_HZ) / LISTEN_HZ
    tones = (440.0 * 2 ** ((semitone + deviation) / 12) for semitone in (-9, -5, -2, 3))
    return sum(np.sin(2 * np.pi * tone * time) for tone in tones).astype(np.float32)


@pytest.mark.parametrize("deviation", [-0.4, -0.11, 0.0, 0.23, 0.45])
def test_a_chord_off_the_fork(deviation: float) -> None:
    apart = abs(tuning(_chord(deviation)) - deviation)
    assert min(apart, 1 - apart) < 0.04


@pytest.mark.slow  # what numba compiles for librosa here now and then crashes a worker that has torch loaded
def test_it_is_librosas() -> None:
    librosa = pytest.importorskip("librosa")
    for seed, samples in enumerate((_chord(0.3), tune(tonic=2, bpm=150, seconds=6.0))):
        theirs = librosa.estimate_tuning(y=samples, sr=LISTEN_HZ)
        apart = abs(tuning(samples) - theirs)
        assert min(apart, 1 - apart) < 0.03, seed


def test_what_has_no_pitch_has_no_tuning() -> None:
    assert tuning(np.zeros(3 * LISTEN_HZ, np.float32)) == 0.0
