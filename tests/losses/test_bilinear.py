from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from singalike.encoders.heads import Bilinear  # noqa: E402
from singalike.losses import cola, same_label  # noqa: E402


def _similarity(B: int = 6, N: int = 6, seed: int = 0) -> torch.Tensor:
    return 3 * torch.randn(B, N, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _oracle(s: list[list[float]], same: list[list[bool]] | None = None) -> float:
    """The paper's eq. 1, one number at a time."""
    total = 0.0
    for i, row in enumerate(s):
        keys = [j for j in range(len(row)) if j == i or same is None or not same[i][j]]
        total += -math.log(math.exp(row[i]) / sum(math.exp(row[j]) for j in keys))
    return total / len(s)


@pytest.mark.parametrize("N", [6, 9])
def test_equals_the_formula(N: int) -> None:
    s = _similarity(N=N)
    assert float(cola(s)) == pytest.approx(_oracle(s.tolist()), rel=1e-9)


def test_leaves_out_negatives_of_the_same_artist() -> None:
    s, same = _similarity(), same_label(torch.tensor([0, 1, 0, 2, 0, 1]))
    expected = _oracle(s.tolist(), same.tolist())
    assert float(cola(s, same_artist=same)) == pytest.approx(expected, rel=1e-9)
    assert expected < _oracle(s.tolist()) - 0.1
    with_own = same | torch.eye(6, dtype=torch.bool)  # plainly: whose labels are equal
    assert float(cola(s, same_artist=with_own)) == pytest.approx(expected, rel=1e-9)


def test_goes_in_one_direction_only() -> None:
    s = _similarity()
    assert float(cola(s)) != pytest.approx(float(cola(s.T)), rel=1e-3)


def test_equals_pytorch_metric_learning_at_temperature_one() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    z = torch.nn.functional.normalize(_similarity(5, 8), dim=-1)
    v = torch.nn.functional.normalize(_similarity(5, 8, seed=1), dim=-1)
    anchors, keys = torch.arange(5), torch.arange(5, 10)
    i, j = torch.meshgrid(anchors, anchors, indexing="ij")
    pairs = (anchors, keys, i[i != j], 5 + j[i != j])
    theirs = losses.NTXentLoss(temperature=1.0)(torch.cat([z, v]), indices_tuple=pairs)
    assert float(cola(z @ v.T)) == pytest.approx(float(theirs), rel=1e-6)


def test_closed_forms() -> None:
    assert float(cola(torch.zeros(5, 5))) == pytest.approx(math.log(5))
    assert float(cola(torch.zeros(1, 1))) == 0.0
    everyone = same_label(torch.zeros(5, dtype=torch.long))
    assert float(cola(_similarity(5, 5), same_artist=everyone)) == 0.0


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 2, 3], [-1, -1, -1, -1]])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_gradients_are_finite(labels: list[int], scale: float) -> None:
    s = (scale * _similarity(4, 4)).requires_grad_()
    cola(s, same_artist=same_label(torch.tensor(labels))).backward()
    assert s.grad is not None
    assert torch.isfinite(s.grad).all()


def test_gradient_equals_finite_differences() -> None:
    same = same_label(torch.tensor([0, 1, 0, 2]))
    assert torch.autograd.gradcheck(lambda s: cola(s, same_artist=same), _similarity(4, 4).requires_grad_())


@pytest.mark.parametrize("shape", [(3, 2), (0, 0), (0, 4), (3,), (2, 3, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="similarity"):
        cola(torch.zeros(shape))


def test_learns_to_tell_pairs_apart() -> None:
    """A rotation between anchors and keys is what W has to find."""
    torch.manual_seed(0)
    u = torch.nn.functional.normalize(torch.randn(12, 6), dim=-1)
    v = u @ torch.linalg.qr(torch.randn(6, 6)).Q
    bilinear = Bilinear(6)
    adam = torch.optim.Adam(bilinear.parameters(), 0.1)
    before = float(cola(bilinear(u, v)).detach())
    for _ in range(60):
        adam.zero_grad()
        loss = cola(bilinear(u, v))
        loss.backward()
        adam.step()
    assert before > 2.2
    assert float(cola(bilinear(u, v)).detach()) < 0.5
    assert (bilinear(u, v).argmax(1) == torch.arange(12)).all()
