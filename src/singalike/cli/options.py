"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
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


def named_folder(text: str) -> Path:
    """Return a folder by its name; an empty one is an unset variable, not the folder that one happens to be in."""
    if not text:
        raise typer.BadParameter("a folder has a name; the one you are in is '.'")
    return Path(text)


LibraryFolder = Annotated[
    Path, typer.Option("--library", metavar="DIR", help="The folder of the library.", parser=named_folder)
]
