"""``demo``: the whole main job on the virtual choir, without network or torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from singalike.cli.options import Json, ModelName
from singalike.cli.output import emit, print_table, progress


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything is written.")] = Path("demo"),
    singers: Annotated[int, typer.Option("--singers", min=2, max=40, help="Singers in the choir.")] = 8,
    songs: Annotated[int, typer.Option("--songs", min=2, max=12, help="Songs each of them sings.")] = 3,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed is another choir.")] = 0,
    model: ModelName = None,
    as_json: Json = False,
) -> None:
    """Let a virtual choir sing; index, search and identify it; write a report to look at and listen to."""
    from singalike.demo import run_demo

    with progress("demo") as report:
        done = run_demo(out, singers=singers, songs=songs, seed=seed, model=model, progress=report)
    if as_json:
        emit(done.as_dict())
        return
    print_table(["what was asked", "#right", "#of"], [(f.question, f.right, f.of) for f in done.figures])
    typer.echo(f"{done.recordings} recordings indexed; {done.seconds:.0f} s in all")
    typer.echo(f"the report: {done.report}")
