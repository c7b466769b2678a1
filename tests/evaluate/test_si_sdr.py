from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singalike.errors import ConfigError, NotFiniteError, SilentError
from singalike.evaluate.si_sdr import si_sdr_db

T = 1000
VOICE = np.sin(2 * np.pi * 10 * np.arange(T) / T)  # whole periods: the two are orthogonal
BAND = np.cos(2 * np.pi * 7 * np.arange(T) / T)


@given(level=st.floats(0.01, 100), leak=st.floats(0.001, 10))
def test_an_orthogonal_error_has_a_closed_form(level, leak):
    expected = 20 * np.log10(1 / leak)  # both have the same energy
    assert si_sdr_db(level * (VOICE + leak * BAND), VOICE) == pytest.approx(expected, abs=1e-6)


def test_a_stereo_error_is_that_of_both_channels():
    truth = np.stack([VOICE, 0 * VOICE])
    assert si_sdr_db(truth + [[0.0], [0.1]] * BAND, truth) == pytest.approx(20.0)


def test_the_ends_of_the_scale():
    assert si_sdr_db(-2 * VOICE, VOICE) == np.inf
    assert si_sdr_db(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == -np.inf


def test_what_has_no_answer():
    with pytest.raises(ConfigError, match="differ in shape"):
        si_sdr_db(VOICE, VOICE[:-1])
    with pytest.raises(NotFiniteError):
        si_sdr_db(VOICE * np.nan, VOICE)
    with pytest.raises(SilentError, match="the estimate is all zeros"):
        si_sdr_db(0 * VOICE, VOICE)
    with pytest.raises(SilentError, match="the reference is all zeros"):
        si_sdr_db(VOICE, 0 * VOICE)
