"""The shipped model: what every embedding promises, on the virtual choir."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

import singalike
from singalike.audio.choir import accompany, melody, sing, singer, song
from singalike.audio.encode import write_audio
from singalike.checksum import sha256
from singalike.errors import (
    ConfigError,
    InputError,
    ModelMismatchError,
    NoVoiceError,
    SilentError,
    TooShortError,
)
from singalike.model.card import GRAPH, WEIGHTS
from singalike.model.compare import compare
from singalike.model.encoder import Model

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def model() -> Model:
    return singalike.load_model()


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return sing(singer(1), melody(1, seconds=6.0), sample_rate_hz=RATE_HZ)


def test_its_files_belong_together_and_are_small(model: Model) -> None:
    assert sha256(model.folder / GRAPH) == model.card.onnx_sha256
    assert sha256(model.folder / WEIGHTS) == model.fingerprint
    assert sum(path.stat().st_size for path in model.folder.iterdir()) <= 12_000_000


def test_its_card_says_what_a_user_must_know(model: Model) -> None:
    card = model.card
    assert card.calibration is not None
    assert len(card.calibration.cohort_quantiles) == 101
    assert set(card.domains) == {"vocals", "mix"}
    assert card.training
    assert all(source.licence for source in card.training)
    assert all("NC" not in source.licence and "commercial use: ask" not in source.licence for source in card.training)
    assert card.figures
    assert card.intended_use
    assert card.misuse
    assert card.limits


def test_a_vector_is_the_unit_mean_of_its_windows_over_time(model: Model, voice: np.ndarray) -> None:
    e = model.embed_recording(voice, sample_rate_hz=RATE_HZ)
    assert e.vector.shape == (model.dimension,)
    assert e.vector.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(e.windows.vectors, axis=1), 1.0, atol=1e-5)
    assert model.card.pooling == "time"
    assert e.windows.starts_seconds.tolist() == [0.0, 2.0]  # of 4 s each, so that half of the second one is new
    assert model.card.voice is not None
    sure = expit(e.windows.vectors @ model.card.voice.weights + model.card.voice.bias)
    mean = sure[0] * e.windows.vectors[0] + sure[1] * e.windows.vectors[1] / 2
    np.testing.assert_allclose(e.vector, mean / np.linalg.norm(mean), atol=1e-6)
    assert e.spread == pytest.approx(1 - float((e.windows.vectors @ e.vector).mean()), abs=1e-6)
    assert len(e.windows.starts_seconds) == len(e.windows.vectors) > 1
    assert 0 < e.sounding_seconds <= e.seconds


def test_a_band_is_no_voice_and_neither_is_noise(model: Model) -> None:
    band = accompany(melody(3, seconds=8.0), seed=3, sample_rate_hz=RATE_HZ)
    noise = 0.1 * np.random.default_rng(0).standard_normal(8 * RATE_HZ)
    for sound in (band, noise.astype(np.float32)):
        with pytest.raises(NoVoiceError, match="no voice is heard"):
            model.embed(sound, sample_rate_hz=RATE_HZ)


def test_an_intro_is_no_part_of_who_sings(model: Model, voice: np.ndarray) -> None:
    intro = accompany(melody(3, seconds=8.0), seed=3, sample_rate_hz=RATE_HZ)
    song = np.concatenate([intro, voice])
    alone, heard = model.embed(voice, sample_rate_hz=RATE_HZ), model.embed(song, sample_rate_hz=RATE_HZ)
    everything = model.hearing_anything().embed(song, sample_rate_hz=RATE_HZ)
    assert alone @ heard > 0.95 > 0.8 > alone @ everything


def test_the_same_twice_and_by_another_session(model: Model, voice: np.ndarray) -> None:
    first = model.embed(voice, sample_rate_hz=RATE_HZ)
    assert np.array_equal(first, model.embed(voice, sample_rate_hz=RATE_HZ))
    assert np.array_equal(first, singalike.load_model().embed(voice, sample_rate_hz=RATE_HZ))


def test_alone_and_in_a_batch(model: Model) -> None:
    waveforms = 0.1 * np.random.default_rng(0).normal(size=(5, 20_000)).astype(np.float32)
    together = model.encode(waveforms)
    for i in (0, 3):
        np.testing.assert_allclose(model.encode(waveforms[i : i + 1])[0], together[i], atol=1e-6)
    np.testing.assert_allclose(model.encode(waveforms[::-1])[::-1], together, atol=1e-6)


def test_the_graph_itself_takes_any_batch(model: Model) -> None:
    waveforms = 0.1 * np.random.default_rng(0).normal(size=(5, 20_000)).astype(np.float32)
    batched = np.asarray(model._open().run(None, {"waveform": waveforms})[0])
    np.testing.assert_allclose(batched, model.encode(waveforms), atol=1e-6)


@pytest.mark.parametrize("gain_db", [-20.0, 20.0])
def test_gain_does_not_matter(model: Model, voice: np.ndarray, gain_db: float) -> None:
    louder = voice * np.float32(10 ** (gain_db / 20))
    cosine = model.embed(voice, sample_rate_hz=RATE_HZ) @ model.embed(louder, sample_rate_hz=RATE_HZ)
    assert cosine > 1 - 1e-3


@pytest.mark.parametrize(("suffix", "at_least"), [(".wav", 0.9999), (".flac", 0.9999), (".ogg", 0.96)])
def test_the_container_does_not_matter(
    model: Model, voice: np.ndarray, tmp_path: Path, suffix: str, at_least: float
) -> None:
    """Lossless files give the array's vector up to 16-bit rounding; a lossy codec moves it a little."""
    path = write_audio(tmp_path / f"voice{suffix}", voice, sample_rate_hz=RATE_HZ)
    assert model.embed(path) @ model.embed(voice, sample_rate_hz=RATE_HZ) > at_least


def test_the_sample_rate_does_not_matter(model: Model) -> None:
    tune = melody(2, seconds=6.0)
    a, b = (model.embed(sing(singer(3), tune, sample_rate_hz=rate), sample_rate_hz=rate) for rate in (16_000, 48_000))
    assert a @ b > 0.95


def test_vocals_and_mixes_share_one_space(model: Model) -> None:
    """Each singer's mix is nearer to their own vocals of another song than to the other singers', on average."""
    singers, cosines = range(20, 28), []
    vocals = [
        model.embed(sing(singer(s), melody(s, seconds=8.0), sample_rate_hz=16_000), sample_rate_hz=16_000)
        for s in singers
    ]
    for s in singers:
        mix = song(
            singer(s), melody(100 + s, seconds=8.0), seed=s, sample_rate_hz=16_000, vocal_to_accompaniment_db=3.0
        ).mix
        cosines.append([float(model.embed(mix, sample_rate_hz=16_000) @ v) for v in vocals])
    own = np.diag(cosines).mean()
    others = (np.sum(cosines) - np.trace(cosines)) / (len(cosines) * (len(cosines) - 1))
    assert own > others + 0.05


def test_bad_arrays_are_refused(model: Model, voice: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="sample_rate_hz"):
        model.embed(voice)
    with pytest.raises(TooShortError):
        model.embed(voice[: RATE_HZ // 5], sample_rate_hz=RATE_HZ)
    with pytest.raises(SilentError):
        model.embed(np.zeros(RATE_HZ, np.float32), sample_rate_hz=RATE_HZ)
    with pytest.raises(InputError):
        model.embed(np.full(RATE_HZ, np.nan, np.float32), sample_rate_hz=RATE_HZ)


def test_a_sound_above_what_the_model_hears_is_silence(model: Model) -> None:
    ultrasound = np.hanning(96_000) * np.sin(2 * np.pi * 30_000 * np.arange(96_000) / 96_000)
    with pytest.raises(SilentError):
        model.embed(ultrasound, sample_rate_hz=96_000)


def test_compare_says_which_way_is_closer(model: Model, voice: np.ndarray) -> None:
    same = compare(voice, voice, model=model, sample_rate_hz=RATE_HZ)
    other = compare(
        voice, sing(singer(9), melody(3, seconds=6.0), sample_rate_hz=RATE_HZ), model=model, sample_rate_hz=RATE_HZ
    )
    assert same.cosine == pytest.approx(1.0, abs=1e-5)
    assert same.probability is not None
    assert other.probability is not None
    assert same.probability > other.probability
    fit = model.card.calibration  # two files alone: not read as in the studio where most of it was fitted
    assert fit is not None
    assert other.probability == pytest.approx(fit.of_two().probability(other.cosine)) != fit.probability(other.cosine)
    assert same.percentile == 100.0
    assert same.fingerprint == model.fingerprint


def test_vectors_of_two_models_are_never_compared(model: Model, voice: np.ndarray, tmp_path: Path) -> None:
    from tiny_model import write_model

    tiny = singalike.load_model(write_model(tmp_path / "tiny"))
    ours = model.embed_recording(voice, sample_rate_hz=RATE_HZ)
    with pytest.raises(ModelMismatchError, match="cannot be compared"):
        compare(ours, voice, model=tiny, sample_rate_hz=RATE_HZ)
