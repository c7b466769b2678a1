from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from two_views import rows, views  # noqa: E402

from singalike.losses import alignment  # noqa: E402


def test_equals_the_formula() -> None:
    z1, z2 = views()
    pairs = list(zip(rows(z1), rows(z2), strict=True))
    expected = sum(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) for a, b in pairs) / len(pairs)
    assert float(alignment(z1, z2)) == pytest.approx(expected, rel=1e-9)


def test_of_unit_vectors_is_two_less_two_cosines() -> None:
    z1, z2 = views()
    assert float(alignment(z1, z2)) == pytest.approx(float((2 - 2 * (z1 * z2).sum(1)).mean()), rel=1e-9)


def test_closed_forms() -> None:
    z = torch.eye(4)
    assert float(alignment(z, z)) == 0.0
    assert float(alignment(z, z.roll(1, 0))) == pytest.approx(2.0)
    assert float(alignment(z, -z)) == pytest.approx(4.0)
