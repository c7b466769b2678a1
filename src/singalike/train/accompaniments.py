"""What is laid under voices while training: bands of the virtual choir, and recordings of music without voices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singalike.corpus.accompaniments import Recordings
from singalike.corpus.choir_voices import accompaniments
from singalike.errors import ConfigError, InputError
from singalike.train.prepare import Progress

_PIECE_SECONDS = 12.0
_BANDS, _BANDS_BESIDE_RECORDINGS, _STRETCHES = 240, 120, 480


@dataclass(frozen=True)
class Pool:
    """Music to lay under voices.

    Attributes:
        samples: (P, T) float32, none silent.
        described: what it was made of, for ``data.json``.
        failed: recordings that could not be used.
    """

    samples: np.ndarray
    described: dict[str, Any]
    failed: list[InputError]


def make_pool(folder: Path | None, *, sample_rate_hz: int, progress: Progress) -> Pool:
    """Let the virtual choir's bands play; with a folder, half as many, and stretches of its recordings beside them.

    Every recording is asked for as often as any other, however long it is.

    Args:
        folder: recordings of music without voices, at any depth; None: bands alone.
        sample_rate_hz: rate of the samples.
        progress: called with (stage, done, of).

    Raises:
        ConfigError: the folder holds fewer than two audio files, or none that can be used.
    """
    bands = _BANDS if folder is None else _BANDS_BESIDE_RECORDINGS
    samples = accompaniments(bands, seconds=_PIECE_SECONDS, sample_rate_hz=sample_rate_hz)
    described: dict[str, Any] = {"bands": bands, "recordings": 0, "checksum": ""}
    if folder is None:
        return Pool(samples, described, [])
    music = Recordings(folder)
    rows, failed = _stretches(music, samples.shape[1], sample_rate_hz, progress)
    if not rows:
        raise ConfigError(f"none of {music.count} accompaniments can be used", where=folder, hint=str(failed[0]))
    described |= {"recordings": music.count - len(failed), "checksum": _checksum(music.identity)}
    return Pool(np.concatenate([samples, np.stack(rows)]), described, failed)


def _stretches(
    music: Recordings, length: int, sample_rate_hz: int, progress: Progress
) -> tuple[list[np.ndarray], list[InputError]]:
    """Return stretches (length,), and an error for each recording that cannot be read or is silent wherever asked."""
    rows: list[np.ndarray] = []
    errors: dict[int, InputError] = {}
    heard: set[int] = set()
    for number in range(_STRETCHES):
        which = number % music.count
        try:
            rows.append(music(number, length, sample_rate_hz=sample_rate_hz).astype(np.float32))
            heard.add(which)
        except InputError as error:
            errors[which] = error
        progress("accompaniments", number + 1, _STRETCHES)
    return rows, [error for which, error in errors.items() if which not in heard]


def _checksum(identity: str) -> str:
    return hashlib.sha256(f"{identity} {_STRETCHES} {_BANDS_BESIDE_RECORDINGS}".encode()).hexdigest()
