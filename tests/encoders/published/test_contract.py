"""What holds for every baseline: bad samples are typed errors, never vectors."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("librosa")
pytest.importorskip("resemblyzer")

from sung_tone import RATE_HZ, tone
from voxceleb_layout import write_checkpoint

import cam_layout
from singalike.encoders.published import Baseline
from singalike.encoders.published.campplus import CamPlusPlus
from singalike.encoders.published.fast_resnet import FastResNet
from singalike.encoders.published.ge2e import Ge2e
from singalike.encoders.published.mfcc import MfccStatistics
from singalike.errors import ConfigError, NotFiniteError, SilentError, TooShortError


@pytest.fixture(scope="module", params=["ge2e", "mfcc", "campplus", "f-resnet"])
def baseline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    if request.param == "campplus":
        return CamPlusPlus(cam_layout.write_checkpoint(tmp_path_factory.mktemp("weights") / "a.pt"))
    if request.param == "f-resnet":
        return FastResNet(write_checkpoint(tmp_path_factory.mktemp("weights") / "a.model", "f-resnet"))
    return Ge2e() if request.param == "ge2e" else MfccStatistics()


def test_bad_samples_are_typed_errors(baseline: Baseline) -> None:
    broken = tone()
    broken[100] = np.nan
    with pytest.raises(ConfigError, match="not 44100"):
        baseline.embed(tone(), sample_rate_hz=44_100)
    with pytest.raises(ConfigError, match="mono"):
        baseline.embed(np.stack([tone(), tone()]), sample_rate_hz=RATE_HZ)
    with pytest.raises(TooShortError):
        baseline.embed(tone()[:0], sample_rate_hz=RATE_HZ)
    with pytest.raises(NotFiniteError):
        baseline.embed(broken, sample_rate_hz=RATE_HZ)
    with pytest.raises(SilentError):
        baseline.embed(np.zeros(RATE_HZ, np.float32), sample_rate_hz=RATE_HZ)


def test_layers_and_the_fingerprint(baseline: Baseline) -> None:
    vector = baseline.embed(tone(), sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(baseline.embed_layers(tone(), sample_rate_hz=RATE_HZ), vector[None])
    assert len(baseline.fingerprint) == 64
