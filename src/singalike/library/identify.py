"""Who sings: enrolled voices, each kept as several exemplars, and an honest "unknown".

A voice is its exemplars: one vector a recording, at most :data:`MAX_EXEMPLARS`, the most different ones. Its score
is half the cosine of the query to the closest of them, half the mean of its cosines to all. The closest finds a voice
in the register, or the room, that the query is in; the mean keeps a stranger from being taken for the one who has the
most exemplars, one of which is close by chance. So one threshold does for few exemplars and for many: the
``unknown_threshold`` of the model card's calibration, unless another is given. Below it nobody is named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.errors import ConfigError, InputError, ModelMismatchError, UnreadableError
from singalike.library import voices
from singalike.library.background import read_among
from singalike.library.query import Query, embed, resolve
from singalike.library.results import Candidate, Enrolment, Failure, Identification
from singalike.library.scan import scan
from singalike.library.store import Store

if TYPE_CHECKING:
    from singalike.model.card import Calibration
    from singalike.model.encoder import Model

UNKNOWN = "unknown"
MAX_EXEMPLARS = 32
_DOUBTFUL = 0.5  # an exemplar that is less likely of the same voice as the others is warned of


def enroll(
    store: Store,
    get_model: Callable[[], Model],
    name: str,
    paths: Sequence[str | Path],
    readout: str | None = None,
) -> Enrolment:
    """Add recordings of one voice; see :meth:`Library.enroll`."""
    name = _checked(name)
    found = scan(paths)
    queries, failed = _resolve_all(store, get_model, found.files, readout)
    failed = found.failed + failed
    known = {exemplar.sha256 for exemplar in voices.exemplars(store, name)}
    if queries:
        voices.keep(store, name, queries)
        _keep_most_different(store, name)
    own = [e for e in voices.exemplars(store, name) if e.fingerprint == store.fingerprint()]
    calibration = get_model().card.calibration if len(own) > 1 else None
    cohesion, warnings = _cohesion(own, calibration)
    return Enrolment(name, len(own), len({q.sha256 for q in queries} - known), cohesion, warnings, failed)


def identify(
    store: Store, query: Query, *, k: int, threshold: float | None, calibration: Calibration | None
) -> Identification:
    """Compare `query` with the enrolled voices; see :meth:`Library.identify`."""
    exemplars = _comparable(store, query)
    names, vectors = np.array([e.voice for e in exemplars]), np.stack([e.vector for e in exemplars])
    calibration = read_among(calibration, vectors, names)
    limit = _threshold(threshold, calibration)
    scores = zip(*voice_scores(names, vectors @ query.voiceprint.vector), strict=True)
    candidates = [
        Candidate(name, float(score), None if calibration is None else float(calibration.probability(score)))
        for name, score in sorted(scores, key=lambda item: (-item[1], item[0]))[:k]
    ]
    best = candidates[0]
    return Identification(
        name=best.name if best.score >= limit else UNKNOWN,
        score=best.score,
        probability=best.probability,
        threshold=limit,
        candidates=candidates,
    )


def reembed(store: Store, model: Model) -> list[Failure]:
    """Embed the exemplars that another model embedded, from their files; return those that could not be.

    A file that is no longer what was enrolled may be of somebody else: its exemplar stays as it is, of the old model.
    """
    failures: list[Failure] = []
    for exemplar in voices.exemplars(store):
        if exemplar.fingerprint == model.fingerprint:
            continue
        try:
            found = embed(model.keeping(exemplar.readout), exemplar.path)
            if found.sha256 != exemplar.sha256:
                hint = f"enroll it again for {exemplar.voice!r}, if it is still of that voice"
                raise UnreadableError("the file was changed since it was enrolled", where=exemplar.path, hint=hint)
            voices.replace(store, exemplar, found)
        except InputError as error:
            failures.append(Failure.of(exemplar.path, error))
    return failures


def most_different(vectors: np.ndarray, n: int) -> list[int]:
    """Choose `n` of the unit vectors (N, D) that cover all: first the most central, then always the farthest.

    Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985.
    """
    cosines = vectors @ vectors.T
    chosen = [int(cosines.sum(axis=1).argmax())]
    while len(chosen) < min(n, len(vectors)):
        closest = cosines[:, chosen].max(axis=1)
        closest[chosen] = np.inf
        chosen.append(int(closest.argmin()))
    return chosen


def voice_scores(names: np.ndarray, cosines: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the voices V, by name, and the score of each.

    Args:
        names: (N,) whose each exemplar is.
        cosines: (..., N) of a query, or of several, to each exemplar.

    Returns:
        V names and (..., V) scores in [-1, 1]: half the highest cosine, half the mean.
    """
    voices = np.unique(names).tolist()
    own = [cosines[..., names == voice] for voice in voices]
    scores = np.stack([(one.max(axis=-1) + one.mean(axis=-1)) / 2 for one in own], axis=-1)
    return voices, np.clip(scores, -1.0, 1.0)


def _checked(name: str) -> str:
    name = name.strip()
    if not name or name.casefold() == UNKNOWN:
        raise ConfigError(f"a voice cannot be called {name!r}", hint="give it a name")
    return name


def _resolve_all(
    store: Store, get_model: Callable[[], Model], files: list[Path], readout: str | None
) -> tuple[list[Query], list[Failure]]:
    queries: list[Query] = []
    failed: list[Failure] = []
    for path in files:
        try:
            queries.append(resolve(store, get_model, path, readout=readout))
        except InputError as error:
            failed.append(Failure.of(path, error))
    return queries, failed


def _keep_most_different(store: Store, name: str) -> None:
    own = [e for e in voices.exemplars(store, name) if e.fingerprint == store.fingerprint()]
    if len(own) > MAX_EXEMPLARS:
        kept = set(most_different(np.stack([e.vector for e in own]), MAX_EXEMPLARS))
        voices.drop(store, name, [e.sha256 for i, e in enumerate(own) if i not in kept])


def _cohesion(exemplars: list[voices.Exemplar], calibration: Calibration | None) -> tuple[float | None, list[str]]:
    """Return the mean cosine between exemplars and a warning for each that sounds like somebody else."""
    if len(exemplars) < 2:
        return None, []
    vectors = np.stack([e.vector for e in exemplars])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, 0.0)
    to_others = cosines.sum(axis=1) / (len(exemplars) - 1)
    if calibration is None:
        return float(to_others.mean()), ["the model has no calibration: whether the recordings agree was not judged"]
    warnings = [
        f"{exemplar.path}: does not sound like the other recordings of this voice (mean cosine {cosine:.2f})"
        for exemplar, cosine in zip(exemplars, to_others, strict=True)
        if calibration.of_two().probability(cosine) < _DOUBTFUL
    ]
    return float(to_others.mean()), warnings


def _threshold(threshold: float | None, calibration: Calibration | None) -> float:
    if threshold is not None:
        if not (math.isfinite(threshold) and -1.0 <= threshold <= 1.0):
            raise ConfigError(f"the threshold must be a score between -1 and 1, not {threshold!r}")
        return float(threshold)
    if calibration is None:
        raise ConfigError(
            "the model has no calibration, so there is no threshold below which a voice is unknown",
            hint="give one: threshold=..., a score between -1 and 1",
        )
    return float(calibration.unknown_threshold)


def _comparable(store: Store, query: Query) -> list[voices.Exemplar]:
    """Return the exemplars of the query's model."""
    found = voices.exemplars(store)
    if not found:
        raise ConfigError("no voice is enrolled", where=store.folder, hint="`singalike enroll NAME PATH...`")
    comparable = [exemplar for exemplar in found if exemplar.fingerprint == query.fingerprint]
    if not comparable:
        raise ModelMismatchError(
            f"all voices were enrolled with model {found[0].fingerprint[:12]}, this is {query.fingerprint[:12]}",
            where=store.folder,
            hint="`singalike index --reindex`, or enroll them again",
        )
    return comparable
