"""The voice of the virtual choir: a performance becomes sound, through glottis, tract and consonants.

The pulse train and the breath are cut into overlapping windows of 16 ms that add up to one; each window's
spectrum is multiplied by that of the glottal pulse and of the tract at its moment, and rings on into its
successors. So the tract changes smoothly, nothing folds back at any sample rate, and a minute takes a second.
"""

from __future__ import annotations

import numpy as np

from singalike.audio.chance import band_noise
from singalike.audio.glottis import glottal_spectrum, pulse_train
from singalike.audio.performance import Performance
from singalike.audio.singer import Singer
from singalike.audio.tracks import CONTROL_RATE_HZ
from singalike.audio.vocal_tract import (
    CONSONANTS,
    antiformant,
    bandwidths,
    higher_poles,
    noise_band,
    transfer,
)

_HOP_SECONDS = 0.008
_RING_SECONDS = 0.048  # how long a formant may ring on after its window
_BLOCK = 128  # windows filtered at once: small enough for the processor's cache


def vocalise(
    singer: Singer, act: Performance, rng: np.random.Generator, *, n_samples: int, sample_rate_hz: int
) -> np.ndarray:
    """Return the dry voice (n_samples,) float32 of a performance, in no particular scale.

    Args:
        singer: Whose body it is.
        act: What the singer does.
        rng: Draws jitter, shimmer and noise.
        n_samples: Length.
        sample_rate_hz: Sample rate.
    """
    pulses, noise = _sources(rng, singer, act, n_samples, sample_rate_hz=sample_rate_hz)
    voice = _through_tract(singer, act, pulses, noise, sample_rate_hz=sample_rate_hz)
    _add_bursts(voice, rng, singer, act, sample_rate_hz=sample_rate_hz)
    return voice


def _sources(
    rng: np.random.Generator, singer: Singer, act: Performance, n: int, *, sample_rate_hz: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the glottal pulse train and the aspiration noise, (n,) each, before any shaping."""
    times = np.arange(n) * (CONTROL_RATE_HZ / sample_rate_hz)
    control = np.arange(len(act.f0_hz))
    phase_track = np.concatenate([[0.0], np.cumsum((act.f0_hz[1:] + act.f0_hz[:-1]) / 2)]) / CONTROL_RATE_HZ
    cycles = np.arange(int(phase_track[-1]) + 3)
    jitter = singer.jitter / np.sqrt(2.0) * rng.standard_normal(len(cycles))
    shimmer = 1.0 + singer.shimmer * rng.standard_normal(len(cycles))
    phase_track = phase_track + np.interp(phase_track, cycles, jitter)
    phase = np.interp(times, control, phase_track)
    f0_hz = np.interp(times, control, act.f0_hz)
    voice = np.interp(times, control, act.voice)
    strength = np.take(shimmer, np.rint(phase).astype(np.int64), mode="clip")
    pulses = voice * strength * pulse_train(phase, f0_hz, sample_rate_hz=sample_rate_hz)
    # Air hisses most while the glottis is open, in the first half of the period (Klatt & Klatt 1990).
    opening = 1.0 + 0.7 * np.sin(2.0 * np.pi * phase)
    noise = band_noise(rng, n, sample_rate_hz=sample_rate_hz) * np.interp(times, control, act.breath) * opening
    return pulses.astype(np.float32), noise.astype(np.float32)


def _through_tract(
    singer: Singer, act: Performance, pulses: np.ndarray, noise: np.ndarray, *, sample_rate_hz: int
) -> np.ndarray:
    """Filter both sources (T,) by the glottis and tract of each moment: windows, spectra, overlap-add."""
    n = len(pulses)
    hop = round(_HOP_SECONDS * sample_rate_hz)
    n_fft = _fast_length(2 * hop + round(_RING_SECONDS * sample_rate_hz))
    window = (0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * hop)) / hop)).astype(np.float32)
    freqs_hz = np.fft.rfftfreq(n_fft, 1.0 / sample_rate_hz)
    static = _constant_response(singer, freqs_hz) * np.clip(
        (0.5 * sample_rate_hz - freqs_hz) / (0.05 * sample_rate_hz), 0, 1
    )
    n_windows = n // hop + 2
    padded = [np.pad(source, (hop, 3 * hop)) for source in (pulses, noise)]
    pulse_frames, noise_frames = (np.lib.stride_tricks.sliding_window_view(s, 2 * hop)[::hop] for s in padded)
    moments = np.minimum((np.arange(n_windows) * hop * CONTROL_RATE_HZ) // sample_rate_hz, len(act.f0_hz) - 1)
    out = np.zeros(n_windows * hop + n_fft, dtype=np.float32)
    for first in range(0, n_windows, _BLOCK):
        block = slice(first, min(first + _BLOCK, n_windows))
        at = moments[block]
        formants_hz = act.formants_hz[at]
        tract = transfer(freqs_hz, formants_hz, bandwidths(formants_hz) * singer.bandwidth_factor)
        voiced = np.fft.rfft(pulse_frames[block] * window, n_fft)
        voiced *= glottal_spectrum(act.rd[at], act.f0_hz[at], freqs_hz)
        voiced += np.fft.rfft(noise_frames[block] * window, n_fft)
        voiced *= tract * static
        for i, frame in enumerate(np.fft.irfft(voiced, n_fft), start=first):
            out[i * hop : i * hop + n_fft] += frame
    return out[hop : hop + n]


def _constant_response(singer: Singer, freqs_hz: np.ndarray) -> np.ndarray:
    """Return what does not change while singing (F,): higher resonances, piriform sinuses, nose."""
    piriform = antiformant(freqs_hz, singer.piriform_hz, singer.piriform_hz * 2.0**singer.piriform_octaves, 300.0)
    return (
        higher_poles(freqs_hz, singer.tract_cm)
        * piriform
        * antiformant(freqs_hz, singer.nose_hz * 2.0**singer.nasality_octaves, singer.nose_hz, 100.0)
    )


def _add_bursts(
    voice: np.ndarray, rng: np.random.Generator, singer: Singer, act: Performance, *, sample_rate_hz: int
) -> None:
    """Add the consonants' noises to the voice (T,) in place."""
    source = band_noise(rng, len(voice), sample_rate_hz=sample_rate_hz)
    for burst in act.bursts:
        consonant = CONSONANTS[burst.consonant]
        first = max(0, round(burst.start_seconds * sample_rate_hz))
        noise = source[first : first + round(burst.seconds * sample_rate_hz)]
        n_fft = _fast_length(2 * len(noise))
        freqs_hz = np.fft.rfftfreq(n_fft, 1.0 / sample_rate_hz)
        colour = noise_band(freqs_hz, consonant.noise_hz * singer.sibilance, consonant.noise_width)
        level = 10.0 ** ((consonant.noise_db + singer.consonant_db - 12.0) / 20.0)
        shaped = np.fft.irfft(np.fft.rfft(noise * np.hanning(len(noise)), n_fft) * colour * level, n_fft)
        voice[first : first + len(noise)] += shaped[: len(noise)].astype(np.float32)


def _fast_length(at_least: int) -> int:
    """Return the smallest 2^k or 3·2^k not below ``at_least``: fast to transform."""
    power = 1 << (max(at_least, 2) - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= at_least else power
