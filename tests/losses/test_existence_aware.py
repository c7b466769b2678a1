from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from singalike.encoders.heads import Bilinear  # noqa: E402
from singalike.losses import cola, existence_aware, same_label  # noqa: E402

SOME = [True, False, True, True, False, True, False]
ONE_ABSENT = [True] * 6 + [False]
ONE_PRESENT = [False] * 3 + [True] + [False] * 3
patterns = pytest.mark.parametrize("present", [SOME, ONE_ABSENT, ONE_PRESENT, [True] * 7, [False] * 7])


def _given(B: int = 7, P: int = 5, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    u, y = (torch.tanh(torch.randn(B, P, generator=generator, dtype=torch.float64)) for _ in range(2))
    return u, y, torch.randn(P, P, generator=generator, dtype=torch.float64)


def _product(u: list[float], W: list[list[float]], v: list[float]) -> float:
    return sum(a * W[i][j] * b for i, a in enumerate(u) for j, b in enumerate(v))


def _oracle(u: Tensor, y: Tensor, W: Tensor, present: list[bool], same: Tensor | None = None) -> float:
    """Slowly, as MSCOL says it: collect the keys, find each mixture's target among them, cross-entropy."""
    keys, owners = [], []
    for k, is_present in enumerate(present):
        if is_present:
            keys.append(y[k].tolist())
            owners.append(k)
    absent = [y[k].tolist() for k, is_present in enumerate(present) if not is_present]
    if absent:
        keys.append([sum(column) / len(absent) for column in zip(*absent, strict=True)])
        owners.append(-1)
    total = 0.0
    for i in range(len(u)):
        target = i if present[i] else -1
        exponentials = {
            owner: math.exp(_product(u[i].tolist(), W.tolist(), key))
            for owner, key in zip(owners, keys, strict=True)
            if owner == target or same is None or owner < 0 or not same[i, owner]
        }
        total -= math.log(exponentials[target] / sum(exponentials.values()))
    return total / len(u)


@patterns
@pytest.mark.parametrize("labels", [None, [0, 1, 0, 0, 1, 2, 2]])
def test_equals_a_slow_reference(present: list[bool], labels: list[int] | None) -> None:
    u, y, W = _given()
    same = None if labels is None else same_label(torch.tensor(labels))
    ours = existence_aware(u @ W @ y.T, torch.tensor(present), same_artist=same)
    assert float(ours) == pytest.approx(_oracle(u, y, W, present, same), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("labels", [None, [0, 1, 0, 0, 1, 2, 2]])
def test_with_nothing_absent_it_is_colas(labels: list[int] | None) -> None:
    u, y, W = _given()
    same, everything = None if labels is None else same_label(torch.tensor(labels)), torch.ones(7, dtype=torch.bool)
    s = u @ W @ y.T
    assert torch.equal(existence_aware(s, everything, same_artist=same), cola(s, same_artist=same))


def test_with_everything_absent_it_is_zero_with_gradients_of_zero() -> None:
    u, y, W = _given()
    s = (u @ W @ y.T).requires_grad_()
    loss = existence_aware(s, torch.zeros(7, dtype=torch.bool))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert s.grad is not None
    assert torch.equal(s.grad, torch.zeros_like(s))


@patterns
@pytest.mark.parametrize("labels", [None, [0] * 7, [0, 0, 1, 1, 1, 2, 2]])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_gradients_are_finite(present: list[bool], labels: list[int] | None, scale: float) -> None:
    u, y, W = (x.requires_grad_() for x in _given())
    same = None if labels is None else same_label(torch.tensor(labels))
    loss = existence_aware(scale * (u @ W @ y.T), torch.tensor(present), same_artist=same)
    loss.backward()
    assert torch.isfinite(loss)
    for x in (u, y, W):
        assert x.grad is not None
        assert torch.isfinite(x.grad).all()


@patterns
def test_gradient_equals_finite_differences(present: list[bool]) -> None:
    u, y, W = (x.requires_grad_() for x in _given())
    mask = torch.tensor(present)
    assert torch.autograd.gradcheck(lambda u, y, W: existence_aware(u @ W @ y.T, mask), (u, y, W))


def test_does_not_depend_on_the_order_of_the_batch() -> None:
    u, y, W = _given()
    present, labels = torch.tensor(SOME), torch.tensor([0, 1, 0, 0, 1, 2, 2])
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    whole = existence_aware(u @ W @ y.T, present, same_artist=same_label(labels))
    shuffled = existence_aware(u[order] @ W @ y[order].T, present[order], same_artist=same_label(labels[order]))
    torch.testing.assert_close(shuffled, whole)


def test_absent_keys_are_no_negatives_of_their_own() -> None:
    """However the absent keys differ, only their mean is seen."""
    u, y, W = _given()
    present = torch.tensor(SOME)
    moved = y.clone()
    moved[1] += 3.0
    moved[4] -= 3.0
    torch.testing.assert_close(existence_aware(u @ W @ moved.T, present), existence_aware(u @ W @ y.T, present))


def test_takes_the_bilinear_similarity() -> None:
    u, y, _ = (x.float() for x in _given())
    bilinear = Bilinear(5)
    loss = existence_aware(bilinear(u, y), torch.tensor(SOME))
    assert float(loss.detach()) == pytest.approx(_oracle(u, y, bilinear.weight.detach(), SOME), rel=1e-5)


@pytest.mark.parametrize(("shape", "pairs"), [((3, 4), 3), ((3, 3), 4), ((0, 0), 0), ((3,), 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...], pairs: int) -> None:
    with pytest.raises(ValueError, match="present"):
        existence_aware(torch.zeros(shape), torch.ones(pairs, dtype=torch.bool))
