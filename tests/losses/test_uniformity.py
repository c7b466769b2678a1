from __future__ import annotations

import math
from itertools import combinations

import pytest

torch = pytest.importorskip("torch")

from two_views import rows, views  # noqa: E402

from singalike.losses import uniformity  # noqa: E402


def _oracle(z: list[list[float]], t: float) -> float:
    kernels = [math.exp(-t * sum((x - y) ** 2 for x, y in zip(a, b, strict=True))) for a, b in combinations(z, 2)]
    return math.log(sum(kernels) / len(kernels))


@pytest.mark.parametrize("t", [0.5, 2.0, 7.0])
def test_equals_the_formula(t: float) -> None:
    z1, z2 = views()
    expected = (_oracle(rows(z1), t) + _oracle(rows(z2), t)) / 2
    assert float(uniformity(z1, z2, t=t)) == pytest.approx(expected, rel=1e-9)


def test_closed_forms() -> None:
    z = torch.eye(5, dtype=torch.float64)
    assert float(uniformity(z, z)) == pytest.approx(-4.0)  # every squared distance is 2
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    assert float(uniformity(opposite, opposite)) == pytest.approx(-8.0)


def test_is_zero_at_collapse_and_falls_as_vectors_part() -> None:
    one = torch.ones(6, 8) / 8**0.5
    spread, _ = views(B=6, P=8)
    assert float(uniformity(one, one)) == pytest.approx(0.0, abs=1e-6)
    assert float(uniformity(spread, spread)) < -1.0


def test_far_vectors_under_a_sharp_kernel_do_not_underflow() -> None:
    z = torch.eye(3).requires_grad_()
    loss = uniformity(z, z, t=1000.0)  # exp(−2000) is 0 in any float
    assert float(loss.detach()) == pytest.approx(-2000.0)
    loss.backward()
    assert z.grad is not None
    assert torch.isfinite(z.grad).all()
