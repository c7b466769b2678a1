"""Who an anchor's negatives are: counted, never of its own singer, and each as likely as another."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402

from singalike.losses import hardest_negatives, uniform_negatives  # noqa: E402

LABELS = [0, 1, 0, 2, -1, 1, 0, -1, 3]
B = len(LABELS)


def _scores(seed: int) -> Tensor:
    return torch.rand(B, B, generator=torch.Generator().manual_seed(seed))


def _foreign(i: int, labels: list[int]) -> list[int]:
    """Who may be a negative of anchor i: all but itself and those known to be of its singer."""
    return [j for j in range(len(labels)) if j != i and (labels[j] != labels[i] or labels[i] < 0)]


@pytest.mark.parametrize("count", [1, 4, 6, 100])
@pytest.mark.parametrize("seed", range(5))
def test_so_many_of_other_singers_or_all_there_are(count: int, seed: int) -> None:
    chosen = uniform_negatives(torch.tensor(LABELS), _scores(seed), count=count)
    assert chosen.dtype == torch.bool
    for i in range(B):
        allowed, found = _foreign(i, LABELS), set(chosen[i].nonzero().ravel().tolist())
        assert found <= set(allowed)
        assert len(found) == min(count, len(allowed))


def test_four_unless_asked() -> None:
    assert uniform_negatives(torch.arange(9), _scores(0)).sum(1).tolist() == [4] * 9


def test_one_singer_alone_has_none() -> None:
    labels = torch.zeros(B, dtype=torch.long)
    assert not uniform_negatives(labels, _scores(0)).any()
    assert not hardest_negatives(_scores(0), labels).any()


def test_whose_name_is_unknown_is_the_same_as_no_other() -> None:
    nobody = torch.full((3,), -1)
    everyone_else = ~torch.eye(3, dtype=torch.bool)
    assert torch.equal(uniform_negatives(nobody, torch.rand(3, 3), count=2), everyone_else)


def test_each_is_as_likely_as_another() -> None:
    """Chi-square over many draws: each two of those allowed are drawn together as often as any other two."""
    scipy = pytest.importorskip("scipy.stats")
    draws, labels = 3000, torch.tensor(LABELS)
    chosen = torch.stack([uniform_negatives(labels, _scores(seed), count=2) for seed in range(draws)])
    for i in (0, 3, 4):  # of three, of one, of no known singer
        allowed = _foreign(i, LABELS)
        found = chosen[:, i][:, allowed]
        pairs = [found[:, a] & found[:, b] for a in range(len(allowed)) for b in range(a)]
        counts = [int(pair.sum()) for pair in pairs]
        assert sum(counts) == draws
        assert scipy.chisquare(counts).pvalue > 1e-3
    # Anchors draw for themselves: what 0 drew says nothing of what 2, who may draw the same, did.
    both = (chosen[:, 0, 3] & chosen[:, 2, 3]).double().mean()
    assert float(both) == pytest.approx((2 / 6) ** 2, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_the_hardest_is_the_closest_of_another_singer(seed: int) -> None:
    similarity = 2 * _scores(seed) - 1
    chosen = hardest_negatives(similarity.requires_grad_(), torch.tensor(LABELS))
    for i in range(B):
        best = max(_foreign(i, LABELS), key=lambda j, i=i: float(similarity[i, j].detach()))
        assert chosen[i].nonzero().ravel().tolist() == [best]


@pytest.mark.parametrize(("scores", "count"), [((3, 4), 1), ((4, 3), 1), ((3,), 1), ((3, 3), 0)])
def test_scores_of_another_shape_and_no_count_are_refused(scores: tuple[int, ...], count: int) -> None:
    with pytest.raises(ValueError, match="scores"):
        uniform_negatives(torch.arange(3), torch.rand(scores), count=count)
