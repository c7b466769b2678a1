"""Groups: whose voices a model tells apart worse, by what is known of the recordings: gender, language, technique.

Conventions
-----------
- ``scores`` (N,): one real number a trial, higher is closer. A trial is accepted at the threshold or above.
- ``value_of``: what is known of each path, ``"alto"``; an empty value is of no group.
- A trial belongs to the group of a value where **at least one** of its recordings has it. So a group says what happens
  to its recordings, whatever they are tried with: its targets are rejected (misses), strangers are taken for them
  (false accepts). Where the value is the singer's own, every target is in one group; a trial of two values is in both.
- ``plain`` is a value that marks nothing, as a singer's usual voice among techniques: its group holds only the trials
  in which both recordings have it, and is what the others are compared with.
- All groups are measured at one threshold, as a product has one. Non-targets are as the list has them: draw them
  within what gives a voice away (gender, voice part), or groups differ by how easy their strangers are.
- Groups of too few trials are left out and listed. Figures of few singers say little of a group, so ``singers`` is
  beside them, and there are intervals from five on.

Metrics
-------
- ``eer``: of the group's trials alone, see :mod:`singalike.evaluate.verification`; ``eer_low``, ``eer_high``: 95 %
  interval over singers.
- ``miss_rate``: share of the group's targets under the threshold; ``false_accept_rate``: share of its non-targets that
  are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate import verification
from singalike.evaluate.bootstrap import singer_interval
from singalike.evaluate.trials import Trials

FEWEST_TRIALS = 10
FEWEST_SINGERS = 5  # an interval over fewer says nothing


def members(trials: Trials, value_of: Mapping[str, str], *, plain: str | None = None) -> dict[str, np.ndarray]:
    """Tell which trials belong to the group of each value.

    Args:
        trials: N trials.
        value_of: The value by path, empty where unknown.
        plain: The value whose group holds only trials of twice this value.

    Returns:
        (N,) bool by value, in the order of the values; values of no trial are left out.

    Raises:
        ConfigError: A path of the trials has no entry.
    """
    if missing := [path for path in trials.paths if path not in value_of]:
        raise ConfigError(
            f"nothing is said of {len(missing)} clips of the trials: {'; '.join(missing[:5])}",
            where=trials.source or None,
        )
    a, b = (np.array([value_of[path] for path in side]) for side in (trials.path_a, trials.path_b))
    values = sorted({*a.tolist(), *b.tolist()} - {""})
    found = {value: (a == value) & (b == value) if value == plain else (a == value) | (b == value) for value in values}
    return {value: among for value, among in found.items() if among.any()}


def evaluate(
    scores: np.ndarray,
    trials: Trials,
    singer_of: Mapping[str, str],
    value_of: Mapping[str, str],
    *,
    seed: int,
    threshold: float | None = None,
    plain: str | None = None,
    replicates: int = 1000,
) -> dict[str, Any]:
    """All metrics of each group.

    Args:
        scores: (N,), higher is closer.
        trials: N trials.
        singer_of: The singer by path.
        value_of: The value by path, empty where unknown.
        seed: Draws the bootstrap.
        threshold: A score; None takes the one at which all trials together have their equal error rate.
        plain: See :func:`members`.
        replicates: Of the bootstrap over singers.

    Returns:
        ``groups``: by value the metrics of the module's docstring and the counts ``targets``, ``nontargets``,
        ``singers`` (who have targets); ``left_out``: by value the counts of groups with fewer than ten targets or ten
        non-targets; ``threshold``.

    Raises:
        ConfigError: See :func:`members` and :func:`~singalike.evaluate.verification.validate`.
        NotFiniteError: A score is NaN or infinite.
    """
    scores, truth, _ = verification.validate(scores, trials.labels)
    if threshold is None:
        threshold = verification.eer_threshold(scores, truth)
    a, b = (np.array([singer_of[path] for path in side]) for side in (trials.path_a, trials.path_b))
    groups: dict[str, dict[str, float | int]] = {}
    left_out: dict[str, dict[str, int]] = {}
    for value, among in members(trials, value_of, plain=plain).items():
        one, two = among & truth, among & ~truth
        counts = {"targets": int(one.sum()), "nontargets": int(two.sum()), "singers": len(np.unique(a[one]))}
        if min(counts["targets"], counts["nontargets"]) < FEWEST_TRIALS:
            left_out[value] = counts
            continue
        figures: dict[str, float | int] = {"eer": verification.eer(scores[among], truth[among])}
        if counts["singers"] >= FEWEST_SINGERS:
            interval = singer_interval(
                verification.eer, scores[among], truth[among], a[among], b[among], seed=seed, replicates=replicates
            )
            figures |= {"eer_low": interval.low, "eer_high": interval.high}
        rates = {
            "miss_rate": float((scores[one] < threshold).mean()),
            "false_accept_rate": float((scores[two] >= threshold).mean()),
        }
        groups[value] = {**figures, **rates, **counts}
    return {"groups": groups, "left_out": left_out, "threshold": float(threshold)}
