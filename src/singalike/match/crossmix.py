"""The mix: a voice as it is, and under it another song's accompaniment, stretched, moved and turned down.

    mix(t) = g · (vocal gain · voice(t) + accompaniment gain · accompaniment(t − offset))

g is one number, 1 unless the true peak would pass −1 dBTP. The mix has the voice's time line and length: its first
sample is the voice's first. Where the accompaniment ends earlier, the voice goes on alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.audio.decode import SILENT_PEAK
from singalike.audio.resample import resample
from singalike.audio.stretch import stretch
from singalike.errors import ConfigError, InputError, SilentError
from singalike.match.alignment import Alignment
from singalike.match.key import MAX_SHIFT
from singalike.match.parts import Parts
from singalike.match.peak import gain_under_ceiling, true_peak

SAMPLE_RATE_HZ = 44_100
VOCAL_GAIN, ACCOMPANIMENT_GAIN = 1.0, 0.44  # measured on the authors' examples
BALANCES = ("fixed", "rms")
_SOUNDING = 0.01  # of the voice's peak


@dataclass(frozen=True)
class Settings:
    """How to mix.

    Attributes:
        balance: ``"fixed"``: gains 1.0 and 0.44; ``"rms"``: both equally loud (RMS) where the voice sounds.
        key_shift: Semitones, −3 to 3, or ``"auto"``: what :func:`singalike.match.key.best_shift` found.
    """

    balance: str = "fixed"
    key_shift: int | str = 0

    def __post_init__(self) -> None:
        if self.balance not in BALANCES:
            raise ConfigError(f"no balance {self.balance!r}", hint=f"one of {', '.join(BALANCES)}")
        if self.key_shift != "auto" and self.key_shift not in range(-MAX_SHIFT, MAX_SHIFT + 1):
            raise ConfigError(
                f"no key shift {self.key_shift!r}", hint=f"auto, or semitones from -{MAX_SHIFT} to {MAX_SHIFT}"
            )


@dataclass(frozen=True)
class Mixed:
    """A mix and what was done.

    Attributes:
        samples: (2, T) float32 at 44.1 kHz.
        voice, accompaniment: (2, T) float32 as they were added: ``samples`` is ``mix_gain`` times
            ``vocal_gain · voice + accompaniment_gain · accompaniment``.
        vocal_gain, accompaniment_gain, mix_gain: Factors.
        true_peak: Of the mix as it is written.
        key_shift: Semitones by which the accompaniment was moved.
        accompanied_seconds: Up to where there is accompaniment.
    """

    samples: np.ndarray
    voice: np.ndarray
    accompaniment: np.ndarray
    vocal_gain: float
    accompaniment_gain: float
    mix_gain: float
    true_peak: float
    key_shift: int
    accompanied_seconds: float


def mix(query: Parts, match: Parts, alignment: Alignment, settings: Settings) -> Mixed:
    """Mix the voice of ``query`` with the accompaniment of ``match``.

    Raises:
        InputError: The alignment is refused; a part is missing or silent; the key to shift to is not heard.
        MissingExtraError: python-stretch is not installed.
    """
    if alignment.refused:
        raise InputError(alignment.refused, where=match.path, hint="choose another match")
    shift = alignment.key_shift if settings.key_shift == "auto" else settings.key_shift
    if shift is None:
        raise InputError("too short to hear a key in it", where=match.path, hint="say by how much: --key-shift 0")
    voice = _stereo(query.need("vocals"), query.sample_rate_hz)
    band = _stereo(match.need("accompaniment"), match.sample_rate_hz)
    for part, parts, name in ((voice, query, "vocals"), (band, match, "accompaniment")):
        if float(np.abs(part).max()) < SILENT_PEAK:
            raise SilentError(f"its {name} are silent ({parts.how})", where=parts.path)
    band = stretch(band, ratio=alignment.stretch, semitones=int(shift), sample_rate_hz=SAMPLE_RATE_HZ)
    band, end = _placed(band, alignment.offset_seconds, voice.shape[1])
    vocal_gain, band_gain = _gains(voice, band, settings.balance)
    samples = vocal_gain * voice + band_gain * band
    peak = true_peak(samples, sample_rate_hz=SAMPLE_RATE_HZ)
    gain = gain_under_ceiling(peak)
    return Mixed(
        samples=np.float32(gain) * samples,
        voice=voice,
        accompaniment=band,
        vocal_gain=vocal_gain,
        accompaniment_gain=band_gain,
        mix_gain=gain,
        true_peak=gain * peak,
        key_shift=int(shift),
        accompanied_seconds=end / SAMPLE_RATE_HZ,
    )


def _stereo(samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Bring (C, T) to (2, T') at 44.1 kHz; one channel goes to both sides, more than two are averaged first."""
    channels = samples if len(samples) <= 2 else samples.mean(axis=0, keepdims=True)
    moved = np.stack([resample(channel, from_hz=sample_rate_hz, to_hz=SAMPLE_RATE_HZ) for channel in channels])
    return np.repeat(moved, 2, axis=0) if len(moved) == 1 else moved


def _placed(band: np.ndarray, offset_seconds: float, length: int) -> tuple[np.ndarray, int]:
    """Lay the accompaniment on the voice's time line: cut before 0, cut or filled up at the end; where it ends."""
    band = band[:, round(-offset_seconds * SAMPLE_RATE_HZ) :][:, :length]
    end = band.shape[1]
    return np.pad(band, ((0, 0), (0, length - end))), end


def _gains(voice: np.ndarray, band: np.ndarray, balance: str) -> tuple[float, float]:
    if balance == "fixed":
        return VOCAL_GAIN, ACCOMPANIMENT_GAIN
    magnitude = np.abs(voice).max(axis=0)
    sounding = magnitude > _SOUNDING * magnitude.max()
    loud = [float(np.sqrt(np.mean(np.square(part[:, sounding], dtype=np.float64)))) for part in (voice, band)]
    return VOCAL_GAIN, VOCAL_GAIN * loud[0] / loud[1] if loud[1] > 0 else ACCOMPANIMENT_GAIN
