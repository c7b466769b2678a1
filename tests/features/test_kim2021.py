"""The front-end of Kim et al. 2021 against librosa: log10(1 + 10·S), S the mel of magnitudes."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.features import LogMel, mel_filters, preset, set_level  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402

RATE_HZ = 22_050
RECIPES = ("kim-classifier", "kim-cross", "kim-bidirectional", "kim-structure-preserving")


def _voice(samples: int, seed: int = 0) -> np.ndarray:
    """A gliding tone with noise that fades to digital silence."""
    time = np.arange(samples) / RATE_HZ
    tone = np.sin(2 * np.pi * (220 * time + 300 * time**2)) + 0.4 * np.sin(2 * np.pi * 7100 * time)
    noise = 0.01 * np.random.default_rng(seed).standard_normal(samples)
    return ((tone + noise) * (np.arange(samples) < 0.9 * samples)).astype(np.float32)


@pytest.mark.parametrize("samples", [11_025, 65_709, 70_001])
def test_equals_librosas(samples: int) -> None:
    librosa = pytest.importorskip("librosa", exc_type=Exception)
    x = _voice(samples)
    magnitude = np.abs(librosa.stft(x, n_fft=1024, hop_length=512, window="hann", center=True, pad_mode="reflect"))
    S = librosa.feature.melspectrogram(S=magnitude, sr=RATE_HZ, n_mels=128, power=1.0)
    expected = np.log10(1 + 10 * S)
    ours = LogMel(preset("kim2021"))(torch.from_numpy(x)[None]).numpy()
    assert ours.shape == (1, 1, *expected.shape) == (1, 1, 128, 1 + samples // 512)
    np.testing.assert_allclose(ours[0, 0], expected, atol=1e-4)
    assert expected.max() > 0.5


def test_filters_are_librosas() -> None:
    librosa = pytest.importorskip("librosa", exc_type=Exception)
    np.testing.assert_allclose(
        mel_filters(preset("kim2021")), librosa.filters.mel(sr=RATE_HZ, n_fft=1024, n_mels=128), atol=1e-7
    )


@pytest.mark.parametrize("name", RECIPES)
def test_a_crop_of_the_recipes_has_129_frames(name: str) -> None:
    recipe = load_recipe(name)
    samples = round(recipe.crop_seconds * RATE_HZ)
    assert (recipe.features, preset("kim2021").frames(samples)) == ("kim2021", 129)
    assert LogMel(preset("kim2021"))(torch.zeros(1, samples)).shape == (1, 1, 128, 129)


def test_silence_is_zero_and_the_level_does_not_count() -> None:
    p = preset("kim2021")
    assert not LogMel(p)(set_level(torch.zeros(1, RATE_HZ), p.level)).any()
    x = torch.from_numpy(np.stack([_voice(RATE_HZ), 0.01 * _voice(RATE_HZ)]))
    levelled = set_level(x, p.level)
    torch.testing.assert_close(levelled.square().mean(-1).sqrt(), torch.full((2,), 0.1))
    loud, quiet = LogMel(p)(levelled)
    torch.testing.assert_close(loud, quiet, atol=1e-4, rtol=1e-3)
