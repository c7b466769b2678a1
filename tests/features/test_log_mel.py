from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.errors import ConfigError  # noqa: E402
from singalike.features import PRESETS, LogMel, mel_filters, preset, set_level  # noqa: E402


def _noise(seconds: float, rate_hz: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(2, int(seconds * rate_hz), generator=torch.Generator().manual_seed(seed))


# librosa draws triangles over Hz and leaves no room for windows shorter than the FFT; others have their own oracle.
LIKE_LIBROSA = sorted(name for name, p in PRESETS.items() if p.triangles == "hz" and p.centred)


@pytest.mark.parametrize("name", LIKE_LIBROSA)
def test_filters_equal_librosa(name: str) -> None:
    librosa = pytest.importorskip("librosa", exc_type=Exception)
    p = preset(name)
    reference = librosa.filters.mel(
        sr=p.filters_sample_rate_hz, n_fft=p.fft, n_mels=p.bands, fmin=p.low_hz, fmax=p.high_hz,
        htk=p.mel_scale == "htk", norm="slaney" if p.mel_scale == "slaney" else None,
    )  # fmt: skip
    np.testing.assert_allclose(mel_filters(p), reference, atol=1e-6)


@pytest.mark.parametrize("name", LIKE_LIBROSA)
def test_mel_power_equals_librosa(name: str) -> None:
    librosa = pytest.importorskip("librosa", exc_type=Exception)
    p = preset(name)
    x = _noise(0.5, p.sample_rate_hz)
    # The released front-end applies filters built for half the rate: librosa is told the filters' rate.
    reference = librosa.feature.melspectrogram(
        y=x.numpy(), sr=p.filters_sample_rate_hz, n_fft=p.fft, hop_length=p.hop, win_length=p.window,
        center=p.centred, pad_mode="reflect", power=2.0 if p.spectrum == "power" else 1.0, n_mels=p.bands,
        fmin=p.low_hz, fmax=p.high_hz, htk=p.mel_scale == "htk", norm="slaney" if p.mel_scale == "slaney" else None,
    )  # fmt: skip
    ours = LogMel(p).mel_power(x).numpy()
    np.testing.assert_allclose(ours, reference, rtol=2e-4, atol=1e-6 * reference.max())


def test_the_released_axis_doubles_frequencies() -> None:
    """A 1 kHz tone falls into the band that a right axis would give 500 Hz."""
    p = preset("torres2023")
    right = dataclasses.replace(p, filters_sample_rate_hz=44_100, high_hz=11_025.0)
    time = torch.arange(p.sample_rate_hz) / p.sample_rate_hz

    def band(preset_, hz: float) -> int:
        return int(LogMel(preset_).mel_power(torch.sin(2 * torch.pi * hz * time)[None]).mean(-1).argmax())

    assert band(p, 1000.0) == band(right, 500.0) != band(right, 1000.0)


def test_an_item_does_not_depend_on_its_batch_mates() -> None:
    front_end = LogMel(preset("torres2023"))
    quiet = _noise(0.3, 44_100)
    loud = torch.cat([quiet[:1], 9 * quiet[1:]])
    torch.testing.assert_close(front_end(quiet)[0], front_end(loud)[0])


def test_a_maximum_below_zero_does_not_turn_the_image_over() -> None:
    p = dataclasses.replace(preset("torres2023"), image=False)
    image = LogMel(p)(1e-7 * _noise(0.3, 44_100))  # every log power is negative
    power = LogMel(p).mel_power(1e-7 * _noise(0.3, 44_100))
    louder, quieter = power.flatten().argmax(), power.flatten().argmin()
    assert image.flatten()[louder] > image.flatten()[quieter]


@pytest.mark.parametrize(("name", "shape"), [("torres2023", (2, 3, 128, 87)), ("voice16k", (2, 1, 160, 101))])
def test_shapes(name: str, shape: tuple[int, ...]) -> None:
    assert LogMel(preset(name))(_noise(1.0, preset(name).sample_rate_hz)).shape == shape


def test_voice16k_hears_no_gain_after_levelling() -> None:
    front_end = LogMel(preset("voice16k"))
    x = _noise(1.0, 16_000)
    same = [front_end(set_level(gain * x, "rms")) for gain in (0.1, 1.0, 10.0)]
    torch.testing.assert_close(same[0], same[1], atol=1e-4, rtol=0)
    torch.testing.assert_close(same[2], same[1], atol=1e-4, rtol=0)


def test_levels() -> None:
    x = _noise(1.0, 16_000)
    assert set_level(x, "peak").abs().amax(-1) == pytest.approx([1.0, 1.0])
    assert set_level(x, "rms").square().mean(-1).sqrt().numpy() == pytest.approx([0.1, 0.1])
    assert set_level(torch.zeros(1, 100), "rms").abs().max() == 0


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("samples", [16_000, 16_159, 48_001])
def test_frames_are_as_many_as_the_preset_says(name: str, samples: int) -> None:
    p = preset(name)
    assert LogMel(p)(torch.zeros(1, samples)).shape == (1, p.channels, p.rows, p.frames(samples))


def test_an_unknown_preset_names_the_known() -> None:
    with pytest.raises(ConfigError, match="torres2023-paper"):
        preset("mel")
