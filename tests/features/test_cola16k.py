"""COLA's front-end against its definition: frame by frame, band by band, in double precision."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.errors import TooShortError  # noqa: E402
from singalike.features import LogMel, mel_filters, preset, set_level  # noqa: E402

RATE_HZ, WINDOW, HOP, FFT, BANDS = 16_000, 400, 160, 1024, 64


def _voice(samples: int, seed: int = 0) -> np.ndarray:
    """A gliding tone with noise that fades to digital silence: loud and quiet bands, and frames of nothing."""
    time = np.arange(samples) / RATE_HZ
    tone = np.sin(2 * np.pi * (220 * time + 300 * time**2)) + 0.4 * np.sin(2 * np.pi * 3100 * time)
    noise = 0.01 * np.random.default_rng(seed).standard_normal(samples)
    return ((tone + noise) * (np.arange(samples) < 0.9 * samples)).astype(np.float32)


def _mel(hz: float) -> float:
    return 1127.0 * math.log(1.0 + hz / 700.0)


def _weights() -> np.ndarray:
    """TensorFlow's linear_to_mel_weight_matrix: straight over mel, peaks of 1, nothing of bin 0."""
    low, high = _mel(60.0), _mel(7800.0)
    edges = [low + (high - low) * i / (BANDS + 1) for i in range(BANDS + 2)]
    weights = np.zeros((BANDS, FFT // 2 + 1))
    for band in range(BANDS):
        left, centre, right = edges[band : band + 3]
        for k in range(1, FFT // 2 + 1):
            mel = _mel(k * RATE_HZ / FFT)
            weights[band, k] = max(0.0, min((mel - left) / (centre - left), (right - mel) / (right - centre)))
    return weights


def _log_mel(samples: np.ndarray) -> np.ndarray:
    hann = [0.5 - 0.5 * math.cos(2 * math.pi * n / WINDOW) for n in range(WINDOW)]  # periodic, as TensorFlow's
    weights, columns, start = _weights(), [], 0
    while start + WINDOW <= len(samples):
        magnitude = np.abs(np.fft.rfft(samples[start : start + WINDOW].astype(np.float64) * hann, FFT))
        columns.append([math.log(max(float(row @ magnitude), 1e-5)) for row in weights])
        start += HOP
    return np.array(columns).T


@pytest.mark.parametrize("samples", [400, 559, 560, 15_999, 16_000, 20_000])
def test_equals_the_definition_frame_by_frame(samples: int) -> None:
    x = _voice(samples)
    x /= np.linalg.norm(x)
    ours = LogMel(preset("cola16k"))(torch.from_numpy(x)[None]).numpy()
    expected = _log_mel(x)
    assert ours.shape == (1, 1, *expected.shape)
    np.testing.assert_allclose(ours[0, 0], expected, atol=2e-4)
    assert expected.max() - expected.min() > 5  # the oracle is not all floor


def test_filters_are_tensorflows() -> None:
    p = preset("cola16k")
    np.testing.assert_allclose(mel_filters(p), _weights(), atol=1e-6)
    assert not mel_filters(p)[:, 0].any()


def test_triangles_are_near_librosas_but_not_them() -> None:
    librosa = pytest.importorskip("librosa", exc_type=Exception)
    over_hz = librosa.filters.mel(sr=RATE_HZ, n_fft=FFT, n_mels=BANDS, fmin=60, fmax=7800, htk=True, norm=None)
    difference = np.abs(over_hz - mel_filters(preset("cola16k"))).max()
    assert 1e-3 < difference < 6e-3


@pytest.mark.parametrize(
    ("samples", "frames"), [(16_000, 98), (15_920, 98), (15_919, 97), (62_720, 390), (62_960, 392), (80_000, 498)]
)
def test_frames_of_a_second_and_of_the_segments(samples: int, frames: int) -> None:
    """A second has 98 frames. MSCOL's 392 frames take 62,960 samples, 240 more than its 3.92 s."""
    assert preset("cola16k").frames(samples) == frames


def test_a_crop_of_samples_is_a_crop_of_frames() -> None:
    """Nothing is padded: a second cut out of the waveform has the frames of the longer one."""
    front_end, x = LogMel(preset("cola16k")), torch.from_numpy(_voice(62_720))[None]
    crop = front_end(x[:, 37 * HOP : 37 * HOP + RATE_HZ])
    torch.testing.assert_close(front_end(x)[..., 37 : 37 + 98], crop, atol=1e-5, rtol=0)


def test_silence_is_the_floor() -> None:
    p = preset("cola16k")
    silence = set_level(torch.zeros(2, RATE_HZ), p.level)
    assert not silence.any()
    torch.testing.assert_close(LogMel(p)(silence), torch.full((2, 1, 64, 98), math.log(1e-5)))


def test_a_level_of_norm_one() -> None:
    x = torch.from_numpy(np.stack([_voice(8000), 1e-3 * _voice(8000, 1)]))
    torch.testing.assert_close(set_level(x, "l2").norm(dim=-1), torch.ones(2))
    quiet = torch.zeros(1, 100)
    quiet[0, 3] = 1e-6  # under one step of 16-bit audio: not blown up to norm 1
    assert float(set_level(quiet, "l2").norm()) == pytest.approx(1e-6 / 1e-9**0.5)


def test_less_than_a_frame_is_refused() -> None:
    with pytest.raises(TooShortError, match="399 samples"):
        LogMel(preset("cola16k"))(torch.zeros(1, 399))


@pytest.mark.slow
def test_the_exported_graph_equals_the_module(tmp_path: Path) -> None:
    """From the waveform on, through :mod:`singalike.train.export`, at other lengths than it was traced with."""
    pytest.importorskip("onnxscript")
    from singalike.model.hub import load_model
    from singalike.train.export import TOLERANCE, export_network
    from singalike.train.network import Exportable, VoiceNetwork
    from singalike.train.recipe import load_recipe

    torch.manual_seed(0)
    encoder = "encoder={name: speaker-lstm, width: 8, dimension: 8, layers: 1}"
    recipe = load_recipe("default", ["features=cola16k", "crop_seconds=1.0", "heard_seconds=0.5", encoder])
    network = VoiceNetwork(recipe).eval()
    export_network(network, recipe, tmp_path / "model", name="small", training=[])
    graph = load_model(tmp_path / "model")
    for batch, samples in ((1, RATE_HZ), (3, RATE_HZ // 2 + 17), (2, 2 * RATE_HZ + 1)):
        x = 0.3 * np.stack([_voice(samples, seed) for seed in range(batch)])
        with torch.no_grad():
            expected = Exportable(network)(torch.from_numpy(x)).numpy()
        assert np.abs(graph.encode(x) - expected).max() <= TOLERANCE


@pytest.mark.parametrize("samples", [RATE_HZ, RATE_HZ // 2 + 17, 2 * RATE_HZ + 1])
def test_a_whole_network_hears_no_gain(samples: int) -> None:
    """What is exported levels, analyses and encodes: one vector for a voice, however loud it is."""
    from singalike.train.network import Exportable, VoiceNetwork
    from singalike.train.recipe import load_recipe

    torch.manual_seed(0)
    encoder = "encoder={name: speaker-lstm, width: 8, dimension: 8, layers: 1}"
    whole = Exportable(VoiceNetwork(load_recipe("default", ["features=cola16k", encoder]))).eval()
    x = torch.from_numpy(np.stack([_voice(samples), 0.05 * _voice(samples), _voice(samples, 1)]))
    with torch.no_grad():
        vectors = whole(x)
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(3))
    torch.testing.assert_close(vectors[0], vectors[1], atol=1e-5, rtol=0)
