from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from cam_layout import write_checkpoint
from singalike.encoders.published import Baseline
from singalike.encoders.published.campplus import CHECKPOINT, CamPlusPlus
from singalike.train import teacher
from singalike.train.teacher import DIMENSIONS, centre, centred, open_teacher, teach

RATE_HZ = 16_000


class Listener(Baseline):
    """Says of a recording how long it is and where it ends; counts what it heard."""

    name, fingerprint, sample_rate_hz = "listener", "0" * 64, RATE_HZ
    heard = 0

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        assert samples.dtype == np.float32
        self.heard += 1
        return np.array([len(samples) / sample_rate_hz, samples[-1]], np.float32)


@pytest.fixture
def listeners(monkeypatch: pytest.MonkeyPatch) -> list[Listener]:
    """Those that were opened."""
    opened: list[Listener] = []

    def _open(name: str) -> Listener:
        opened.append(Listener())
        return opened[-1]

    monkeypatch.setattr(teacher, "open_teacher", _open)
    return opened


@pytest.fixture
def samples(tmp_path: Path) -> list[Path]:
    """Three recordings of 1, 2 and 30 s that end at a quarter, a half and at full scale."""
    paths = []
    for seconds, last in ((1, 8192), (2, 16_384), (30, 32_767)):
        paths.append(tmp_path / f"{seconds}.npy")
        np.save(paths[-1], np.full(seconds * RATE_HZ, last, np.int16))
    return paths


def test_recordings_are_heard_once_by_each_teacher(samples: list[Path], listeners: list[Listener]) -> None:
    reports: list[tuple[int, int]] = []
    first = teach(samples, "ge2e", progress=lambda *report: reports.append(report))
    assert first.dtype == np.float32
    np.testing.assert_allclose(first, [[1.0, 0.25], [2.0, 0.5], [20.0, 1.0]], atol=1e-4)  # 20 s of 30 are enough
    assert reports == [(1, 3), (2, 3), (3, 3)]
    np.testing.assert_array_equal(teach(samples, "ge2e"), first)
    assert [one.heard for one in listeners] == [3, 0]
    teach(samples, "campplus")
    assert [one.heard for one in listeners] == [3, 0, 3]
    for path in samples:
        assert path.with_suffix(f".ge2e-{'0' * 12}.npy").is_file()
        assert path.with_suffix(f".campplus-{'0' * 12}.npy").is_file()


def test_only_what_is_missing_is_heard(samples: list[Path], listeners: list[Listener]) -> None:
    teach(samples, "campplus")
    samples[1].with_suffix(f".campplus-{'0' * 12}.npy").unlink()
    teach(samples, "campplus")
    assert [one.heard for one in listeners] == [3, 1]


def test_a_teacher_of_other_weights_is_heard_anew(
    samples: list[Path], listeners: list[Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    teach(samples, "campplus")
    monkeypatch.setattr(Listener, "fingerprint", "1" * 64)
    teach(samples, "campplus")
    assert [one.heard for one in listeners] == [3, 3]


def test_campplus_says_what_the_baseline_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path / "home"))
    checkpoint = write_checkpoint(tmp_path / "home" / "baselines" / CHECKPOINT)
    noise = (3000 * np.random.default_rng(0).standard_normal(RATE_HZ)).astype(np.int16)
    np.save(tmp_path / "noise.npy", noise)
    taught = teach([tmp_path / "noise.npy"], "campplus")
    expected = CamPlusPlus(checkpoint).embed(noise.astype(np.float32) / 32_767, sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(taught, expected[None])
    assert taught.shape == (1, DIMENSIONS["campplus"])


def test_ge2e_opens_by_its_name() -> None:
    pytest.importorskip("resemblyzer")
    assert open_teacher("ge2e").name == "ge2e"


def test_the_centre_is_that_of_what_is_sung() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.8, 0.6]], np.float32)
    voices = ["a", "a", "a", "b"]
    # Of a's two sung ones the mean, then of a's mean and b's one.
    np.testing.assert_allclose(centre(vectors, voices, [False, True, True, True]), [(0.3 + 0.8) / 2, (0.9 + 0.6) / 2])
    np.testing.assert_allclose(centre(vectors, voices, [True, False, False, False]), [1.0, 0.0])


def test_the_centre_is_that_of_all_where_nobody_sings() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]], np.float32)
    np.testing.assert_allclose(centre(vectors, ["a", "a", "b"], [False] * 3), [(0.5 + 0.6) / 2, (0.5 + 0.8) / 2])


def test_centred_vectors_are_apart() -> None:
    vectors = np.abs(np.random.default_rng(0).normal(size=(6, 256))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    apart = centred(vectors, vectors.mean(0))
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), 1.0, rtol=1e-5)
    assert (apart @ apart.T).mean() < (vectors @ vectors.T).mean() - 0.4
    direction = vectors[0] - vectors.mean(0)
    np.testing.assert_allclose(apart[0], direction / np.linalg.norm(direction), rtol=1e-5)
