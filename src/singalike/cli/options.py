"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else.")]
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="A model folder or name; without it the shipped model."),
]

Readout = Annotated[
    str | None,
    typer.Option("--readout", metavar="NAME", help="Of a model with several: vocal, mix or both; new files else mix."),
]

AnySound = Annotated[
    bool,
    typer.Option("--any-sound", help="Let all sound count, also where the model hears no voice."),
]
