"""The tasks on songs: which songs each takes, and its figures from the vectors of their windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from singalike.corpus.songs import Song
from singalike.errors import ConfigError
from singalike.evaluate import query_by_singer, singer_identification
from singalike.evaluate.parts import PARTS, able_artists, check_classes, deal_parts
from singalike.measure.clips import Clips
from singalike.measure.song_contract import Figures, Progress, Selection, SongTask, each_pair
from singalike.measure.song_data import GENRE, INSTRUMENT, genders_of, labels_of, plain_tags
from singalike.measure.song_settings import SongSettings
from singalike.measure.track_tasks import score_tracks, select_tracks


def _select_gender(songs: Sequence[Song], settings: SongSettings) -> Selection:
    labels, notes = genders_of(songs)
    kept = _labelled(songs, labels, "gender:female or gender:male")
    genders = np.array([labels[song.name] for song in kept])
    check_classes(deal_parts(_voices(kept), genders, seed=settings.seed), genders)
    return Selection(kept, labels, notes=notes)


def _score_gender(clips: Clips, chosen: Selection, settings: SongSettings, progress: Progress | None) -> Figures:
    from singalike.evaluate import gender

    genders = _of_windows(clips, chosen.labels)
    options: Any = {"seed": settings.seed, "levels": settings.levels, "progress": progress}
    return gender.evaluate(clips.vectors, clips.recordings, clips.voices, genders, **options)


def _select_artists(songs: Sequence[Song], settings: SongSettings) -> Selection:
    able_artists(_names(songs), _voices(songs), min_songs=len(PARTS))
    return Selection(list(songs))


def _score_artists(clips: Clips, chosen: Selection, settings: SongSettings, progress: Progress | None) -> Figures:
    from singalike.evaluate import artists

    options: Any = {"levels": settings.levels, "shares": settings.shares, "progress": progress}
    return artists.evaluate(clips.vectors, clips.recordings, clips.voices, seed=settings.seed, **options)


def _select_similarity(songs: Sequence[Song], settings: SongSettings) -> Selection:
    able = set(able_artists(_names(songs), _voices(songs), min_songs=2).tolist())
    kept = [song for song in songs if song.voice in able]
    notes = [f"{len(songs) - len(kept)} songs whose artist has no other are left out"] if len(kept) < len(songs) else []
    return Selection(kept, notes=notes)


def _score_similarity(clips: Clips, chosen: Selection, settings: SongSettings, progress: Progress | None) -> Figures:
    from singalike.evaluate import artist_similarity

    options: Any = {"levels": settings.levels, "version": settings.version, "progress": progress}
    return artist_similarity.evaluate(clips.vectors, clips.recordings, clips.voices, seed=settings.seed, **options)


def _select_class(kind: str) -> Callable[[Sequence[Song], SongSettings], Selection]:
    def select(songs: Sequence[Song], settings: SongSettings) -> Selection:
        labels, notes = labels_of(songs, kind)
        kept = _labelled(songs, labels, f"{kind}:…")
        # A whole artist goes to one part; of the classes of an artist the commonest says where it is dealt.
        common = {voice: _commonest(labels[s.name] for s in kept if s.voice == voice) for voice in set(_voices(kept))}
        parts, said = _parts(kept, np.array([common[song.voice] for song in kept]), settings)
        kept = [song for song in kept if song.name in parts]
        numbers = np.array([PARTS.index(parts[song.name]) for song in kept])
        check_classes(numbers, np.array([labels[song.name] for song in kept]))
        return Selection(kept, labels, parts=parts, notes=notes + said)

    return select


def _score_class(training: str) -> Callable[[Clips, Selection, SongSettings, Progress | None], Figures]:
    def score(clips: Clips, chosen: Selection, settings: SongSettings, progress: Progress | None) -> Figures:
        from singalike.evaluate import song_classes

        return song_classes.evaluate(
            clips.vectors,
            clips.recordings,
            clips.voices,
            _of_windows(clips, chosen.labels),
            _of_windows(clips, chosen.parts),
            seed=settings.seed,
            levels=settings.levels,
            training=getattr(song_classes, training),
        )

    return score


def _select_tags(songs: Sequence[Song], settings: SongSettings) -> Selection:
    counts = Counter(tag for song in songs for tag in plain_tags(song))
    if not counts:
        raise ConfigError("no song has a tag", hint="a table's column tags, separated by semicolons")
    ranked = sorted(counts, key=lambda tag: (-counts[tag], tag))[: settings.top_tags]
    parts, notes = _parts(songs, np.full(len(songs), "artists"), settings)
    return Selection([song for song in songs if song.name in parts], tags=tuple(ranked), parts=parts, notes=notes)


def _score_tags(clips: Clips, chosen: Selection, settings: SongSettings, progress: Progress | None) -> Figures:
    from singalike.evaluate import tagging

    of_song = {song.name: [tag in song.tags for tag in chosen.tags] for song in chosen.songs}
    return tagging.evaluate(
        clips.vectors,
        clips.recordings,
        clips.voices,
        np.array([of_song[name] for name in clips.recordings.tolist()]),
        _of_windows(clips, chosen.parts),
        chosen.tags,
        seed=settings.seed,
        levels=settings.levels,
    )


def _parts(songs: Sequence[Song], strata: np.ndarray, settings: SongSettings) -> tuple[dict[str, str], list[str]]:
    """Return the part of each song by name: as published, where the songs have all three; else dealt by artist."""
    published = {song.split for song in songs} - {""}
    if published == set(PARTS):
        parts = {song.name: song.split for song in songs if song.split}
        without = len(songs) - len(parts)
        return parts, [f"{without} songs of no part are left out"] if without else []
    if len(published) > 1:
        raise ConfigError(f"there are only the parts {', '.join(sorted(published))}", hint=f"all of {', '.join(PARTS)}")
    dealt = deal_parts(_voices(songs), strata, seed=settings.seed)
    parts = {song.name: PARTS[number] for song, number in zip(songs, dealt.tolist(), strict=True)}
    return parts, ["no parts are given: artists were dealt 80/10/10"]


def _labelled(songs: Sequence[Song], labels: Mapping[str, str], wanted: str) -> list[Song]:
    if not labels:
        raise ConfigError(f"no song has a tag {wanted}", hint="a table's column tags, separated by semicolons")
    return [song for song in songs if song.name in labels]


def _commonest(labels: Any) -> str:
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))


def _voices(songs: Sequence[Song]) -> np.ndarray:
    return np.array([song.voice for song in songs])


def _names(songs: Sequence[Song]) -> np.ndarray:
    return np.array([song.name for song in songs])


def _of_windows(clips: Clips, by_song: Mapping[str, str]) -> np.ndarray:
    return np.array([by_song[name] for name in clips.recordings.tolist()])


SONG_TASKS: dict[str, SongTask] = {
    "gender": SongTask(_select_gender, _score_gender),
    "artists": SongTask(_select_artists, _score_artists),
    "artist-similarity": SongTask(_select_similarity, _score_similarity, finished=True),
    "tags": SongTask(_select_tags, _score_tags, sung_only=False),
    "instruments": SongTask(_select_class(INSTRUMENT), _score_class("INSTRUMENT"), sung_only=False),
    "genres": SongTask(_select_class(GENRE), _score_class("GENRE"), sung_only=False),
    "singer-identification": SongTask(
        select_tracks, score_tracks(singer_identification.evaluate), each_pair, finished=True
    ),
    "query-by-singer": SongTask(select_tracks, score_tracks(query_by_singer.evaluate), each_pair, finished=True),
}
