"""Whether an artist's songs are nearer to each other than to those of others (Garoufis et al. 2025, CVSM).

Conventions
-----------
- ``vectors`` (N, D): one embedding a window of 1 s; those of a song in the order of time.
- ``songs``, ``artists`` (N,): names; a song has one artist.
- 100 episodes of 50 artists; where there are fewer, every episode has all of them, and a note says so. In each, an
  artist has a query and an answer, each the mean of vectors; their score is the cosine, higher is closer.
- ``version="two-songs"``: query and answer are two *different songs* of the artist: at the level of a song the mean
  of all its windows, at 1, 2 or 5 s one stretch of that length, drawn from the song.
- ``version="authors"``: the artist's items of the level, of whatever songs, are dealt into two halves, whose means
  are query and answer. This is our reading of "artist similarity" where the song is not what is compared: below
  the level of a song, both halves may hold parts of one song, which makes it easier.

Metrics
-------
- ``mnr``: mean normalised rank: the rank of the answer of the query's artist among the answers of the episode (1 is
  best, equal scores count half), divided by their number; mean over queries and episodes.
- ``eer``: equal error rate over all pairs of a query and an answer of an episode
  (:mod:`singalike.evaluate.verification`), mean over the episodes.
- ``_low``, ``_high``: 95 % intervals over artists: drawn with replacement, every episode weighted accordingly.
- ``mnr_chance``; the ``eer_chance`` is a half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.bootstrap import mean_interval
from singalike.evaluate.episodes import Episode, SongItems, draw_episode
from singalike.evaluate.parts import able_artists
from singalike.evaluate.windows import LEVELS, Names, check_levels, checked_windows, items_of, level_name

VERSIONS = ("two-songs", "authors")
MIN_SONGS = 2
_MIN_ARTISTS = 2


def validate(vectors: np.ndarray, songs: Names, artists: Names) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check the inputs of this task.

    Args:
        vectors: (N, D), finite, no row zero.
        songs: (N,).
        artists: (N,).

    Returns:
        vectors as float32, the others as arrays.

    Raises:
        ConfigError: Shapes differ, or a song has two artists.
        NotFiniteError: A vector is NaN, infinite or zero (its song is named).
    """
    h, song, artist = checked_windows(vectors, songs, artists=artists)
    if len(zero := np.flatnonzero(~h.any(axis=1))):
        raise NotFiniteError(f"{len(zero)} vectors are zero, first number {zero[0]}", where=song[zero[0]])
    return h, song, artist


def evaluate(
    vectors: np.ndarray,
    songs: Names,
    artists: Names,
    *,
    seed: int,
    levels: Sequence[str] = LEVELS,
    version: str = "two-songs",
    episodes: int = 100,
    episode_size: int = 50,
    replicates: int = 200,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, dict[str, object]]:
    """All metrics of this task.

    Args:
        vectors: (N, D).
        songs: (N,) the song of each window.
        artists: (N,) who sings it.
        seed: Draws the episodes and the bootstrap; the artists and songs of an episode are the same at each level.
        levels: Windows in an item, or ``"song"``.
        version: One of :data:`VERSIONS`.
        episodes: 100.
        episode_size: Artists in an episode, 50.
        replicates: Of the bootstrap over artists; each weighs every pair of every episode.
        progress: Called with (levels done, of).

    Returns:
        By the name of the level the metrics of the module's docstring, the counts ``episodes``, ``artists`` (in an
        episode) and ``songs``, and ``notes``.

    Raises:
        ConfigError: See :func:`validate`; fewer than 2 artists of 2 songs; no such version.
        NotFiniteError: See :func:`validate`.
    """
    check_levels(levels)
    if version not in VERSIONS:
        raise ConfigError(f"no version {version!r} of artist similarity", hint=f"one of {', '.join(VERSIONS)}")
    h, song, artist = validate(vectors, songs, artists)
    able = able_artists(song, artist, min_songs=MIN_SONGS, at_least=_MIN_ARTISTS)
    size = min(episode_size, len(able))
    notes = [] if len(able) > episode_size else [f"{len(able)} artists are there: every episode has all of them"]
    figures = {}
    for done, level in enumerate(levels, start=1):
        items = items_of(song, level)
        table = SongItems(items.mean(h), song[items.first], artist[items.first], able)
        draw = table.two_songs if version == "two-songs" else table.two_halves
        # A generator for each episode: the levels see the same artists and songs, whatever else they draw.
        found = [draw_episode(draw, len(able), size, np.random.default_rng([seed, n])) for n in range(episodes)]
        figures[level_name(level)] = {
            **_figures(found, able, seed=seed, replicates=replicates),
            "mnr_chance": (size + 1) / (2 * size),
            "eer_chance": 0.5,
            "episodes": episodes,
            "artists": size,
            "songs": len(np.unique(song[np.isin(artist, able)])),
            "notes": list(notes),
        }
        if progress:
            progress(done, len(levels))
    return figures


def _figures(episodes: Sequence[Episode], able: np.ndarray, *, seed: int, replicates: int) -> dict[str, float]:
    ranks = np.concatenate([episode.normalised_ranks() for episode in episodes])
    owners = able[np.concatenate([episode.artists for episode in episodes])]
    mnr = mean_interval(ranks, owners, seed=seed, replicates=replicates)
    once = np.ones((1, len(able)))
    drawn = np.random.default_rng(seed).multinomial(len(able), np.full(len(able), 1 / len(able)), size=replicates)
    each = np.stack([episode.eers(drawn) for episode in episodes])
    usable = np.isfinite(each).sum(axis=0)
    low, high = np.quantile((np.nansum(each, axis=0) / np.maximum(usable, 1))[usable > 0], [0.025, 0.975])
    return {
        "mnr": float(ranks.mean()),
        "mnr_low": mnr.low,
        "mnr_high": mnr.high,
        "eer": float(np.mean([episode.eers(once)[0] for episode in episodes])),
        "eer_low": float(low),
        "eer_high": float(high),
    }
