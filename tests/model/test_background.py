from __future__ import annotations

import numpy as np
import pytest

from singalike.model.background import background


def test_the_background_is_how_alike_two_voices_are() -> None:
    rng = np.random.default_rng(0)
    shared = np.zeros(64)
    shared[0] = 1.0  # what all recordings have in common
    voices = np.repeat(np.arange(12), 2)
    own = rng.normal(size=(12, 64)) / 8
    vectors = shared + own[voices] + 0.3 * rng.normal(size=(24, 64)) / 8
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    others = np.median(cosines[voices[:, None] != voices])
    assert background(vectors, voices) == pytest.approx(others)
    assert background(vectors) == pytest.approx(others, abs=0.02)  # few pairs are of one voice
    assert background(vectors[:-5]) is None
    assert background(vectors, np.zeros(24)) is None
    assert background(vectors[:0]) is None
