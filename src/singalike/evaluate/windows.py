"""Windows of songs: checked vectors, and the levels at which they are scored (Garoufis et al. 2025).

Everything is embedded in windows of 1 s. At the level of 2 s or 5 s an item is that many windows of one song that
follow one another, without overlap; at the level of a song all of its windows. A rest of windows shorter than the
level is left out, unless it is all that the song has. What a classifier says of an item is the mean of what it says
of its windows; for a linear layer that is what it says of the mean of their vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singalike.errors import ConfigError, NotFiniteError

Names = Sequence[str] | np.ndarray  # (N,)
WHOLE = "song"
LEVELS = ("1", "2", "5", WHOLE)  # windows of 1 s


@dataclass(frozen=True, eq=False)
class Items:
    """The items of a level, G of N windows.

    Attributes:
        of: (N,) int, the item each window is in; −1 where it is left out.
        first: (G,) int, the first window of each item.
    """

    of: np.ndarray
    first: np.ndarray

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return the mean (G, ...) of values (N, ...) over the windows of each item, as float64."""
        kept = self.of >= 0
        sums = np.zeros((len(self.first), *values.shape[1:]))
        np.add.at(sums, self.of[kept], values[kept])
        counts = np.bincount(self.of[kept], minlength=len(self.first))
        return sums / counts.reshape(-1, *[1] * (values.ndim - 1))


def level_name(level: str) -> str:
    """Name a level as figures do: ``"5 s"``, ``"song"``."""
    return level if level == WHOLE else f"{level} s"


def check_levels(levels: Sequence[str]) -> None:
    """Check that each level is a whole number of windows from 1, or ``"song"``.

    Raises:
        ConfigError: Another level, a level twice, or none.
    """
    for level in levels:
        if level != WHOLE and not (level.isdecimal() and int(level) >= 1 and level == str(int(level))):
            raise ConfigError(f"no level {level!r}", hint=f"whole seconds, or {WHOLE}: {', '.join(LEVELS)}")
    if not levels or len(set(levels)) < len(levels):
        raise ConfigError(f"levels are to be named, each once: {', '.join(levels) or 'none'}")


def items_of(songs: np.ndarray, level: str) -> Items:
    """Put the windows of each song together.

    Args:
        songs: (N,) the song of each window; those of a song in the order of time.
        level: Windows in an item, or ``"song"``.
    """
    codes = np.unique(songs, return_inverse=True)[1].ravel()
    sizes = np.bincount(codes)
    order = np.argsort(codes, kind="stable")
    place = np.empty_like(order)  # of each window in its song
    place[order] = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[codes[order]]
    length = sizes if level == WHOLE else np.full_like(sizes, int(level))
    whole = np.maximum(sizes // length, 1)
    within = place // length[codes]
    of = np.where(within < whole[codes], (np.cumsum(whole) - whole)[codes] + within, -1)
    begins = np.flatnonzero((of >= 0) & (place % length[codes] == 0))
    first = np.empty(whole.sum(), dtype=np.int64)
    first[of[begins]] = begins
    return Items(of, first)


def checked_windows(vectors: np.ndarray, songs: Names, **names: Names) -> tuple[np.ndarray, ...]:
    """Check what all tasks on songs take.

    Args:
        vectors: (N, D), finite.
        songs: (N,) the song of each window.
        names: By their plural, (N,) names that are the same in all windows of a song: its singer, its genre, ….

    Returns:
        vectors as float32, songs and names as arrays, in the order given.

    Raises:
        ConfigError: Shapes differ, there are no windows, or a song has two names of a kind.
        NotFiniteError: A vector is NaN or infinite (its song is named).
    """
    h, song = np.asarray(vectors, dtype=np.float32), np.asarray(songs)
    columns = {kind: np.asarray(values) for kind, values in names.items()}
    if h.ndim != 2 or not h.size or any(column.shape != h.shape[:1] for column in (song, *columns.values())):
        counts = ", ".join(f"{len(column)} {kind}" for kind, column in {"songs": song, **columns}.items())
        raise ConfigError(f"vectors must be (N, D), one a window: {h.shape} for {counts}")
    if len(bad := np.flatnonzero(~np.isfinite(h).all(axis=1))):
        raise NotFiniteError(f"{len(bad)} vectors are not finite, first number {bad[0]}", where=song[bad[0]])
    for kind, column in columns.items():
        one_each(song, column, kind)
    return h, song, *columns.values()


def one_each(owners: np.ndarray, names: np.ndarray, kind: str) -> None:
    """Check that each owner has one name.

    Args:
        owners: (N,).
        names: (N,).
        kind: What the names are, in the plural, for the message.

    Raises:
        ConfigError: An owner has two names.
    """
    known: dict[str, str] = {}
    for owner, name in zip(owners.tolist(), names.tolist(), strict=True):
        if (before := known.setdefault(owner, name)) != name:
            raise ConfigError(f"two {kind}: {before}, {name}", where=owner)
