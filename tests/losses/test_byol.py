from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from two_views import rows, views  # noqa: E402

from singalike.encoders.heads import Predictor  # noqa: E402
from singalike.losses import byol, byol_regression  # noqa: E402


def _mse(q: list[list[float]], t: list[list[float]]) -> float:
    squares = [(x - y) ** 2 for a, b in zip(q, t, strict=True) for x, y in zip(a, b, strict=True)]
    return sum(squares) / len(squares)


def test_equals_the_formula() -> None:
    (q1, t2), (q2, t1) = views(seed=1), views(seed=2)
    expected = (_mse(rows(q1), rows(t2)) + _mse(rows(q2), rows(t1))) / 2
    assert float(byol(q1, t2, q2, t1)) == pytest.approx(expected, rel=1e-9)


def test_regression_of_unit_vectors_is_a_cosine() -> None:
    q, t = views()
    cosine = (q * t).sum(1)
    assert float(byol_regression(q, t)) == pytest.approx(float((2 - 2 * cosine).mean()) / q.shape[1], rel=1e-9)


def test_closed_forms() -> None:
    z = torch.eye(4)
    assert float(byol(z, z, z, z)) == 0.0
    assert float(byol(z, -z, z, z)) == pytest.approx(4 / 4 / 2)  # ‖2z‖² over P = 4, in one of two terms


def test_the_target_learns_nothing() -> None:
    q, t = (z.requires_grad_() for z in views())
    byol(q, t, q, t).backward()
    assert t.grad is None
    assert q.grad is not None
    assert q.grad.abs().max() > 0


def test_predictor_has_torres_sizes_and_gives_unit_vectors() -> None:
    predictor = Predictor()
    shapes = {name: tuple(p.shape) for name, p in predictor.named_parameters()}
    assert sorted(shapes.values()) == sorted([(1024, 128), (1024,), (1024,), (128, 1024), (128,)])
    q = predictor(torch.randn(5, 128))
    assert q.shape == (5, 128)
    torch.testing.assert_close(q.norm(dim=-1), torch.ones(5))


def test_predictor_learns_from_a_collapsed_batch_without_nan() -> None:
    predictor = Predictor(8, 16)
    z = (torch.ones(4, 8) / 8**0.5).requires_grad_()
    byol_regression(predictor(z), z).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in predictor.parameters())
    assert z.grad is not None
    assert torch.isfinite(z.grad).all()
