"""A song as voice and accompaniment: ready stems, stems that a separator makes, or a vocal that is alone anyway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singalike.audio.blocks import survey
from singalike.audio.excerpt import read_excerpt
from singalike.errors import ConfigError, InputError, UnreadableError
from singalike.separate.base import Separator
from singalike.separate.cache import cached_stems
from singalike.separate.ready import NAMES, ReadyStems, find_stems


@dataclass(frozen=True)
class Parts:
    """What a song is made of.

    Attributes:
        path: As it was named.
        how: ``"a vocal alone"``, ``"ready stems"``, ``"separated by <name>"`` or ``"as it is"`` (a mix).
        files: What was read, by name: ``vocals``, ``accompaniment``, ``mix``.
        sample_rate_hz: Of all parts.
        stems: (C, T) float32 by name: any of ``vocals``, ``accompaniment``, ``mix``.
        trimmed_seconds: By how much the longest file was longer.
    """

    path: Path
    how: str
    files: dict[str, Path]
    sample_rate_hz: int
    stems: dict[str, np.ndarray]
    trimmed_seconds: float = 0.0

    def need(self, name: str) -> np.ndarray:
        """Return a stem.

        Raises:
            InputError: The song is not taken apart, or is a vocal alone.
        """
        if name not in self.stems:
            hint = "name a separator (--separator repet), or put its stems beside it"
            raise InputError(f"there is no {name} of it: it is {self.how}", where=self.path, hint=hint)
        return self.stems[name]


def open_parts(path: Path, *, separator: Separator | None = None, is_vocal: bool = False) -> Parts:
    """Read a song in its parts; ready stems are preferred to a separator.

    Args:
        path: A mix, a folder of stems, a vocal.
        separator: Takes apart what has no ready stems; None leaves it as it is.
        is_vocal: It is a vocal alone, whatever lies beside it.

    Raises:
        InputError: A file cannot be used (missing, silent, NaN), stems do not belong together, or the separator
            cannot use it.
        ConfigError: The folder holds no stems.
    """
    if not path.exists():
        raise UnreadableError("no such file or folder", where=path)
    if is_vocal:
        return _whole(path, "vocals", "a vocal alone")
    if (ready := find_ready(path)) is not None:
        return _of_stems(path, ready, "ready stems")
    if path.is_dir():
        raise ConfigError("no stems in this folder", where=path, hint="vocals.wav and accompaniment.wav or mixture.wav")
    if path.stem.lower() in NAMES["vocals"]:
        return _whole(path, "vocals", "a vocal alone")
    if separator is None:
        return _whole(path, "mix", "as it is")
    entry = cached_stems(path, separator)
    made = find_stems(entry.folder)
    if made is None or "accompaniment" not in made.files:
        what = f"{separator.name} makes {', '.join(separator.stems)}"
        raise ConfigError(f"{what}: no vocals and accompaniment", hint="a separator into two stems")
    parts = _of_stems(path, made, f"separated by {separator.name}")
    return Parts(path, parts.how, {**parts.files, "mix": path}, parts.sample_rate_hz, parts.stems)


def find_ready(path: Path) -> ReadyStems | None:
    """Find the ready stems of a mix, in a folder, or around a file that is called ``vocals``."""
    if path.is_file() and path.stem.lower() in NAMES["vocals"]:
        found = find_stems(path.parent)
        return found if found is not None and found.files["vocals"] == path else None
    return find_stems(path)


def _of_stems(path: Path, ready: ReadyStems, how: str) -> Parts:
    for file in (ready.files["vocals"], ready.files.get("mix")):
        if file is not None:
            survey(file)  # says what is wrong with a file, by its name
    stems = {name: stem for name, stem in ready.read().items() if name in ("vocals", "accompaniment", "mix")}
    return Parts(path, how, dict(ready.files), ready.sample_rate_hz, stems, ready.trimmed_seconds)


def _whole(path: Path, name: str, how: str) -> Parts:
    survey(path)
    excerpt = read_excerpt(path, None, 0.0, None)
    return Parts(path, how, {name: path}, excerpt.span.from_hz, {name: excerpt.channels.T})
