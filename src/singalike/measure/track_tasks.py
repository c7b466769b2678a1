"""The tasks on whole songs, asked in one domain and answered from another: singer-identification, query-by-singer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from singalike.corpus.songs import Song
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.parts import able_artists
from singalike.evaluate.windows import WHOLE, items_of
from singalike.measure.clips import Clips
from singalike.measure.song_contract import Figures, Progress, Selection
from singalike.measure.song_settings import SongSettings


def select_tracks(songs: Sequence[Song], settings: SongSettings) -> Selection:
    """Take all songs.

    Raises:
        ConfigError: Fewer than two singers have two songs.
    """
    able_artists(np.array([song.name for song in songs]), np.array([song.voice for song in songs]), min_songs=2)
    return Selection(list(songs))


def score_tracks(evaluate: Callable[..., dict[str, object]]) -> Callable[..., Figures]:
    """Return what scores a pair of domains by one of the evaluations of tracks.

    Args:
        evaluate: Takes queries (N, D), collection (N, D), tracks (N,) and singers (N,), ``seed`` and ``progress``.
    """

    def score(
        queries: Clips, collection: Clips, chosen: Selection, settings: SongSettings, progress: Progress | None
    ) -> Figures:
        first = items_of(queries.recordings, WHOLE).first
        names = queries.recordings[first], queries.voices[first]
        sides = track_vectors(queries), track_vectors(collection)
        figures = evaluate(*sides, *names, seed=settings.seed, progress=progress)
        return {"": {"query": str(queries.kinds[0]), "collection": str(collection.kinds[0]), **figures}}

    return score


def track_vectors(clips: Clips) -> np.ndarray:
    """Return one vector a song, (G, D), in the order of their names: the mean of the unit vectors of its windows.

    Raises:
        NotFiniteError: A vector is NaN, infinite or zero (its window is named).
    """
    windows = ClipVectors(tuple(clips.keys.tolist()), clips.vectors, clips.recordings, clips.voices, clips.model)
    return items_of(clips.recordings, WHOLE).mean(windows.unit())
