"""Two crops of one recording are the same voice (Torres et al. 2023, "COLA sampling"; Saeed et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError


def same_recording(
    recordings: Sequence[Recording], *, batch: int, steps: int | None, seed: int, epoch: int
) -> np.ndarray:
    """Plan an epoch in which each recording appears once (fewer where the last batch would be incomplete).

    Args:
        recordings: the training part.
        batch: pairs a batch B; where there are fewer recordings, one batch holds them all.
        steps: at most so many batches, or None for the whole epoch.
        seed, epoch: what the order depends on.

    Returns:
        Indices (steps, B, 2); both of a pair are the same recording.
    """
    if len(recordings) < 2:
        raise ConfigError(f"{len(recordings)} recording(s) to train on", hint="at least two are needed")
    order = np.random.default_rng([seed, epoch]).permutation(len(recordings))
    B = min(batch, len(order))
    n_steps = min(len(order) // B, steps or len(order))
    plan = order[: n_steps * B].reshape(n_steps, B)
    return np.stack([plan, plan], axis=-1)
