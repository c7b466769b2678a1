"""What came out of the demo, and how much of it is right. Scores are cosines: higher is closer."""

from __future__ import annotations

import dataclasses
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singalike.demo.stage import HELD_OUT, LIBRARY, MIX, STRANGER, VOCALS, Take
from singalike.model.compare import Comparison


@dataclass(frozen=True)
class Found:
    """One hit of a search: which take, its score, and the probability of one voice (None: no calibration)."""

    take: Take
    score: float
    probability: float | None


@dataclass(frozen=True)
class Searched:
    """A search by a held-out take; ``hits`` closest first."""

    query: Take
    hits: list[Found]

    @property
    def right(self) -> bool:
        """Whether the first hit is the query's singer."""
        return bool(self.hits) and self.hits[0].take.singer == self.query.singer


@dataclass(frozen=True)
class Identified:
    """What ``identify`` said about a take: a name or "unknown", and the best candidate's score."""

    query: Take
    said: str
    best: str
    score: float
    probability: float | None

    @property
    def expected(self) -> str:
        """What would be right: the singer, or "unknown" for a stranger."""
        return "unknown" if self.query.role == STRANGER else self.query.singer

    @property
    def right(self) -> bool:
        """Whether it said that."""
        return self.said == self.expected


@dataclass(frozen=True)
class Pair:
    """Two takes compared, and why these two."""

    what: str
    a: Take
    b: Take
    comparison: Comparison


@dataclass(frozen=True)
class Figure:
    """So many right answers to a question of so many; ``chance`` is the share that guessing would get."""

    question: str
    right: int
    of: int
    chance: float | None = None


@dataclass(frozen=True)
class Settings:
    """What was asked: singers, songs, seed, and the model (its name, fingerprint, and what --model said)."""

    singers: int
    songs: int
    seed: int
    model: str
    fingerprint: str
    model_option: str | None

    @property
    def model_argument(self) -> str:
        """What to add to a command so that it uses the same model; empty for the shipped one."""
        return f" --model {shlex.quote(self.model_option)}" if self.model_option else ""

    @property
    def command(self) -> str:
        """The command that repeats it."""
        choir = f"--singers {self.singers} --songs {self.songs} --seed {self.seed}"
        return f"singalike demo {choir}{self.model_argument}"


@dataclass(frozen=True)
class Results:
    """Everything the report shows.

    Attributes:
        settings: what was asked.
        threshold, calibrated: below which score nobody is named, and whether the model's card says so.
        takes: all N recordings; ``positions`` (N, 2) theirs on the map, which shows the share ``explained``
            of the variance.
        names: the library's S singers; ``matrix`` (S, S): mean cosine of the library's recordings of the
            row's singer to the held-out ones of the column's.
        searches, identities, pairs: what was asked and answered.
        seconds: how long it all took, but for the report.
        report: its file.
    """

    settings: Settings
    threshold: float
    calibrated: bool
    takes: list[Take]
    positions: np.ndarray
    explained: float
    names: list[str]
    matrix: np.ndarray
    searches: list[Searched]
    identities: list[Identified]
    pairs: list[Pair]
    seconds: float
    report: Path

    @property
    def recordings(self) -> int:
        """How many recordings are in the library."""
        return sum(take.role == LIBRARY for take in self.takes)

    @property
    def figures(self) -> list[Figure]:
        """The counts that sum it up."""
        figures = []
        for kind in (VOCALS, MIX):
            right = [search.right for search in self.searches if search.query.kind == kind]
            question = f"first hit of a held-out {kind} query is the same singer"
            figures.append(Figure(question, sum(right), len(right), 1 / self.settings.singers))
        for role, question in (
            (HELD_OUT, "an enrolled singer is named, and named rightly"),
            (STRANGER, 'a stranger is called "unknown"'),
        ):
            right = [one.right for one in self.identities if one.query.role == role]
            figures.append(Figure(question, sum(right), len(right)))
        return figures

    def as_dict(self) -> dict[str, Any]:
        """Return what the report says as JSON-ready values."""
        return {
            "report": str(self.report),
            "library": str(self.report.parent / "library"),
            "command": self.settings.command,
            "model": {"name": self.settings.model, "fingerprint": self.settings.fingerprint},
            "recordings": self.recordings,
            "seconds": round(self.seconds, 3),
            "figures": [dataclasses.asdict(figure) for figure in self.figures],
            "searches": [_search(search) for search in self.searches],
            "identities": [_identity(one) for one in self.identities],
            "pairs": [
                {"what": p.what, "a": str(p.a.path), "b": str(p.b.path), **p.comparison.as_dict()} for p in self.pairs
            ],
            "matrix": {"singers": self.names, "mean_cosine": np.round(self.matrix, 6).tolist()},
        }


def _search(search: Searched) -> dict[str, Any]:
    hits = [
        {"singer": h.take.singer, "path": str(h.take.path), "score": h.score, "probability": h.probability}
        for h in search.hits
    ]
    return {
        "query": str(search.query.path),
        "singer": search.query.singer,
        "right": search.right,
        "hits": hits,
    }


def _identity(one: Identified) -> dict[str, Any]:
    fields = {name: getattr(one, name) for name in ("expected", "said", "best", "score", "probability", "right")}
    return {"query": str(one.query.path), **fields}
