"""Everything that embeds, by name: our models, published ones, and the baselines of Torres et al. 2023 (table 2).

Nothing heavy is imported before a name asks for it: a model of ours is measured without torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.errors import ConfigError, MissingWeightsError, NoVoiceError
from singalike.extras import needs_extra
from singalike.model.hub import PUBLISHED, home, load_model

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline
    from singalike.model.encoder import Model


_READOUT_OF = {"vocals": "vocal", "mixture": "mix"}


class OurModel:
    """A model folder as a :class:`~singalike.encoders.published.Baseline`; vectors of unit norm.

    Args:
        model: An open model; its card's name and fingerprint are taken.
        by_domain: Take the read-out that fits what is heard, where the model has them; recordings count as vocals.
    """

    def __init__(self, model: Model, *, by_domain: bool = False) -> None:
        self._by_domain = by_domain and bool(model.card.readouts)
        self._model = model.reading(model.card.readouts[0]) if self._by_domain else model
        self.name = model.card.name
        self.fingerprint = model.fingerprint
        if model.readout and not self._by_domain:  # vectors are kept by this
            self.name = f"{self.name} ({model.readout})"
            self.fingerprint = hashlib.sha256(f"{model.card.fingerprint} {model.readout}".encode()).hexdigest()
        self.space = model.fingerprint
        self.sample_rate_hz = model.sample_rate_hz

    def of(self, domain: str) -> OurModel:
        """Return the model with the read-out for ``"vocals"`` or ``"mixture"``, or itself."""
        return OurModel(self._model.reading(_READOUT_OF[domain])) if self._by_domain else self

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the vector (D,) of samples (T,) at any rate; errors as :meth:`singalike.model.encoder.Model.embed`.

        Whoever measures says that there is a voice: where the model hears none, all of the clip counts.
        """
        try:
            return self._model.embed(samples, sample_rate_hz=sample_rate_hz)
        except NoVoiceError:
            return self._model.hearing_anything().embed(samples, sample_rate_hz=sample_rate_hz)

    def embed_layers(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the same vector as the only layer, (1, D)."""
        return self.embed(samples, sample_rate_hz=sample_rate_hz)[None]

    def finish(self, matrix: np.ndarray) -> np.ndarray:
        """Return the vectors (N, D) unchanged."""
        return matrix


@dataclass(frozen=True)
class Entry:
    """What is known of a baseline before it is opened.

    Attributes:
        name: How it is called.
        title: How publications call it.
        sample_rate_hz: The rate it takes.
        dimension: D, the length of a vector.
        parameters: Number of its parameters, 0 where nothing was learnt.
        weights: What it looks for under ``home()/baselines``; None where it brings its own or needs none.
        publication: Where it comes from.
    """

    name: str
    title: str
    sample_rate_hz: int
    dimension: int
    parameters: int
    weights: str | None
    publication: str


_MFCC = "Davis & Mermelstein 1980"
BASELINES: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("ge2e", "GE2E", 16_000, 256, 1_423_616, None, "Wan et al. 2018, package resemblyzer"),
        Entry("mfcc", "MFCC statistics", 16_000, 40, 0, None, _MFCC),
        Entry("mfcc-plain", "MFCC statistics, not standardised", 16_000, 40, 0, None, _MFCC),
        Entry("campplus", "CAM++", 16_000, 192, 6_848_544, "campplus_cn_en_common.pt", "Wang et al. 2023, 3D-Speaker"),
        Entry("f-resnet", "F-ResNet", 16_000, 512, 1_437_078, "baseline_lite_ap.model", "Chung et al. 2020"),
        Entry("h-asp", "H/ASP", 16_000, 512, 8_028_492, "baseline_v2_ap.model", "Heo et al. 2020"),
        Entry("wav2vec2-base", "Wav2Vec2-base", 16_000, 768, 94_371_712, "wav2vec2-base", "Baevski et al. 2020"),
        Entry("xlsr-53", "XLSR-53", 16_000, 1024, 315_438_720, "xlsr-53", "Conneau et al. 2021"),
    )
}
EMBEDDERS = ("default", *PUBLISHED, *BASELINES)
"""Names that are always understood, for help texts; beside them any model folder or installed model."""


def find_embedder(name: str, *, weights: Path | None = None, readout: str | None = None) -> Baseline:
    """Open a baseline by its name, or a model by its name or folder.

    Args:
        name: One of :data:`EMBEDDERS`, a model folder, or the name of an installed model.
        weights: A baseline's checkpoint (a file, or a folder for wav2vec 2.0) in place of the one it would look for.
        readout: Of a model with several: ``vocal``, ``mix`` or ``both``; without one, what fits each domain.

    Raises:
        ConfigError: Weights or a read-out given for something that has none.
        MissingWeightsError: There is nothing of that name, or no checkpoint; the message says what to put where.
        MissingExtraError: A library is not installed.
        ModelMismatchError: The files are not what their name says.
    """
    if name in _OPEN:
        if readout is not None:
            raise ConfigError(f"{name} has one read-out, not {readout!r}", hint="leave --readout out")
        with needs_extra("pip install 'singalike[train,baselines]'", who=name):
            return _OPEN[name](name, weights)
    if weights is not None:
        raise ConfigError("only a baseline takes weights apart from its name", where=weights, hint="name the folder")
    try:
        return OurModel(load_model(name, readout=readout), by_domain=readout is None)
    except MissingWeightsError as error:
        hint = f"{error.hint}; or a baseline: {', '.join(BASELINES)}"
        raise MissingWeightsError(error.what, where=error.where, hint=hint) from error


def _open_ge2e(name: str, weights: Path | None) -> Baseline:
    from singalike.encoders.published.ge2e import Ge2e

    return Ge2e(weights)


def _open_mfcc(name: str, weights: Path | None) -> Baseline:
    from singalike.encoders.published.mfcc import MfccStatistics

    if weights is not None:
        raise ConfigError(f"{name} has no weights", where=weights)
    return MfccStatistics(standardised=name == "mfcc")


def _open_campplus(name: str, weights: Path | None) -> Baseline:
    from singalike.encoders.published.campplus import CamPlusPlus

    return CamPlusPlus(weights or _place(name))


def _open_f_resnet(name: str, weights: Path | None) -> Baseline:
    from singalike.encoders.published.fast_resnet import FastResNet

    return FastResNet(weights or _place(name))


def _open_h_asp(name: str, weights: Path | None) -> Baseline:
    from singalike.encoders.published.h_asp import HalfAsp

    return HalfAsp(weights or _place(name))


def _open_wav2vec2(name: str, weights: Path | None) -> Baseline:
    from singalike.encoders.published.wav2vec2 import Wav2Vec2

    if weights is not None:
        return Wav2Vec2(name, weights)
    return Wav2Vec2(name, _place(name), cache=home() / "hub")


def _place(name: str) -> Path:
    return home() / "baselines" / str(BASELINES[name].weights)


_OPEN: dict[str, Callable[[str, Path | None], Baseline]] = {
    "ge2e": _open_ge2e,
    "mfcc": _open_mfcc,
    "mfcc-plain": _open_mfcc,
    "campplus": _open_campplus,
    "f-resnet": _open_f_resnet,
    "h-asp": _open_h_asp,
    "wav2vec2-base": _open_wav2vec2,
    "xlsr-53": _open_wav2vec2,
}
