"""Are two recordings one voice? A cosine, a probability and a percentile."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from singalike.errors import ModelMismatchError
from singalike.model.embedding import Embedding
from singalike.model.encoder import Model, Source
from singalike.model.hub import load_model


@dataclass(frozen=True)
class Comparison:
    """How alike two voices are; each figure: higher is closer.

    Attributes:
        cosine: of the two recordings' vectors, −1 to 1.
        probability: that they are one voice, when half of all pairs are, and nothing else is known of where they come
            from; None without a calibration.
        percentile: share of pairs of different voices in ``cohort`` that are less alike, 0 to 100.
        cohort: whom the percentile is relative to.
        fingerprint: the model that was asked.
        flags: quality flags of either recording that call for caution.
    """

    cosine: float
    probability: float | None
    percentile: float | None
    cohort: str | None
    fingerprint: str
    flags: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def as_dict(self) -> dict[str, object]:
        """Return the fields, JSON-ready."""
        return asdict(self)


def compare(
    a: Source | Embedding,
    b: Source | Embedding,
    *,
    model: Model | None = None,
    sample_rate_hz: int | None = None,
) -> Comparison:
    """Compare two recordings (files, or arrays at ``sample_rate_hz``, or what a model made of them).

    Raises:
        InputError: a recording cannot be used.
        ModelMismatchError: an embedding is of another model.
    """
    model = model or load_model()
    first, second = (
        x if isinstance(x, Embedding) else model.embed_recording(x, sample_rate_hz=sample_rate_hz) for x in (a, b)
    )
    for embedding in (first, second):
        if embedding.fingerprint != model.fingerprint:
            raise ModelMismatchError(
                f"a vector of model {embedding.fingerprint[:12]} cannot be compared by {model.fingerprint[:12]}",
                hint="embed both recordings with one model",
            )
    cosine = float(np.dot(first.vector, second.vector))
    fit = model.card.calibration and model.card.calibration.of_two()
    return Comparison(
        cosine=cosine,
        probability=fit.probability(cosine) if fit else None,
        percentile=fit.percentile(cosine) if fit else None,
        cohort=fit.cohort_name if fit else None,
        fingerprint=model.fingerprint,
        flags=(first.quality.flags, second.quality.flags),
    )
