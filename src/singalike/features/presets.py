"""Front-ends by name: every number that turns a waveform into what an encoder sees.

``torres2023`` and ``torres2023-paper`` are the two of Torres et al. 2023 (METHODS: the released models built
their mel axis for 22,050 Hz and applied it at 44,100 Hz; the paper's text says otherwise). ``ge2e`` is the
front-end of GE2E, ``voice16k`` that of encoders trained from nothing on 16 kHz.
``cola16k`` is COLA's (Saeed, Grangier & Zeghidour 2021, with every number of its released code), which MSCOL and
CVSM share.
``kaldi16k`` is the filter bank of Kaldi (Povey et al. 2011) with its usual numbers, each band less its mean over time:
what most speaker encoders since x-vectors take, CAM++ among them.
``kim2021`` is that of Kim et al. 2021's predecessor (Lee & Nam 2019, released code); its encoders standardise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from singalike.errors import ConfigError


@dataclass(frozen=True)
class Preset:
    """One front-end.

    Attributes:
        name: how recipes and cards call it.
        sample_rate_hz: rate of the waveforms it takes.
        window, hop, fft: samples; the window is zero-padded to ``fft``.
        bands: number of mel bands M.
        low_hz, high_hz: edges of the mel axis, in the units of ``filters_sample_rate_hz``.
        mel_scale: ``slaney`` (with area-normalised filters) or ``htk`` (with unit peaks).
        filters_sample_rate_hz: the rate the filters are built for; differs from ``sample_rate_hz`` only where
            a released model differs.
        centred: pad by reflection so that frame t is centred on sample t * hop; otherwise nothing is padded and
            frame t is the ``window`` samples from t * hop on.
        floor: what keeps the logarithm finite; see ``flooring``.
        level: what every window is brought to before anything else: ``peak`` (maximum 1), ``rms`` (0.1), ``l2`` (the
            whole waveform has norm 1: the louder the fewer its samples).
        scaling: ``item-max`` divides each log-mel by its own maximum; ``two-means`` stacks the log-mel less its mean
            over bands and time (the spectrum's shape stays) on the log-mel less each band's mean over time (cepstral
            mean normalisation: takes microphones out, and with them a voice's average spectrum); ``power`` leaves the
            mel power as it is, without a logarithm; ``log`` leaves the log-mel as it is; ``log10``
            is log10(1 + 10·S); ``band-means`` is the log-mel less each band's mean over time.
        image: repeat to 3 channels and standardise by ImageNet's statistics.
        spectrum: what the mel filters weigh, ``power`` or ``magnitude``.
        triangles: the filters' sides are straight over ``hz`` (librosa) or over ``mel`` (HTK itself, TensorFlow).
        flooring: ``floor`` is added to every band (``add``) or is the least a band can have (``clamp``).
        shaping: what a frame goes through before its transform: a periodic ``hann`` window, or what ``kaldi`` does: its
            mean taken off, pre-emphasis of 0.97 (the first sample's own), Povey's window (symmetric Hann to the 0.85).
    """

    name: str
    sample_rate_hz: int
    window: int
    hop: int
    fft: int
    bands: int
    low_hz: float
    high_hz: float
    mel_scale: Literal["slaney", "htk"]
    filters_sample_rate_hz: int
    centred: bool
    floor: float
    level: Literal["peak", "rms", "l2"]
    scaling: Literal["item-max", "two-means", "power", "log", "log10", "band-means"]
    image: bool
    spectrum: Literal["power", "magnitude"] = "power"
    triangles: Literal["hz", "mel"] = "hz"
    flooring: Literal["add", "clamp"] = "add"
    shaping: Literal["hann", "kaldi"] = "hann"

    @property
    def rows(self) -> int:
        """Height of the images the encoder sees: M, or 2 M where two scalings are stacked."""
        return 2 * self.bands if self.scaling == "two-means" else self.bands

    @property
    def channels(self) -> int:
        """Number of input channels C the encoder sees."""
        return 3 if self.image else 1

    def frames(self, samples: int) -> int:
        """Return how many frames F a waveform of ``samples`` has: ``cola16k`` gives 98 for one second."""
        return 1 + (samples if self.centred else samples - self.window) // self.hop


def _torres(name: str, bands: int, filters_sample_rate_hz: int) -> Preset:
    return Preset(
        name=name, sample_rate_hz=44_100, window=2048, hop=512, fft=2048, bands=bands,
        low_hz=0.0, high_hz=filters_sample_rate_hz / 2, mel_scale="slaney",
        filters_sample_rate_hz=filters_sample_rate_hz, centred=True, floor=1e-8,
        level="peak", scaling="item-max", image=True,
    )  # fmt: skip


PRESETS: dict[str, Preset] = {
    p.name: p
    for p in (
        _torres("torres2023", bands=128, filters_sample_rate_hz=22_050),
        _torres("torres2023-paper", bands=80, filters_sample_rate_hz=44_100),
        Preset(
            name="voice16k", sample_rate_hz=16_000, window=400, hop=160, fft=512, bands=80,
            low_hz=60.0, high_hz=7600.0, mel_scale="htk", filters_sample_rate_hz=16_000, centred=True,
            floor=1e-4, level="rms", scaling="two-means", image=False,
        ),
        Preset(
            name="ge2e", sample_rate_hz=16_000, window=400, hop=160, fft=400, bands=40,
            low_hz=0.0, high_hz=8000.0, mel_scale="slaney", filters_sample_rate_hz=16_000, centred=True,
            floor=0.0, level="rms", scaling="power", image=False,
        ),
        Preset(
            name="cola16k", sample_rate_hz=16_000, window=400, hop=160, fft=1024, bands=64,
            low_hz=60.0, high_hz=7800.0, mel_scale="htk", filters_sample_rate_hz=16_000, centred=False,
            floor=1e-5, level="l2", scaling="log", image=False,
            spectrum="magnitude", triangles="mel", flooring="clamp",
        ),
        Preset(
            name="kaldi16k", sample_rate_hz=16_000, window=400, hop=160, fft=512, bands=80,
            low_hz=20.0, high_hz=8000.0, mel_scale="htk", filters_sample_rate_hz=16_000, centred=False,
            floor=float(np.finfo(np.float32).eps), level="rms", scaling="band-means", image=False,
            triangles="mel", flooring="clamp", shaping="kaldi",
        ),
        Preset(
            name="kim2021", sample_rate_hz=22_050, window=1024, hop=512, fft=1024, bands=128,
            low_hz=0.0, high_hz=11_025.0, mel_scale="slaney", filters_sample_rate_hz=22_050, centred=True,
            floor=0.0, level="rms", scaling="log10", image=False, spectrum="magnitude",
        ),
    )
}  # fmt: skip


def preset(name: str) -> Preset:
    """Return the preset called ``name``; ConfigError names those that exist."""
    if name not in PRESETS:
        raise ConfigError(f"no front-end called {name!r}", hint=f"one of: {', '.join(sorted(PRESETS))}")
    return PRESETS[name]
