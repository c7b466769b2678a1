"""REPET-SIM: what comes again is accompaniment, what does not is the voice. Needs no weights.

Z. Rafii, B. Pardo, "Music/voice separation using the similarity matrix", ISMIR 2012, with the soft masks of D.
FitzGerald, "Vocal separation using nearest neighbours and median filtering", ISSC 2012; on librosa's similarity and
masks. For each frame of the magnitude spectrogram S the most similar frames (cosine) are sought at least 2 s away;
their median, at most S, is the repeating background B. The voice is the mix times

    M = (S − B)² / ((S − B)² + (1.5 B)²),    0 below 100 Hz.

The window is longer than the 40 ms of the paper. Sung tones do not hold still as the band's do: the finer the
frequencies, the less of the voice lies on its partials. ``benchmarks/separation.py`` shows what that gives.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from singalike.errors import TooShortError

_WINDOW_SECONDS = 0.37  # rounded to a power of two: 16384 samples at 44.1 kHz
_HOPS = 2  # in a window
_APART_SECONDS = 2.0  # of similar frames, or a quarter of the excerpt
_SHARE = 0.2  # of all frames that count as similar
_MARGIN = 1.5
_POWER = 2
_VOICE_FROM_HZ = 100.0
_VERSION = 1  # to be raised when the output changes


class Repet:
    """REPET-SIM as a :class:`~singalike.separate.base.Separator`: vocals, and accompaniment = mix − vocals."""

    name = "repet"
    sample_rate_hz: int | None = None
    stems: tuple[str, ...] = ("vocals", "accompaniment")
    chunk_seconds = 60.0  # repetitions are sought within
    overlap_seconds = 4.0
    min_seconds = 2.0

    def __init__(self) -> None:
        import librosa  # noqa: F401 - says at once, not at the first file, that it is missing

        settings = (_WINDOW_SECONDS, _HOPS, _APART_SECONDS, _SHARE, _MARGIN, _POWER, _VOICE_FROM_HZ)
        self.fingerprint = hashlib.sha256(f"repet-sim {_VERSION} {settings}".encode()).hexdigest()

    def separate(self, samples: np.ndarray, *, sample_rate_hz: int) -> dict[str, np.ndarray]:
        """Return vocals and accompaniment (C, T) of a mix (C, T); frames are compared over all channels.

        Raises:
            TooShortError: Less than ``min_seconds``: there is nothing to repeat.
        """
        import librosa

        samples = np.asarray(samples, dtype=np.float32)
        frames = samples.shape[1]
        if frames < self.min_seconds * sample_rate_hz:
            what = f"lasts {frames / sample_rate_hz:.3f} s; repet needs at least {self.min_seconds} s"
            raise TooShortError(what, where="array")
        window = 2 ** round(math.log2(_WINDOW_SECONDS * sample_rate_hz))
        hop = window // _HOPS
        # Past the end, as before the beginning, every sample needs all of its windows: a masked spectrogram divided by
        # the foot of a single window is anything.
        padded = np.pad(samples, ((0, 0), (0, window + -frames % hop)))
        spectrum = librosa.stft(padded, n_fft=window, hop_length=hop)
        mask = _voice_mask(np.abs(spectrum), frames_apart=_APART_SECONDS * sample_rate_hz / hop)
        mask[:, : math.ceil(_VOICE_FROM_HZ * window / sample_rate_hz)] = 0.0
        vocals = librosa.istft(mask * spectrum, n_fft=window, hop_length=hop, length=frames)
        return {"vocals": vocals, "accompaniment": samples - vocals}


def _voice_mask(magnitude: np.ndarray, *, frames_apart: float) -> np.ndarray:
    """Return the mask M (C, F, T) of a magnitude spectrogram S (C, F, T)."""
    from librosa.decompose import nn_filter
    from librosa.segment import recurrence_matrix
    from librosa.util import softmask

    total = magnitude.shape[-1]
    similar = recurrence_matrix(
        magnitude.mean(axis=0),
        k=max(1, round(_SHARE * total)),
        width=max(1, round(min(frames_apart, total / 4))),
        metric="cosine",
        sparse=True,
    )
    background = np.stack([nn_filter(channel, rec=similar, aggregate=np.median) for channel in magnitude])
    background = np.minimum(magnitude, background)
    return softmask(magnitude - background, _MARGIN * background, power=_POWER)
