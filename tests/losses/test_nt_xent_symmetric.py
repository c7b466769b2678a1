from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
from two_views import views  # noqa: E402

from singalike.losses import nt_xent_symmetric, same_label  # noqa: E402


def _oracle(z1: torch.Tensor, z2: torch.Tensor, temperature: float, labels: list[int] | None = None) -> float:
    """Chen et al. 2020, eq. 1, one view at a time."""
    B, z = len(z1), torch.cat([z1, z2]).tolist()
    total = 0.0
    for i in range(2 * B):
        partner = (i + B) % (2 * B)
        weights = {}
        for k in range(2 * B):
            same = labels is not None and labels[i % B] == labels[k % B] >= 0
            if k == partner or (k != i and not same):
                weights[k] = math.exp(sum(a * b for a, b in zip(z[i], z[k], strict=True)) / temperature)
        total -= math.log(weights[partner] / sum(weights.values()))
    return total / (2 * B)


@pytest.mark.parametrize("temperature", [0.1, 0.2, 1.0])
def test_equals_the_formula(temperature: float) -> None:
    z1, z2 = views()
    ours = float(nt_xent_symmetric(z1, z2, temperature=temperature))
    assert ours == pytest.approx(_oracle(z1, z2, temperature), rel=1e-9)


def test_leaves_out_negatives_of_the_same_artist() -> None:
    z1, z2 = views()
    labels = [0, 1, 0, 2, -1, 1, -1]
    ours = float(nt_xent_symmetric(z1, z2, same_artist=same_label(torch.tensor(labels))))
    assert ours == pytest.approx(_oracle(z1, z2, 0.2, labels), rel=1e-9)
    assert ours < float(nt_xent_symmetric(z1, z2)) - 1e-3


def test_equals_pytorch_metric_learning() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    z1, z2 = views()
    theirs = losses.NTXentLoss(temperature=0.2)(torch.cat([z1, z2]), torch.arange(len(z1)).repeat(2))
    assert float(nt_xent_symmetric(z1, z2)) == pytest.approx(float(theirs), rel=1e-6)


def test_closed_forms() -> None:
    """Orthogonal pairs: 1 to the partner, 0 to the other 2B − 2; a single pair has no negative."""
    z = torch.eye(5)
    assert float(nt_xent_symmetric(z, z, temperature=0.5)) == pytest.approx(math.log(1 + 8 * math.exp(-2)))
    assert float(nt_xent_symmetric(z[:1], z[1:2])) == 0.0


def test_views_can_change_places() -> None:
    z1, z2 = views()
    torch.testing.assert_close(nt_xent_symmetric(z1, z2), nt_xent_symmetric(z2, z1))


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 0, 1, 1], [-1, -1, -1, -1]])
def test_gradients_are_finite_with_masks(labels: list[int]) -> None:
    z1, z2 = (z.requires_grad_() for z in views(B=4))
    nt_xent_symmetric(z1, z2, same_artist=same_label(torch.tensor(labels))).backward()
    for z in (z1, z2):
        assert z.grad is not None
        assert torch.isfinite(z.grad).all()
