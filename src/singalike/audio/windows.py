"""Where to cut a recording into windows, and cutting it."""

from __future__ import annotations

import numpy as np


def window_starts(n_samples: int, *, window: int, hop: int) -> np.ndarray:
    """First sample of each window, so that together they cover the whole recording.

    Windows start every ``hop`` samples; where the last of them does not reach the end, one more is aligned to
    the end, so nothing is lost and nothing is padded. A recording no longer than the window has one start, 0.

    Parameters
    ----------
    n_samples, window, hop : int
        Length of the recording, of a window, and the step between windows, in samples; all positive.

    Returns
    -------
    np.ndarray [shape=(N,)], int64
        Increasing; N >= 1.

    Raises
    ------
    ValueError
        When a number is not positive.
    """
    if n_samples <= 0 or window <= 0 or hop <= 0:
        raise ValueError(f"n_samples, window and hop are positive, not {n_samples}, {window}, {hop}")
    last = max(0, n_samples - window)
    starts = np.arange(0, last + 1, hop, dtype=np.int64)
    return starts if starts[-1] == last else np.append(starts, last)


def new_shares(starts: np.ndarray, *, window: int) -> np.ndarray:
    """Return how much of each window no window before it covered.

    The window that is aligned to the end of a recording mostly repeats the one before it. Weighed by these shares,
    windows count as often as there is something new in them, and no second of the recording counts twice.

    Parameters
    ----------
    starts : np.ndarray [shape=(N,)], int
        First sample of each window, increasing.
    window : int
        Samples per window.

    Returns
    -------
    np.ndarray [shape=(N,)], float32
        More than 0, at most 1; 1 for the first.
    """
    steps = np.diff(np.asarray(starts, dtype=np.int64), prepend=starts[:1] - window)
    return (np.minimum(steps, window) / window).astype(np.float32)


def frame(samples: np.ndarray, starts: np.ndarray, window: int) -> np.ndarray:
    """Cut windows out of a waveform.

    Parameters
    ----------
    samples : np.ndarray [shape=(T,)]
        The recording.
    starts : np.ndarray [shape=(N,)], int
        First sample of each window, within 0 … T - window.
    window : int
        Samples per window.

    Returns
    -------
    np.ndarray [shape=(N, window)]
        A copy, of the dtype of ``samples``.

    Raises
    ------
    ValueError
        When the waveform is shorter than the window, or a window would leave it.
    """
    if len(samples) < window:
        raise ValueError(f"a waveform of {len(samples)} samples holds no window of {window}")
    starts = np.asarray(starts, dtype=np.int64)
    if len(starts) and (starts.min() < 0 or starts.max() > len(samples) - window):
        raise ValueError(f"a window leaves the waveform: starts must lie in 0 … {len(samples) - window}")
    return np.lib.stride_tricks.sliding_window_view(samples, window)[starts]
