"""What a library returns: plain records with ``as_dict()`` for ``--json``.

Scores are cosines in [-1, 1], higher is closer; times are seconds from the start of the file.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from singalike.errors import SingalikeError


class _Record:
    """Gives a dataclass its JSON form."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # pyright: ignore[reportArgumentType]


def _plain(value: Any) -> Any:
    if isinstance(value, _Record):
        return value.as_dict()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


@dataclass(frozen=True)
class Failure(_Record):
    """One input that could not be used: where, the error's stable code, what is wrong, the way out."""

    path: Path
    code: str
    what: str
    hint: str = ""

    @classmethod
    def of(cls, path: Path, error: Exception) -> Failure:
        """Describe `error`, which befell `path`; an error nobody foresaw gets the code "unexpected"."""
        if isinstance(error, SingalikeError):
            return cls(path, error.code, error.what, error.hint)
        if isinstance(error, OSError):
            return cls(path, "unreadable", error.strerror or str(error))
        return cls(path, "unexpected", f"{type(error).__name__}: {error}", "please report this")


@dataclass
class Summary(_Record):
    """What one :meth:`Library.add` or :meth:`Library.reindex` did, counted in files.

    ``skipped`` are files without an audio extension and links to folders met while walking; ``removed`` are entries
    whose files are gone from the folders that were walked.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    failed: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class Recording(_Record):
    """One entry of a library; ``id`` is kept for its life and never given to another entry.

    ``fingerprint`` names the model that made its vectors, ``readout`` the encoder, where it has several;
    ``spread`` is 1 - the mean cosine of the windows to the recording's vector; ``flags`` are the quality flags
    of ``singalike.audio.quality``.
    """

    id: int
    path: Path
    sha256: str
    size: int
    mtime_ns: int
    title: str
    artist: str
    album: str
    album_artist: str
    fingerprint: str
    spread: float
    seconds: float
    sounding_seconds: float
    flags: tuple[str, ...]
    readout: str = ""


@dataclass(frozen=True)
class SegmentPair(_Record):
    """The two windows, one of the query and one of the hit, that are closest: what to listen to."""

    query_start_seconds: float
    query_end_seconds: float
    hit_start_seconds: float
    hit_end_seconds: float
    score: float


@dataclass(frozen=True)
class Hit(_Record):
    """One result of a search.

    ``probability`` that both are the same voice, None where the model has no calibration; ``duplicates`` are
    the paths of other copies of this recording, folded into it; ``segments`` only with ``explain=True``.
    """

    rank: int
    id: int
    path: Path
    title: str
    artist: str
    album: str
    score: float
    probability: float | None
    duplicates: list[str] = field(default_factory=list)
    segments: SegmentPair | None = None


@dataclass(frozen=True)
class Enrolment(_Record):
    """What :meth:`Library.enroll` did: exemplars now kept, how many are new, and how well they agree.

    ``cohesion`` is the mean cosine between different exemplars, None for a single one.
    """

    name: str
    exemplars: int
    added: int
    cohesion: float | None
    warnings: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class Voice(_Record):
    """An enrolled voice; ``usable`` counts the exemplars made with the library's present model."""

    name: str
    exemplars: int
    usable: int


@dataclass(frozen=True)
class Candidate(_Record):
    """An enrolled voice and how close the query is to it.

    ``probability`` is that of two recordings of this score, when half of all pairs are of one voice. A stranger is
    compared with every voice, so that naming asks for more than an even chance.
    """

    name: str
    score: float
    probability: float | None


@dataclass(frozen=True)
class Identification(_Record):
    """Who sings: a name, or "unknown" where the best score is below ``threshold``."""

    name: str
    score: float
    probability: float | None
    threshold: float
    candidates: list[Candidate]
