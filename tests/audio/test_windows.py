"""Windows cover a recording, and are cut where they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singalike.audio.windows import frame, new_shares, window_starts

sizes = st.integers(1, 500)


@given(st.integers(1, 5000), sizes, sizes)
def test_windows_lie_within_the_recording_and_keep_the_hop(n, window, hop):
    starts = window_starts(n, window=window, hop=hop)
    assert starts[0] == 0
    assert starts[-1] == max(0, n - window)
    steps = np.diff(starts)
    assert np.all(steps[:-1] == hop)
    assert np.all((steps > 0) & (steps <= hop))


@given(st.integers(1, 5000), sizes, sizes)
def test_nothing_is_lost_when_windows_touch(n, window, hop):
    starts = window_starts(n, window=window, hop=min(hop, window))
    covered = np.zeros(n, bool)
    for start in starts:
        covered[start : start + window] = True
    assert covered.all()


@given(st.integers(1, 5000), sizes, sizes)
def test_shares_are_of_what_no_window_before_covered(n, window, hop):
    window = min(n, window)
    starts = window_starts(n, window=window, hop=hop)
    covered = np.zeros(n, bool)
    expected = []
    for start in starts:
        expected.append(1 - covered[start : start + window].mean())
        covered[start : start + window] = True
    shares = new_shares(starts, window=window)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, expected, atol=1e-6)


@given(st.integers(1, 2000), sizes, sizes)
def test_frames_are_the_slices(n, window, hop):
    samples = np.arange(n)
    starts = window_starts(n, window=window, hop=hop)
    if n < window:
        with pytest.raises(ValueError, match="holds no window"):
            frame(samples, starts, window)
        return
    frames = frame(samples, starts, window)
    assert frames.shape == (len(starts), window)
    for row, start in zip(frames, starts, strict=True):
        np.testing.assert_array_equal(row, samples[start : start + window])


def test_frames_are_a_copy():
    samples = np.zeros(10, np.float32)
    frames = frame(samples, np.array([0, 3]), 4)
    frames += 1
    assert frames.dtype == np.float32
    assert not samples.any()


@pytest.mark.parametrize("starts", [[-1], [7]])
def test_windows_may_not_leave_the_recording(starts):
    with pytest.raises(ValueError, match="leaves the waveform"):
        frame(np.zeros(10), np.array(starts), 4)


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_sizes_are_positive(numbers):
    n, window, hop = numbers
    with pytest.raises(ValueError, match="positive"):
        window_starts(n, window=window, hop=hop)
