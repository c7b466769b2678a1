from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError, MissingWeightsError
from singalike.model.card import Alone, Calibration, Card


@pytest.fixture
def calibration() -> Calibration:
    return Calibration(
        slope=10.0,
        intercept=-5.0,
        unknown_threshold=0.7,
        fitted_on="tests",
        cohort_name="nobody",
        cohort_quantiles=np.linspace(-0.5, 0.9, 101).tolist(),
    )


def test_probability_is_the_logistic_of_the_cosine(calibration: Calibration) -> None:
    assert calibration.probability(0.5) == pytest.approx(0.5)
    assert calibration.probability(0.8) == pytest.approx(1 / (1 + math.exp(-3.0)))
    steep = calibration.model_copy(update={"slope": 2000.0, "intercept": -1790.0})
    assert [steep.probability(cosine) for cosine in (-1.0, 1.0)] == [0.0, 1.0]


def test_percentile_is_the_share_of_the_cohort_below(calibration: Calibration) -> None:
    assert calibration.percentile(-1.0) == 0.0
    assert calibration.percentile(1.0) == 100.0
    assert calibration.percentile(0.2) == pytest.approx(50.0)
    cohort = np.quantile(np.random.default_rng(0).normal(0, 0.2, 5000), np.linspace(0, 1, 101))
    normal = calibration.model_copy(update={"cohort_quantiles": cohort.tolist()})
    assert normal.percentile(0.2) == pytest.approx(84.1, abs=2.0)


def test_among_recordings_that_are_less_alike_a_cosine_says_more(calibration: Calibration) -> None:
    fitted = calibration.model_copy(update={"background": 0.4})
    among = fitted.against(0.1)
    for cosine in (0.1, 0.55, 1.0):  # the background, half-way from there to 1, and 1
        own = 0.4 + 0.6 * (cosine - 0.1) / 0.9
        assert among.probability(cosine) == pytest.approx(fitted.probability(own))
        assert among.percentile(cosine) == pytest.approx(fitted.percentile(own))
    assert among.unknown_threshold == fitted.unknown_threshold  # strangers are not to be named more easily
    assert among.background == 0.1
    assert fitted.against(-0.2) == fitted.against(0.0)


def test_two_recordings_alone_are_read_by_what_holds_for_several_collections(calibration: Calibration) -> None:
    assert calibration.of_two() is calibration  # nobody fitted that
    alone = Alone(slope=calibration.slope / 2, intercept=calibration.intercept / 2, fitted_on="two collections")
    fitted = calibration.model_copy(update={"background": 0.4, "alone": alone})
    read = fitted.of_two()
    assert read.probability(0.9) < fitted.probability(0.9)
    assert read.probability(0.9) == pytest.approx(1 / (1 + np.exp(-(alone.slope * 0.9 + alone.intercept))))
    assert (read.unknown_threshold, read.percentile(0.3)) == (0.7, fitted.percentile(0.3))
    assert read.against(0.1) is read  # it holds for all collections
    assert fitted.against(0.1).slope < fitted.slope  # among others it is read as before


def test_recordings_that_are_more_alike_may_be_of_one_voice_and_change_nothing(calibration: Calibration) -> None:
    fitted = calibration.model_copy(update={"background": 0.4})
    assert fitted.against(0.4) is fitted
    assert fitted.against(0.9) is fitted
    assert calibration.against(0.1) is calibration  # nobody knows how alike those were that it was fitted on


def test_a_card_round_trips(tmp_path: Path, calibration: Calibration) -> None:
    card = Card(
        name="a", fingerprint="f", onnx_sha256="o", sample_rate_hz=16_000, window_seconds=2.0, hop_seconds=1.0,
        min_seconds=0.5, dimension=3, domains=["vocals"], recipe="r", created="2026-01-01", calibration=calibration,
    )  # fmt: skip
    card.save(tmp_path)
    assert Card.load(tmp_path) == card
    assert [p.name for p in tmp_path.iterdir()] == ["card.json"]


def test_no_card_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match="export"):
        Card.load(tmp_path)


def test_a_card_without_its_fields_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(json.dumps({"name": "a"}))
    with pytest.raises(ConfigError, match="fingerprint"):
        Card.load(tmp_path)
