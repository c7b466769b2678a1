from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from singalike.losses import same_label  # noqa: E402
from singalike.losses.same_artist import without_same_artist  # noqa: E402


def test_other_pairs_of_one_label_and_none_of_an_unknown_one() -> None:
    labels = [4, 7, 4, -1, 7, -1, 9]
    same = same_label(torch.tensor(labels))
    for i, a in enumerate(labels):
        for j, b in enumerate(labels):
            assert bool(same[i, j]) == (i != j and a == b and a >= 0)


def test_an_own_key_stays_whatever_the_mask_says() -> None:
    logits = torch.arange(6.0).view(2, 3)
    left = without_same_artist(logits, torch.tensor([[True, False, True], [True, True, False]]))
    assert left.tolist() == [[0.0, 1.0, -torch.inf], [-torch.inf, 4.0, 5.0]]
    assert without_same_artist(logits, None) is logits


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="same_artist"):
        without_same_artist(torch.zeros(2, 3), torch.zeros(2, 2, dtype=torch.bool))
