"""Similarity: how well the vectors of recordings tell singers apart.

Conventions
-----------
- ``vectors``: one vector (D,) a path; the score of a trial is the cosine of its two.
- ``singer_of``: the singer of each path, compared by whole name; a label that contradicts it is an error.

Metrics
-------
- ``eer``, ``auc``: see :mod:`singalike.evaluate.verification`.
- ``eer_low``, ``eer_high``: 95 % interval over singers, see :mod:`singalike.evaluate.bootstrap`.
- ``mnr``: mean normalised rank of one recording of a target trial, the other being the query, among
  recordings of other singers, see :func:`singalike.evaluate.ranking.pair_rank`; ``mnr_set_size`` is its N,
  ``mnr_low`` and ``mnr_high`` a 95 % interval over the queries' singers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import verification
from singalike.evaluate.bootstrap import mean_interval, singer_interval
from singalike.evaluate.ranking import pair_rank
from singalike.evaluate.trials import Trials


def validate(vectors: Mapping[str, np.ndarray], trials: Trials, singer_of: Mapping[str, str]) -> np.ndarray:
    """Check that every clip of the trials has a usable vector and a singer.

    Args:
        vectors: (D,) by path; paths that no trial names are ignored.
        trials: The trials.
        singer_of: The singer by path.

    Returns:
        The vectors of ``trials.paths``, unit norm, (P, D) float64.

    Raises:
        ConfigError: Clips have no vector or no singer (named), or vectors differ in length.
        NotFiniteError: A vector is zero or holds NaN or infinite values (named).
    """
    paths = trials.paths
    for what, known in (("vector", vectors), ("singer", singer_of)):
        if missing := [path for path in paths if path not in known]:
            raise ConfigError(
                f"{len(missing)} clips of the trials have no {what}: {'; '.join(missing[:5])}",
                where=trials.source or None,
            )
    arrays = [np.asarray(vectors[path], dtype=np.float64) for path in paths]
    if len({array.shape for array in arrays}) > 1 or arrays[0].ndim != 1:
        raise ConfigError(f"vectors must be (D,): {sorted({array.shape for array in arrays})}")
    norms = np.linalg.norm(arrays, axis=1)
    usable = np.isfinite(norms) & (norms > 0)
    if bad := [path for path, good in zip(paths, usable, strict=True) if not good]:
        raise NotFiniteError(f"{len(bad)} vectors are zero or not finite: {'; '.join(bad[:5])}")
    return np.stack(arrays) / norms[:, None]


def scores(vectors: Mapping[str, np.ndarray], trials: Trials) -> np.ndarray:
    """Cosine of each trial.

    Args:
        vectors: (D,) by path.
        trials: N trials.

    Returns:
        (N,), higher is closer.

    Raises:
        ConfigError: See :func:`validate`.
        NotFiniteError: See :func:`validate`.
    """
    unit = validate(vectors, trials, dict.fromkeys(trials.paths, ""))
    a, b = _places(trials)
    return np.einsum("nd,nd->n", unit[a], unit[b])


def evaluate(
    vectors: Mapping[str, np.ndarray],
    trials: Trials,
    singer_of: Mapping[str, str],
    *,
    seed: int,
    replicates: int = 1000,
    set_size: int = 512,
    rank_trials: int = 1000,
) -> dict[str, float | int]:
    """All metrics of this task.

    Args:
        vectors: (D,) by path.
        trials: The trials.
        singer_of: The singer by path.
        seed: Draws the bootstrap and the rankings.
        replicates: Of the bootstrap over singers.
        set_size: Recordings in a ranking, at most.
        rank_trials: Number of rankings.

    Returns:
        The metrics of the module's docstring and the counts ``trials``, ``targets``, ``nontargets``,
        ``clips``, ``singers``.

    Raises:
        ConfigError: See :func:`validate`; or a label contradicts the singers.
        NotFiniteError: See :func:`validate`.
    """
    unit = validate(vectors, trials, singer_of)
    a, b = _places(trials)
    cosines = np.einsum("nd,nd->n", unit[a], unit[b])
    singers = np.array([singer_of[path] for path in trials.paths])
    interval = singer_interval(
        verification.eer, cosines, trials.labels, singers[a], singers[b], seed=seed, replicates=replicates
    )
    targets = np.stack((a, b), axis=1)[trials.labels]
    ranking = pair_rank(unit, singers, targets, seed=seed, set_size=set_size, trials=rank_trials)
    ranked = mean_interval(ranking.values, singers[ranking.queries], seed=seed, replicates=replicates)
    return {
        **verification.evaluate(cosines, trials.labels),
        "eer_low": interval.low,
        "eer_high": interval.high,
        "mnr": ranking.mean,
        "mnr_low": ranked.low,
        "mnr_high": ranked.high,
        "mnr_set_size": ranking.set_size,
        "trials": len(trials),
        "clips": len(unit),
        "singers": interval.singers,
    }


def _places(trials: Trials) -> tuple[np.ndarray, np.ndarray]:
    """Return the places (N,), (N,) of both sides in ``trials.paths``."""
    place = {path: number for number, path in enumerate(trials.paths)}
    return (
        np.array([place[path] for path in trials.path_a]),
        np.array([place[path] for path in trials.path_b]),
    )
