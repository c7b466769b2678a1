"""An excerpt of a file: which frames to read, so that it lies on the sample grid of the whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singalike.audio.readers import READERS, DecoderError
from singalike.errors import UnreadableError

_TRUNCATED_SECONDS = 0.05  # lossy headers are that inexact about the length
_MARGIN_SECONDS = 0.02  # read on both sides of an excerpt for the resampler's filter


@dataclass(frozen=True)
class Span:
    """An excerpt on two grids: what to read at the file's rate, what to keep at the wanted one."""

    from_hz: int
    to_hz: int
    start: int  # first frame to read
    count: int | None  # frames to read
    skip: int  # samples of the resampled read that are margin
    wanted: int | None  # samples to keep


@dataclass(frozen=True)
class Excerpt:
    """What a decoder delivered for a span."""

    channels: np.ndarray  # (n, C)
    span: Span
    stopped_early: bool  # before the end that the header promises, or by an error

    @property
    def reaches_end(self) -> bool:
        """Whether the file ends in it."""
        return self.span.count is None or len(self.channels) < self.span.count

    @property
    def available(self) -> int:
        """Samples at the wanted rate, without the margin before them."""
        return max(0, round(len(self.channels) * self.span.to_hz / self.span.from_hz) - self.span.skip)

    @property
    def seconds(self) -> float:
        """Duration of what is available."""
        return self.available / self.span.to_hz

    def trim(self, frames: np.ndarray) -> np.ndarray:
        """Cut the margins off ``channels``, or off what was made of them, along the first axis."""
        ratio = self.span.from_hz / self.span.to_hz
        first, wanted = int(self.span.skip * ratio), self.span.wanted
        return frames[first : None if wanted is None else math.ceil((self.span.skip + wanted) * ratio)]


def plan(offset_seconds: float, seconds: float | None, from_hz: int, to_hz: int, frames: int | None) -> Span:
    """Place an excerpt. Reading begins where both grids have a sample, so that no fraction of one is lost."""
    first = round(offset_seconds * to_hz)
    wanted = None if seconds is None else max(1, round(seconds * to_hz))
    if wanted is not None and frames is not None and first + wanted == round(frames * to_hz / from_hz) + 1:
        first = max(0, first - 1)  # both ends were rounded up
    if from_hz == to_hz:
        return Span(from_hz, to_hz, first, wanted, 0, wanted)
    common = math.gcd(from_hz, to_hz)
    step_in, step_out = from_hz // common, to_hz // common  # frames and samples between common instants
    margin = math.ceil(_MARGIN_SECONDS * from_hz)
    blocks = max(0, first // step_out - math.ceil(margin / step_in))
    skip = first - blocks * step_out
    count = None if wanted is None else math.ceil((skip + wanted) * from_hz / to_hz) + margin
    return Span(from_hz, to_hz, blocks * step_in, count, skip, wanted)


def read_excerpt(path: Path, to_hz: int | None, offset_seconds: float, seconds: float | None) -> Excerpt:
    """Read an excerpt by the first decoder that delivers anything."""
    reasons, damaged = [], None
    for open_reader in READERS:
        try:
            with open_reader(path) as reader:
                rate_hz, promised = reader.sample_rate_hz, reader.frames if reader.frames_are_exact else None
                span = plan(offset_seconds, seconds, rate_hz, to_hz or rate_hz, promised)
                if promised is not None and span.start >= promised:
                    return Excerpt(np.empty((0, reader.channels), np.float32), span, False)
                channels, complaint = reader.read(span.start, span.count)
        except DecoderError as error:
            reasons.append(str(error))
            continue
        if len(channels) or not complaint:
            return Excerpt(channels, span, bool(complaint) or _falls_short(len(channels), span, promised))
        reasons.append(complaint)
        if span.start:  # the damage lies before the excerpt: there is audio, but not that far
            damaged = damaged or Excerpt(channels, span, True)
    if damaged is not None:
        return damaged
    raise not_decodable(path, reasons)


def _falls_short(delivered: int, span: Span, promised: int | None) -> bool:
    if promised is None:
        return False
    expected = promised - span.start if span.count is None else min(span.count, promised - span.start)
    return delivered < expected - _TRUNCATED_SECONDS * span.from_hz


def not_decodable(path: Path, reasons: list[str]) -> UnreadableError:
    """Make the error for a file that every decoder refused, each for its reason."""
    return UnreadableError(
        f"is not audio that can be decoded: {'; '.join(dict.fromkeys(reasons))}",
        where=path,
        hint="check that it plays elsewhere, or convert it to wav or flac",
    )
