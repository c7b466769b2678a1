"""What a separator is, and finding one by name: ours, or another package's by the entry point ``singalike.separators``.

An entry point is a factory ``(*, weights: Path | None, stems: int) -> Separator``:

    [project.entry-points."singalike.separators"]
    mine = "my_package:make_separator"
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from singalike.errors import ConfigError
from singalike.extras import needs_extra

GROUP = "singalike.separators"


@runtime_checkable
class Separator(Protocol):
    """Takes a mix apart.

    Attributes:
        name: How it is called.
        fingerprint: Names all that its output follows from (weights, settings); equal only if the output is.
        sample_rate_hz: The rate it takes; None: any.
        stems: Their names; the *last* is what the others leave of the mix.
        chunk_seconds: The longest piece it is given at once.
        overlap_seconds: How much of it the next piece repeats, at most half; the two are cross-faded there.
        min_seconds: The shortest recording it can do anything with.
    """

    name: str
    fingerprint: str
    sample_rate_hz: int | None
    stems: tuple[str, ...]
    chunk_seconds: float
    overlap_seconds: float
    min_seconds: float

    def separate(self, samples: np.ndarray, *, sample_rate_hz: int) -> dict[str, np.ndarray]:
        """Return the stems (C, T) of ``samples`` (C, T) float32; they add up to it within 1e-4.

        Called from several threads at once where ``--jobs`` says so.
        """
        ...


Factory = Callable[..., Separator]


def find_separator(name: str, *, weights: Path | None = None, stems: int = 2) -> Separator:
    """Open a separator by its name.

    Args:
        name: One of :data:`SEPARATORS`, or an entry point of the group ``singalike.separators``.
        weights: A file or folder of weights, in place of the one it would look for.
        stems: 2 (vocals, accompaniment) or 4 (drums, bass, vocals, other).

    Raises:
        ConfigError: There is none of that name, it does not make so many stems, takes no weights, or is no separator.
        MissingWeightsError: Its weights are not here; the message says what to put where.
        MissingExtraError: A library that it needs is not installed.
    """
    with needs_extra("pip install 'singalike[separate]'" if name in SEPARATORS else "", who=name):
        factory = SEPARATORS.get(name) or _from_entry_point(name)
        separator = factory(weights=weights, stems=stems)
    if not isinstance(separator, Separator):
        lacking = [a for a in _ATTRIBUTES if not hasattr(separator, a)]
        raise ConfigError(f"the separator {name!r} lacks {', '.join(lacking)}", hint=f"see {__name__}.Separator")
    if not 0 <= separator.overlap_seconds <= separator.chunk_seconds / 2:
        what = f"chunks of {separator.chunk_seconds} s cannot overlap by {separator.overlap_seconds} s"
        raise ConfigError(f"the separator {name!r}: {what}", hint="by half at most")
    return separator


def separator_names() -> list[str]:
    """Return all names that :func:`find_separator` knows, ours first."""
    return list(dict.fromkeys([*SEPARATORS, *sorted(entry_points(group=GROUP).names)]))


def two_or_four(name: str, stems: int) -> tuple[str, ...]:
    """Return the names of 2 or 4 stems, the last being what the others leave."""
    known = {2: ("vocals", "accompaniment"), 4: ("drums", "bass", "vocals", "other")}
    if stems not in known:
        raise ConfigError(f"{name} does not make {stems} stems", hint="2 or 4")
    return known[stems]


def _from_entry_point(name: str) -> Factory:
    for point in entry_points(group=GROUP, name=name):
        try:
            return point.load()
        except ModuleNotFoundError:
            raise
        except Exception as error:  # it is somebody else's code
            raise ConfigError(f"the separator {name!r} ({point.value}) cannot be loaded: {error}") from error
    raise ConfigError(f"no separator {name!r}", hint=f"one of {', '.join(separator_names())}")


def _repet(*, weights: Path | None, stems: int) -> Separator:
    from singalike.separate.repet import Repet

    if weights is not None:
        raise ConfigError("repet has no weights", where=weights)
    if stems != 2:
        raise ConfigError(f"repet does not make {stems} stems", hint="2: vocals and accompaniment; or use demucs")
    return Repet()


def _demucs(*, weights: Path | None, stems: int) -> Separator:
    from singalike.separate.demucs import Demucs

    return Demucs(weights, stems=two_or_four("demucs", stems))


_ATTRIBUTES: tuple[Any, ...] = (*Separator.__annotations__, "separate")
SEPARATORS: dict[str, Factory] = {"repet": _repet, "demucs": _demucs}
