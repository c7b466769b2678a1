"""From songs to what the loop reads: split by singer, decoded at their own levels, cut into segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from singalike.audio.quality import Channels
from singalike.corpus.cache import Preparation, cache_all
from singalike.corpus.readers import read_song_dataset
from singalike.corpus.recordings import Recording
from singalike.corpus.segments import Segments, SongSamples, cut
from singalike.corpus.songs import Song, read_songs
from singalike.corpus.splits import check_disjoint, split_voices
from singalike.errors import ConfigError, InputError, SilentError
from singalike.model.hub import home
from singalike.train.prepare import Progress
from singalike.train.recipe import Recipe, Songs

_PARTS = ("train", "validation")


@dataclass(frozen=True)
class PreparedSongs:
    """Segments of both parts, and the files that were left out, with the reason."""

    train: Segments
    validation: Segments
    failed: list[InputError]


def prepare_songs(
    recipe: Recipe, settings: Songs, data: Path, *, sample_rate_hz: int, progress: Progress
) -> PreparedSongs:
    """Read, split by singer, decode, cut; decoded files are kept and the work resumes.

    Raises:
        ConfigError: crops do not fit segments, a part would have fewer than two singers, or the data cannot be read.
    """
    if recipe.crop_seconds > settings.segment_seconds:
        raise ConfigError(
            f"a crop of {recipe.crop_seconds:g} s does not fit a segment of {settings.segment_seconds:g} s",
            hint="change crop_seconds or songs.segment_seconds",
        )
    reader = recipe.data.reader
    songs = read_songs(data) if reader == "table" else read_song_dataset(reader, data)
    songs = split_songs(songs, seed=recipe.seed, validation_share=recipe.data.validation_share)
    decoded, failed = _decode([song for song in songs if song.split in _PARTS], sample_rate_hz, progress)
    parts = []
    for name in _PARTS:
        part = [each for each in decoded if each.song.split == name]
        # A singer alone has no negatives: its loss would be 0 from the first step on.
        if len(voices := {each.song.voice for each in part}) < 2:
            raise ConfigError(
                f"usable songs of {len(voices)} singer(s) to {name} on; at least two are needed", where=data,
                hint="add singers, or change data.validation_share or the table's split column",
            )  # fmt: skip
        progress(f"segments {name}", 0, len(part))
        parts.append(cut(part, length=round(settings.segment_seconds * sample_rate_hz)))
    return PreparedSongs(parts[0], parts[1], failed)


def _decode(
    songs: Sequence[Song], sample_rate_hz: int, progress: Progress
) -> tuple[list[SongSamples], list[InputError]]:
    """Decode songs at their own levels; a silent stem is a source that is absent, a silent mixture is an error.

    Files of one song are mixed down alike, so that they add up; a mixture alone is a recording like any other.
    """
    stems = {str(path) for song in songs for name, path in song.files.items() if name != "mixture"}
    done: dict[Channels, dict[Path, Path]] = {}
    errors: list[InputError] = []
    for channels in get_args(Channels):
        paths = sorted({path for song in songs if song.channels == channels for path in song.files.values()})
        preparation = Preparation(sample_rate_hz, shorten_silences=False, levelled=False, channels=channels)
        done[channels], bad = cache_all(
            paths, preparation, home() / "samples", progress=lambda i, n: progress("decode", i, n)
        )
        errors += bad
    silent = {error.where for error in errors if isinstance(error, SilentError)} & stems
    failed = [error for error in errors if error.where not in silent]
    decoded: list[SongSamples] = []
    for song in songs:
        samples = done[song.channels]
        files = {name: path for name, path in song.files.items() if str(path) not in silent}
        if not files:
            failed.append(SilentError("all of its stems are silent", where=song.name))
        elif all(path in samples for path in files.values()):
            try:
                decoded.append(SongSamples(song, {name: samples[path] for name, path in files.items()}))
            except InputError as error:
                failed.append(error)
    return decoded, failed


def split_songs(songs: Sequence[Song], *, seed: int, validation_share: float) -> list[Song]:
    """Split by singer, or as the songs say; no singer is in both parts."""
    rows = [Recording(Path(song.name), song.voice, split=song.split) for song in songs]
    if not any(row.split for row in rows):
        rows = split_voices(rows, seed=seed, shares=(1.0 - validation_share, validation_share, 0.0))
    check_disjoint(rows)
    return [replace(song, split=row.split) for song, row in zip(songs, rows, strict=True)]
