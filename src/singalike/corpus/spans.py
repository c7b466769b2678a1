"""Clips as spans: where the non-overlapping clips of recordings lie, without copying any audio.

A span is a place in a *prepared* recording, after its silences were shortened; seconds × sample rate is exact.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from singalike.audio.silence import sounding_windows
from singalike.corpus.recordings import Recording, replace_text
from singalike.errors import ConfigError


@dataclass(frozen=True)
class Span:
    """One clip.

    Attributes:
        path: The audio file it is of.
        voice: Whose voice it is.
        split: ``"train"``, ``"validation"``, ``"test"`` or empty.
        start_seconds: Where it begins in the prepared recording.
        seconds: How long it is.
    """

    path: Path
    voice: str
    split: str
    start_seconds: float
    seconds: float


_COLUMNS = tuple(field.name for field in fields(Span))


def clip_starts(samples: np.ndarray, *, sample_rate_hz: int, clip_seconds: float) -> np.ndarray:
    """Return where the non-overlapping clips of a recording begin, those with sound in them.

    Clips lie end to end from the start. A last piece shorter than a clip is left out, unless it is all there is.

    Args:
        samples: (T,) the recording, floats or int16.
        sample_rate_hz: The rate of ``samples``.
        clip_seconds: Length of a clip.

    Returns:
        (N,) int64 first samples, increasing. N is 0 for digital silence only (see
        :func:`singalike.audio.silence.sounding_windows`).

    Raises:
        ConfigError: A clip would be shorter than a sample, or endless.
    """
    clip = _clip_samples(sample_rate_hz, clip_seconds)
    starts = np.arange(0, max(len(samples) - clip, 0) + 1, clip, dtype=np.int64)
    return starts[sounding_windows(samples, starts, clip, sample_rate_hz=sample_rate_hz)]


def spans(recording: Recording, samples: np.ndarray, *, sample_rate_hz: int, clip_seconds: float) -> list[Span]:
    """Return the clips of a recording whose prepared samples are (T,); see :func:`clip_starts`."""
    seconds = min(_clip_samples(sample_rate_hz, clip_seconds), len(samples)) / sample_rate_hz
    starts = clip_starts(samples, sample_rate_hz=sample_rate_hz, clip_seconds=clip_seconds)
    return [
        Span(recording.path, recording.voice, recording.split, start / sample_rate_hz, seconds)
        for start in starts.tolist()
    ]


def write_spans(spans: Iterable[Span], path: Path) -> None:
    """Write spans as a CSV table that :func:`read_spans` reads back, whole or not at all.

    Paths under the table's folder are written relative to it, so that the two can move together.
    """
    folder = path.parent.absolute()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for span in spans:
        absolute = span.path.absolute()
        written = absolute.relative_to(folder) if absolute.is_relative_to(folder) else absolute
        writer.writerow([written.as_posix(), span.voice, span.split, span.start_seconds, span.seconds])
    replace_text(path, text.getvalue())


def read_spans(path: Path | str) -> list[Span]:
    """Read the table that :func:`write_spans` wrote.

    Raises:
        ConfigError: There is no such table, it lacks a column, or a time in it is not a number.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigError("no such table of spans", where=path, hint="singalike prepare writes one")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if lacking := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
            raise ConfigError(f"no column {' and '.join(lacking)}", where=path)
        try:
            return [
                Span(path.parent / row["path"], row["voice"], row["split"], float(row["start_seconds"]),
                     float(row["seconds"]))
                for row in rows
            ]  # fmt: skip
        except (TypeError, ValueError) as error:  # TypeError: a row with too few cells
            raise ConfigError(f"row {rows.line_num}: {error}", where=path) from error


def _clip_samples(sample_rate_hz: int, clip_seconds: float) -> int:
    if not 1 <= clip_seconds * sample_rate_hz < math.inf:
        raise ConfigError(f"a clip cannot be {clip_seconds} s long at {sample_rate_hz} Hz")
    return round(clip_seconds * sample_rate_hz)
