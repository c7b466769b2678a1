"""An embedder for tests of measuring: the spectrum of the samples; counts its calls, and can be told to fail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from singalike.encoders.published import Baseline

_BANDS = 32


class FakeEmbedder(Baseline):
    """Root of the power in 32 equal bands up to half its rate; two voices of different spectra are told apart."""

    def __init__(self, *, sample_rate_hz: int = 22_050, name: str = "fake", layers: int = 1) -> None:
        self.name, self.sample_rate_hz, self.fingerprint = name, sample_rate_hz, f"{name}-{sample_rate_hz}-{layers}"
        self.layers, self.calls = layers, 0
        self.on_call: Callable[[int, np.ndarray], None] = lambda number, samples: None

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        assert sample_rate_hz == self.sample_rate_hz
        self.calls += 1
        self.on_call(self.calls, samples)
        power = np.abs(np.fft.rfft(samples)) ** 2 / len(samples)
        return np.sqrt([band.mean() for band in np.array_split(power, _BANDS)]).astype(np.float32)

    def embed_layers(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        vector = self.embed(samples, sample_rate_hz=sample_rate_hz)
        return np.stack([vector * (layer + 1) for layer in range(self.layers)])
