"""Variance, covariance and invariance: the three parts of VICReg."""

from __future__ import annotations

import math
import statistics

import pytest

torch = pytest.importorskip("torch")

from two_views import rows, views  # noqa: E402

from singalike.losses import alignment, covariance, invariance, variance  # noqa: E402


def _variance_oracle(z: list[list[float]], target: float, eps: float) -> float:
    columns = list(zip(*z, strict=True))
    return sum(max(0.0, target - math.sqrt(statistics.variance(c) + eps)) for c in columns) / len(columns)


def _covariance_oracle(z: list[list[float]]) -> float:
    columns = list(zip(*z, strict=True))
    P = len(columns)
    return sum(statistics.covariance(columns[i], columns[j]) ** 2 for i in range(P) for j in range(P) if i != j) / P


@pytest.mark.parametrize("target", [None, 0.3, 1.0])
def test_variance_equals_the_formula(target: float | None) -> None:
    z1, z2 = views(P=9)
    goal = 1 / 3 if target is None else target
    expected = (_variance_oracle(rows(z1), goal, 1e-8) + _variance_oracle(rows(z2), goal, 1e-8)) / 2
    assert float(variance(z1, z2, target=target)) == pytest.approx(expected, rel=1e-9)
    assert expected > 0


def test_covariance_equals_the_formula() -> None:
    z1, z2 = views(P=9)
    expected = _covariance_oracle(rows(z1)) + _covariance_oracle(rows(z2))
    assert float(covariance(z1, z2)) == pytest.approx(expected, rel=1e-9)


def test_invariance_equals_the_formula_in_both_scales() -> None:
    z1, z2 = views()
    B, P = z1.shape
    total = sum((x - y) ** 2 for a, b in zip(rows(z1), rows(z2), strict=True) for x, y in zip(a, b, strict=True))
    assert float(invariance(z1, z2)) == pytest.approx(total / (B * P), rel=1e-9)
    assert float(invariance(z1, z2, kind="align")) == pytest.approx(total / B, rel=1e-9)
    assert float(invariance(z1, z2, kind="align")) == float(alignment(z1, z2))


def test_equals_pytorch_metric_learning() -> None:
    """Its VICReg asks a deviation of 1, guards with 1e-4, and averages variance over the views, as ours."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    z1, z2 = views()
    z1, z2 = 3 * z1, 2 * z2  # some dimensions over the target of 1, some under

    def theirs(**weights: float) -> float:
        none = {"invariance_lambda": 0, "variance_mu": 0, "covariance_v": 0}
        return float(losses.VICRegLoss(**(none | weights), eps=1e-4)(z1, ref_emb=z2))

    assert float(invariance(z1, z2)) == pytest.approx(theirs(invariance_lambda=1), rel=1e-6)
    assert float(variance(z1, z2, target=1.0, eps=1e-4)) == pytest.approx(theirs(variance_mu=1), rel=1e-6)
    assert float(covariance(z1, z2)) == pytest.approx(theirs(covariance_v=1), rel=1e-6)
    whole = 25 * invariance(z1, z2) + 25 * variance(z1, z2, target=1.0, eps=1e-4) + 100 * covariance(z1, z2)
    expected = theirs(invariance_lambda=25, variance_mu=25, covariance_v=100)
    assert float(whole) == pytest.approx(expected, rel=1e-6)


def test_variance_closed_forms() -> None:
    same = torch.ones(5, 4, dtype=torch.float64) / 2
    assert float(variance(same, same)) == pytest.approx(0.5 - 1e-4)  # 1/sqrt(4) − sqrt(eps)
    axes = torch.cat([torch.eye(4), -torch.eye(4)])  # every dimension: mean 0, Σ² 2 over 8 rows
    assert float(variance(axes, axes)) == 0.0  # sqrt(2/7) > 1/2
    assert float(variance(axes, same.float()[:1].expand(8, 4))) == pytest.approx((0.5 - 1e-4) / 2)  # the views' mean


def test_covariance_closed_forms() -> None:
    twice = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])  # both dimensions say the same: C_01 = C_10 = 2
    still = torch.ones(2, 2)
    assert float(covariance(twice, still)) == pytest.approx((2**2 + 2**2) / 2)
    assert float(covariance(twice, twice)) == pytest.approx(8.0)
    axes = torch.cat([torch.eye(3), -torch.eye(3)])
    assert float(covariance(axes, axes)) == 0.0


def test_an_unknown_invariance_is_refused() -> None:
    with pytest.raises(ValueError, match="'mse' or 'align', not 'sum'"):
        invariance(*views(), kind="sum")  # pyright: ignore[reportArgumentType]
