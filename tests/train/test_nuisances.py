from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.corpus.recordings import Recording  # noqa: E402
from singalike.encoders import CamTDNN  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.train.network import VoiceNetwork  # noqa: E402
from singalike.train.nuisances import SHIFTS_SEMITONES, moved_by_pitch, nuisance_directions  # noqa: E402
from singalike.train.prepare import Part, quiet  # noqa: E402
from singalike.train.recentre import keep_centres, recentre, take_centre  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402

RATE_HZ = 16_000
D = 6


def _differences(scales: list[float], n: int = 200) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, D)) * np.array(scales)


def test_the_first_direction_is_given_the_others_are_where_vectors_differ_most() -> None:
    leading = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 2.0])
    found = nuisance_directions(_differences([1, 9, 1, 4, 1, 0]), leading, count=3)
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-6)
    for direction, axis in zip(found, (5, 1, 3), strict=True):
        assert abs(direction[axis]) > 0.98


def test_a_mean_that_moves_is_a_direction_too() -> None:
    differences = _differences([0.1] * D) + np.array([3.0, 0, 0, 0, 0, 0])
    assert abs(nuisance_directions(differences, None, count=1)[0, 0]) > 0.99


@pytest.mark.parametrize("n", [0, 2])
def test_what_is_not_to_be_had_is_zero_and_takes_nothing_off(n: int) -> None:
    found = nuisance_directions(_differences([1.0] * D, n), None, count=4)
    assert np.linalg.matrix_rank(found) == n
    assert not found[n:].any()
    assert not nuisance_directions(np.zeros((3, D)), np.zeros(D), count=2).any()


def test_the_encoder_takes_them_off() -> None:
    torch.manual_seed(0)
    encoder = CamTDNN(bands=16, dimension=D, nuisances=2).eval()
    images = torch.randn(3, 1, 16, 40)
    with torch.no_grad():
        before = encoder(images)
        directions = torch.linalg.qr(torch.randn(D, 2))[0].T
        encoder.nuisances.copy_(directions)
        after = encoder(images)
    torch.testing.assert_close(after @ directions.T, torch.zeros(3, 2), atol=1e-6, rtol=0)
    expected = before - before @ directions.T @ directions
    torch.testing.assert_close(after, expected / expected.norm(dim=1, keepdim=True))


def test_without_them_a_checkpoint_is_what_it_was() -> None:
    assert "nuisances" not in CamTDNN(bands=16).state_dict()
    with pytest.raises(ConfigError, match="fewer than the 6 dimensions"):
        CamTDNN(bands=16, dimension=D, nuisances=D)


def _sung(pitch_hz: float, colour: float, seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return sum(np.sin(2 * np.pi * k * pitch_hz * t) * np.exp(-k * colour) for k in range(1, 12)).astype(np.float32)


@pytest.fixture
def network() -> VoiceNetwork:
    torch.manual_seed(0)
    return VoiceNetwork(load_recipe("default", ["encoder.nuisances=3", "window_seconds=1.0"])).eval()


def test_a_run_that_diverged_says_so(network: VoiceNetwork, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full(16_000, 5000, np.int16))
    part = Part([Recording(path=Path("a.wav"), voice="a", kind="sung")], [tmp_path / "a.npy"], None)
    recipe = load_recipe("default", ["encoder.nuisances=3", "window_seconds=1.0"])
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, float("nan"))
    with pytest.raises(ConfigError, match="training diverged"):
        recentre(network, part, recipe=recipe, sung_share=0.5, progress=quiet)


def test_shifted_voices_move_along_what_is_taken_off(network: VoiceNetwork, tmp_path: Path) -> None:
    recipe = load_recipe("default", ["encoder.nuisances=3", "window_seconds=1.0"])
    samples, recordings = [], []
    for i, pitch_hz in enumerate(np.linspace(110, 440, 8)):
        voice = _sung(pitch_hz, 0.1 + 0.05 * i, 1.2)
        samples.append(tmp_path / f"{i}.npy")
        np.save(samples[-1], (voice / np.abs(voice).max() * 20_000).astype(np.int16))
        recordings.append(Recording(path=Path(f"{i}.wav"), voice=str(i), kind="sung" if i % 2 else "spoken"))
    part = Part(recordings, samples, None)
    seen: list[tuple[str, int, int]] = []

    waveforms = torch.from_numpy(np.stack([np.load(p)[1600:17_600] for p in samples]).astype(np.float32) / 32_767)
    before = moved_by_pitch(network, waveforms, progress=quiet)
    found = recentre(network, part, recipe=recipe, sung_share=0.5, progress=lambda *step: seen.append(step))
    after = moved_by_pitch(network, waveforms, progress=quiet)

    assert before.shape == (len(SHIFTS_SEMITONES) * 8, network.dimension)
    assert np.square(after).sum() < 0.7 * np.square(before).sum()
    assert {("nuisances", 8, 8), ("centre", 8, 8)} <= set(seen)
    directions = found["nuisances"]
    torch.testing.assert_close(directions @ directions.T, torch.eye(3), atol=1e-5, rtol=0)
    with torch.no_grad():
        vectors = network(network.level(waveforms)) + found["centre"]
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(8))
    torch.testing.assert_close(vectors @ directions.T, torch.zeros(8, 3), atol=1e-5, rtol=0)

    keep_centres({"last": found}, tmp_path)
    other = VoiceNetwork(recipe)
    take_centre(other, tmp_path, "last")
    for name, value in found.items():
        torch.testing.assert_close(other.encoder.state_dict()[name], value)
