"""``report``: results folders to one page. Curves and maps need ``pip install 'singalike[plots]'``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from singalike.cli.options import Json
from singalike.cli.output import emit, exit_for, plain, progress


def report(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULTS...", help="Folders that `singalike evaluate` wrote.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="PAGE", help="PAGE.html, self-contained, or PAGE.md with pictures beside it."),
    ],
    title: Annotated[str, typer.Option("--title", help="The page's heading.")] = "",
    traits: Annotated[
        Path | None,
        typer.Option("--traits", metavar="CSV", help="voice,gender,...: colour the maps by each of these columns."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show results of all tasks on one page, models side by side and beside Torres et al. 2023, with pictures."""
    from singalike.measure.report import write_report

    with progress("report") as moved:
        done = write_report(results, out, title=title, traits=traits, progress=moved)
    if as_json:
        emit(done.as_dict())
    else:
        typer.echo(f"{len(done.results)} results on {plain(done.page)}")
        for error in done.failed:
            typer.echo(f"left out: {plain(error)}", err=True)
    exit_for(done.failed)
