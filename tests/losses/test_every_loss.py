"""What holds of every loss over two views: gradients, at collapse too, order, and refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")
from two_views import views  # noqa: E402

from singalike import losses  # noqa: E402

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

LOSSES: dict[str, Loss] = {
    "decoupled_nt_xent": losses.decoupled_nt_xent,
    "nt_xent_symmetric": losses.nt_xent_symmetric,
    "alignment": losses.alignment,
    "uniformity": losses.uniformity,
    "variance": losses.variance,
    "covariance": losses.covariance,
    "invariance": losses.invariance,
    "invariance, align": lambda z1, z2: losses.invariance(z1, z2, kind="align"),
    "info_nce": lambda z1, z2: losses.info_nce(z1, z2, temperature=0.2),
    "byol": lambda z1, z2: losses.byol(z1, z2, z2, z1),
}
NEED_TWO = ("decoupled_nt_xent", "uniformity", "variance", "covariance")
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


@every_loss
def test_is_a_scalar_whatever_the_order_of_the_batch(loss: Loss) -> None:
    z1, z2 = views()
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    assert loss(z1, z2).shape == ()
    torch.testing.assert_close(loss(z1[order], z2[order]), loss(z1, z2))


@every_loss
def test_gradient_equals_finite_differences(loss: Loss) -> None:
    z1, z2 = views(B=4, P=5)
    # BYOL's targets are held still: against them finite differences would see what the gradient must not.
    if loss is LOSSES["byol"]:
        targets = z1.clone(), z2.clone()
        held: Loss = lambda q1, q2: losses.byol(q1, targets[1], q2, targets[0])  # noqa: E731
    else:
        held = loss
    assert torch.autograd.gradcheck(held, (z1.requires_grad_(), z2.requires_grad_()))


@every_loss
@pytest.mark.parametrize("value", [1.0, 0.0], ids=["one vector", "zeros"])
def test_gradient_is_finite_at_collapse(loss: Loss, value: float) -> None:
    z1 = torch.full((5, 16), value / 4, requires_grad=True)
    z2 = torch.full((5, 16), value / 4, requires_grad=True)
    loss(z1, z2).backward()
    for z in (z1, z2):
        assert z.grad is not None
        assert torch.isfinite(z.grad).all()


@every_loss
def test_gradient_is_finite_where_some_vectors_are_equal(loss: Loss) -> None:
    z, _ = views(B=3)
    z1 = torch.cat([z, z]).requires_grad_()
    loss(z1, z1.detach().clone()).backward()
    assert z1.grad is not None
    assert torch.isfinite(z1.grad).all()


@every_loss
@pytest.mark.parametrize("shapes", [((2, 3), (3, 3)), ((4, 3), (4, 5)), ((4,), (4,)), ((2, 3, 4), (2, 3, 4))])
def test_unequal_views_are_refused(loss: Loss, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="two views of one shape"):
        loss(torch.zeros(shapes[0]), torch.zeros(shapes[1]))


@every_loss
def test_an_empty_batch_is_refused(loss: Loss) -> None:
    with pytest.raises(ValueError, match="pairs"):
        loss(torch.zeros(0, 3), torch.zeros(0, 3))


@pytest.mark.parametrize("name", LOSSES)
def test_a_single_pair_is_refused_where_it_says_nothing(name: str) -> None:
    z1, z2 = views(B=1)
    if name in NEED_TWO:
        with pytest.raises(ValueError, match="pairs"):
            LOSSES[name](z1, z2)
    else:
        assert torch.isfinite(LOSSES[name](z1, z2))
