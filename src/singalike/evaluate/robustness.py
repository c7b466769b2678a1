"""Robustness: how much worse singers are told apart when something was done to the clips.

Conventions
-----------
- ``clean``, ``changed`` (M, D): one vector a clip, of the clip as it is and after the change; scores are cosines.
- ``heard`` (M,): False where the change was not possible (a clip too short, say); its trials are left out.
- ``voices`` (M,): the voice of each clip, by its whole name.
- ``pairs`` (N, 2): the trials, as indices of clips; one voice or two follows from ``voices``.
- ``sides``: ``"both"`` compares changed clips with each other; ``"one"`` a changed clip with a clean one, every trial
  twice, each side changed in turn.
- All figures are fractions; ``_low`` and ``_high`` are 95 % intervals over singers
  (:mod:`singalike.evaluate.bootstrap`).

Metrics
-------
- ``eer``: equal error rate, see :mod:`singalike.evaluate.verification`; ``eer_clean``: of the same trials, clean.
- ``growth``: ``eer / eer_clean``. Its interval is of the ratio in each replicate, both rates of the same resampled
  singers: far narrower than two intervals side by side. What is unbounded, as ``eer_clean`` is 0, is not there.
- ``mnr_released_code``: mean normalised rank of another clip of the query's voice among clips of other voices
  (:func:`rank_across`); with one side changed, the query is clean and all others are changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import verification
from singalike.evaluate.bootstrap import mean_interval, trial_weights
from singalike.evaluate.ranking import Ranking
from singalike.evaluate.replicates import eers

Sides = Literal["one", "both"]
_LEVEL = 0.95
_WEIGHTS_AT_ONCE = 1 << 20  # 8 MB, a few times over
_TIE = 1e-6  # rounding: equal vectors' cosines differ by no more


@dataclass(frozen=True, eq=False)
class Scores:
    """The same N trials, clean and changed.

    Attributes:
        clean, changed: (N,) cosines.
        voice_a, voice_b: (N,) the voices of both sides.
    """

    clean: np.ndarray
    changed: np.ndarray
    voice_a: np.ndarray
    voice_b: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """(N,) bool, True for one voice."""
        return self.voice_a == self.voice_b


def validate(
    clean: np.ndarray, changed: np.ndarray, heard: np.ndarray, voices: np.ndarray, pairs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Check the inputs of every metric here.

    Args:
        clean: (M, D), finite, none zero.
        changed: (..., M, D), the same of what was heard.
        heard: (..., M) bool.
        voices: (M,).
        pairs: (N, 2), within 0 … M − 1.

    Returns:
        ``clean`` and ``changed`` of unit norm, float64; what was not heard is zero.

    Raises:
        ConfigError: Shapes differ, or a pair names no clip.
        NotFiniteError: A vector that was heard is zero or not finite.
    """
    shapes = clean.shape, changed.shape, heard.shape, voices.shape
    count = len(clean)
    if clean.ndim != 2 or changed.shape != (*heard.shape, clean.shape[1]) or heard.shape[-1] != count:
        raise ConfigError(f"clean, changed, heard, voices are {shapes}: not (M, D), (…, M, D), (…, M), (M,)")
    if voices.shape != (count,) or pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ConfigError(f"{voices.shape} voices of {count} clips and {pairs.shape} pairs: not (M,), (N, 2)")
    if not np.isin(pairs, np.arange(count)).all():
        raise ConfigError(f"a pair names none of the {count} clips")
    return _unit(clean, np.ones(count, bool)), _unit(changed, heard)


def score(
    clean: np.ndarray, changed: np.ndarray, heard: np.ndarray, voices: np.ndarray, pairs: np.ndarray, *, sides: Sides
) -> Scores:
    """Score the trials that can be, clean and changed; arguments and errors as :func:`validate`."""
    unit, other = validate(clean, changed, heard, voices, pairs)
    if sides == "one":
        pairs = np.concatenate((pairs, pairs[:, ::-1]))
        left, usable = unit, heard[pairs[:, 1]]
    else:
        left, usable = other, heard[pairs].all(axis=1)
    a, b = pairs[usable].T
    return Scores(cosines(unit[a], unit[b]), cosines(left[a], other[b]), voices[a], voices[b])


def rank_across(
    queries: np.ndarray,
    answers: np.ndarray,
    voices: np.ndarray,
    *,
    seed: int,
    others: int = 512,
    trials: int = 1000,
) -> Ranking:
    """Mean normalised rank as the released code of Torres et al. 2023 has it, queries of a domain of their own.

    With equal domains it is :func:`singalike.evaluate.ranking.released_code_rank`, by other draws.

    Args:
        queries: (M, D) unit vectors of the clips as they ask.
        answers: (M, D) unit vectors of the same clips as they are ranked.
        voices: (M,) some have two clips or more.
        seed: Draws queries, answers and sets.
        others: Clips of other voices in a set, beside the answer.
        trials: Number of queries.

    Returns:
        The mean of (rank − 1)/N, from 0 to just under 1.

    Raises:
        ConfigError: No voice has two clips, or there is one voice.
    """
    chance = np.random.default_rng(seed)
    codes = np.unique(voices, return_inverse=True)[1]
    sizes = np.bincount(codes)
    able = np.flatnonzero(sizes[codes] > 1)
    others = min(others, len(codes) - int(sizes.max(initial=0)))
    if not len(able) or others < 1:
        raise ConfigError("a rank needs two clips of one voice, and another voice")
    members = [np.flatnonzero(codes == code) for code in range(len(sizes))]
    strangers = [np.flatnonzero(codes != code) for code in range(len(sizes))]
    drawn, ranks = chance.choice(able, size=trials), np.empty(trials)
    for k, query in enumerate(drawn):
        mates = members[codes[query]]
        answer = chance.choice(mates[mates != query])
        rivals = chance.choice(strangers[codes[query]], size=others, replace=False)
        ahead = answers[rivals] @ queries[query] - answers[answer] @ queries[query]
        ranks[k] = np.count_nonzero(ahead > _TIE) + np.count_nonzero(np.abs(ahead) <= _TIE) / 2
    values = ranks / (others + 1)
    return Ranking(float(values.mean()), others + 1, trials, values, drawn)


def evaluate(
    clean: np.ndarray,
    changed: np.ndarray,
    heard: np.ndarray,
    voices: np.ndarray,
    pairs: np.ndarray,
    *,
    sides: Sides,
    seed: int,
    replicates: int = 1000,
    others: int = 512,
    rank_trials: int = 1000,
) -> dict[str, float | int]:
    """All metrics of a condition.

    Args:
        clean, changed, heard, voices, pairs, sides: See the module's conventions.
        seed: Draws the bootstrap and the rankings.
        replicates: Of the bootstrap over singers.
        others: Clips of other voices in a ranking.
        rank_trials: Number of rankings.

    Returns:
        ``eer``, ``growth`` and ``mnr_released_code`` with ``_low`` and ``_high``, ``eer_clean``,
        ``mnr_released_code_set_size``, and the counts ``trials``, ``targets``, ``nontargets``, ``clips``,
        ``left_out`` (clips), ``singers``. No rank where no two clips are of one voice.

    Raises:
        ConfigError: See :func:`validate`; or no trial of one voice, or of two, is left.
        NotFiniteError: See :func:`validate`.
    """
    scores = score(clean, changed, heard, voices, pairs, sides=sides)
    figures = compare(scores, seed=seed, replicates=replicates)
    unit, other = (_unit(vectors[heard], np.ones(heard.sum(), bool)) for vectors in (clean, changed))
    try:
        asked = unit if sides == "one" else other
        ranking = rank_across(asked, other, voices[heard], seed=seed, others=others, trials=rank_trials)
    except ConfigError:  # the rates stand by themselves
        pass
    else:
        interval = mean_interval(ranking.values, voices[heard][ranking.queries], seed=seed, replicates=replicates)
        figures |= {
            "mnr_released_code": ranking.mean,
            "mnr_released_code_low": interval.low,
            "mnr_released_code_high": interval.high,
            "mnr_released_code_set_size": ranking.set_size,
        }
    return {**figures, "clips": int(heard.sum()), "left_out": int((~heard).sum())}


def compare(scores: Scores, *, seed: int, replicates: int = 1000) -> dict[str, float | int]:
    """Error rates, clean and changed, and their ratio, with intervals over singers.

    Args:
        scores: Trials of one voice and of two.
        seed: Draws the singers, the same ones for both rates.
        replicates: How often.

    Returns:
        ``eer``, ``eer_low``, ``eer_high``, ``eer_clean``, ``growth``, ``growth_low``, ``growth_high`` and the
        counts ``trials``, ``targets``, ``nontargets``, ``singers``.

    Raises:
        ConfigError: One class of trials is missing, or there are too few singers to resample.
        NotFiniteError: A score is not finite.
    """
    labels = scores.labels
    eer, eer_clean = (verification.eer(one, labels) for one in (scores.changed, scores.clean))
    draws, draws_clean = (_replicates(scores, one, seed, replicates) for one in (scores.changed, scores.clean))
    low, high = _bounds(draws)
    ratios = float(_ratio(np.array(eer), np.array(eer_clean))), *_bounds(_ratio(draws, draws_clean))
    growth = zip(("growth", "growth_low", "growth_high"), ratios, strict=True)
    targets = int(labels.sum())
    return {
        "eer": eer,
        "eer_low": low,
        "eer_high": high,
        "eer_clean": eer_clean,
        **{name: value for name, value in growth if np.isfinite(value)},
        "trials": len(labels),
        "targets": targets,
        "nontargets": len(labels) - targets,
        "singers": len(np.unique(np.concatenate((scores.voice_a, scores.voice_b)))),
    }


def _replicates(trials: Scores, scores: np.ndarray, seed: int, count: int) -> np.ndarray:
    """Return the EER (count,) of each resampling; a seed draws the same singers whatever the scores."""
    draws = trial_weights(trials.labels, trials.voice_a, trials.voice_b, replicates=count, seed=seed)
    at_once = max(1, _WEIGHTS_AT_ONCE // len(scores))
    parts = (list(islice(draws, at_once)) for _ in range(0, count, at_once))
    return np.concatenate([eers(scores, trials.labels, np.stack(part)) for part in parts])


def _ratio(rates: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Return rates over clean rates; nothing over nothing has not grown."""
    some = np.where(rates > 0, np.inf, 1.0)
    return np.divide(rates, clean, out=some, where=clean > 0)


def _bounds(values: np.ndarray) -> tuple[float, float]:
    # No interpolation: a ratio may be infinite.
    low = np.quantile(values, (1 - _LEVEL) / 2, method="lower")
    return float(low), float(np.quantile(values, (1 + _LEVEL) / 2, method="higher"))


def _unit(vectors: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """Return unit vectors (..., D) float64, zero where nothing was heard."""
    vectors = np.where(heard[..., None], vectors, 0.0).astype(np.float64)
    norms = np.linalg.norm(vectors, axis=-1)
    if bad := int(np.count_nonzero(heard & ~(np.isfinite(norms) & (norms > 0)))):
        raise NotFiniteError(f"{bad} vectors are zero or not finite")
    return vectors / np.where(heard, norms, 1.0)[..., None]


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the products (N,) of the rows of two (N, D): cosines where they are of unit norm."""
    return np.einsum("nd,nd->n", a, b)
