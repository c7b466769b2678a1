from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from singalike.losses import masked_l1  # noqa: E402


def test_equals_the_formula() -> None:
    generator = torch.Generator().manual_seed(0)
    prediction, target = torch.randn(2, 3, 5, 4, generator=generator, dtype=torch.float64)
    mask = torch.rand(3, 5, generator=generator) < 0.4
    errors = [
        abs(float(prediction[b, f, m]) - float(target[b, f, m]))
        for b in range(3)
        for f in range(5)
        if mask[b, f]
        for m in range(4)
    ]
    assert float(masked_l1(prediction, target, mask)) == pytest.approx(sum(errors) / len(errors), rel=1e-9)


def test_only_hidden_frames_count() -> None:
    prediction = torch.zeros(1, 3, 2, requires_grad=True)
    target = torch.tensor([[[5.0, 5.0], [1.0, 3.0], [7.0, 7.0]]])
    mask = torch.tensor([[False, True, False]])
    loss = masked_l1(prediction, target, mask)
    assert float(loss.detach()) == pytest.approx(2.0)
    loss.backward()
    assert prediction.grad is not None
    assert prediction.grad[0, 1].tolist() == pytest.approx([-0.5, -0.5])
    assert prediction.grad[0, [0, 2]].abs().max() == 0


def test_nothing_hidden_is_zero_with_a_gradient() -> None:
    prediction = torch.randn(2, 3, 4, requires_grad=True)
    loss = masked_l1(prediction, torch.zeros(2, 3, 4), torch.zeros(2, 3, dtype=torch.bool))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert prediction.grad is not None
    assert prediction.grad.abs().max() == 0


@pytest.mark.parametrize("shapes", [((2, 3, 4), (2, 3, 5), (2, 3)), ((2, 3, 4), (2, 3, 4), (2, 4)), ((3, 4),) * 3])
def test_shapes_that_do_not_belong_together_are_refused(shapes: tuple[tuple[int, ...], ...]) -> None:
    prediction, target, mask = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match="are needed, got"):
        masked_l1(prediction, target, mask.bool())
