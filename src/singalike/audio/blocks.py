"""A file from beginning to end in blocks: audio of any length in constant memory, every channel as it is.

:mod:`~singalike.audio.decode` gives excerpts as clean mono; here nothing is mixed down or resampled, and nothing is
held but a block. Both read the same samples: the readers are the same, only read straight through.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from singalike.audio.containers import end_is_missing, has_wrong_extension, read_head, sniff
from singalike.audio.decode import MIN_SECONDS, SHORT_SECONDS, SILENT_PEAK
from singalike.audio.excerpt import not_decodable
from singalike.audio.readers import AvReader, DecoderError, SoundFileReader
from singalike.errors import NotFiniteError, SilentError, TooShortError

_BLOCK = 1 << 14  # frames; what is lost with a damaged part
_HUGE = 1e12  # samples beyond would overflow in a power
_TRUNCATED_SECONDS = 0.05  # lossy headers are that inexact about the length


class _StraightSoundFile(SoundFileReader):
    """libsndfile read straight on; soundfile would seek after each block, which clicks in an mp3."""

    complaint = ""

    def blocks(self) -> Iterator[np.ndarray]:
        import soundfile

        self._file.seekable = lambda: False
        try:
            while len(block := self._file.read(_BLOCK, dtype="float32", always_2d=True)):
                yield np.asarray(block, dtype=np.float32).T
        except soundfile.SoundFileError as error:
            self.complaint = str(error)


class _StraightAv(AvReader):
    """FFmpeg read straight on; an MP4's last frame is cut where the header says that its padding begins."""

    complaint = ""

    def blocks(self) -> Iterator[np.ndarray]:
        import av.error

        end = self.frames if self._is_mp4 and self.frames is not None else np.inf
        try:
            for position, block in self._blocks(0):
                if position >= end:
                    return
                yield block[: int(min(len(block), end - position))].T
        except (av.error.FFmpegError, ValueError) as error:
            self.complaint = str(error) or type(error).__name__


@dataclass
class AudioBlocks:
    """An open file: its blocks can be gone through once.

    Attributes:
        sample_rate_hz: The file's rate.
        channels: C.
    """

    sample_rate_hz: int
    channels: int
    _blocks: Iterator[np.ndarray]

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the next block (C, n), float32, full scale ±1, n at most some ten thousand."""
        return self._blocks


@dataclass(frozen=True)
class Survey:
    """What a file holds, found by going through all of it.

    Attributes:
        sample_rate_hz, channels: As the file has them.
        frames: T, samples of one channel that can be decoded.
        flags: Any of ``"truncated"``, ``"wrong_extension"``, ``"short"``, as in :mod:`singalike.audio.decode`.
    """

    sample_rate_hz: int
    channels: int
    frames: int
    flags: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.frames / self.sample_rate_hz


@contextmanager
def open_blocks(path: str | Path) -> Iterator[AudioBlocks]:
    """Open a file of any kind that :func:`~singalike.audio.decode.decode` takes. Damage ends the blocks early.

    Raises:
        UnreadableError: Missing, a folder, not permitted, empty, not audio, or damaged from the start.
    """
    with _opened(Path(path)) as (reader, blocks):
        yield AudioBlocks(reader.sample_rate_hz, reader.channels, blocks)


def survey(path: str | Path, *, min_seconds: float = MIN_SECONDS) -> Survey:
    """Go through a file once, so that what is wrong with its last second is known before long work begins.

    Args:
        path: The file.
        min_seconds: Shortest usable length.

    Raises:
        UnreadableError: As :func:`open_blocks`.
        TooShortError: Shorter than ``min_seconds``.
        NotFiniteError: A sample is NaN or infinite.
        SilentError: No channel moves by more than 1e-4 of full scale (-80 dBFS) about its middle.
    """
    path = Path(path)
    with _opened(path) as (reader, blocks):
        frames, low, high = 0, np.inf, -np.inf
        for block in blocks:
            _check_finite(block, frames, path)
            frames += block.shape[1]
            low, high = np.minimum(low, block.min(axis=1)), np.maximum(high, block.max(axis=1))
    rate_hz, container = reader.sample_rate_hz, sniff(read_head(path))
    promised = reader.frames if reader.frames_are_exact and reader.frames is not None else 0
    falls_short = frames < promised - _TRUNCATED_SECONDS * rate_hz
    truncated = bool(reader.complaint) or falls_short or end_is_missing(path, container)
    if frames < max(1, min_seconds * rate_hz):
        what = f"lasts {frames / rate_hz:.3f} s; at least {min_seconds:.3f} s are needed"
        raise TooShortError(what, where=path, hint="the end of the file is missing" if truncated else "")
    peak = float(np.max(high - low)) / 2
    if peak < SILENT_PEAK:
        what = f"there is no sound in it: its peak is {peak:.1e} of full scale (below -80 dBFS)"
        raise SilentError(what, where=path, hint="check that the right channel or track was exported")
    flags = (
        ("truncated", truncated),
        ("wrong_extension", has_wrong_extension(path, container)),
        ("short", frames < SHORT_SECONDS * rate_hz),
    )
    return Survey(rate_hz, reader.channels, frames, tuple(name for name, holds in flags if holds))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[_StraightSoundFile | _StraightAv, Iterator[np.ndarray]]]:
    """Open by the first reader that delivers anything, or that finds nothing without complaint."""
    read_head(path)
    reasons = []
    for open_reader in (_StraightSoundFile, _StraightAv):
        try:
            reader = open_reader(path)
        except DecoderError as error:
            reasons.append(str(error))
            continue
        with reader:
            blocks = reader.blocks()
            first = next(blocks, None)
            if first is not None or not reader.complaint:
                yield reader, chain([] if first is None else [first], blocks)
                return
        reasons.append(reader.complaint)
    raise not_decodable(path, reasons)


def _check_finite(block: np.ndarray, start: int, path: Path) -> None:
    bad = ~(np.abs(block) < _HUGE)  # NaN compares false
    if bad.any():
        first = start + int(np.flatnonzero(bad.any(axis=0))[0])
        what = f"sample {first} is NaN, infinite or beyond {_HUGE:.0e}"
        raise NotFiniteError(what, where=path, hint="export it again")
