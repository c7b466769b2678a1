"""Draw verification trials from recordings.

Targets are pairs of one voice, by choice across its sessions or songs, so that pitch, words and room do not
give the voice away; non-targets are pairs of two voices, by choice of one group (gender, voice part), so
that the group does not either. Pairs are distinct, of equal chance, and the same for a seed whatever the
order of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError
from singalike.evaluate.trials import Trials

_Keep = Callable[[np.ndarray, np.ndarray], np.ndarray]  # which of the pairs (i, j), each (P,), may be drawn


def draw_trials(
    recordings: Sequence[Recording],
    n: int,
    seed: int,
    *,
    cross: Literal["session", "song"] | None = None,
    match: Mapping[str, str] | None = None,
    root: Path | None = None,
    allow_identical: bool = False,
) -> Trials:
    """Draw distinct trials, half of them targets.

    Where one half has fewer distinct pairs than asked, all of them are taken and the other half fills up;
    where both have, the list is shorter than ``n``. Error rates weigh the halves apart, so they do not
    depend on it.

    Args:
        recordings: At least two voices.
        n: Number of trials asked for.
        seed: The same seed and recordings give the same trials.
        cross: Both recordings of a target differ in this attribute; None asks nothing.
        match: Group by voice; both recordings of a non-target are of one group. None asks nothing.
        root: Paths are written relative to this folder; None writes them as they are.
        allow_identical: Let a recording be a target with itself.

    Returns:
        The trials, targets first.

    Raises:
        ConfigError: A recording lacks the attribute, a voice lacks a group, or no pair of one kind exists.
    """
    ordered = sorted(recordings, key=lambda recording: recording.path.as_posix())
    chance = np.random.default_rng(seed)
    voices = _codes([recording.voice for recording in ordered])
    aspects = voices if cross is None else _codes(_known([getattr(r, cross) for r in ordered], ordered, cross))
    groups = np.zeros_like(voices)
    if match is not None:
        groups = _codes(_known([match.get(r.voice, "") for r in ordered], ordered, "group to match"))

    # Seen beforehand: where no pair exists, drawing would only end with the last of all pairs.
    takes = np.arange(len(ordered)) if cross is None else aspects
    itself = allow_identical and cross is None
    for name, exists in (("one voice", itself or _differ(voices, takes)), ("two voices", _differ(groups, voices))):
        if not exists:
            raise ConfigError(f"no pair of {name} can be drawn", hint=f"{voices.max() + 1} voices, {cross=}")

    def across(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        return np.ones(len(i), bool) if cross is None else aspects[i] != aspects[j]

    targets = _pairs(voices, across, n, chance, identical=allow_identical)
    others = _pairs(groups, lambda i, j: voices[i] != voices[j], n, chance)
    n_targets = min(len(targets), max(n // 2, n - len(others)))
    pairs = np.concatenate((targets[:n_targets], others[: n - n_targets]))
    names = [(r.path.relative_to(root) if root else r.path).as_posix() for r in ordered]
    return Trials(
        labels=voices[pairs[:, 0]] == voices[pairs[:, 1]],
        path_a=tuple(names[i] for i in pairs[:, 0]),
        path_b=tuple(names[j] for j in pairs[:, 1]),
        drawn={"seed": seed, "cross": cross, "match": match is not None, "asked": n},
    )


def _codes(values: Sequence[str]) -> np.ndarray:
    """Give equal values equal numbers."""
    return np.unique(np.asarray(values, dtype=object), return_inverse=True)[1].ravel()


def _differ(groups: np.ndarray, parts: np.ndarray) -> bool:
    """Tell whether some group has members of two parts."""
    return len(np.unique(np.stack((groups, parts)), axis=1)[0]) > len(np.unique(groups))


def _known(values: list[str], recordings: Sequence[Recording], what: str) -> list[str]:
    if unknown := [r.path.as_posix() for r, value in zip(recordings, values, strict=True) if not value]:
        raise ConfigError(f"{len(unknown)} recordings have no {what}: {'; '.join(unknown[:5])}")
    return values


def _pairs(
    groups: np.ndarray, keep: _Keep, count: int, chance: np.random.Generator, *, identical: bool = False
) -> np.ndarray:
    """Draw up to ``count`` distinct pairs (P, 2) of members of one group, in random order.

    All pairs within groups are numbered, and numbers are drawn without ever listing them all, so that large
    tables fit; where too many fall to ``keep``, more are drawn.
    """
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    sizes = np.array([len(m) + identical for m in members])
    bounds = np.cumsum(sizes * (sizes - 1) // 2)
    total, drawn = int(bounds[-1]), 0
    pairs = np.empty((0, 2), dtype=np.int64)
    while len(pairs) < count and drawn < total:
        drawn = min(total, max(2 * count, 2 * drawn))
        numbers = chance.choice(total, size=drawn, replace=False)
        group = np.searchsorted(bounds, numbers, side="right")
        low, high = _unrank(numbers - np.concatenate(([0], bounds))[group])
        start = np.cumsum([0] + [len(m) for m in members])[group]
        flat = np.concatenate(members)
        i, j = flat[start + low], flat[start + high - identical]
        allowed = keep(i, j)
        pairs = np.stack((i[allowed], j[allowed]), axis=1)
    return pairs[:count]


def _unrank(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pair low < high with the number high·(high−1)/2 + low."""
    high = ((1 + np.sqrt(1 + 8 * number.astype(np.float64))) / 2).astype(np.int64)
    high -= high * (high - 1) // 2 > number  # the square root may round up
    return number - high * (high - 1) // 2, high
