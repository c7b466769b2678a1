"""``train`` and ``export``: the learning half, which needs ``pip install 'singalike[train]'``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from singalike.cli.options import Json
from singalike.cli.output import emit, exit_for, plain, progress
from singalike.extras import learning_half


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A name (see info --recipes) or a YAML file.")],
    data: Annotated[
        Path,
        typer.Option(
            "--data", metavar="DATA", help="A folder SINGER/.../FILE, or a CSV or Parquet table: path, voice."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="The run folder.")],
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Changes to the recipe: batch_size=64.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    devices: Annotated[int, typer.Option("--devices", min=1, help="GPUs, or processes on the CPU.")] = 1,
    accompaniments: Annotated[
        Path | None,
        typer.Option("--accompaniments", metavar="FOLDER", help="Music without voices, to lay under them."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a recipe on singing voices."""
    run = learning_half("train.run")
    with progress("preparing") as report:
        folder = run.train(
            recipe,
            data=data,
            out=out,
            overrides=changes or [],
            resume=resume,
            devices=devices,
            accompaniments=accompaniments,
            progress=lambda stage, done, of: report(done, of, stage),
            bar=sys.stdout.isatty() and not as_json,  # Lightning's bar writes to stdout
        )
    if os.environ.get("LOCAL_RANK", "0") != "0":
        return  # started again for another device: the first one reports
    failed = json.loads((folder / "data.json").read_text(encoding="utf-8"))["failed"]
    if as_json:
        emit({"run": folder, "failed": failed})
    else:
        typer.echo(f"the run is in {folder}; next: singalike export {folder} --out MODEL")
        for failure in failed:
            typer.echo(f"left out: {plain(failure['where'])}: {plain(failure['what'])}", err=True)
    exit_for(failed)


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder of `train`, or a folder of published weights.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="MODEL", help="The model folder to write.")],
    weights: Annotated[
        str, typer.Option("--weights", metavar="KIND", help="Kept as float32, or as int8: a quarter of the size.")
    ] = "float32",
    as_json: Json = False,
) -> None:
    """Turn a run into a model folder that works without torch."""
    from singalike.model.card import Card
    from singalike.model.hub import is_published

    if is_published(run):
        learning_half("train.published").adopt(run, out, name=out.name, weights=weights)
    else:
        learning_half("train.export").export_run(run, out, weights=weights)

    card = Card.load(out)
    if as_json:
        emit({"model": out, "card": card.model_dump(mode="json")})
    else:
        typer.echo(f"{card.name} ({card.fingerprint[:12]}) is in {out}; try: singalike doctor --model {out}")
