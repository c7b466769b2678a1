"""The bar: beside Praat's "Change gender", on the choir and on real singers; Praat measures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from singalike.augment import praat
from singalike.augment.pitch_shift import PitchShift
from singalike.errors import MissingExtraError

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "pitch_shift.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The benchmark, so that the bar and the published table measure alike."""
    pytest.importorskip("parselmouth")
    spec = importlib.util.spec_from_file_location("benchmark_pitch_shift", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def meets_the_bar(report: dict[str, Any]) -> None:
    """Median over clips and at least 90 % of them within 20 cents; strays at most 1.5 × Praat's."""
    ours, theirs = report["psola"], report["praat"]
    assert ours["cents_median"] <= 20
    assert ours["share_within_20_cents"] >= 0.9
    for statistic in ("formant_stray_median", "formant_stray_mean"):
        assert np.all(np.array(ours[statistic]) <= 1.5 * np.array(theirs[statistic])), statistic


def test_choir_clips_come_near_it(bench: ModuleType) -> None:
    """Eight clips are too few for the bar itself: one ambiguous octave is 12 % of them."""
    report = bench.compare(bench.choir_clips(8), seed=0)
    ours, theirs = report["psola"], report["praat"]
    assert report["measured"] >= 5
    assert ours["cents_median"] <= 20
    assert np.mean(ours["formant_stray_mean"]) <= 1.5 * np.mean(theirs["formant_stray_mean"])


@pytest.mark.slow
def test_120_sung_clips_meet_the_bar(bench: ModuleType) -> None:
    real = bench.TABLE.is_file()
    clips = bench.sung_clips(bench.TABLE, 120, seed=1) if real else bench.choir_clips(120)
    report = bench.compare(clips, seed=1)
    assert report["measured"] >= 100
    meets_the_bar(report)


def test_the_transform_can_ask_praat(bench: ModuleType) -> None:
    clips = torch.from_numpy(bench.choir_clips(2))
    transform = PitchShift(probability=1.0, method="praat")
    draw = transform.draw(torch.Generator().manual_seed(0), 2)
    shifted = transform.apply(clips, draw, sample_rate_hz=bench.SAMPLE_RATE_HZ)
    assert shifted.shape == clips.shape
    for before, after, ratio in zip(clips.numpy(), shifted.numpy(), draw["ratio"], strict=True):
        f0_hz, new_f0_hz = (
            np.median(praat.voiced_f0_hz(x, sample_rate_hz=bench.SAMPLE_RATE_HZ)) for x in (before, after)
        )
        assert abs(1200 * np.log2(new_f0_hz / f0_hz / float(ratio))) < 20


def test_praat_leaves_clips_without_pitch() -> None:
    pytest.importorskip("parselmouth")
    silence = torch.zeros(1, 44100)
    one = torch.ones(1)
    assert torch.equal(praat.pitch_shift(silence, sample_rate_hz=44100, ratio=1.2 * one, range_ratio=one), silence)
    assert praat.voiced_f0_hz(silence[0].numpy(), sample_rate_hz=44100).size == 0
    assert np.isnan(praat.formants_hz(silence[0].numpy(), sample_rate_hz=44100)).all()


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "parselmouth", None)
    transform = PitchShift(probability=1.0, method="praat")
    draw = transform.draw(torch.Generator().manual_seed(0), 1)
    with pytest.raises(MissingExtraError, match=r"singalike\[pitch\]"):
        transform.apply(torch.zeros(1, 44100), draw, sample_rate_hz=44100)
