"""The triplets of Kim et al. 2021 against METHODS' formula, term by term, and against the predecessor's own."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402
from torch.nn.functional import normalize  # noqa: E402

from singalike.losses import structure_preserving, uniform_negatives  # noqa: E402

LABELS = [3, 1, 3, 0, 1, -1, 2, -1]
B, D = len(LABELS), 6
PREDECESSOR = {"reverse": 0.0, "within_vocals": 0.0, "within_mixes": 0.0}


def _sides(seed: int = 0, *, requires_grad: bool = False) -> list[Tensor]:
    """Return v, x, v⁺, x⁺, (B, D) each of unit norm."""
    drawn = torch.randn(4, B, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return [side.clone().requires_grad_(requires_grad) for side in normalize(drawn, dim=-1)]


def _negatives(seed: int = 0, count: int = 2) -> Tensor:
    return uniform_negatives(
        torch.tensor(LABELS), torch.rand(B, B, generator=torch.Generator().manual_seed(seed)), count=count
    )


def _distance(a: list[float], b: list[float]) -> float:
    return 1.0 - sum(p * q for p, q in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)


def _foreign(i: int, j: int) -> bool:
    return i != j and (LABELS[i] != LABELS[j] or LABELS[i] < 0)


def _slow(sides: list[Tensor], negatives: Tensor | None, *, m: float, weights: tuple[float, float, float]) -> float:
    """METHODS §5, one triplet at a time; without negatives the closest of another singer, found by trying all."""
    v, x, v_other, x_other = (side.tolist() for side in sides)
    total = 0.0
    for weight, anchors, keys in zip((1.0, *weights), (v, x, v, x), (x_other, v_other, v_other, x_other), strict=True):
        hinges = []
        for i in range(B):
            if negatives is None:
                chosen = [
                    min((j for j in range(B) if _foreign(i, j)), key=lambda j, i=i: _distance(anchors[i], keys[j]))
                ]
            else:
                chosen = [j for j in range(B) if negatives[i, j]]
            near = _distance(anchors[i], keys[i])
            hinges += [max(0.0, m + near - _distance(anchors[i], keys[j])) for j in chosen]
        total += weight * sum(hinges) / len(hinges)
    return total


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("hardest", [False, True], ids=["uniform", "hardest"])
@pytest.mark.parametrize(
    ("weights", "m"), [((1.0, 0.2, 0.2), 0.1), ((0.0, 0.0, 0.0), 0.1), ((0.5, 2.0, 3.0), 0.4), ((0.0, 1.0, 0.0), 1.0)]
)
def test_equals_the_formula(seed: int, hardest: bool, weights: tuple[float, float, float], m: float) -> None:
    sides, negatives = _sides(seed), None if hardest else _negatives(seed)
    named = dict(zip(PREDECESSOR, weights, strict=True))
    ours = structure_preserving(*sides, torch.tensor(LABELS), negatives, margin=m, **named)
    assert float(ours) == pytest.approx(_slow(sides, negatives, m=m, weights=weights), rel=1e-12)
    assert float(ours) > 0


def test_its_numbers_are_the_papers() -> None:
    """Margin .1, λ1 = 1, λ2 = λ3 = .2 without being asked."""
    sides, negatives = _sides(4), _negatives(4)
    ours = structure_preserving(*sides, torch.tensor(LABELS), negatives)
    assert float(ours) == pytest.approx(_slow(sides, negatives, m=0.1, weights=(1.0, 0.2, 0.2)), rel=1e-12)


def _predecessor(v: Tensor, x_positive: Tensor, x_negatives: Tensor, *, margin: float) -> Tensor:
    """Lee & Nam 2019, equation 2: max(0, α − cos(v, x⁺) + cos(v, x⁻)) of v (B, D), x⁺ (B, D), x⁻ (B, K, D)."""
    positive = torch.cosine_similarity(v, x_positive, dim=-1)[:, None]
    negative = torch.cosine_similarity(v[:, None], x_negatives, dim=-1)
    return torch.relu(margin - positive + negative).mean()


@pytest.mark.parametrize("seed", range(3))
def test_without_the_new_terms_loss_and_gradients_are_the_predecessors(seed: int) -> None:
    ours, theirs = _sides(seed, requires_grad=True), _sides(seed, requires_grad=True)
    negatives = _negatives(seed, count=3)
    loss = structure_preserving(*ours, torch.tensor(LABELS), negatives, **PREDECESSOR)
    v, _, _, x_other = theirs
    rows = torch.stack([x_other[negatives[i]] for i in range(B)])
    expected = _predecessor(v, x_other, rows, margin=0.1)
    torch.testing.assert_close(loss, expected)
    # Through the normalisation, as training goes: cosine_similarity's own gradient has no radial part.
    loss.backward()
    expected.backward()
    for one, other in ((ours[0], theirs[0]), (ours[3], theirs[3])):
        assert one.grad is not None
        assert other.grad is not None
        assert other.grad.abs().max() > 0
        tangent = one.grad - (one.grad * one).sum(-1, keepdim=True) * one.detach()
        torch.testing.assert_close(tangent.detach(), other.grad)
    for unused in ours[1:3]:
        assert unused.grad is None or not unused.grad.any()


def test_gradient_equals_finite_differences() -> None:
    labels, negatives = torch.tensor(LABELS), _negatives()
    sides = tuple(_sides(requires_grad=True))
    assert torch.autograd.gradcheck(lambda *s: structure_preserving(*s, labels, negatives), sides)
    assert torch.autograd.gradcheck(lambda *s: structure_preserving(*s, labels), sides)


@pytest.mark.parametrize("hardest", [False, True], ids=["uniform", "hardest"])
def test_one_singer_alone_has_no_loss_and_no_gradient(hardest: bool) -> None:
    labels = torch.full((B,), 7)
    negatives = None if hardest else uniform_negatives(labels, torch.rand(B, B))
    sides = _sides(requires_grad=True)
    loss = structure_preserving(*sides, labels, negatives)
    loss.backward()
    assert float(loss.detach()) == 0.0
    for side in sides:
        assert side.grad is not None
        assert not side.grad.any()


@pytest.mark.parametrize("value", [1.0, 0.0], ids=["one vector", "zeros"])
def test_gradient_is_finite_at_collapse(value: float) -> None:
    sides = [torch.full((B, 4), value / 2, requires_grad=True) for _ in range(4)]
    loss = structure_preserving(*sides, torch.tensor(LABELS))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0.1 * (1 + 1 + 0.2 + 0.2))  # nothing apart: the margin of every term
    assert all(side.grad is not None and torch.isfinite(side.grad).all() for side in sides)


def test_other_shapes_are_refused() -> None:
    v, x, v_other, x_other = _sides()
    labels = torch.tensor(LABELS)
    for sides in ((v, x, v_other, x_other[1:]), (v[:, 1:], x, v_other, x_other), (v[0], x[0], v_other[0], x_other[0])):
        with pytest.raises(ValueError, match=r"not \(B, D\) each"):
            structure_preserving(*sides, labels)
    with pytest.raises(ValueError, match=r"not \(B, D\) each"):
        structure_preserving(*(side[:0] for side in (v, x, v_other, x_other)), labels[:0])
