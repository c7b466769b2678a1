from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
from two_views import views  # noqa: E402

from singalike.losses import info_nce, same_label  # noqa: E402


def _oracle(queries: torch.Tensor, keys: torch.Tensor, temperature: float, labels: list[int] | None = None) -> float:
    """He et al. 2020, eq. 1, one query at a time."""
    total = 0.0
    for i, query in enumerate(queries.tolist()):
        weights = {}
        for k, key in enumerate(keys.tolist()):
            if k == i or labels is None or labels[i] != labels[k] or labels[i] < 0:
                weights[k] = math.exp(sum(a * b for a, b in zip(query, key, strict=True)) / temperature)
        total -= math.log(weights[i] / sum(weights.values()))
    return total / len(queries)


@pytest.mark.parametrize("temperature", [0.07, 0.1, 1.0])
@pytest.mark.parametrize("labels", [None, [0, 1, 0, 2, -1, 1, -1]], ids=["all keys", "other artists' keys"])
def test_equals_the_formula(temperature: float, labels: list[int] | None) -> None:
    queries, keys = views()
    same = None if labels is None else same_label(torch.tensor(labels))
    ours = float(info_nce(queries, keys, temperature=temperature, same_artist=same))
    assert ours == pytest.approx(_oracle(queries, keys, temperature, labels), rel=1e-9)


def test_closed_forms() -> None:
    """Orthogonal keys: 1 to its own, 0 to the others; where all others are left out there is nothing to tell apart."""
    z = torch.eye(5)
    assert float(info_nce(z, z, temperature=0.5)) == pytest.approx(math.log(1 + 4 * math.exp(-2)))
    assert float(info_nce(z, z, temperature=0.5, same_artist=same_label(torch.zeros(5, dtype=torch.int)))) == 0.0


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 0, 1, 1], [-1, -1, -1, -1]])
def test_gradients_are_finite_with_masks(labels: list[int]) -> None:
    queries, keys = (z.requires_grad_() for z in views(B=4))
    info_nce(queries, keys, temperature=0.1, same_artist=same_label(torch.tensor(labels))).backward()
    for z in (queries, keys):
        assert z.grad is not None
        assert torch.isfinite(z.grad).all()
