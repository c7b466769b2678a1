from __future__ import annotations

import sys

import numpy as np
import pytest
from sung_tone import RATE_HZ, tone

from singalike.encoders.published.mfcc import MfccStatistics
from singalike.errors import MissingExtraError


@pytest.fixture(scope="module")
def mfcc() -> MfccStatistics:
    pytest.importorskip("librosa")
    return MfccStatistics()


def test_they_are_means_and_deviations_over_time(mfcc: MfccStatistics) -> None:
    vector = mfcc.embed(tone(), sample_rate_hz=RATE_HZ)
    assert vector.shape == (40,)
    assert (vector[20:] >= 0).all()
    assert mfcc.embed(tone(gain=0.01), sample_rate_hz=RATE_HZ)[0] < vector[0]  # the first is the level


def test_they_are_standardised_over_the_set(mfcc: MfccStatistics) -> None:
    matrix = np.random.default_rng(0).normal(5.0, 3.0, (30, 40))
    matrix[:, 7] = 1.0  # a dimension that says nothing must not become NaN
    finished = mfcc.finish(matrix)
    np.testing.assert_allclose(finished.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.delete(finished.std(axis=0), 7), 1.0)
    np.testing.assert_array_equal(finished[:, 7], 0.0)
    plain = MfccStatistics(standardised=False)
    np.testing.assert_array_equal(plain.finish(matrix), matrix)
    assert plain.fingerprint != mfcc.fingerprint


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa.feature", None)
    with pytest.raises(MissingExtraError, match=r"baselines\]"):
        MfccStatistics()
