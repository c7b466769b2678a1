"""Silence: cut out of recordings as in Torres et al. 2023, and told from sound when windows are chosen.

Reference: B. Torres, S. Lattner, G. Richard, "Singer Identity Representation Learning using Self-Supervised
Techniques", ISMIR 2023, section on data.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from singalike.errors import ConfigError

FRAME_SECONDS = 0.02


def shorten_silences(
    samples: np.ndarray,
    *,
    sample_rate_hz: int,
    relative_to: Literal["full_scale", "peak"] = "full_scale",
    threshold: float = 0.005,
    max_burst_seconds: float = 0.2,
    max_silence_seconds: float = 1.3,
) -> np.ndarray:
    """Cut long silences short, as the paper prepared its training data.

    1. Silence is amplitude under ``threshold``. A waveform crosses zero hundreds of times a second: a dip of
       less than 20 ms (a period of the lowest voice) between louder samples is not silence. This is ours: the
       paper does not say how it tells.
    2. A burst above the threshold that lasts under ``max_burst_seconds`` becomes silence: it is set to zero.
    3. A silence longer than ``max_silence_seconds`` keeps that much of its beginning.

    Parameters
    ----------
    samples : np.ndarray [shape=(T,)]
        Any waveform, full scale ±1.
    sample_rate_hz : int
        The rate of ``samples``.
    relative_to : "full_scale" or "peak"
        What ``threshold`` is a share of: full scale, as in the paper (its data were normalised), or the
        recording's peak.
    threshold : float
        The paper's 0.5 %.
    max_burst_seconds, max_silence_seconds : float
        The paper's 0.2 s and 1.3 s.

    Returns
    -------
    np.ndarray [shape=(<= T,)]
        A copy, of the dtype of ``samples``.

    Raises
    ------
    ConfigError
        When ``relative_to`` is neither.
    """
    if relative_to not in ("full_scale", "peak"):
        raise ConfigError(f"relative_to is full_scale or peak, not {relative_to!r}")
    if not len(samples):
        return samples.copy()
    magnitude = np.abs(samples)
    limit = threshold * (float(magnitude.max()) if relative_to == "peak" else 1.0)
    quiet = magnitude < max(limit, float(np.finfo(np.float32).tiny))  # digital silence is silence by any measure
    firsts, lasts = _runs(quiet)
    dip = (lasts - firsts < FRAME_SECONDS * sample_rate_hz) & (firsts > 0) & (lasts < len(quiet))
    quiet &= ~_cover(firsts[dip], lasts[dip], len(quiet))

    firsts, lasts = _runs(~quiet)
    burst = lasts - firsts < max_burst_seconds * sample_rate_hz
    silenced = _cover(firsts[burst], lasts[burst], len(quiet))

    firsts, lasts = _runs(quiet | silenced)
    firsts = np.minimum(firsts + round(max_silence_seconds * sample_rate_hz), lasts)
    out = np.where(silenced, np.zeros((), samples.dtype), samples)
    return out[~_cover(firsts, lasts, len(quiet))]


def sounding_windows(
    samples: np.ndarray,
    starts: np.ndarray,
    window: int,
    *,
    sample_rate_hz: int,
    min_share: float = 0.2,
    floor: float = 0.01,
) -> np.ndarray:
    """Tell which windows of a recording have enough sound in them to be judged. Independent of gain.

    A 20 ms frame sounds when its RMS is above ``floor`` times the loud level, the 95th percentile of the RMS
    over all frames of the recording. A window sounds when at least ``min_share`` of its frames do; where none
    does, the fullest one counts, so that a recording with any sound has at least one.

    Parameters
    ----------
    samples : np.ndarray [shape=(T,)]
        The whole recording.
    starts : np.ndarray [shape=(N,)], int
        First sample of each window.
    window : int
        Samples per window.
    sample_rate_hz : int
        The rate of ``samples``.
    min_share, floor : float
        20 % of the frames; 1 % (-40 dB) of the loud level.

    Returns
    -------
    np.ndarray [shape=(N,)], bool
        All False only for digital silence (or N = 0).
    """
    starts = np.asarray(starts, dtype=np.int64)
    edges, sounding = _sounding_frames(samples, sample_rate_hz, floor)
    if not len(starts) or not sounding.any():
        return np.zeros(len(starts), dtype=bool)
    total = np.concatenate([[0], np.cumsum(sounding)])
    # A frame belongs to the windows that hold its centre.
    centres = (edges[:-1] + edges[1:]) / 2
    first, last = np.searchsorted(centres, starts), np.searchsorted(centres, starts + window)
    share = (total[last] - total[first]) / np.maximum(last - first, 1)
    enough = share >= min_share
    return enough if enough.any() else np.arange(len(starts)) == share.argmax()


def sounding_seconds(samples: np.ndarray, *, sample_rate_hz: int, floor: float = 0.01) -> float:
    """Seconds of a recording ``(T,)`` that sound: its 20 ms frames, told as in :func:`sounding_windows`."""
    edges, sounding = _sounding_frames(samples, sample_rate_hz, floor)
    return float(np.diff(edges)[sounding].sum() / sample_rate_hz)


def _sounding_frames(samples: np.ndarray, sample_rate_hz: int, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Edges (F + 1,) in samples of the frames that tile a recording, and which of them (F,) sound."""
    size = max(1, round(FRAME_SECONDS * sample_rate_hz))
    edges = np.append(np.arange(0, len(samples), size), len(samples))
    if len(edges) < 2:
        return edges, np.zeros(0, dtype=bool)
    power = np.add.reduceat(np.square(samples, dtype=np.float64), edges[:-1]) / np.diff(edges)
    rms = np.sqrt(power)
    # Where over 95 % of the recording is digital silence, the percentile is 0: take the loudest frame.
    loud = float(np.percentile(rms, 95)) or float(rms.max())
    return edges, rms > floor * loud


def _runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and one-past-last indices of the runs of True."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _cover(firsts: np.ndarray, lasts: np.ndarray, n: int) -> np.ndarray:
    """Mark disjoint runs in a mask of ``n``: the inverse of :func:`_runs`."""
    change = np.zeros(n + 1, dtype=np.int64)
    np.add.at(change, firsts, 1)
    np.subtract.at(change, lasts, 1)
    return np.cumsum(change[:-1]) > 0
