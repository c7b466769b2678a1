"""The report: results folders to one page, ours beside the paper's, with curves, maps and all that repeats them.

A folder that cannot be read is left out and listed on the page; only where none can be read is there no page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from singalike.errors import ConfigError, SingalikeError
from singalike.measure import sections
from singalike.measure.page import check_page_name, write_page
from singalike.measure.reading import Folder, Measured, read_folder
from singalike.measure.traits import check_traits, read_traits

Progress = Callable[[int, int, object], None]


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        page: The page.
        results: The results on it.
        failed: Why folders were left out.
    """

    page: Path
    results: list[Measured]
    failed: list[SingalikeError]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready fields."""
        shown = [
            {"folder": str(one.folder), "task": one.task, "model": one.model.name, "data": one.data.name}
            for one in self.results
        ]
        return {"page": str(self.page), "results": shown, "failed": [error.as_dict() for error in self.failed]}


def write_report(
    folders: Sequence[Path],
    out: Path,
    *,
    title: str = "",
    traits: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Write one page about all results.

    Args:
        folders: Results folders, as ``singalike evaluate`` writes them; one given twice counts once.
        out: The page, ``.html`` (self-contained) or ``.md`` (pictures in a folder beside it).
        title: Its heading; empty for one made of the data's names.
        traits: A table ``voice,gender,...``: the maps are coloured by each column beside ``voice``.
        progress: Called after each map.

    Returns:
        The page, what is on it and what was left out.

    Raises:
        ConfigError: Another ending, no such traits, or nothing to report on.
        SingalikeError: No folder could be read: what the first one lacks.
    """
    check_page_name(out)
    known = read_traits(traits) if traits else {}
    read: list[Folder] = []
    failed: list[SingalikeError] = []
    for folder in {folder.resolve(): folder for folder in folders}.values():
        try:
            read.append(read_folder(folder))
        except SingalikeError as error:
            failed.append(error)
    if not read:
        raise failed[0] if failed else ConfigError("no results to report on")
    check_traits(known, [folder.embeddings for folder in read if folder.embeddings])
    results = [folder.measured for folder in read]
    blocks = [
        *sections.opening(results, title),
        *sections.figures(read),
        *sections.maps(read, known, progress or (lambda done, of, what: None)),
        *sections.repeat(results),
        *sections.left_out(failed),
    ]
    write_page(blocks, out)
    return Report(out, results, failed)
