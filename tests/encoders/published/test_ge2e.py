from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sung_tone import RATE_HZ, tone

from singalike.checksum import sha256
from singalike.encoders.published.ge2e import Ge2e
from singalike.errors import MissingExtraError, MissingWeightsError

resemblyzer = pytest.importorskip("resemblyzer")


@pytest.fixture(scope="module")
def ge2e() -> Ge2e:
    return Ge2e()


def test_it_gives_the_vector_of_resemblyzer(ge2e: Ge2e) -> None:
    loud = tone(3.0, gain=0.3)  # above -30 dBFS, so neither changes the volume
    vector = ge2e.embed(loud, sample_rate_hz=RATE_HZ)
    assert vector.shape == (256,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    oracle = resemblyzer.VoiceEncoder("cpu", verbose=False).embed_utterance(loud)
    np.testing.assert_allclose(vector, oracle, atol=1e-6)


def test_it_does_not_hear_how_quiet_a_recording_is(ge2e: Ge2e) -> None:
    vectors = [ge2e.embed(tone(gain=gain), sample_rate_hz=RATE_HZ) for gain in (0.01, 0.001)]
    assert vectors[0] @ vectors[1] == pytest.approx(1.0, abs=1e-4)


def test_it_tells_two_tones_apart(ge2e: Ge2e) -> None:
    low, high = (ge2e.embed(tone(hz=hz), sample_rate_hz=RATE_HZ) for hz in (110.0, 660.0))
    assert low @ high < 0.9


def test_its_fingerprint_is_that_of_the_package_s_weights(ge2e: Ge2e) -> None:
    assert ge2e.fingerprint == sha256(Path(resemblyzer.__file__).parent / "pretrained.pt")


def test_the_package_and_a_checkpoint_that_are_missing_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingWeightsError, match=r"none\.pt"):
        Ge2e(tmp_path / "none.pt")
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    with pytest.raises(MissingExtraError, match=r"baselines\]"):
        Ge2e()
