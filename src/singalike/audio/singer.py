"""A virtual singer: a body, a way of phonating and habits, all drawn from one seed.

References:
    F. Roers, D. Mürbe, J. Sundberg: Voice classification and vocal tract of singers. JASA 125, 2009 (lengths).
    J. Sundberg: The science of the singing voice. 1987 (ranges, singer's formant, vibrato).
    E. Prame: Measurements of the vibrato rate of ten singers. JASA 96, 1994; Vibrato extent, JASA 102, 1997.
    D. H. Klatt, L. C. Klatt: Analysis, synthesis, and perception of voice quality. JASA 87, 1990.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.audio.chance import stream
from singalike.audio.vocal_tract import N_FORMANTS, REFERENCE_CM, VOWELS

# Voice type: tessitura (MIDI), where most of a song lies; mean tract length in cm; strongest singer's formant.
VOICE_TYPES: dict[str, tuple[int, int, float, float]] = {
    "bass": (41, 56, 18.2, 0.8),
    "baritone": (44, 59, 17.6, 0.8),
    "tenor": (49, 64, 16.8, 0.7),
    "alto": (54, 69, 15.4, 0.5),
    "mezzo": (57, 72, 14.8, 0.4),
    "soprano": (61, 76, 14.2, 0.3),
}


@dataclass(frozen=True)
class Singer:
    """A virtual singer; :func:`singer` draws one, :func:`dataclasses.replace` changes one.

    Attributes:
        seed: What the singer was drawn from; also names the singer's moods.
        name: A pronounceable name.
        voice_type: A key of VOICE_TYPES.
        range: Comfortable range (tessitura), lowest and highest MIDI number.
        tract_cm: Length of the vocal tract.
        formant_deviations: Factors on the eight formants, beside the tract's length.
        accent: Factors on F1, F2, F3 of each vowel of VOWELS, in their order.
        vowel_space: Distance of the vowels from their middle; 1 is spoken, sung vowels lie nearer.
        bandwidth_factor: Damping of the formants, 1 is Fant's.
        cluster: Strength of the singer's formant, 0 to 1 (F3, F4, F5 drawn together near 2.9 kHz).
        piriform_hz, piriform_octaves: Antiformant of the side cavities and its distance from its pole.
        nose_hz, nasality_octaves: Nasal pole and its distance from the nasal zero; 0 is a closed velum.
        rd: Glottal pulse shape at middle loudness, 0.4 pressed to 2.7 breathy (see glottis).
        breath_db: Level of the aspiration noise.
        jitter, shimmer: Deviation of single periods and of their strengths, as fractions.
        vibrato_hz, vibrato_cents: Rate and extent (peak) of the vibrato.
        vibrato_delay_seconds: How long a note stands before it sets in.
        vibrato_irregularity: Relative wandering of its rate and extent.
        intonation_cents: Deviation of whole notes; drift_cents: slow wandering.
        portamento_seconds: Time of a glide between connected notes.
        scoop_semitones: How far below the pitch a phrase is begun.
        attack_seconds, release_seconds: Fading in and out of the voice.
        detachment: Dip between connected notes, 0 legato to 1 staccato.
        glide_seconds: Time from vowel to vowel.
        diction, sibilance: Factors on the length and the frequencies of consonants.
        consonant_db: Their level.
        effort_db: Habitual loudness, which lowers Rd.
    """

    seed: int
    name: str
    voice_type: str
    range: tuple[int, int]
    tract_cm: float
    formant_deviations: tuple[float, ...]
    accent: tuple[tuple[float, float, float], ...]
    vowel_space: float
    bandwidth_factor: float
    cluster: float
    piriform_hz: float
    piriform_octaves: float
    nose_hz: float
    nasality_octaves: float
    rd: float
    breath_db: float
    jitter: float
    shimmer: float
    vibrato_hz: float
    vibrato_cents: float
    vibrato_delay_seconds: float
    vibrato_irregularity: float
    intonation_cents: float
    drift_cents: float
    portamento_seconds: float
    scoop_semitones: float
    attack_seconds: float
    release_seconds: float
    detachment: float
    glide_seconds: float
    diction: float
    sibilance: float
    consonant_db: float
    effort_db: float


def singer(seed: int) -> Singer:
    """Draw a singer; the same seed is always the same singer, different seeds are different people.

    Raises:
        ConfigError: The seed is negative.
    """
    rng = stream("singer", seed)
    voice_type = list(VOICE_TYPES)[rng.integers(len(VOICE_TYPES))]
    low, high, tract_cm, strongest_cluster = VOICE_TYPES[voice_type]
    lift = int(rng.integers(-2, 3))

    def factor(deviation: float, *shape: int) -> np.ndarray:
        return np.exp(deviation * np.clip(rng.standard_normal(shape), -2.5, 2.5))

    return Singer(
        seed=seed,
        name=_name(rng),
        voice_type=voice_type,
        range=(low + lift, high + lift),
        tract_cm=tract_cm * float(factor(0.04)),
        formant_deviations=tuple(factor(0.07, N_FORMANTS).tolist()),
        accent=tuple(tuple(row) for row in factor(0.05, len(VOWELS), 3).tolist()),
        vowel_space=float(rng.uniform(0.45, 0.9)),
        bandwidth_factor=float(factor(0.3)),
        cluster=strongest_cluster * float(rng.beta(0.8, 1.0)),
        piriform_hz=4500.0 * REFERENCE_CM / tract_cm * float(factor(0.07)),
        piriform_octaves=float(rng.uniform(0.03, 0.25)),
        nose_hz=float(300.0 * factor(0.15)),
        nasality_octaves=float(rng.uniform(0.0, 1.0)),
        rd=float(np.clip(1.15 * factor(0.45), 0.5, 2.3)),
        breath_db=float(rng.uniform(-50.0, -24.0)),
        jitter=float(0.004 * factor(0.5)),
        shimmer=float(0.03 * factor(0.5)),
        vibrato_hz=float(np.clip(rng.normal(5.7, 0.5), 4.5, 7.0)),
        vibrato_cents=float(rng.choice([8.0, 35.0, 60.0]) * factor(0.3)),
        vibrato_delay_seconds=float(rng.uniform(0.05, 0.5)),
        vibrato_irregularity=float(rng.uniform(0.03, 0.2)),
        intonation_cents=float(rng.uniform(1.0, 6.0)),
        drift_cents=float(rng.uniform(2.0, 7.0)),
        portamento_seconds=float(rng.uniform(0.04, 0.16)),
        scoop_semitones=float(rng.uniform(0.0, 1.5)),
        attack_seconds=float(rng.uniform(0.02, 0.1)),
        release_seconds=float(rng.uniform(0.04, 0.15)),
        detachment=float(rng.beta(1.0, 2.0)),
        glide_seconds=float(rng.uniform(0.04, 0.1)),
        diction=float(factor(0.2)),
        sibilance=float(factor(0.1)),
        consonant_db=float(rng.normal(0.0, 3.0)),
        effort_db=float(rng.normal(0.0, 2.0)),
    )


def _name(rng: np.random.Generator) -> str:
    """Make a name of syllables."""
    first, last = (
        "".join(rng.choice(list("bdfgklmnprstv")) + rng.choice(list("aeiou")) for _ in range(count))
        for count in rng.integers(2, 4, size=2)
    )
    return f"{first.capitalize()} {last.capitalize()}"
