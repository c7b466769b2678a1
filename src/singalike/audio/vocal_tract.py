"""The vocal tract: vowels as eight formants scaled by the tract's length, consonants as noise and murmurs.

References:
    G. E. Peterson, H. L. Barney: Control methods used in a study of the vowels. JASA 24, 1952 (F1 to F3).
    D. H. Klatt: Software for a cascade/parallel formant synthesizer. JASA 67, 1980 (cascade, F4, F5, noise).
    G. Fant: Acoustic theory of speech production. 1960 (higher poles).
    G. Fant: Vocal tract wall effects, losses, and resonance bandwidths. STL-QPSR 2-3/1972 (bandwidths).
    J. Sundberg: The science of the singing voice. 1987 (singer's formant, F1 raised to F0).
    J. Dang, K. Honda: Acoustic characteristics of the piriform fossa. JASA 101, 1997 (antiformant).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# F1, F2, F3 in Hz, means of 33 men (Peterson & Barney 1952, table II).
VOWELS: dict[str, tuple[float, float, float]] = {
    "i": (270, 2290, 3010),
    "I": (390, 1990, 2550),
    "e": (530, 1840, 2480),
    "ae": (660, 1720, 2410),
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "U": (440, 1020, 2240),
    "u": (300, 870, 2240),
    "V": (640, 1190, 2390),
}
# The tract's higher resonances hardly move with the vowel: a tube of 17.5 cm, closed at one end.
HIGHER_HZ = (3500.0, 4500.0, 5500.0, 6500.0, 7500.0)
N_FORMANTS = 3 + len(HIGHER_HZ)
REFERENCE_CM = 17.5  # the tract to which the tables belong
_WIDEST_HZ = 1500.0  # Fant's bandwidths were measured below 5 kHz; his formula is not followed beyond this


@dataclass(frozen=True)
class Consonant:
    """A consonant before a vowel: its length, the voice let through, where it bends F1 to F3, its noise."""

    seconds: float = 0.0
    voice: float = 0.0
    locus_hz: tuple[float, float, float] = (400, 1500, 2500)
    noise_hz: float = 0.0
    noise_width: float = 0.3
    noise_db: float = 0.0
    noise_seconds: float = 0.0


# Loci and noise bands after Klatt 1980, table II, rounded.
CONSONANTS: dict[str, Consonant] = {
    "": Consonant(),
    "m": Consonant(0.07, 0.35, (270, 1100, 2300)),
    "n": Consonant(0.06, 0.35, (270, 1700, 2600)),
    "l": Consonant(0.05, 0.5, (330, 1050, 2800)),
    "d": Consonant(0.05, 0.08, (250, 1700, 2600), 4000, 0.45, -6, 0.015),
    "b": Consonant(0.05, 0.08, (250, 900, 2200), 900, 0.9, -12, 0.012),
    "t": Consonant(0.08, 0.0, (350, 1750, 2600), 4300, 0.4, 0, 0.035),
    "k": Consonant(0.08, 0.0, (350, 1900, 2400), 1900, 0.3, -3, 0.04),
    "s": Consonant(0.10, 0.0, (350, 1600, 2600), 6200, 0.25, 0, 0.10),
    "sh": Consonant(0.10, 0.0, (350, 1800, 2500), 3000, 0.3, 2, 0.10),
    "f": Consonant(0.09, 0.0, (350, 1100, 2200), 5000, 1.2, -12, 0.09),
}


def bandwidths(formants_hz: np.ndarray) -> np.ndarray:
    """Return formant bandwidths in Hz for formant frequencies in Hz, any shape (Fant 1972)."""
    x = formants_hz / 500.0
    return np.minimum(15.0 / x**2 + 20.0 * np.sqrt(x) + 5.0 * x**2, _WIDEST_HZ)


def transfer(freqs_hz: np.ndarray, formants_hz: np.ndarray, bandwidths_hz: np.ndarray) -> np.ndarray:
    """Return the response (M, F) complex64 of a cascade of resonances, 1 at 0 Hz (Klatt 1980).

    Args:
        freqs_hz: (F,) where to evaluate.
        formants_hz: (M, N) resonance frequencies of M moments.
        bandwidths_hz: (M, N) their bandwidths.
    """
    f = freqs_hz.astype(np.float32)
    squared = f * f
    product = np.ones((len(formants_hz), len(f)), dtype=np.complex64)
    factor = np.empty_like(product)
    for formant, width in zip(formants_hz.T, bandwidths_hz.T, strict=True):
        inverse = (1.0 / formant**2).astype(np.float32)[:, None]
        factor.real = 1.0 - squared * inverse
        factor.imag = f * (width.astype(np.float32)[:, None] * inverse)
        product *= factor
    return 1.0 / product


def higher_poles(freqs_hz: np.ndarray, tract_cm: float) -> np.ndarray:
    """Return what all resonances above the eighth add to a cascade of eight, (F,) complex64.

    A tract has resonances without end; each lifts everything below it, together by 50 dB at 7 kHz (Fant's
    higher-pole correction). A uniform lossy tube, 1/cos, is divided by its own first eight resonances.
    """
    in_reference_hz = freqs_hz * (tract_cm / REFERENCE_CM)
    widths_hz = bandwidths(np.maximum(in_reference_hz, 500.0))
    tube = 1.0 / np.cos(np.pi / 1000.0 * (in_reference_hz - 0.5j * widths_hz))
    neutral_hz = 500.0 + 1000.0 * np.arange(N_FORMANTS)[None]
    return (tube / transfer(in_reference_hz, neutral_hz, bandwidths(neutral_hz))[0]).astype(np.complex64)


def antiformant(freqs_hz: np.ndarray, zero_hz: float, pole_hz: float, width_hz: float) -> np.ndarray:
    """Return the response (F,) complex64 of a side cavity: a zero beside a pole of the same bandwidth."""
    zero, pole = (
        1.0 - (freqs_hz / centre) ** 2 + 1j * freqs_hz * width_hz / centre**2 for centre in (zero_hz, pole_hz)
    )
    return (zero / pole).astype(np.complex64)


def noise_band(freqs_hz: np.ndarray, centre_hz: float, width: float) -> np.ndarray:
    """Return the gain (F,) of a noise band: a bell over log frequency, ``width`` its deviation in nepers."""
    distance = np.log(np.maximum(freqs_hz, 20.0) / centre_hz)
    return np.exp(-0.5 * (distance / width) ** 2).astype(np.float32)
