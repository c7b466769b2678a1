from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.train.crops import CropPairs  # noqa: E402


@pytest.fixture
def samples(tmp_path: Path) -> list[Path]:
    """Recording k holds the numbers 1000·k + 0, 1, 2, …: a crop tells where it is from."""
    paths = []
    for k, length in enumerate((500, 700, 60)):
        paths.append(tmp_path / f"{k}.npy")
        np.save(paths[-1], (8000 * (k + 1) + np.arange(length)).astype(np.int16))
    return paths


def _pairs(samples: list[Path], **changes: object) -> CropPairs:
    settings = {"crop": 100, "seed": 3, "epoch": 0, **changes}
    plan = np.array([[[0, 0], [1, 2]], [[2, 1], [1, 1]]])
    return CropPairs(samples, np.array([5, 6, 6]), plan, **settings)  # pyright: ignore


def test_a_batch_is_a_function_of_seed_epoch_and_step(samples: list[Path]) -> None:
    same, again = _pairs(samples)[1], _pairs(samples)[1]
    assert all(torch.equal(same[key], again[key]) for key in same)
    for other in (_pairs(samples)[0], _pairs(samples, epoch=1)[1], _pairs(samples, seed=4)[1]):
        assert not torch.equal(other["waveforms"], same["waveforms"])


def test_crops_are_stretches_of_the_recordings_in_the_plan(samples: list[Path]) -> None:
    batch = _pairs(samples)[0]
    assert batch["waveforms"].shape == (2, 2, 100)
    numbers = (batch["waveforms"] * 32_767).round().int()
    assert torch.equal(numbers // 8000, torch.tensor([[1, 2], [1, 3]])[..., None].expand(2, 2, 100))
    assert torch.equal(numbers[:, 0].diff(dim=-1), torch.ones(2, 99, dtype=torch.int))
    assert batch["voice"].tolist() == [5, 6]


def test_two_crops_of_one_recording_are_independent(samples: list[Path]) -> None:
    starts = [
        tuple((_pairs(samples, epoch=e)[0]["waveforms"][:, 0, 0] * 32_767).round().int().tolist()) for e in range(20)
    ]
    assert len(set(starts)) > 15
    assert sum(a == b for a, b in starts) < 5


def test_a_short_recording_begins_again(samples: list[Path]) -> None:
    numbers = (_pairs(samples)[0]["waveforms"][1, 1] * 32_767).round().int()
    assert torch.equal(numbers[60:], numbers[:40])


def test_at_another_speed_a_crop_is_as_long_and_its_pitch_is_another(tmp_path: Path) -> None:
    tone = 10_000 * np.sin(2 * np.pi * 0.02 * np.arange(40_000))
    np.save(tmp_path / "tone.npy", tone.astype(np.int16))
    plan = np.zeros((1, 40, 2), dtype=int)
    pairs = CropPairs([tmp_path / "tone.npy"], np.array([0]), plan, crop=8000, seed=3, epoch=0, max_speed=1.25)
    crops = pairs[0]["waveforms"].flatten(0, 1)
    assert crops.shape == (80, 8000)
    peaks = torch.fft.rfft(crops * torch.hann_window(8000)).abs().argmax(-1) / 8000
    speeds = (peaks / 0.02).log2() / np.log2(1.25)
    assert speeds.min() > -1.02
    assert speeds.max() < 1.02
    assert abs(float(speeds.mean())) < 0.2  # as often slower as faster
    assert float(speeds.std()) == pytest.approx(1 / np.sqrt(3), rel=0.2)


def test_teacher_vectors_follow_the_plan(samples: list[Path]) -> None:
    teacher = np.eye(3, 4, dtype=np.float32)
    assert torch.equal(_pairs(samples, teacher=teacher)[0]["teacher"].argmax(-1), torch.tensor([[0, 1], [0, 2]]))


def test_past_the_end(samples: list[Path]) -> None:
    assert len(_pairs(samples)) == 2
    with pytest.raises(IndexError):
        _pairs(samples)[2]
