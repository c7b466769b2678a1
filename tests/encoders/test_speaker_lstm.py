from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.audio.choir import melody, sing, singer  # noqa: E402
from singalike.encoders import SpeakerLSTM  # noqa: E402
from singalike.encoders.published.ge2e import Ge2e  # noqa: E402
from singalike.errors import MissingExtraError  # noqa: E402
from singalike.features import LogMel, preset  # noqa: E402


def test_equals_the_published_encoder_with_its_weights() -> None:
    """One 1.6-s window: ours, with the centre at zero, is what resemblyzer gives of the same frames."""
    try:
        published = Ge2e()
    except MissingExtraError as error:
        pytest.skip(str(error))
    from resemblyzer.audio import wav_to_mel_spectrogram

    voice = sing(singer(1), melody(1, seconds=4.0), sample_rate_hz=16_000)[16_000 : 16_000 + 25_600]
    encoder = SpeakerLSTM(bands=40).eval()
    encoder.load_state_dict(published.weights(), strict=False)
    with torch.no_grad():
        frames = torch.from_numpy(wav_to_mel_spectrogram(voice)[:160].T)
        ours = encoder(frames[None, None])[0].numpy()
        our_frames = LogMel(preset("ge2e"))(torch.from_numpy(voice)[None])[0, 0, :, :160]
    theirs = published.embed(voice, sample_rate_hz=16_000)
    assert np.linalg.norm(ours) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    # The front-ends differ at the first edge only: they pad with zeros, we by reflection.
    torch.testing.assert_close(our_frames[:, 2:159], frames[:, 2:159], atol=1e-3, rtol=1e-3)


def test_the_centre_is_taken_off_unit_vectors() -> None:
    torch.manual_seed(0)
    encoder = SpeakerLSTM(bands=8, width=6, dimension=5, layers=2).eval()
    x = torch.randn(3, 1, 8, 20)
    with torch.no_grad():
        plain = encoder(x)
        encoder.centre.fill_(0.25)
        torch.testing.assert_close(encoder(x), plain - 0.25)
    torch.testing.assert_close(plain.norm(dim=-1), torch.ones(3))
    assert (plain >= 0).all()


def test_any_length_and_batch() -> None:
    encoder = SpeakerLSTM(bands=8, width=6, dimension=5).eval()
    x = torch.randn(3, 1, 8, 50)
    with torch.no_grad():
        torch.testing.assert_close(encoder(x)[1:2], encoder(x[1:2]))
        assert encoder(x[..., :11]).shape == (3, 5)
