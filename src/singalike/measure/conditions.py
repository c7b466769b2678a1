"""What is done to a clip before it is embedded, to see whether its voice is still known: a pure function each.

    accompaniment   a band or a recording under the voice, −6, 0 and +6 dB of voice over accompaniment
    codec           mp3 at 64 kbit/s, Opus at 24 kbit/s, and back
    room            reverberation of 0.4 s and 1 s, at the distance where it is as strong as the direct sound
    noise           steady pink noise, +20 and +10 dB of voice over noise
    pitch           ±2 and ±4 semitones, formants kept
    bandwidth       through a sample rate of 16 kHz and of 8 kHz
    duration        the first 1, 2, 4 and 10 s that sound; as much from a place that is drawn for each clip
    misleading      accompaniments that tell the opposite of the voices: one under two singers, two under one

All work at the clip's own rate, so that every model is given the same clips. What is random follows from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from singalike.audio.chance import band_noise, stream
from singalike.audio.resample import resample
from singalike.audio.silence import sounding_windows
from singalike.corpus.accompaniments import Accompaniments
from singalike.errors import ConfigError, InputError, MissingExtraError, SilentError, TooShortError
from singalike.measure.codecs import MP3, OPUS, Codec, transcode

Change = Callable[[np.ndarray, int, int], np.ndarray]  # (samples (T,), sample_rate_hz, seed) -> samples

GROUPS = ("accompaniment", "codec", "room", "noise", "pitch", "bandwidth", "duration", "misleading")
RATIOS_DB = (-6, 0, 6)
ROOMS_SECONDS = (0.4, 1.0)
NOISE_DB = (20, 10)
SHIFTS_SEMITONES = (-4, -2, 2, 4)
BANDS_HZ = (16_000, 8000)
DURATIONS_SECONDS = (1, 2, 4, 10)
PIECES = 3  # accompaniments that mislead; each is laid under every clip

_GRID_SECONDS = 0.1
_SOUNDING_SHARE = 0.5
_PINK_FROM_HZ = 50.0
_F0_HZ = (65.0, 1100.0)  # from a bass's C2 to a soprano's C6


@dataclass(frozen=True)
class Condition:
    """Something done to a clip.

    Attributes:
        name: How results call it.
        change: Does it; raises InputError where it cannot be done to a clip.
        identity: Names it and everything it depends on besides the clip.
    """

    name: str
    change: Change
    identity: str


def check_groups(groups: Collection[str]) -> None:
    """Raise ConfigError where something is none of :data:`GROUPS`, or there is nothing."""
    if (unknown := sorted(set(groups) - set(GROUPS))) or not groups:
        raise ConfigError(f"no conditions {', '.join(unknown)}".rstrip(), hint=f"some of {', '.join(GROUPS)}")


def conditions(groups: Collection[str], accompaniments: Accompaniments) -> list[Condition]:
    """Return the conditions of some groups, in the order of the module's list, without the misleading ones.

    Raises:
        ConfigError: There is no such group.
        MissingExtraError: A pitch shift needs torch, which is not installed.
    """
    check_groups(groups)
    changes: dict[str, dict[str, Change]] = {
        "accompaniment": {
            f"accompaniment {_db(ratio)}": partial(_accompanied, accompaniments=accompaniments, ratio_db=ratio)
            for ratio in RATIOS_DB
        },
        "codec": {
            "mp3 64 kbit/s": partial(_transcoded, codec=MP3, bit_rate=64_000),
            "opus 24 kbit/s": partial(_transcoded, codec=OPUS, bit_rate=24_000),
        },
        "room": {f"room {seconds} s": partial(in_room, decay_seconds=seconds) for seconds in ROOMS_SECONDS},
        "noise": {f"noise {_db(ratio)}": partial(in_noise, ratio_db=ratio) for ratio in NOISE_DB},
        "pitch": {f"pitch {shift:+d} semitones": partial(shift_pitch, semitones=shift) for shift in SHIFTS_SEMITONES},
        "bandwidth": {f"sampled at {hz // 1000} kHz": partial(narrow, through_hz=hz) for hz in BANDS_HZ},
        "duration": {
            f"{seconds} s{', drawn' if drawn else ''}": partial(shorten, seconds=seconds, drawn=drawn)
            for drawn in (False, True)
            for seconds in DURATIONS_SECONDS
        },
    }
    if "pitch" in groups:
        _torch()
    source = {"accompaniment": accompaniments.identity}
    return [
        Condition(name, change, f"{name} {source.get(group, '')}")
        for group, named in changes.items()
        if group in groups
        for name, change in named.items()
    ]


def misleading_conditions(accompaniments: Accompaniments) -> dict[str, list[Condition]]:
    """Return, by the name of the test, the clip over each of a few accompaniments, the same ones for every clip."""
    pieces = range(min(PIECES, accompaniments.count or PIECES))
    return {
        f"misleading accompaniment {_db(ratio)}": [
            Condition(
                f"piece {piece}, {_db(ratio)}",
                partial(_accompanied, accompaniments=accompaniments, ratio_db=ratio, piece=piece),
                f"piece {piece}, {_db(ratio)} {accompaniments.identity}",
            )
            for piece in pieces
        ]
        for ratio in RATIOS_DB
    }


def lay_over(vocals: np.ndarray, accompaniment: np.ndarray, *, ratio_db: float) -> np.ndarray:
    """Add an accompaniment to vocals, both (T,), scaled so that vocals are ``ratio_db`` above it in RMS.

    Raises:
        SilentError: The accompaniment is silent.
    """
    under = _rms(accompaniment)
    if under == 0:
        raise SilentError("the accompaniment is silent here")
    return vocals + np.float32(_rms(vocals) / under * 10.0 ** (-ratio_db / 20.0)) * accompaniment


def in_room(samples: np.ndarray, sample_rate_hz: int, seed: int, *, decay_seconds: float) -> np.ndarray:
    """Put samples (T,) into a room: convolution with exponentially decaying noise (Moorer 1979).

    The direct sound stays in place, the reverberation has the same energy (the listener is at the critical
    distance) and falls by 60 dB in ``decay_seconds``. The level (RMS) stays what it was.
    """
    length = round(decay_seconds * sample_rate_hz)
    response = band_noise(stream("room", seed), length, sample_rate_hz=sample_rate_hz)
    response *= 10.0 ** (-3.0 * np.arange(length) / length)
    response[0] = 0.0
    response /= np.sqrt(np.square(response).sum())
    response[0] = 1.0
    size = 1 << (len(samples) + length - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[: len(samples)]
    return (wet * (_rms(samples) / max(_rms(wet), 1e-9))).astype(np.float32)


def in_noise(samples: np.ndarray, sample_rate_hz: int, seed: int, *, ratio_db: float) -> np.ndarray:
    """Add pink noise (power falling as 1/f from 50 Hz on) to samples (T,), which are ``ratio_db`` above it in RMS."""
    spectrum = np.fft.rfft(stream("noise", seed).standard_normal(len(samples)))
    hz = np.maximum(np.fft.rfftfreq(len(samples), 1 / sample_rate_hz), _PINK_FROM_HZ)
    noise = np.fft.irfft(spectrum / np.sqrt(hz), len(samples)).astype(np.float32)
    return lay_over(samples, noise, ratio_db=ratio_db)


def shift_pitch(samples: np.ndarray, sample_rate_hz: int, seed: int, *, semitones: float) -> np.ndarray:
    """Shift the pitch of samples (T,), formants kept (:mod:`singalike.augment.pitch_shift`); nothing is random.

    Raises:
        InputError: There is no pitch in them.
        MissingExtraError: torch is not installed.
    """
    torch = _torch()
    from singalike.augment.pitch_shift import pitch_shift

    clip = torch.from_numpy(np.array(samples, dtype=np.float32))[None]
    ratio = torch.tensor([2.0 ** (semitones / 12.0)])
    low, high = _F0_HZ
    shifted = pitch_shift(
        clip,
        sample_rate_hz=sample_rate_hz,
        ratio=ratio,
        range_ratio=torch.ones(1),
        pitch_floor_hz=low,
        pitch_ceiling_hz=high,
    )
    if torch.equal(shifted, clip):
        raise InputError("there is no pitch in it to shift")
    return shifted[0].numpy()


def narrow(samples: np.ndarray, sample_rate_hz: int, seed: int, *, through_hz: int) -> np.ndarray:
    """Take samples (T,) to a lower rate and back; a rate that is no higher stays as it is. Nothing is random."""
    if sample_rate_hz <= through_hz:
        return samples
    low = resample(samples, from_hz=sample_rate_hz, to_hz=through_hz)
    back = resample(low, from_hz=through_hz, to_hz=sample_rate_hz)
    return np.pad(back, (0, max(0, len(samples) - len(back))))[: len(samples)]


def shorten(samples: np.ndarray, sample_rate_hz: int, seed: int, *, seconds: float, drawn: bool = False) -> np.ndarray:
    """Cut out the first stretch that sounds for half of its time or more, else the fullest.

    ``drawn``: any of those stretches, not the first. Where recordings begin with the same notes or words, beginnings
    are more alike than other short clips are.

    Raises:
        TooShortError: There is less than ``seconds``.
        SilentError: Nothing sounds.
    """
    length = round(seconds * sample_rate_hz)
    if len(samples) < length:
        raise TooShortError(f"{len(samples) / sample_rate_hz:.2f} s, not {seconds} s")
    starts = np.arange(0, len(samples) - length + 1, max(1, round(_GRID_SECONDS * sample_rate_hz)))
    sounding = sounding_windows(samples, starts, length, sample_rate_hz=sample_rate_hz, min_share=_SOUNDING_SHARE)
    if not sounding.any():
        raise SilentError("nothing in it sounds")
    start = stream("stretch", seed).choice(starts[sounding]) if drawn else starts[sounding.argmax()]
    return samples[start : start + length]


def _accompanied(
    samples: np.ndarray,
    sample_rate_hz: int,
    seed: int,
    *,
    accompaniments: Accompaniments,
    ratio_db: float,
    piece: int | None = None,
) -> np.ndarray:
    number = seed if piece is None else piece
    return lay_over(samples, accompaniments(number, len(samples), sample_rate_hz=sample_rate_hz), ratio_db=ratio_db)


def _transcoded(samples: np.ndarray, sample_rate_hz: int, seed: int, *, codec: Codec, bit_rate: int) -> np.ndarray:
    return transcode(samples, sample_rate_hz=sample_rate_hz, codec=codec, bit_rate=bit_rate)


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _db(ratio: int) -> str:
    return f"{ratio:+d} dB" if ratio else "0 dB"


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        hint = "pip install 'singalike[train]', or leave the conditions of pitch out"
        raise MissingExtraError("a pitch shift needs torch", hint=hint) from error
    return torch
