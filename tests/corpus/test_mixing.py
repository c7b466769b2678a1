from __future__ import annotations

import numpy as np
import pytest

from singalike.corpus.mixing import artificial_mixture, is_active, unit_norm


def _parts(length: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Two sounds of unit norm that have nothing in common."""
    rng = np.random.default_rng(0)
    vocals, accompaniment = np.linalg.qr(rng.standard_normal((length, 2)))[0].T.astype(np.float32)
    return vocals, accompaniment


@pytest.mark.parametrize(("level", "active"), [(0.0099, False), (0.01, False), (0.0101, True), (0.0, False)])
def test_a_source_sounds_above_a_hundredth_on_average(level: float, active: bool) -> None:
    signs = np.where(np.arange(1000) % 2, 1.0, -1.0)
    assert is_active(level * signs) is active


def test_activity_is_a_mean_not_a_peak_and_not_a_norm() -> None:
    click = np.zeros(1000)
    click[500] = 1.0  # mean 0.001, root of the mean square 0.03
    assert not is_active(click)
    assert is_active(20 * click)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 300.0])
def test_unit_norm_whatever_the_level(scale: float) -> None:
    samples = (scale * np.random.default_rng(1).standard_normal(80_000)).astype(np.float32)
    unit = unit_norm(samples)
    assert unit.dtype == np.float32
    assert np.linalg.norm(unit.astype(np.float64)) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(unit / unit[0], samples / samples[0], rtol=1e-5)


def test_digital_silence_stays_silence() -> None:
    assert np.array_equal(unit_norm(np.zeros(10, dtype=np.float32)), np.zeros(10, dtype=np.float32))


@pytest.mark.parametrize("weight", [0.6, 0.7, 0.8])
def test_the_published_law(weight: float) -> None:
    vocals, accompaniment = _parts()
    mixture = artificial_mixture(vocals, accompaniment, weight)
    assert mixture @ accompaniment == pytest.approx(weight, abs=1e-5)
    assert mixture @ vocals == pytest.approx(1 - weight**2, abs=1e-5)
    assert mixture.dtype == np.float32


@pytest.mark.parametrize("weight", [0.6, 0.7, 0.8])
def test_the_roots_law_keeps_the_energy(weight: float) -> None:
    vocals, accompaniment = _parts()
    mixture = artificial_mixture(vocals, accompaniment, weight, law="root")
    assert mixture @ accompaniment == pytest.approx(weight, abs=1e-5)
    assert mixture @ vocals == pytest.approx((1 - weight**2) ** 0.5, abs=1e-5)
    assert np.linalg.norm(mixture) == pytest.approx(1.0, abs=1e-5)


def test_parts_are_laid_over_one_another_sample_by_sample() -> None:
    """Nothing is aligned: what stood at a sample stands there afterwards."""
    vocals, accompaniment = np.zeros((2, 9), dtype=np.float32)
    vocals[2], accompaniment[7] = 1.0, 1.0
    mixture = artificial_mixture(vocals, accompaniment, 0.6)
    assert np.flatnonzero(mixture).tolist() == [2, 7]


def test_parts_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="not of one length"):
        artificial_mixture(np.zeros(5), np.zeros(6), 0.7)
