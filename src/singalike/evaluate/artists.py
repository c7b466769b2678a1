"""Which artist sings, by a linear classifier on frozen vectors (Garoufis et al. 2025, CVSM).

Conventions
-----------
- ``vectors`` (N, D): one embedding a window of 1 s; those of a song in the order of time.
- ``songs``, ``artists`` (N,): names; a song has one artist.
- 5 draws of 50 artists; the songs of each artist are dealt 80/10/10, so that no song is in two parts. Where there are
  fewer artists, every draw has all of them and deals their songs anew; a note says so.
- Low-resource: ``shares`` of each artist's training songs, at least one; smaller shares are part of larger ones.
- One classifier a draw and share, trained on windows (:mod:`singalike.evaluate.classifier`), scored at each level
  (:mod:`singalike.evaluate.windows`).

Metrics
-------
- ``accuracy``: share of the test items whose artist is named, mean over the draws; ``splits`` has each.
- ``macro_f1``: the F1 of each artist (2·hits / (items + answers)), mean over the artists and the draws.
- ``_low``, ``_high``: 95 % intervals over artists, the classifiers being given.
- ``chance``: what naming the commonest artist of each test part would get.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate.bootstrap import mean_interval
from singalike.evaluate.classifier import SINGER, ClassifierTraining, window_logits
from singalike.evaluate.hits import Hits
from singalike.evaluate.parts import LEFT_OUT, PARTS, TEST, TRAIN, able_artists, deal_parts
from singalike.evaluate.windows import LEVELS, Names, check_levels, checked_windows, items_of, level_name

MIN_SONGS = len(PARTS)  # one to train, one to stop by, one to test


def validate(vectors: np.ndarray, songs: Names, artists: Names) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check the inputs of this task.

    Args:
        vectors: (N, D), finite.
        songs: (N,).
        artists: (N,).

    Returns:
        vectors as float32, the others as arrays.

    Raises:
        ConfigError: Shapes differ, or a song has two artists.
        NotFiniteError: A vector is NaN or infinite (its song is named).
    """
    h, song, artist = checked_windows(vectors, songs, artists=artists)
    return h, song, artist


def macro_f1(truth: np.ndarray, guess: np.ndarray, classes: int) -> np.ndarray:
    """Return the F1 (classes,) of each class, 0 where nothing of it is there or said.

    Args:
        truth: (G,) int, below ``classes``.
        guess: (G,) int, what was said.
        classes: How many classes there are.
    """
    hits = np.bincount(truth[truth == guess], minlength=classes)
    both = np.bincount(truth, minlength=classes) + np.bincount(guess, minlength=classes)
    return 2 * hits / np.maximum(both, 1)


def evaluate(
    vectors: np.ndarray,
    songs: Names,
    artists: Names,
    *,
    seed: int,
    levels: Sequence[str] = LEVELS,
    draws: int = 5,
    draw_size: int = 50,
    shares: Sequence[float] = (1.0,),
    replicates: int = 1000,
    training: ClassifierTraining = SINGER,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, dict[str, object]]:
    """All metrics of this task.

    Args:
        vectors: (N, D).
        songs: (N,) the song of each window.
        artists: (N,) who sings it.
        seed: Draws the artists, the parts, the classifiers and the bootstrap.
        levels: Windows in an item, or ``"song"``.
        draws: 5.
        draw_size: Artists in a draw, 50.
        shares: Of the training songs, each over 0 and at most 1.
        replicates: Of the bootstrap over artists.
        training: How to train.
        progress: Called with (classifiers trained, of).

    Returns:
        By the name of the level, for shares below 1 with the share (``"5 s, 10 % of training"``), the metrics of the
        module's docstring, the counts ``items`` (tested, all draws together), ``songs`` and ``artists`` (in a draw),
        and ``notes``.

    Raises:
        ConfigError: See :func:`validate`; fewer than 2 artists of 3 songs, or a share out of range.
        NotFiniteError: See :func:`validate`.
    """
    check_levels(levels)
    _check_shares(shares)
    h, song, artist = validate(vectors, songs, artists)
    able = able_artists(song, artist, min_songs=MIN_SONGS)
    conditions = [(share, level) for share in shares for level in levels]
    tallies = {condition: _Tally() for condition in conditions}
    for draw in range(draws):
        chance = np.random.default_rng([seed, draw])
        drawn = np.isin(artist, chance.choice(able, size=min(draw_size, len(able)), replace=False))
        rows = np.flatnonzero(drawn)
        part = deal_parts(song[rows], artist[rows], seed=seed + draw)
        for number, share in enumerate(shares):
            kept = _with_share(part, song[rows], artist[rows], share, seed=seed + draw)
            scored = _score(h[rows], song[rows], artist[rows], kept, levels, seed=seed + draw, training=training)
            for level, found in scored.items():
                tallies[share, level].add(*found)
            if progress:
                progress(draw * len(shares) + number + 1, draws * len(shares))
    counts = {"songs": len(np.unique(song[np.isin(artist, able)])), "artists": min(draw_size, len(able))}
    notes = _notes(artist, able, draw_size)
    return {
        _name(share, level): {
            **tallies[share, level].figures(seed=seed, replicates=replicates), **counts, "notes": list(notes)
        }
        for share, level in conditions
    }  # fmt: skip


class _Tally:
    """Hits, and the F1 of each artist of each draw."""

    def __init__(self) -> None:
        self._hits, self._f1, self._names = Hits(), [], []

    def add(self, truth: np.ndarray, guess: np.ndarray, names: np.ndarray) -> None:
        self._hits.add(truth, guess, names[truth])
        self._f1.append(macro_f1(truth, guess, len(names)))
        self._names.append(names)

    def figures(self, *, seed: int, replicates: int) -> dict[str, object]:
        f1 = np.concatenate(self._f1)
        interval = mean_interval(f1, np.concatenate(self._names), seed=seed, replicates=replicates)
        macro = {"macro_f1": float(f1.mean()), "macro_f1_low": interval.low, "macro_f1_high": interval.high}
        return {**self._hits.figures(seed=seed, replicates=replicates), **macro}


def _score(
    h: np.ndarray,
    song: np.ndarray,
    artist: np.ndarray,
    part: np.ndarray,
    levels: Sequence[str],
    *,
    seed: int,
    training: ClassifierTraining,
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Train one classifier; return by level truth and guess of the test items, and the names of the classes."""
    names, truth = np.unique(artist, return_inverse=True)
    logits = window_logits(h, truth, part, outputs=len(names), seed=seed, training=training)
    found = {}
    for level in levels:
        items = items_of(song, level)
        tests = part[items.first] == TEST
        found[level] = truth[items.first[tests]], items.mean(logits)[tests].argmax(axis=1), names
    return found


def _with_share(part: np.ndarray, song: np.ndarray, artist: np.ndarray, share: float, *, seed: int) -> np.ndarray:
    """Leave all but a share of each artist's training songs out."""
    trains = part == TRAIN
    chance = np.random.default_rng(seed)
    kept: list[str] = []
    for name in np.unique(artist):
        own = chance.permutation(np.unique(song[trains & (artist == name)]))
        kept += own[: max(1, round(share * len(own)))].tolist()
    return np.where(trains & ~np.isin(song, kept), LEFT_OUT, part)


def _check_shares(shares: Sequence[float]) -> None:
    if not shares or len(set(shares)) < len(shares) or not all(0 < share <= 1 for share in shares):
        raise ConfigError(f"shares of the training part: {list(shares)}", hint="over 0 and at most 1, each once")


def _notes(artist: np.ndarray, able: np.ndarray, draw_size: int) -> list[str]:
    notes = []
    if few := len(np.unique(artist)) - len(able):
        notes.append(f"{few} artists of fewer than {MIN_SONGS} songs are left out")
    if len(able) <= draw_size:
        notes.append(f"{len(able)} artists are there: every draw has all of them, not {draw_size} of more")
    return notes


def _name(share: float, level: str) -> str:
    return level_name(level) if share == 1 else f"{level_name(level)}, {100 * share:g} % of training"
