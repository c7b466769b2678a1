"""What is known of the voices on a map beside their names: kind and session of a clip, gender and more of a singer."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.errors import ConfigError

if TYPE_CHECKING:
    from singalike.measure.reading import Embeddings

_MOST_LABELS = 60  # a colouring by more labels than this shows nothing

Traits = Mapping[str, Mapping[str, str]]  # trait -> voice -> value


def read_traits(table: Path) -> Traits:
    """Read what is known of voices: a CSV with a column ``voice`` and one a trait (``gender``, ``voice_part``, ...).

    Raises:
        ConfigError: There is no such table, it is not CSV, lacks a column, or names a voice twice.
    """
    try:
        rows = csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig")))
        found = list(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"cannot read the traits: {error}", where=table) from error
    columns = [name for name in rows.fieldnames or () if name != "voice"]
    if "voice" not in (rows.fieldnames or ()) or not columns:
        raise ConfigError("traits need a column voice and one more", where=table, hint="voice,gender")
    repeated = [str(voice) for voice, times in Counter(row["voice"] for row in found).items() if times > 1]
    if repeated:
        raise ConfigError(f"voices named twice: {', '.join(repeated[:5])}", where=table)
    return {column: {row["voice"]: (row[column] or "").strip() for row in found} for column in columns}


def check_traits(traits: Traits, embeddings: Sequence[Embeddings]) -> None:
    """Raise ConfigError where the traits are of none of the voices: names that are written differently, most likely."""
    if not traits:
        return
    here = {voice for one in embeddings for voice in one.voices.tolist()}
    known = {voice for of in traits.values() for voice in of}
    if here.isdisjoint(known):
        raise ConfigError(
            f"the traits are of {', '.join(sorted(known)[:3])}, ...; the results of {', '.join(sorted(here)[:3])}, ...",
            hint="voices are compared by their whole name",
        )


def colourings(embeddings: Embeddings, traits: Traits) -> dict[str, np.ndarray]:
    """Return (N,) labels of the clips by what they tell of them.

    Singer is always there; kind, session and each trait only where their clips differ, and in no more than 60 ways.
    """
    voices = embeddings.voices
    others = {"kind or technique": embeddings.kinds, "session": embeddings.sessions}
    others |= {name: np.array([of.get(voice, "") for voice in voices]) for name, of in traits.items()}
    telling = {name: values for name, values in others.items() if 1 < len(set(values.tolist())) <= _MOST_LABELS}
    return {"singer": voices, **telling}
