"""What is asked of an evaluation of vocal tags, and the rated segments it is measured on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singalike.corpus.rated import RatedSegment, read_rated_table
from singalike.corpus.readers import RATED_READERS
from singalike.errors import ConfigError
from singalike.evaluate.parts import PARTS, deal_parts

TASK = "vocal-tags"
_SHARE = 0.5  # of listeners, where ratings go to 1


@dataclass(frozen=True)
class VocalTagSettings:
    """What is asked of an evaluation of vocal tags.

    Attributes:
        task: ``"vocal-tags"``.
        reader: Name of a reader of rated segments; None reads a table.
        rated_from: The lowest rating with which a tag holds; None takes the dataset's own (KVT: 2 of 3), or one half
            where a table's ratings go to 1.
        save_head: Write the trained head, ``tags.npz``.
        seed: Deals parts, draws the head's first weights and the bootstrap.

    Raises:
        ConfigError: There is no such reader, or every rating would hold.
    """

    task: str = TASK
    reader: str | None = None
    rated_from: float | None = None
    save_head: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.reader is not None and self.reader not in RATED_READERS:
            raise ConfigError(
                f"no reader of rated segments is called {self.reader!r}", hint=f"one of: {', '.join(RATED_READERS)}"
            )

        if self.rated_from is not None and not 0 < self.rated_from < math.inf:
            raise ConfigError(f"a tag that holds from a rating of {self.rated_from:g} on", hint="more than 0")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings JSON-ready; two runs with equal ones are the same evaluation, head kept or not."""
        return {name: value for name, value in asdict(self).items() if name != "save_head"}


@dataclass(frozen=True)
class RatedData:
    """Segments of different names, all with these tags, and from which rating on a tag holds."""

    name: str
    licence: str
    segments: list[RatedSegment]
    tags: tuple[str, ...]
    holds_from: float


def read_rated_data(source: Path, settings: VocalTagSettings) -> RatedData:
    """Read what to measure on.

    Args:
        source: A table of rated segments (:mod:`singalike.corpus.rated`), or the root of a reader's dataset.
        settings: Reader and threshold.

    Raises:
        ConfigError: There is no such source, a name is there twice, or nothing says from which rating on a tag holds.
    """
    if settings.reader is None:
        name, segments, own = source.resolve().stem, read_rated_table(source), None
    else:
        reader = RATED_READERS[settings.reader]
        name, segments, own = reader.DATASET.name, reader.read(source), reader.HOLDS_FROM
    highest = max(max(segment.ratings.values()) for segment in segments)
    if own is None and settings.rated_from is None and highest > 1:
        raise ConfigError(
            f"ratings go up to {highest:g}", where=source, hint="--rated-from says with which a tag begins to hold"
        )
    if twice := [name for name, count in Counter(segment.name for segment in segments).items() if count > 1]:
        raise ConfigError(f"{len(twice)} segments are there twice, such as {twice[0]}", where=source)
    holds_from = settings.rated_from if settings.rated_from is not None else own or _SHARE
    licences = sorted({segment.licence for segment in segments} - {""})
    return RatedData(name, "; ".join(licences), segments, tuple(segments[0].ratings), holds_from)


def parts_of(segments: Sequence[RatedSegment], *, seed: int) -> tuple[dict[str, str], list[str]]:
    """Return the part of each segment by name, and a note where artists were dealt.

    Raises:
        ConfigError: The segments have some parts but not all three, or there are fewer than 3 artists.
    """
    given = {segment.split for segment in segments}
    if given == set(PARTS):
        return {segment.name: segment.split for segment in segments}, []
    if given != {""}:
        raise ConfigError(f"there are only the parts {', '.join(sorted(map(repr, given)))}", hint=f"{', '.join(PARTS)}")
    artists = np.array([segment.voice for segment in segments])
    dealt = deal_parts(artists, np.full(len(artists), "artists"), seed=seed)
    parts = {segment.name: PARTS[number] for segment, number in zip(segments, dealt.tolist(), strict=True)}
    return parts, ["no parts are given: artists were dealt 80/10/10"]
