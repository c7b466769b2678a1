"""The convolution in the graph is the Fourier transform of training."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from singalike.features import PRESETS, LogMel, preset  # noqa: E402
from singalike.features.stft import ConvolvedPower  # noqa: E402


@pytest.mark.parametrize(("window", "fft", "hop"), [(400, 400, 160), (400, 1024, 160), (64, 64, 64), (30, 65, 7)])
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("samples", [1024, 5001])
def test_equals_torchs_stft(window: int, fft: int, hop: int, centred: bool, samples: int) -> None:
    taper = torch.hann_window(window)
    x = torch.randn(2, samples, generator=torch.Generator().manual_seed(samples))
    ours = ConvolvedPower(taper, fft=fft, hop=hop, centred=centred)(x)
    theirs = torch.stft(x, fft, hop, window, taper, center=centred, pad_mode="reflect", return_complex=True).abs() ** 2
    scale = float(theirs.max())
    torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-6 * scale)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_front_end_is_the_same_for_graphs(name: str) -> None:
    front_end = LogMel(preset(name)).eval()
    T = preset(name).sample_rate_hz
    x = 0.1 * torch.randn(2, T + 123, generator=torch.Generator().manual_seed(1))
    plain, before = front_end(x), front_end.convolved
    with front_end.for_graphs():
        assert front_end.convolved is not None
        torch.testing.assert_close(front_end(x), plain, rtol=1e-4, atol=1e-4)
    assert front_end.convolved is before


def test_what_is_for_graphs_alone_is_not_saved() -> None:
    front_end = LogMel(preset("cola16k"))
    before = set(front_end.state_dict())
    with front_end.for_graphs():
        assert set(front_end.state_dict()) == before
