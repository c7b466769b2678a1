from __future__ import annotations

import sys

import numpy as np
import pytest

from singalike.encoders.published.ge2e import Ge2e
from singalike.encoders.published.mfcc import MfccStatistics
from singalike.errors import ConfigError, MissingExtraError, MissingWeightsError

RATE_HZ = 16_000


def tone(seconds: float = 2.0, *, hz: float = 220.0, gain: float = 0.1) -> np.ndarray:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    harmonics = sum(np.sin(2 * np.pi * n * hz * time) / n for n in range(1, 12))
    return (gain * harmonics).astype(np.float32)


@pytest.fixture(scope="module")
def ge2e():
    pytest.importorskip("resemblyzer")
    return Ge2e()


@pytest.fixture(scope="module")
def mfcc():
    pytest.importorskip("librosa")
    return MfccStatistics()


def test_ge2e_gives_the_vector_of_resemblyzer(ge2e):
    resemblyzer = pytest.importorskip("resemblyzer")
    loud = tone(3.0, gain=0.3)  # above -30 dBFS, so neither changes the volume
    vector = ge2e.embed(loud, sample_rate_hz=RATE_HZ)
    assert vector.shape == (256,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    oracle = resemblyzer.VoiceEncoder("cpu", verbose=False).embed_utterance(loud)
    np.testing.assert_allclose(vector, oracle, atol=1e-6)


def test_ge2e_does_not_hear_how_quiet_a_recording_is(ge2e):
    vectors = [ge2e.embed(tone(gain=gain), sample_rate_hz=RATE_HZ) for gain in (0.01, 0.001)]
    assert vectors[0] @ vectors[1] == pytest.approx(1.0, abs=1e-4)


def test_ge2e_tells_two_tones_apart(ge2e):
    low, high = (ge2e.embed(tone(hz=hz), sample_rate_hz=RATE_HZ) for hz in (110.0, 660.0))
    assert low @ high < 0.9


def test_mfcc_are_means_and_deviations_over_time(mfcc):
    vector = mfcc.embed(tone(), sample_rate_hz=RATE_HZ)
    assert vector.shape == (40,)
    assert (vector[20:] >= 0).all()
    assert mfcc.embed(tone(gain=0.01), sample_rate_hz=RATE_HZ)[0] < vector[0]  # the first is the level


def test_mfcc_are_standardised_over_the_set(mfcc):
    matrix = np.random.default_rng(0).normal(5.0, 3.0, (30, 40))
    matrix[:, 7] = 1.0  # a dimension that says nothing must not become NaN
    finished = mfcc.finish(matrix)
    np.testing.assert_allclose(finished.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.delete(finished.std(axis=0), 7), 1.0)
    np.testing.assert_array_equal(finished[:, 7], 0.0)
    np.testing.assert_array_equal(MfccStatistics(standardised=False).finish(matrix), matrix)


@pytest.mark.parametrize("name", ["ge2e", "mfcc"])
def test_another_sample_rate_is_refused(name, request):
    with pytest.raises(ConfigError, match="not 44100"):
        request.getfixturevalue(name).embed(tone(), sample_rate_hz=44_100)


@pytest.mark.parametrize(("encoder", "module"), [(Ge2e, "resemblyzer"), (MfccStatistics, "librosa.feature")])
def test_a_missing_package_says_what_to_install(encoder, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"singalike\[baselines\]"):
        encoder()


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(MissingWeightsError, match=r"none\.pt"):
        Ge2e(tmp_path / "none.pt")
