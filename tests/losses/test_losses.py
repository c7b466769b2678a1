from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn.functional import normalize  # noqa: E402
from two_views import views  # noqa: E402

from singalike.losses import am_softmax, decoupled_nt_xent, teacher_cosine  # noqa: E402


def _oracle(z1: np.ndarray, z2: np.ndarray, temperature: float) -> float:
    """The paper's formula, one number at a time."""
    total = 0.0
    for i in range(len(z1)):
        negatives = sum(math.exp(float(z1[i] @ z2[j]) / temperature) for j in range(len(z2)) if j != i)
        total += -float(z1[i] @ z2[i]) / temperature + math.log(negatives)
    return total / len(z1)


@pytest.mark.parametrize("temperature", [0.05, 0.2, 1.0])
def test_nt_xent_equals_the_formula(temperature: float) -> None:
    z1, z2 = views()
    ours = float(decoupled_nt_xent(z1, z2, temperature=temperature))
    assert ours == pytest.approx(_oracle(z1.numpy(), z2.numpy(), temperature), rel=1e-5)


def test_nt_xent_equals_pytorch_metric_learning() -> None:
    """Its NT-Xent has the positive in the denominator; without it the two differ by a known log."""
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    z1, z2 = views()
    B, temperature = len(z1), 0.2
    theirs = losses.NTXentLoss(temperature=temperature)
    anchors, others = torch.arange(B), torch.arange(B, 2 * B)
    negatives = [(i, B + j) for i in range(B) for j in range(B) if i != j]
    pairs = (
        anchors,
        others,
        torch.tensor([n[0] for n in negatives]),
        torch.tensor([n[1] for n in negatives]),
    )
    coupled = float(theirs(torch.cat([z1, z2]), indices_tuple=pairs))
    s = z1 @ z2.T / temperature
    correction = float((s.logsumexp(1) - s.masked_fill(torch.eye(B, dtype=torch.bool), -torch.inf).logsumexp(1)).mean())
    assert float(decoupled_nt_xent(z1, z2, temperature=temperature)) == pytest.approx(coupled - correction, rel=1e-5)


def test_nt_xent_closed_form() -> None:
    """Orthogonal pairs: s_ii = 1, all others 0."""
    z = torch.eye(5)
    assert float(decoupled_nt_xent(z, z, temperature=0.5)) == pytest.approx(-2.0 + math.log(4))


def test_nt_xent_with_few_negatives_takes_the_next_ones() -> None:
    z1, z2 = views(B=6)
    s = (z1 @ z2.T / 0.2).numpy()
    expected = np.mean([-s[i, i] + math.log(sum(math.exp(s[i, (i + k) % 6]) for k in (1, 2))) for i in range(6)])
    assert float(decoupled_nt_xent(z1, z2, max_negatives=2)) == pytest.approx(expected, rel=1e-5)


def test_am_softmax_equals_pytorch_metric_learning() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    theirs = losses.CosFaceLoss(num_classes=5, embedding_size=8, margin=0.35, scale=20.0)
    h, labels = torch.randn(9, 8), torch.arange(9) % 5
    ours = am_softmax(h, normalize(theirs.W.detach().T, dim=-1), labels, margin=0.35, scale=20.0)
    assert float(ours) == pytest.approx(float(theirs(h, labels).detach()), rel=1e-4)


def test_am_softmax_without_margin_is_normalised_softmax() -> None:
    h, w, labels = torch.randn(4, 8), normalize(torch.randn(3, 8), dim=-1), torch.tensor([0, 2, 1, 1])
    expected = torch.nn.functional.cross_entropy(10 * normalize(h, dim=-1) @ w.T, labels)
    torch.testing.assert_close(am_softmax(h, w, labels, margin=0.0, scale=10.0), expected)


def test_teacher_counts_only_items_that_have_one() -> None:
    student = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], requires_grad=True)
    teacher = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    loss = teacher_cosine(student, teacher)
    assert float(loss.detach()) == pytest.approx(0.5)  # distances 0 and 1; the third has no teacher
    loss.backward()
    assert student.grad is not None
    assert torch.isfinite(student.grad).all()
    assert student.grad[2].abs().max() == 0


def test_teacher_without_any_is_zero() -> None:
    assert float(teacher_cosine(torch.randn(3, 4), torch.zeros(3, 4))) == 0.0
