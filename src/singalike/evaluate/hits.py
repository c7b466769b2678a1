"""Accuracy over splits: the mean of each split's share of hits, with an interval over whose items they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from singalike.evaluate.bootstrap import mean_interval


@dataclass(eq=False)
class Hits:
    """Collects what was said of the test items of one split after another."""

    _right: list[np.ndarray] = field(default_factory=list)
    _owners: list[np.ndarray] = field(default_factory=list)
    _commonest: list[float] = field(default_factory=list)

    def add(self, truth: np.ndarray, guess: np.ndarray, owners: np.ndarray) -> None:
        """Add the test part of a split.

        Args:
            truth: (G,) int, the class of each item.
            guess: (G,) int, what was said.
            owners: (G,) the singer or artist of each item.
        """
        self._right.append(truth == guess)
        self._owners.append(owners)
        self._commonest.append(float(np.bincount(truth).max() / len(truth)))

    def figures(self, *, seed: int, replicates: int) -> dict[str, object]:
        """Return the metrics.

        Returns:
            ``accuracy`` with ``accuracy_low`` and ``accuracy_high``, a 95 % interval over owners; ``splits``, the
            accuracy of each; ``chance``, what the commonest class of each test part would get; ``items``, how many
            were tested.
        """
        weights = np.concatenate([np.full(len(right), 1 / len(right)) for right in self._right])
        right, owners = np.concatenate(self._right).astype(float), np.concatenate(self._owners)
        interval = mean_interval(right, owners, seed=seed, replicates=replicates, weights=weights)
        splits = [float(one.mean()) for one in self._right]
        return {
            "accuracy": float(np.mean(splits)),
            "accuracy_low": interval.low,
            "accuracy_high": interval.high,
            "splits": splits,
            "chance": float(np.mean(self._commonest)),
            "items": len(right),
        }
