"""Vectors of windows of songs, drawn around a centre of each artist and each song."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Windows:
    """N windows: (N, D) vectors, (N,) songs and artists."""

    vectors: np.ndarray
    songs: np.ndarray
    artists: np.ndarray


def windows_of(
    artists: int, songs: int, windows: int, *, spread: float, song_spread: float = 0.0, dimension: int = 12
) -> Windows:
    chance = np.random.default_rng(0)
    rows = [(f"a{a}", f"a{a}/s{s}") for a in range(artists) for s in range(songs) for _ in range(windows)]
    names, owners = zip(*rows, strict=True)
    centres = np.repeat(chance.normal(size=(artists, dimension)), songs * windows, axis=0)
    of_songs = np.repeat(chance.normal(size=(artists * songs, dimension)), windows, axis=0)
    noise = chance.normal(size=centres.shape)
    vectors = centres + song_spread * of_songs + spread * noise
    return Windows(vectors.astype(np.float32), np.array(owners), np.array(names))
