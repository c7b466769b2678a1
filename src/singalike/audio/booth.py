"""The recording booth: every recording has its own microphone colour and a little room."""

from __future__ import annotations

from math import ceil

import numpy as np

from singalike.audio.chance import band_noise

_TAIL_SECONDS = 1  # silence appended so that the room's decay does not wrap around


def record(samples: np.ndarray, rng: np.random.Generator, *, sample_rate_hz: int) -> np.ndarray:
    """Colour a dry voice (T,) by a random mild equaliser and a random room; the same at every sample rate."""
    n = (ceil(len(samples) / sample_rate_hz) + _TAIL_SECONDS) * sample_rate_hz
    octaves = np.log2(np.maximum(np.fft.rfftfreq(n, 1.0 / sample_rate_hz), 30.0) / 1000.0)
    knots = np.arange(-5.0, 5.0)
    gain_db = np.interp(octaves, knots, rng.normal(0.0, 1.2, len(knots))) + rng.normal(0.0, 0.5) * octaves
    room = np.fft.rfft(_room(rng, sample_rate_hz=sample_rate_hz), n)
    spectrum = np.fft.rfft(samples, n) * room * 10.0 ** (gain_db / 20.0)
    return np.fft.irfft(spectrum, n)[: len(samples)]


def _room(rng: np.random.Generator, *, sample_rate_hz: int) -> np.ndarray:
    """Return a room's impulse response: the direct sound, then noise, fading by 60 dB in 0.15 to 0.6 s."""
    seconds, wet_db = rng.uniform(0.15, 0.6), rng.uniform(-36.0, -20.0)
    n = int(seconds * sample_rate_hz)
    times = np.arange(n) / sample_rate_hz
    tail = band_noise(rng, n, sample_rate_hz=sample_rate_hz) * 10.0 ** (-3.0 * times / seconds)
    tail *= np.clip((times - 0.004) / 0.004, 0.0, 1.0)  # the first reflections come after 4 ms
    # The transform of noise of a given density grows with the rate: divide, so that a room is a room.
    tail *= 10.0 ** (wet_db / 20.0) * 600.0 / sample_rate_hz
    tail[0] = 1.0
    return tail
