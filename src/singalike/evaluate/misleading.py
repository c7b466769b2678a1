"""Misleading accompaniments: does a model hear the voice, or the music under it?

Targets are one voice over two different accompaniments, non-targets two voices over the same one, so that the music
says the opposite of the voices. Who hears only the voice has an EER of 0, who hears only the accompaniment one of 1,
far above chance.

Conventions and metrics are those of :mod:`singalike.evaluate.robustness`; ``eer_clean`` is of the voices alone.
"""

from __future__ import annotations

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate.robustness import Scores, compare, cosines, validate


def misleading_pieces(targets: np.ndarray, pieces: int, *, seed: int) -> np.ndarray:
    """Draw which accompaniment is under either side of each trial.

    Args:
        targets: (N,) bool, True for one voice.
        pieces: Number of accompaniments, at least 2.
        seed: Draws them.

    Returns:
        (N, 2) from 0 to ``pieces − 1``: two different ones for a target, one twice for a non-target.

    Raises:
        ConfigError: There are fewer than two.
    """
    if pieces < 2:
        raise ConfigError(f"{pieces} accompaniments cannot mislead", hint="at least two")
    chance = np.random.default_rng(seed)
    first = chance.integers(pieces, size=len(targets))
    step = np.where(targets, chance.integers(1, pieces, size=len(targets)), 0)
    return np.stack((first, (first + step) % pieces), axis=1)


def evaluate(
    clean: np.ndarray,
    over: np.ndarray,
    heard: np.ndarray,
    voices: np.ndarray,
    pairs: np.ndarray,
    *,
    seed: int,
    replicates: int = 1000,
) -> dict[str, float | int]:
    """All metrics of this task.

    Args:
        clean, voices, pairs: See :mod:`singalike.evaluate.robustness`.
        over: (K, M, D) each clip over each of K accompaniments.
        heard: (K, M) bool, False where that was not possible.
        seed: Draws the accompaniments of the trials, and the bootstrap.
        replicates: Of the bootstrap over singers.

    Returns:
        As :func:`singalike.evaluate.robustness.evaluate`, without ranks.

    Raises:
        ConfigError: No trial of one voice, or of two, is left; or there are fewer than two accompaniments.
        NotFiniteError: See :func:`singalike.evaluate.robustness.validate`.
    """
    unit, others = validate(clean, over, heard, voices, pairs)
    a, b = pairs.T
    p, q = misleading_pieces(voices[a] == voices[b], len(over), seed=seed).T
    usable = heard[p, a] & heard[q, b]
    a, b, p, q = a[usable], b[usable], p[usable], q[usable]
    scores = Scores(cosines(unit[a], unit[b]), cosines(others[p, a], others[q, b]), voices[a], voices[b])
    whole = heard.all(axis=0)
    figures = compare(scores, seed=seed, replicates=replicates)
    return {**figures, "clips": int(whole.sum()), "left_out": int((~whole).sum())}
