"""The model card: what a model is, what it was trained on, how its scores are read.

``card.json`` lies beside ``model.onnx`` and ``model.safetensors``, into which the graph points. ``fingerprint`` is the
sha256 of ``model.safetensors`` (weights and front-end, whatever exporter wrote the graph); ``onnx_sha256`` ties the
graph to the card.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any, Literal

import pydantic

from singalike.atomic import draft
from singalike.errors import ConfigError, MissingWeightsError
from singalike.model.voice import VoiceDetector

Pooling = Literal["windows", "time"]
CARD, GRAPH, WEIGHTS = "card.json", "model.onnx", "model.safetensors"


class Alone(pydantic.BaseModel):
    """How the cosine of two recordings is read of which nothing else is known; as in :class:`Calibration`."""

    slope: float
    intercept: float
    fitted_on: str


class Calibration(pydantic.BaseModel):
    """How a cosine is read, fitted on voices the model was not trained on.

    Attributes:
        slope, intercept: ``P(same voice | cosine) = 1 / (1 + exp(-(slope·cosine + intercept)))``, for pairs
            of which half are of one voice.
        unknown_threshold: score under which ``identify`` says "unknown"; of the strangers it was fitted on, one in a
            hundred reached it, with eight voices enrolled.
        fitted_on: the trials it was fitted on, in words.
        duplicate_cosine: cosine from which recordings of one length may be copies of one, in other formats.
        cohort_name, cohort_quantiles: cosines of different voices, 101 quantiles, for percentiles.
        background: median cosine of any two recordings of what it was fitted on; None where it is not known.
        alone: for two recordings without others around them, fitted on several collections; None: they are read as
            among those that the rest was fitted on.
    """

    slope: float
    intercept: float
    unknown_threshold: float
    fitted_on: str
    cohort_name: str
    cohort_quantiles: list[float]
    duplicate_cosine: float = 0.998
    background: float | None = None
    alone: Alone | None = None

    def of_two(self) -> Calibration:
        """Return how the cosine of two recordings is read where nothing says how alike others of their kind are.

        Probabilities are those of ``alone``: less sure, since one cosine means more in one collection than in another.
        Percentiles and the threshold stay as they are.
        """
        if self.alone is None:
            return self
        changes = {"slope": self.alone.slope, "intercept": self.alone.intercept, "background": None}
        return self.model_copy(update=changes)

    def against(self, background: float) -> Calibration:
        """Return how cosines are read among recordings that are less alike than those it was fitted on.

        Recordings of one room, language or song are all alike by more than a cosine of 0, whoever sings. What counts is
        how far a pair is from there to 1: a cosine ``c`` among recordings with this ``background`` is read as
        ``own + (1 − own)·(c − background) / (1 − background)``. The threshold for "unknown" stays: to name a stranger
        is worse than to miss somebody.

        Args:
            background: median cosine of any two recordings (:func:`singalike.model.background.background`). One
                below 0 counts as 0; above its own it changes nothing, since all may be of one voice.
        """
        own = self.background
        if own is None or own <= 0 or background >= own:
            return self
        there = max(background, 0.0)
        stretch = (1 - own) / (1 - there)
        changes = {
            "slope": self.slope * stretch,
            "intercept": self.intercept + self.slope * (own - stretch * there),
            "cohort_quantiles": [there + (quantile - own) / stretch for quantile in self.cohort_quantiles],
            "background": there,
        }
        return self.model_copy(update=changes)

    def probability(self, cosine: float) -> float:
        """Probability that two recordings are one voice, when half of all pairs are."""
        return 0.5 * (1.0 + math.tanh((self.slope * cosine + self.intercept) / 2.0))  # the logistic, without overflow

    def percentile(self, cosine: float) -> float:
        """Share of the cohort's pairs of different voices that are less alike, 0 to 100."""
        quantiles = self.cohort_quantiles
        if cosine <= quantiles[0]:
            return 0.0
        for i, (low, high) in enumerate(itertools.pairwise(quantiles)):
            if cosine <= high:
                step = 100.0 / (len(quantiles) - 1)
                return step * (i + (cosine - low) / max(high - low, 1e-12))
        return 100.0


class TrainingSource(pydantic.BaseModel):
    """One source of training voices and the licence it came under."""

    name: str
    licence: str
    voices: int
    hours: float
    citation: str = ""


class Card(pydantic.BaseModel):
    """A model's card; see the module docstring.

    ``readouts`` names the encoders of a model that has several, into one space, in the order of the graph's outputs
    (``vocal``, ``mix``); ``dimension`` is of one. ``pooling`` says what a recording's vector is the mean over: its
    ``windows``, all alike, or its ``time``, which counts once even where two windows overlap. With a ``voice``
    detector, only windows in which a voice is heard count, by how surely it is.
    """

    name: str
    fingerprint: str
    onnx_sha256: str
    sample_rate_hz: int
    window_seconds: float
    hop_seconds: float
    min_seconds: float
    pooling: Pooling = "windows"
    dimension: int
    domains: list[str]
    readouts: list[Literal["vocal", "mix"]] = []
    recipe: str
    created: str
    licence: str = "Apache-2.0"
    voice: VoiceDetector | None = None
    calibration: Calibration | None = None
    training: list[TrainingSource] = []
    figures: list[dict[str, Any]] = []
    intended_use: str = ""
    misuse: str = ""
    limits: str = ""

    @classmethod
    def load(cls, folder: str | Path) -> Card:
        """Read ``card.json`` of a model folder.

        Raises:
            MissingWeightsError: there is no card.
            ConfigError: it is not a card.
        """
        path = Path(folder) / CARD
        if not path.is_file():
            raise MissingWeightsError(
                "no card.json: not a model folder", where=folder, hint="`singalike export` writes one"
            )
        try:
            return cls.model_validate_json(path.read_bytes())
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            what = f"not a model card: {f'{place}: ' if place else ''}{first['msg']}"
            raise ConfigError(what, where=path, hint="export the model again, or get its folder anew") from error

    def save(self, folder: str | Path) -> Path:
        """Write ``card.json`` atomically and return its path."""
        path = Path(folder) / CARD
        with draft(path) as place:
            place.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path
