"""``prepare``: recordings decoded, split by voice and cut into clips, before anything learns or is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from singalike.cli.options import Json
from singalike.cli.output import emit, exit_for, plain, print_table, progress


def prepare(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A folder SINGER/.../FILE, or a table: path, voice.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the tables go; no audio is copied.")],
    sample_rate_hz: Annotated[
        int, typer.Option("--sample-rate-hz", min=1000, max=10_000_000, help="The rate of the model to train.")
    ],
    clip_seconds: Annotated[float, typer.Option("--clip-seconds", help="Length of a clip.")] = 4.0,
    shares: Annotated[
        tuple[float, float, float], typer.Option("--shares", help="Shares of voices: train, validation, test.")
    ] = (0.8, 0.1, 0.1),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed is another split.")] = 0,
    keep_silences: Annotated[bool, typer.Option("--keep-silences", help="Do not cut long silences.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Recordings at a time; one a core.")] = None,
    reader: Annotated[str | None, typer.Option("--reader", help="DATA is the root of this known dataset.")] = None,
    as_json: Json = False,
) -> None:
    """Decode recordings once, split them by voice, and list their clips. Goes on where it was interrupted."""
    from singalike.corpus.prepare import RECORDINGS, Settings
    from singalike.corpus.prepare import prepare as prepare_data

    settings = Settings(sample_rate_hz, clip_seconds, shares, seed, shorten_silences=not keep_silences)
    with progress("preparing") as report:
        done = prepare_data(
            data, out, settings, reader=reader, jobs=jobs, progress=lambda stage, i, n: report(i, n, stage)
        )
    failed = done["failed"]
    if as_json:
        emit({"out": out, **done})
    else:
        rows = [
            (part, n["recordings"], n["voices"], n["clips"], f"{n['seconds'] / 3600:.2f}")
            for part, n in done["splits"].items()
        ]
        print_table(["part", "#recordings", "#voices", "#clips", "#hours"], rows)
        typer.echo(f"the tables are in {out}; next: singalike train RECIPE --data {out / RECORDINGS} --out RUN")
        for error in failed:
            hint = f" ({error['hint']})" if error["hint"] else ""
            typer.echo(f"left out: {plain(error['where'])}: {plain(error['what'] + hint)}", err=True)
    exit_for(failed)
