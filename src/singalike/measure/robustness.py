"""Robustness: the same trials on clips as they are and after something was done to one side or to both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from singalike.corpus.accompaniments import Accompaniments, Bands
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError
from singalike.evaluate import misleading, robustness
from singalike.evaluate.clip_names import find_clips
from singalike.evaluate.robustness import Sides
from singalike.evaluate.trials import Trials
from singalike.measure.changed import Changed, embed_changed
from singalike.measure.clips import Clips, Progress
from singalike.measure.conditions import GROUPS, Condition, conditions, misleading_conditions
from singalike.measure.trial_names import Cut

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline

CLEAN, MISLEADING = "clean", "misleading"
_WORDS: dict[Sides, str] = {"one": "one side", "both": "both sides"}


def measure_robustness(
    embedder: Baseline,
    clips: Clips,
    recordings: Mapping[str, Recording],
    trials: Trials,
    cut: Cut,
    *,
    seed: int,
    groups: Collection[str] = GROUPS,
    accompaniments: Accompaniments | None = None,
    replicates: int = 1000,
    progress: Progress | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Measure how well singers are told apart under each condition, by the same trials.

    Args:
        embedder: What embeds, and finishes vectors: those of a condition together with the clean ones.
        clips: The clean clips, not finished.
        recordings: By key.
        trials: All of them name clips that are there.
        cut: How the clips were cut.
        seed: Draws rankings, misleading accompaniments and the bootstrap.
        groups: Which conditions, some of :data:`~.conditions.GROUPS`.
        accompaniments: What is laid under voices; None takes bands of the virtual choir.
        replicates: Of the bootstrap over singers.
        progress: Called after each recording.

    Returns:
        The metrics of :func:`singalike.evaluate.robustness.evaluate` for each condition and side, with ``change``
        (what was done), ``sides`` (``"one"``, ``"both"``; ``"none"`` for the clean clips, which come first and have
        no growth) and ``condition`` (both in words); and notes on what is missing and why.

    Raises:
        ConfigError: A group is unknown, or trials of one voice or of two are missing.
        MissingExtraError: See :func:`~.conditions.conditions`.
        ModelMismatchError: See :func:`~.changed.embed_changed`.
    """
    music = accompaniments or Bands()
    asked = conditions(groups, music)
    tests = misleading_conditions(music) if MISLEADING in groups else {}
    pairs = _pairs(clips, trials)
    every = [*asked, *(condition for pieces in tests.values() for condition in pieces)]
    found = embed_changed(embedder, clips, recordings, cut, every, progress=progress)
    table = _Table(embedder, clips, pairs, {"seed": seed, "replicates": replicates})
    table.add_clean()
    for condition in asked:
        for sides in get_args(Sides):
            table.add(condition, found[condition.name], sides)
    for name, pieces in tests.items():
        table.add_misleading(name, [found[piece.name] for piece in pieces])
    return table.results, table.notes


def _pairs(clips: Clips, trials: Trials) -> np.ndarray:
    """Return the trials as indices of clips (N, 2)."""
    found = find_clips(trials.paths, clips.keys.tolist(), clips.recordings.tolist(), clips.voices.tolist())
    if several := [name for name, places in found.items() if len(places) > 1]:
        raise ConfigError(
            f"{len(several)} names of the trials are of several clips each, first {several[0]}",
            where=trials.source or None,
            hint="name clips, or leave --clip-seconds out",
        )
    sides = ([found[path][0] for path in side] for side in (trials.path_a, trials.path_b))
    a, b = (np.array(side) for side in sides)
    if len(wrong := np.flatnonzero(trials.labels != (clips.voices[a] == clips.voices[b]))):
        first = f"{trials.path_a[wrong[0]]}, {trials.path_b[wrong[0]]}"
        raise ConfigError(
            f"{len(wrong)} labels contradict the voices, first that of {first}", where=trials.source or None
        )
    return np.stack((a, b), axis=1)


class _Table:
    """Collects the figures of conditions, and why some cannot be had."""

    def __init__(self, embedder: Baseline, clips: Clips, pairs: np.ndarray, draws: dict[str, int]) -> None:
        self._embedder, self._clips, self._pairs, self._draws = embedder, clips, pairs, draws
        self.results: list[dict[str, Any]] = []
        self.notes: list[str] = []

    def add_clean(self) -> None:
        """Measure the clips as they are; ConfigError where that cannot be."""
        whole = Changed(self._clips.vectors, np.ones(len(self._clips.keys), bool), "")
        figures = self._evaluate(whole, "both")
        relative = ("eer_clean", "growth", "growth_low", "growth_high")
        kept = {name: value for name, value in figures.items() if name not in relative}
        self.results.append({"condition": CLEAN, "change": CLEAN, "sides": "none", **kept})

    def add(self, condition: Condition, changed: Changed, sides: Sides) -> None:
        """Measure a condition, if enough clips were heard."""
        if sides == "one":
            self._note(condition.name, [changed])
        try:
            self._add(condition.name, sides, self._evaluate(changed, sides))
        except ConfigError as error:
            self.notes.append(f"{condition.name}, {_WORDS[sides]}: not measured: {error.what}")

    def add_misleading(self, name: str, pieces: list[Changed]) -> None:
        """Measure the trials whose accompaniments say the opposite of the voices, if enough clips were heard."""
        self._note(name, pieces)
        try:
            clean, *over = self._finished(pieces)
            heard = np.stack([piece.heard for piece in pieces])
            voices = self._clips.voices
            figures = misleading.evaluate(clean, np.stack(over), heard, voices, self._pairs, **self._draws)
            self._add(name, "both", figures)
        except ConfigError as error:
            self.notes.append(f"{name}: not measured: {error.what}")

    def _add(self, change: str, sides: Sides, figures: dict[str, Any]) -> None:
        named = {"condition": f"{change}, {_WORDS[sides]}", "change": change, "sides": sides}
        self.results.append({**named, **figures})

    def _evaluate(self, changed: Changed, sides: Sides) -> dict[str, Any]:
        clean, vectors = self._finished([changed])
        voices = self._clips.voices
        return robustness.evaluate(clean, vectors, changed.heard, voices, self._pairs, sides=sides, **self._draws)

    def _finished(self, parts: list[Changed]) -> list[np.ndarray]:
        """Return the clean vectors (N, D) and those of each part, finished together."""
        heard = [np.ones(len(self._clips.keys), bool), *(part.heard for part in parts)]
        rows = [self._clips.vectors, *(part.vectors[part.heard] for part in parts)]
        matrix = self._embedder.finish(np.concatenate(rows))
        whole = [np.zeros((len(one), matrix.shape[1]), matrix.dtype) for one in heard]
        for one, where, part in zip(
            whole, heard, np.split(matrix, np.cumsum([len(r) for r in rows])[:-1]), strict=True
        ):
            one[where] = part
        return whole

    def _note(self, name: str, parts: list[Changed]) -> None:
        heard = np.all([part.heard for part in parts], axis=0)
        if missing := int((~heard).sum()):
            why = next(part.why for part in parts if part.why)
            self.notes.append(f"{name}: {missing} of {len(heard)} clips are left out, the first because: {why}")
