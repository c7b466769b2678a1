"""What is wrong with a recording that can still be used.

Conventions: samples are float, full scale is ±1; channels are columns ``(T, C)``; rates in Hz.

Flags
-----
dead_channel      a channel holds no sound while another does; it is left out of the mono mix (*)
inverted_channel  the channels cancel each other out; the loudest alone is used (*)
dc_offset         a channel's mean is off zero; it is subtracted
clipped           peaks are cut flat (:func:`clipped_share`)
narrow_band       nothing sounds above 8 kHz, as in a telephone or a 16 kHz recording (:func:`bandwidth_hz`)
truncated         the decoder delivered less than the file promises, or stopped with an error
wrong_extension   the file is not what its name says
short             the whole recording lasts under a second

(*) unless all channels were asked for: the mono mixes of a song's stems add up only if each is the plain mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Channels = Literal["live", "all"]  # which channels make the mono mix
FLAGS = (
    "dead_channel",
    "inverted_channel",
    "dc_offset",
    "clipped",
    "narrow_band",
    "truncated",
    "wrong_extension",
    "short",
)

DEAD_DB = -60.0  # a channel this far below the loudest one is dead
CANCELLED_DB = -20.0  # a mix this far below its loudest channel has cancelled itself out
DC_SHARE = 0.01  # |mean| above this share of the channel's peak is an offset,
DC_LEAST = 1e-4  # unless it is a rounding error
CLIPPED_RUN = 3  # samples in a row at the extreme: fewer are a peak
CLIPPED_SHARE = 2e-4  # share of samples in such runs
NARROW_BAND_HZ = 8200.0  # 8 kHz and the width of a resampler's edge
EMPTY_DB = -70.0  # below the strongest frequency: nothing sounds here
_BLOCK = 1 << 18  # frames that are looked at together


@dataclass(frozen=True)
class Quality:
    """The stated quality of a recording.

    Attributes
    ----------
    flags : tuple of str
        From :data:`FLAGS`, in their order; empty when nothing is wrong.
    bandwidth_hz : float
        The highest frequency at which something sounds; 0 in silence.
    peak : float
        Largest absolute sample of the mono mix, full scale 1 (lossy formats may exceed it).
    """

    flags: tuple[str, ...]
    bandwidth_hz: float
    peak: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        return {**asdict(self), "flags": list(self.flags)}


@dataclass(frozen=True)
class Downmix:
    """How channels become one: which are used and what is subtracted from each.

    Attributes
    ----------
    used : np.ndarray [shape=(<= C,)], int
        Indices of the channels that are mixed.
    dc : np.ndarray [shape=(C,)], float32
        Mean of each channel.
    flags : tuple of str
        Of ``dead_channel``, ``inverted_channel``, ``dc_offset``, ``clipped``.
    """

    used: np.ndarray
    dc: np.ndarray
    flags: tuple[str, ...]

    def __call__(self, channels: np.ndarray) -> np.ndarray:
        """Mix ``(T, C)`` to ``(T,)`` float32: the mean of the used channels without their DC."""
        return _mean(channels, self.used, self.dc)


def inspect_channels(channels: np.ndarray, *, use: Channels = "live") -> Downmix:
    """Decide from ``(T, C)`` finite samples which channels are alive, and what is wrong with those.

    With ``use="all"`` that is only said, and every channel is used.
    """
    count = channels.shape[1]
    sums = np.sum([rows.sum(axis=1, dtype=np.float64) for rows in _blocks(channels)], axis=0)
    dc = (sums / len(channels)).astype(np.float32)
    power = _power(channels, dc)
    live = np.flatnonzero(power > power.max() * 10 ** (DEAD_DB / 10))
    flags = {"dead_channel"} if len(live) < count else set()
    mix = _mean(channels, live, dc)[:, None]
    if _power(mix, np.zeros(1, np.float32)).item() < power.max() * 10 ** (CANCELLED_DB / 10):
        flags.add("inverted_channel")
        live = np.array([power.argmax()])
    for row, offset in zip((channels[:, k] for k in live), dc[live], strict=True):
        peak = max(row.max() - offset, offset - row.min())  # of the sound around the offset
        if abs(offset) > max(DC_SHARE * peak, DC_LEAST):
            flags.add("dc_offset")
        if clipped_share(row) > CLIPPED_SHARE:
            flags.add("clipped")
    return Downmix(np.arange(count) if use == "all" else live, dc, tuple(sorted(flags)))


def _blocks(channels: np.ndarray) -> Iterator[np.ndarray]:
    """Yield contiguous rows (C, n) of ``(T, C)``: twice as fast as columns, without a copy of the whole."""
    for start in range(0, len(channels), _BLOCK):
        yield np.ascontiguousarray(channels[start : start + _BLOCK].T)


def _mean(channels: np.ndarray, used: np.ndarray, dc: np.ndarray) -> np.ndarray:
    """Mean (T,) of the used ones of ``(T, C)`` without their DC."""
    out, offset = np.empty(len(channels), np.float32), dc[used].mean(dtype=np.float32)
    for i, rows in enumerate(_blocks(channels)):
        place = slice(i * _BLOCK, i * _BLOCK + rows.shape[1])
        out[place] = rows[used].sum(axis=0, dtype=np.float32) / np.float32(len(used)) - offset
    return out


def _power(channels: np.ndarray, dc: np.ndarray) -> np.ndarray:
    """Mean power (C,) of ``(T, C)`` about the DC (C,)."""
    energy = np.sum([np.square(rows - dc[:, None]).sum(axis=1, dtype=np.float64) for rows in _blocks(channels)], axis=0)
    return np.maximum(energy / len(channels), 1e-20)  # above 0: silence has no dead channel


def clipped_share(samples: np.ndarray) -> float:
    """Share of samples that stand in a row at the waveform's own extreme.

    A sample counts when it lies within 1e-4 of the range from the maximum (or minimum) together with at least
    :data:`CLIPPED_RUN` - 1 neighbours: a voice touches its extreme once, a clipped one again and again. The
    rule finds clipping at any later gain or offset, not clipping blurred by lossy coding afterwards.

    Parameters
    ----------
    samples : np.ndarray [shape=(T,)]
        One channel, T >= 1.

    Returns
    -------
    float
        In 0 … 1; 0 for a constant.
    """
    low, high = float(samples.min()), float(samples.max())
    tolerance = 1e-4 * (high - low)
    if tolerance == 0:
        return 0.0
    flat = _in_runs(samples >= high - tolerance) + _in_runs(samples <= low + tolerance)
    return flat / len(samples)


def _in_runs(hits: np.ndarray) -> int:
    """Count the True values that stand in rows of at least CLIPPED_RUN."""
    where = np.flatnonzero(hits)  # few, as a rule
    lengths = np.diff(np.flatnonzero(np.diff(where, prepend=-2, append=len(hits) + 1) != 1))
    return int(lengths[lengths >= CLIPPED_RUN].sum())


def bandwidth_hz(samples: np.ndarray, *, sample_rate_hz: int) -> float:
    """Highest frequency at which something sounds.

    The rule: the power spectrum is averaged over up to 64 Hann frames of about 46 ms spread evenly over the
    recording and smoothed to 200 Hz; the bandwidth is the highest frequency whose level is no further than
    70 dB (:data:`EMPTY_DB`) below the strongest. Real full-band singing and speech, low and clean voices too,
    lies at -26 … -57 dB just above 8 kHz (breath, consonants, the room); behind a low-pass there is only the
    rounding to 16 bits, at -80 dB and less unless the recording is very quiet, and then it is not flagged.

    Parameters
    ----------
    samples : np.ndarray [shape=(T,)]
        Without DC.
    sample_rate_hz : int
        The rate of ``samples``.

    Returns
    -------
    float
        Hz, at most the Nyquist rate; 0 for silence.
    """
    size = 1 << max(5, round(float(np.log2(0.0464 * sample_rate_hz))))
    if len(samples) < size:
        samples = np.pad(samples, (0, size - len(samples)))
    starts = np.unique(np.linspace(0, len(samples) - size, 64).astype(np.int64))
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[starts] * np.hanning(size).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))).mean(axis=0)
    width = max(1, round(200.0 * size / sample_rate_hz))
    power = np.convolve(power, np.ones(width) / width, mode="same")
    if power.max() == 0:
        return 0.0
    highest = np.flatnonzero(power > power.max() * 10 ** (EMPTY_DB / 10))[-1]
    return float(highest * sample_rate_hz / size)


def assess(mono: np.ndarray, *, sample_rate_hz: int, flags: tuple[str, ...] = ()) -> Quality:
    """State the quality of a mono mix ``(T,)``, adding ``narrow_band`` to the ``flags`` already known."""
    width = bandwidth_hz(mono, sample_rate_hz=sample_rate_hz)
    found = {*flags, *(("narrow_band",) if 0 < width <= NARROW_BAND_HZ else ())}
    return Quality(tuple(f for f in FLAGS if f in found), width, float(max(mono.max(), -mono.min())))
