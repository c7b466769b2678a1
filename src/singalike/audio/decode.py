"""Audio in: the only way a file or an array of samples enters singalike.

Every file ends as one of two things: an :class:`Audio` (finite, mono, without DC, with its stated quality) or
a typed :class:`~singalike.errors.InputError` that names the file, the reason and the way out. Nothing is ever
replaced by zeros.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singalike.audio.containers import end_is_missing, has_wrong_extension, read_head, sniff
from singalike.audio.excerpt import Excerpt, not_decodable, plan, read_excerpt
from singalike.audio.quality import Channels, Quality, assess, inspect_channels
from singalike.audio.readers import READERS, DecoderError
from singalike.audio.resample import resample
from singalike.errors import ConfigError, NotFiniteError, SilentError, TooShortError, UnreadableError

MIN_SECONDS = 0.1  # default of ``min_seconds``; a model has its own, larger minimum
SHORT_SECONDS = 1.0  # a whole recording below that is flagged "short"
SILENT_PEAK = 1e-4  # -80 dBFS
_HUGE = 1e12  # samples beyond would overflow in a power


@dataclass(frozen=True)
class Audio:
    """A decoded waveform.

    Attributes
    ----------
    samples : np.ndarray [shape=(T,)], float32
        Mono: the mean of the channels asked for, without DC. Full scale is ±1; lossy formats may exceed it.
    sample_rate_hz : int
    quality : Quality
        Of the excerpt that was read, at the file's own rate.
    """

    samples: np.ndarray
    sample_rate_hz: int
    quality: Quality

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / self.sample_rate_hz


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says.

    Attributes
    ----------
    sample_rate_hz, channels : int
    seconds : float or None
        An estimate for streams without a header (raw AAC, some MP3); None where there is nothing to go by.
    container : str
        "wav", "flac", "ogg", "mp3", "mp4", "matroska", … by content; "" when unknown.
    """

    sample_rate_hz: int
    channels: int
    seconds: float | None
    container: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        return asdict(self)


def info(path: str | Path) -> AudioInfo:
    """Read the header of an audio file, nothing more.

    Raises
    ------
    UnreadableError
        When there is no audio file to read.
    """
    path = Path(path)
    container = sniff(read_head(path))
    reasons = []
    for open_reader in READERS:
        try:
            with open_reader(path) as reader:
                seconds = None if reader.frames is None else reader.frames / reader.sample_rate_hz
                return AudioInfo(reader.sample_rate_hz, reader.channels, seconds, container)
        except DecoderError as error:
            reasons.append(str(error))
    raise not_decodable(path, reasons)


def decode(
    path: str | Path,
    *,
    sample_rate_hz: int | None,
    offset_seconds: float = 0.0,
    seconds: float | None = None,
    channels: Channels = "live",
    min_seconds: float = MIN_SECONDS,
    allow_silence: bool = False,
) -> Audio:
    """Decode a file, or an excerpt of it, to mono at the rate asked for.

    An excerpt equals that part of the whole file decoded: it is placed on the same sample grid and read with
    a margin for the resampler. (Its DC and live channels are its own.) All that is asked for is held in
    memory: 21 MB per minute of 44.1 kHz stereo, about twice over while it is mixed down.

    Parameters
    ----------
    path : str or Path
        wav, flac, ogg, opus, mp3, aiff, m4a, aac, webm, a video …, recognised by content.
    sample_rate_hz : int or None
        Rate wanted; None keeps the file's own.
    offset_seconds : float
        Where to begin, >= 0.
    seconds : float or None
        How much; None reads to the end. Exactly ``round(seconds * rate)`` samples come back.
    channels : "live" or "all"
        Which the mono mix is the mean of. ``"live"`` leaves out dead ones, and takes the loudest alone where they
        cancel each other out: right for a recording by itself. ``"all"`` chooses nothing, so that the stems of a
        song, each decoded by itself, still add up to the song (a voice panned hard left has a dead channel).
    min_seconds : float
        Shortest usable audio; an explicit shorter ``seconds`` lowers it.
    allow_silence : bool
        Return silence instead of raising SilentError (a quiet excerpt of a recording that does sound).

    Raises
    ------
    UnreadableError
        Missing, a folder, not permitted, empty, not audio, damaged from the start, or longer than memory allows.
    TooShortError
        Shorter than ``min_seconds``, or the excerpt reaches past the end.
    NotFiniteError
        A sample is NaN or infinite.
    SilentError
        The peak is below -80 dBFS.
    ConfigError
        A negative offset, or a length or rate that is not positive.
    """
    path = Path(path)
    if not 0 <= offset_seconds < math.inf or (seconds is not None and not 0 < seconds < math.inf):
        raise ConfigError(f"cannot read {seconds} s from {offset_seconds} s on", where=path)
    if sample_rate_hz is not None and sample_rate_hz <= 0:
        raise ConfigError(f"cannot decode to {sample_rate_hz} Hz", where=path, hint="a rate is positive")
    container = sniff(read_head(path))
    try:
        excerpt = read_excerpt(path, sample_rate_hz, offset_seconds, seconds)
    except MemoryError as error:
        hint = "cut it, or read an excerpt"
        raise UnreadableError("it is too long for this machine's memory", where=path, hint=hint) from error
    least = min_seconds if seconds is None else min(min_seconds, seconds)
    truncated = excerpt.stopped_early or (excerpt.reaches_end and end_is_missing(path, container))
    _check_length(excerpt, least, offset_seconds, where=path, truncated=truncated)
    flags = [("truncated", truncated), ("wrong_extension", has_wrong_extension(path, container))]
    if seconds is None and offset_seconds == 0:
        flags.append(("short", excerpt.seconds < SHORT_SECONDS))
    found = tuple(name for name, holds in flags if holds)
    return _finish(excerpt, found, where=path, channels=channels, allow_silence=allow_silence)


def from_array(
    samples: np.ndarray,
    *,
    sample_rate_hz: int,
    to_hz: int | None = None,
    where: object = "array",
    min_seconds: float = MIN_SECONDS,
    allow_silence: bool = False,
) -> Audio:
    """Take samples that are in memory already through the same checks as a file.

    Parameters
    ----------
    samples : np.ndarray [shape=(T,) or (C, T)]
        Floats with full scale ±1, or integers (scaled by their type's range; uint8 is centred at 128).
    sample_rate_hz : int
        The rate of ``samples``.
    to_hz : int or None
        Rate wanted; None keeps it.
    where : object
        What errors call the array.
    min_seconds, allow_silence
        As in :func:`decode`.

    Raises
    ------
    ConfigError
        When the array is no waveform (more than two axes, more channels than samples, not real numbers).
    TooShortError, NotFiniteError, SilentError
        As in :func:`decode`.
    """
    channels = _as_channels(np.asarray(samples), where)
    if sample_rate_hz <= 0 or (to_hz is not None and to_hz <= 0):
        raise ConfigError(f"cannot take {sample_rate_hz} Hz to {to_hz} Hz", where=where, hint="rates are positive")
    excerpt = Excerpt(channels, plan(0.0, None, sample_rate_hz, to_hz or sample_rate_hz, len(channels)), False)
    _check_length(excerpt, min_seconds, 0.0, where=where, truncated=False)
    flags = ("short",) if excerpt.seconds < SHORT_SECONDS else ()
    return _finish(excerpt, flags, where=where, allow_silence=allow_silence)


def _check_length(excerpt: Excerpt, least: float, offset_seconds: float, *, where: object, truncated: bool) -> None:
    hint = "a part of the file is missing, its end as a rule" if truncated else ""
    wanted, to_hz = excerpt.span.wanted, excerpt.span.to_hz
    if excerpt.available < (wanted or 1):
        asked = "audio" if wanted is None else f"{wanted / to_hz:.3f} s"
        end = "before" if excerpt.available == 0 else f"at {offset_seconds + excerpt.seconds:.3f} s, not after"
        what = f"{asked} from {offset_seconds:.3f} s on is not there: it ends {end} that"
        raise TooShortError(what, where=where, hint=hint)
    if excerpt.seconds < least:
        what = f"lasts {excerpt.seconds:.3f} s; at least {least:.3f} s are needed"
        raise TooShortError(what, where=where, hint=hint)


def _finish(
    excerpt: Excerpt, flags: tuple[str, ...], *, where: object, allow_silence: bool, channels: Channels = "live"
) -> Audio:
    """Channels to a checked mono waveform at the wanted rate."""
    span = excerpt.span
    _check_finite(excerpt.channels, span.start, where)
    downmix = inspect_channels(excerpt.trim(excerpt.channels), use=channels)
    mono = downmix(excerpt.channels)
    quality = assess(excerpt.trim(mono), sample_rate_hz=span.from_hz, flags=(*flags, *downmix.flags))
    if quality.peak < SILENT_PEAK and not allow_silence:
        raise SilentError(
            f"there is no sound in it: its peak is {quality.peak:.1e} of full scale (below -80 dBFS)",
            where=where,
            hint="its channels cancel each other out: turn the polarity of one"
            if "inverted_channel" in downmix.flags
            else "check that the right channel or track was exported",
        )
    samples = resample(mono, from_hz=span.from_hz, to_hz=span.to_hz)[span.skip :]
    return Audio(np.ascontiguousarray(samples[: span.wanted]), span.to_hz, quality)


def _check_finite(channels: np.ndarray, start: int, where: object) -> None:
    if channels.max() < _HUGE and channels.min() > -_HUGE:  # NaN compares false
        return
    bad = ~(np.abs(channels) < _HUGE)
    first = start + int(np.flatnonzero(bad.any(axis=1))[0])
    count = f"{int(bad.sum())} of {bad.size} samples"
    raise NotFiniteError(
        f"{count} are NaN, infinite or beyond {_HUGE:.0e}, the first is sample {first}",
        where=where,
        hint="export it again",
    )


def _as_channels(samples: np.ndarray, where: object) -> np.ndarray:
    """Bring an array (T,) or (C, T) of any real type to (T, C) float32."""
    if samples.ndim not in (1, 2) or samples.dtype.kind not in "fiu" or samples.shape[:-1] == (0,):
        raise ConfigError(f"an array {samples.shape} of {samples.dtype} is no waveform", where=where)
    if samples.ndim == 2 and samples.shape[0] > samples.shape[1] > 0:
        raise ConfigError(
            f"{samples.shape[0]} channels of {samples.shape[1]} samples?",
            where=where,
            hint="pass (channels, samples)",
        )
    if samples.dtype.kind == "f":
        scaled = samples.astype(np.float32, copy=False)
    else:
        half = 2.0 ** (8 * samples.dtype.itemsize - 1)
        scaled = (samples / half - (samples.dtype.kind == "u")).astype(np.float32)
    return np.atleast_2d(scaled).T
