"""From raw neighbours to a list worth reading: one entry a recording, no list ruled by one artist or album.

Two entries are the same recording when their files are equal, or when their vectors agree to a cosine that the model's
calibration names (:data:`DUPLICATE_COSINE` without one), their lengths to :data:`DUPLICATE_SECONDS` and their windows,
one by one, nearly as well: another container, bit rate or gain of one take. Two takes of one song by one singer differ
in time, so in their windows, and stay apart; a recording of one window has its vector and length alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from singalike.library.results import Recording
from singalike.library.tags import ARTIST_SEPARATOR
from singalike.library.voiceprint import Voiceprint
from singalike.model.card import Calibration

DUPLICATE_COSINE = 0.998
DUPLICATE_SECONDS = 0.25  # lossy encoders pad by up to about 0.1 s
_WINDOW_SLACK = 0.008  # what a window's cosine may be less, in the mean: it hears less


@dataclass
class Kept:
    """A neighbour that stays, and the other entries of the same recording."""

    recording: Recording
    score: float
    duplicates: list[Recording] = field(default_factory=list)


@dataclass(frozen=True)
class Limits:
    """How a list is cut: its length, and how many entries one artist or album may have (None: any number).

    ``duplicate_cosine`` is from where on two recordings may be one.
    """

    k: int
    max_per_artist: int | None = None
    max_per_album: int | None = None
    keep_duplicates: bool = False
    duplicate_cosine: float = DUPLICATE_COSINE

    def of(self, calibration: Calibration | None) -> Limits:
        """Return these limits with what a model's calibration says of duplicates."""
        return self if calibration is None else replace(self, duplicate_cosine=calibration.duplicate_cosine)


def rerank(
    neighbours: list[tuple[Recording, float]],
    voiceprint_of: Callable[[Recording], Voiceprint | None],
    limits: Limits,
) -> list[Kept]:
    """Fold duplicates, then apply the caps, keeping the order of `neighbours` (closest first).

    A recording without an artist or album tag is not capped: unknown artists are not one artist. Of several
    artists ("A; B") each counts.
    """
    kept: list[Kept] = []
    artists: Counter[str] = Counter()
    albums: Counter[tuple[str, str]] = Counter()
    for recording, score in neighbours:
        if not limits.keep_duplicates:
            original = next(
                (k for k in kept if _same_recording(k, recording, score, voiceprint_of, limits.duplicate_cosine)), None
            )
            if original is not None:
                original.duplicates.append(recording)
                continue
        if len(kept) == limits.k:
            continue
        names, album = _artists(recording), _album(recording)
        if _full(artists, names, limits.max_per_artist) or _full(albums, album, limits.max_per_album):
            continue
        artists.update(names)
        albums.update(album)
        kept.append(Kept(recording, score))
    return kept


def _full(counts: Counter, keys: list, cap: int | None) -> bool:
    return cap is not None and any(counts[key] >= cap for key in keys)


def _artists(recording: Recording) -> list[str]:
    return [name.casefold().strip() for name in recording.artist.split(ARTIST_SEPARATOR.strip()) if name.strip()]


def _album(recording: Recording) -> list[tuple[str, str]]:
    """Return the album's key: two artists' "Greatest Hits" are two albums."""
    artist = recording.album_artist or recording.artist
    return [(artist.casefold(), recording.album.casefold())] if recording.album else []


def _same_recording(
    kept: Kept, recording: Recording, score: float, voiceprint_of: Callable[[Recording], Voiceprint | None],
    least: float,
) -> bool:  # fmt: skip
    if kept.recording.sha256 == recording.sha256:
        return True
    # |q·a - q·b| <= ‖a - b‖ for a unit q: entries further apart in score are no duplicates.
    gap = math.sqrt(2 - 2 * least)
    if abs(kept.recording.seconds - recording.seconds) > DUPLICATE_SECONDS or kept.score - score > gap:
        return False
    a, b = voiceprint_of(kept.recording), voiceprint_of(recording)
    if a is None or b is None or float(a.vector @ b.vector) < least:
        return False
    return _window_agreement(a, b) >= least - _WINDOW_SLACK


def _window_agreement(a: Voiceprint, b: Voiceprint) -> float:
    """Return the mean cosine of each window of `a` with the window of `b` nearest in time."""
    nearest = np.abs(a.starts_seconds[:, None] - b.starts_seconds[None]).argmin(axis=1)
    return float(np.einsum("nd,nd->n", a.window_vectors, b.window_vectors[nearest]).mean())
