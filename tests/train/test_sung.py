from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.audio.choir import melody, sing, singer  # noqa: E402
from singalike.augment.pitch_track import track_pitch  # noqa: E402
from singalike.train.sung import made_to_sing  # noqa: E402

RATE_HZ = 16_000


def _spread_cents(samples: np.ndarray) -> float:
    track = track_pitch(
        torch.from_numpy(samples.astype(np.float32))[None] / 32_767,
        sample_rate_hz=RATE_HZ, pitch_floor_hz=75.0, pitch_ceiling_hz=600.0,
    )  # fmt: skip
    f0_hz = track.f0_hz[0][track.voiced[0]].numpy()
    return float(np.std(1200 * np.log2(f0_hz / np.median(f0_hz))))


def test_a_sung_copy_is_kept_has_the_same_length_and_a_narrower_melody(tmp_path: Path) -> None:
    paths = []
    for who in range(3):
        voice = sing(singer(who), melody(who, seconds=6.0), sample_rate_hz=RATE_HZ)
        paths.append(tmp_path / f"{who}.npy")
        np.save(paths[-1], np.round(32_767 * voice).astype(np.int16))
    copies = made_to_sing(paths, sample_rate_hz=RATE_HZ)
    before = [copy.stat().st_mtime_ns for copy in copies]
    assert made_to_sing(paths, sample_rate_hz=RATE_HZ) == copies
    assert [copy.stat().st_mtime_ns for copy in copies] == before
    narrower = 0
    for path, copy in zip(paths, copies, strict=True):
        original, sung = np.load(path), np.load(copy)
        assert len(sung) == len(original)
        assert not np.array_equal(sung, original)
        narrower += _spread_cents(sung) < _spread_cents(original)
    assert narrower >= 2
