from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.audio.choir import melody, singer  # noqa: E402
from singalike.audio.choir import sing as choir_sing  # noqa: E402
from singalike.augment.pitch_track import track_pitch  # noqa: E402
from singalike.train.sung import Song, draw_song, made_to_sing, sing  # noqa: E402

RATE_HZ = 16_000
SECONDS = 1.0


def _glide(low_hz: float, high_hz: float) -> np.ndarray:
    """Speak a vowel of ten harmonics whose pitch rises."""
    f0_hz = np.linspace(low_hz, high_hz, round(SECONDS * RATE_HZ))
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE_HZ
    return 0.1 * sum(np.cos(k * phase) / k for k in range(1, 11))


def _spoken() -> torch.Tensor:
    """Return two syllables (1, T) with a hiss between them, one second each."""
    hiss = 0.01 * np.random.default_rng(0).standard_normal(round(SECONDS * RATE_HZ))
    parts = [_glide(140.0, 170.0), hiss, _glide(150.0, 130.0)]
    return torch.from_numpy(np.concatenate(parts).astype(np.float32))[None]


def _song(**changes: object) -> Song:
    plain = {
        "octaves": torch.zeros(1), "range_ratio": torch.ones(1), "longer": torch.ones(1),
        "notes": torch.zeros(1, 400), "vibrato_semitones": torch.zeros(1), "vibrato_hz": 5.0 * torch.ones(1),
    }  # fmt: skip
    return Song(**(plain | changes))  # pyright: ignore[reportArgumentType]


def _f0_hz(samples: torch.Tensor) -> np.ndarray:
    track = track_pitch(samples[None], sample_rate_hz=RATE_HZ, pitch_floor_hz=75.0, pitch_ceiling_hz=600.0)
    return track.f0_hz[0][track.voiced[0]].numpy()


def test_vowels_get_longer_and_what_has_no_pitch_does_not() -> None:
    spoken = _spoken()
    before = len(_f0_hz(spoken[0]))
    sung = sing(spoken, _song(longer=2.0 * torch.ones(1)), sample_rate_hz=RATE_HZ)
    assert len(sung) / RATE_HZ == pytest.approx(3 * SECONDS + 2 * SECONDS, abs=0.1)
    assert len(_f0_hz(sung)) == pytest.approx(2 * before, rel=0.05)
    # The pitch goes the same way in twice the time.
    assert np.median(_f0_hz(sung)) == pytest.approx(np.median(_f0_hz(spoken[0])), rel=0.02)


def test_the_hiss_between_two_longer_vowels_passes_as_it_was() -> None:
    spoken = _spoken()
    sung = sing(spoken, _song(longer=1.5 * torch.ones(1)), sample_rate_hz=RATE_HZ)
    hiss = spoken[0, round(1.3 * RATE_HZ) : round(1.7 * RATE_HZ)].numpy()
    found = np.correlate(sung.numpy(), hiss, mode="valid") / np.square(hiss).sum()
    assert found.max() == pytest.approx(1.0, abs=0.02)
    assert found.argmax() / RATE_HZ == pytest.approx(1.5 * SECONDS + 0.3, abs=0.05)


def test_each_stretch_of_voice_has_its_note() -> None:
    notes = torch.zeros(1, 400)
    notes[0, 1], notes[0, 2] = 5.0, -2.0  # the first stretch of voice is number 1
    spoken = _spoken()
    median_hz = np.median(_f0_hz(spoken[0]))
    sung = sing(spoken, _song(range_ratio=torch.zeros(1), notes=notes), sample_rate_hz=RATE_HZ)
    first, second = sung[: RATE_HZ - 800], sung[2 * RATE_HZ + 800 :]
    for part, semitones in ((first, 5.0), (second, -2.0)):
        assert 12 * np.log2(np.median(_f0_hz(part)) / median_hz) == pytest.approx(semitones, abs=0.15)
        assert np.std(12 * np.log2(_f0_hz(part)[3:-3])) < 0.15  # the glide is gone


def test_a_vibrato_turns_as_fast_as_asked_however_long_the_vowel() -> None:
    steady = torch.from_numpy(_glide(200.0, 200.0).astype(np.float32))[None]
    song = _song(longer=2.0 * torch.ones(1), vibrato_semitones=0.5 * torch.ones(1), vibrato_hz=6.0 * torch.ones(1))
    sung = sing(steady, song, sample_rate_hz=RATE_HZ)
    f0_hz = _f0_hz(sung)[10:-10]  # every 10 ms
    swing = 12 * np.log2(f0_hz / np.median(f0_hz))
    assert np.abs(swing).max() == pytest.approx(0.5, abs=0.15)
    spectrum = np.abs(np.fft.rfft(swing - swing.mean(), 1000))
    assert np.fft.rfftfreq(1000, 0.01)[spectrum.argmax()] == pytest.approx(6.0, abs=0.4)


def test_what_nobody_voices_stays_bit_for_bit() -> None:
    hiss = 0.01 * torch.randn(1, RATE_HZ, generator=torch.Generator().manual_seed(0))
    assert torch.equal(sing(hiss, _song(longer=2.0 * torch.ones(1)), sample_rate_hz=RATE_HZ), hiss[0])


def test_a_song_is_drawn_by_its_law() -> None:
    song = draw_song(np.random.default_rng(0), 4000)
    for name, low, high in (("octaves", -0.5, 1.0), ("range_ratio", 0.0, 0.6), ("longer", 1.0, 2.5)):
        drawn = getattr(song, name)
        assert low <= float(drawn.min()) < float(drawn.max()) <= high
        assert float(drawn.mean()) == pytest.approx((low + high) / 2, abs=0.03)
    assert float(song.notes.std()) == pytest.approx(3.0, abs=0.15)
    assert float((song.vibrato_semitones > 0).float().mean()) == pytest.approx(0.5, abs=0.03)


def test_a_sung_copy_is_kept_and_another_length(tmp_path: Path) -> None:
    paths = []
    for who in range(3):
        voice = choir_sing(singer(who), melody(who, seconds=6.0), sample_rate_hz=RATE_HZ)
        paths.append(tmp_path / f"{who}.npy")
        np.save(paths[-1], np.round(32_767 * voice).astype(np.int16))
    copies = made_to_sing(paths, sample_rate_hz=RATE_HZ)
    before = [copy.stat().st_mtime_ns for copy in copies]
    assert made_to_sing(paths, sample_rate_hz=RATE_HZ) == copies
    assert [copy.stat().st_mtime_ns for copy in copies] == before
    for path, copy in zip(paths, copies, strict=True):
        original, sung = np.load(path), np.load(copy)
        assert len(original) < len(sung) < 2.6 * len(original)
