"""Similarity of clips: how well the vectors of short clips tell singers apart (Torres et al. 2023, §4.3.1).

Conventions
-----------
- ``vectors`` (N, D): one embedding a clip, by :class:`ClipVectors` with the clip's key, recording and voice;
  the score of a trial is the cosine of its two vectors, higher is closer.
- A trial names clips by key or published name, or whole recordings (:mod:`singalike.evaluate.clip_names`); a
  recording's vector is the mean of its clips' unit vectors.
- Voices are compared by whole name; a label that contradicts them is an error.
- All figures are fractions; ``_low`` and ``_high`` are 95 % intervals over singers
  (:mod:`singalike.evaluate.bootstrap`).

Metrics
-------
- ``eer``, ``auc``: of the trials, see :mod:`singalike.evaluate.verification`.
- ``mnr_eq7``: mean normalised rank of another clip of the query's recording, eq. 7 of the paper.
- ``mnr_released_code``: of another clip of the query's voice among clips of other voices, as the authors' code
  computes it. Both rank all clips, see :mod:`singalike.evaluate.ranking`; ``_set_size`` is the true N.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate import verification
from singalike.evaluate.bootstrap import mean_interval, singer_interval
from singalike.evaluate.clip_names import find_clips
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.ranking import Ranking, mean_normalised_rank, released_code_rank
from singalike.evaluate.trials import Trials

_SHOWN = 5  # how many clips an error names
_BLOCK = 1024  # trials scored at once: their vectors stay in the processor's cache


def known_trials(clips: ClipVectors, trials: Trials) -> Trials:
    """Return the trials whose clips both have a vector, for where some clips could not be embedded.

    Args:
        clips: What there is.
        trials: What is asked.

    Returns:
        The trials that can be scored, in order, perhaps none.
    """
    known = _find(clips, trials.paths)
    kept = [a in known and b in known for a, b in zip(trials.path_a, trials.path_b, strict=True)]
    return replace(
        trials,
        labels=trials.labels[kept],
        path_a=tuple(path for path, keep in zip(trials.path_a, kept, strict=True) if keep),
        path_b=tuple(path for path, keep in zip(trials.path_b, kept, strict=True) if keep),
    )


def clip_scores(clips: ClipVectors, trials: Trials) -> np.ndarray:
    """Cosine of each trial.

    Args:
        clips: At least those that the trials name.
        trials: M trials.

    Returns:
        (M,), higher is closer.

    Raises:
        ConfigError: The trials name clips that have no vector, or a label contradicts the voices.
        NotFiniteError: See :meth:`ClipVectors.unit`.
    """
    return _score(clips, clips.unit(), trials)[0]


def evaluate_clips(
    clips: ClipVectors,
    trials: Trials,
    *,
    seed: int,
    replicates: int = 1000,
    set_size: int = 512,
    rank_trials: int = 1000,
) -> dict[str, object]:
    """All metrics of this task.

    Args:
        clips: All clips of the data, those that no trial names too: they are ranked.
        trials: The trials.
        seed: Draws the bootstrap, the queries and their sets.
        replicates: Of the bootstrap over singers.
        set_size: N of eq. 7; the released code's set holds one more.
        rank_trials: K of eq. 7.

    Returns:
        The metrics of the module's docstring, each with ``_low`` and ``_high`` (``auc`` without); the counts
        ``trials``, ``targets``, ``nontargets``, ``clips``, ``singers``; and ``notes``, a list that says why
        where a mean normalised rank is left out because no two clips belong together or one voice is alone.

    Raises:
        ConfigError: See :func:`clip_scores`; or the trials lack targets or non-targets.
        NotFiniteError: See :meth:`ClipVectors.unit`.
    """
    _validate(replicates=replicates, set_size=set_size, rank_trials=rank_trials)
    unit = clips.unit()
    cosines, singer_a, singer_b = _score(clips, unit, trials)
    figures = verification.evaluate(cosines, trials.labels)
    interval = singer_interval(
        verification.eer, cosines, trials.labels, singer_a, singer_b, seed=seed, replicates=replicates
    )
    ranks, notes = _rank(clips, unit, seed=seed, replicates=replicates, set_size=set_size, trials=rank_trials)
    return {
        "eer": figures["eer"],
        "eer_low": interval.low,
        "eer_high": interval.high,
        "auc": figures["auc"],
        **ranks,
        "trials": len(trials),
        "targets": figures["targets"],
        "nontargets": figures["nontargets"],
        "clips": len(clips),
        "singers": len(np.unique(clips.voices)),
        "notes": notes,
    }


def _validate(**counts: int) -> None:
    for name, count in counts.items():
        if count < (least := 2 if name == "set_size" else 1):
            raise ConfigError(f"{name} must be at least {least}: {count}")


def _rank(
    clips: ClipVectors, unit: np.ndarray, *, seed: int, replicates: int, set_size: int, trials: int
) -> tuple[dict[str, float | int], list[str]]:
    """Return both mean normalised ranks with intervals, and notes on those that cannot be had."""
    rankings: dict[str, Callable[[], Ranking]] = {
        "mnr_eq7": lambda: mean_normalised_rank(unit, clips.recordings, seed=seed, set_size=set_size, trials=trials),
        "mnr_released_code": lambda: released_code_rank(unit, clips.voices, seed=seed, others=set_size, trials=trials),
    }
    figures: dict[str, float | int] = {}
    notes: list[str] = []
    for name, rank in rankings.items():
        try:
            ranking = rank()
        except ConfigError as error:  # no two clips of a recording or voice, or one voice only
            notes.append(f"{name} is left out: {error}")
            continue
        interval = mean_interval(ranking.values, clips.voices[ranking.queries], seed=seed, replicates=replicates)
        figures |= {
            name: ranking.mean,
            f"{name}_low": interval.low,
            f"{name}_high": interval.high,
            f"{name}_set_size": ranking.set_size,
        }
    return figures, notes


def _find(clips: ClipVectors, names: list[str]) -> dict[str, list[int]]:
    return find_clips(names, clips.keys, clips.recordings.tolist(), clips.voices.tolist())


def _score(clips: ClipVectors, unit: np.ndarray, trials: Trials) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cosine of each trial and the voices of both sides; each (M,)."""
    paths, where = trials.paths, trials.source or None
    found = _find(clips, paths)
    if missing := [path for path in paths if path not in found]:
        named = "; ".join(missing[:_SHOWN])
        raise ConfigError(f"{len(missing)} of {len(paths)} clips of the trials have no vector: {named}", where=where)
    voice_a, voice_b = (clips.voices[[found[path][0] for path in side]] for side in (trials.path_a, trials.path_b))
    if len(wrong := np.flatnonzero(trials.labels != (voice_a == voice_b))):
        n = wrong[0]
        raise ConfigError(
            f"the labels of {len(wrong)} trials contradict the voices, first {int(trials.labels[n])}: "
            f"{trials.path_a[n]} ({voice_a[n]}), {trials.path_b[n]} ({voice_b[n]})",
            where=where,
        )
    table, row = _rows(unit, found)
    a, b = (np.array([row[path] for path in side]) for side in (trials.path_a, trials.path_b))
    cosines = np.empty(len(trials))
    for start in range(0, len(trials), _BLOCK):
        block = slice(start, start + _BLOCK)
        cosines[block] = np.einsum("md,md->m", table[a[block]], table[b[block]])
    return cosines, voice_a, voice_b


def _rows(unit: np.ndarray, found: dict[str, list[int]]) -> tuple[np.ndarray, dict[str, int]]:
    """Return unit vectors (R, D) and the row of each name; recordings of several clips get a row of their own."""
    row = {name: places[0] for name, places in found.items()}
    means = []
    for name, places in found.items():
        if len(places) > 1:
            row[name] = len(unit) + len(means)
            mean = unit[places].mean(axis=0)
            means.append(mean / np.linalg.norm(mean))
    return (np.concatenate((unit, means)) if means else unit), row
