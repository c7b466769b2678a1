"""Separators whose output is known."""

from __future__ import annotations

import threading
import time

import numpy as np


class Toy:
    """Vocals are a share of the mix: linear and without memory. Remembers what it was given.

    Args:
        share: Vocals over mix.
        chunk_seconds, overlap_seconds, sample_rate_hz: As a separator states them.
        delay_seconds: How long a chunk takes.
    """

    name = "toy"
    min_seconds = 0.1

    def __init__(
        self,
        share: float = 0.3,
        *,
        chunk_seconds: float = 1.0,
        overlap_seconds: float = 0.25,
        sample_rate_hz: int | None = None,
        stems: tuple[str, ...] = ("vocals", "accompaniment"),
        delay_seconds: float = 0.0,
    ) -> None:
        self.share, self.delay_seconds = np.float32(share), delay_seconds
        self.chunk_seconds, self.overlap_seconds = chunk_seconds, overlap_seconds
        self.sample_rate_hz, self.stems = sample_rate_hz, stems
        self.fingerprint = f"toy {share}"
        self.shapes: list[tuple[int, ...]] = []
        self.rates_hz: set[int] = set()
        self.threads: set[int] = set()

    def separate(self, samples: np.ndarray, *, sample_rate_hz: int) -> dict[str, np.ndarray]:
        self.shapes.append(samples.shape)
        self.rates_hz.add(sample_rate_hz)
        self.threads.add(threading.get_ident())
        time.sleep(self.delay_seconds)
        return self.stems_of(samples)

    def stems_of(self, samples: np.ndarray) -> dict[str, np.ndarray]:
        *named, rest = self.stems
        made = dict.fromkeys(named, self.share * samples)
        return {**made, rest: samples - sum(made.values())}


class EdgeToy(Toy):
    """Its vocals are the mix, but for the chunk's number in the edges of a chunk: every seam would be heard."""

    def stems_of(self, samples: np.ndarray) -> dict[str, np.ndarray]:
        step = 0.5 if len(self.shapes) % 2 else -0.5  # chunks do not agree
        return {"vocals": samples + np.float32(step), "accompaniment": np.full_like(samples, -step)}


class WrongToy(Toy):
    """Returns whatever it was made with."""

    def __init__(self, vocals: np.ndarray | None = None) -> None:
        super().__init__()
        self.vocals = vocals

    def stems_of(self, samples: np.ndarray) -> dict[str, np.ndarray]:
        return (
            {}
            if self.vocals is None
            else {"vocals": np.broadcast_to(self.vocals, samples.shape[:1] + self.vocals.shape)}
        )
