"""Trials: pairs of recordings and whether they hold one voice.

Conventions
-----------
A trial list is a CSV file of rows ``label,path_a,path_b`` with label 1 for one voice and 0 for two. Ours
starts with a comment line of JSON that says how it was drawn (format version, seed, rules) and the sha256 of
its rows, which is checked on reading; a header row and that line are optional, so that the published lists
(``label,singer/file,singer/file``; Torres et al. 2023) are read as they are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from singalike.corpus.recordings import replace_text
from singalike.errors import ConfigError

FORMAT = "singalike-trials"
VERSION = 1
_HEADER = ["label", "path_a", "path_b"]


@dataclass(frozen=True)
class Trials:
    """A list of trials.

    Attributes:
        labels: (N,) bool, True where both recordings hold one voice.
        path_a: N paths.
        path_b: N paths.
        drawn: How the list was drawn (seed and rules); empty where unknown.
        source: The file it was read from, for messages; empty where there is none.
    """

    labels: np.ndarray
    path_a: tuple[str, ...]
    path_b: tuple[str, ...]
    drawn: Mapping[str, object] = field(default_factory=dict)
    source: str = field(default="", compare=False)

    def __len__(self) -> int:
        return len(self.path_a)

    @property
    def rows(self) -> str:
        """The rows as CSV text without any header."""
        text = io.StringIO()
        labels = (int(label) for label in self.labels)
        csv.writer(text, lineterminator="\n").writerows(zip(labels, self.path_a, self.path_b, strict=True))
        return text.getvalue()

    @property
    def sha256(self) -> str:
        """Checksum of the rows: equal lists have equal checksums, wherever and however they were written."""
        return hashlib.sha256(self.rows.encode()).hexdigest()

    @property
    def paths(self) -> list[str]:
        """Every path once, sorted."""
        return sorted({*self.path_a, *self.path_b})


def write_trials(trials: Trials, path: Path | str) -> None:
    """Write a list with its comment line and header, whole or not at all.

    Args:
        trials: What to write.
        path: The file to write or replace.
    """
    about = {"format": FORMAT, "version": VERSION, **trials.drawn, "sha256": trials.sha256}
    replace_text(Path(path), f"# {json.dumps(about)}\n{','.join(_HEADER)}\n{trials.rows}")


def read_trials(path: Path | str, *, allow_identical: bool = False) -> Trials:
    """Read a list, ours or a published one.

    Args:
        path: The CSV file.
        allow_identical: Accept trials of a recording with itself.

    Returns:
        The trials, paths as written.

    Raises:
        ConfigError: The file is missing or empty, a row is not a trial (with its number), a recording is
            tried with itself, the version is newer than this program, or the rows do not match their
            checksum.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the trials: {error}", where=path) from error
    about = _about(text, path)
    labels, path_a, path_b, identical = [], [], [], []
    rows = csv.reader(io.StringIO(text))
    for row in rows:
        if not row or row[0].startswith("#") or [cell.strip() for cell in row] == _HEADER:
            continue
        if len(row) != 3 or row[0].strip() not in ("0", "1"):
            raise ConfigError(f"row {rows.line_num} is not label,path_a,path_b: {','.join(row)[:80]}", where=path)
        label, a, b = row
        if a == b and not allow_identical:
            identical.append((rows.line_num, a))
        labels.append(label.strip() == "1")
        path_a.append(a)
        path_b.append(b)
    if not labels:
        raise ConfigError("no trials", where=path)
    if identical:
        raise ConfigError(
            f"row {identical[0][0]} tries a recording with itself: {identical[0][1]} ({len(identical)} such rows)",
            where=path,
            hint="its score is 1 whatever the model, so such rows are read only when asked for",
        )
    checksum = about.pop("sha256", None)
    trials = Trials(np.array(labels), tuple(path_a), tuple(path_b), about, str(path))
    if checksum not in (None, trials.sha256):
        raise ConfigError("the rows do not match their checksum", where=path, hint="the list was changed")
    return trials


def _about(text: str, path: Path) -> dict[str, object]:
    first = text.partition("\n")[0]
    if not first.startswith("# {"):
        return {}
    try:
        about = json.loads(first[2:])
    except json.JSONDecodeError as error:
        raise ConfigError(f"the first line is not JSON: {error}", where=path) from error
    if about.pop("format", None) != FORMAT or about.pop("version", VERSION + 1) > VERSION:
        raise ConfigError(f"not a list of format {FORMAT}, version {VERSION} or older", where=path)
    return about
