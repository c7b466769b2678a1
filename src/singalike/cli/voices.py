"""``enroll``, ``identify``, ``voices``, ``forget``: who sings, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from singalike.cli.library import open_library
from singalike.cli.options import AnySound, Json, LibraryFolder, ModelName, Readout
from singalike.cli.output import emit, exit_for, list_failures, plain, print_table, share
from singalike.errors import ConfigError, UnreadableError

Query = Annotated[Path, typer.Argument(metavar="QUERY", help="An audio file.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the voice is called.")]


def enroll(
    name: Name,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Recordings of this voice alone.")],
    library: LibraryFolder,
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Remember a voice by name; a known name gets more recordings."""
    with open_library(library, model, readout, any_sound=any_sound) as opened:
        enrolment = opened.enroll(name, *paths)
    if not enrolment.exemplars and not enrolment.failed:
        raise UnreadableError("no audio files", where=", ".join(map(str, paths)))
    if as_json:
        emit(enrolment.as_dict())
    else:
        agree = "" if enrolment.cohesion is None else f", mean cosine between them {enrolment.cohesion:.2f}"
        typer.echo(f"{plain(enrolment.name)}: {enrolment.exemplars} recordings ({enrolment.added} new){agree}")
        for warning in enrolment.warnings:
            typer.echo(f"warning: {plain(warning)}", err=True)
        list_failures(enrolment.failed)
    exit_for(enrolment.failed)


def identify(
    query: Query,
    library: LibraryFolder,
    k: Annotated[int, typer.Option("-k", metavar="N", help="How many candidates to list.")] = 3,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", metavar="SCORE", help="Below it nobody is named; default: the model's own."),
    ] = None,
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Say which enrolled voice sings in QUERY, or "unknown"."""
    with open_library(library, model, readout, any_sound=any_sound) as opened:
        found = opened.identify(query, k=k, threshold=threshold)
    if as_json:
        emit({"query": query, **found.as_dict()})
        return
    typer.echo(f"{plain(found.name)} (score {found.score:.3f}, named from {found.threshold:.3f} up)")
    # "same voice" is of two recordings; to be named a voice must stand out from everything a stranger may score.
    rows = [(c.name, f"{c.score:.3f}", share(c.probability)) for c in found.candidates]
    print_table(["candidate", "#score", "#same voice"], rows)


def voices(library: LibraryFolder, as_json: Json = False) -> None:
    """List the enrolled voices, and how many recordings of each can be compared with the library's model."""
    with open_library(library, None) as opened:
        found = opened.voices()
    if as_json:
        emit({"library": library, "voices": [voice.as_dict() for voice in found]})
    elif found:
        print_table(["voice", "#recordings", "#usable"], [(v.name, v.exemplars, v.usable) for v in found])
    else:
        typer.echo("nobody is enrolled")


def forget(name: Name, library: LibraryFolder, as_json: Json = False) -> None:
    """Erase an enrolled voice for good, its bytes too."""
    with open_library(library, None) as opened:
        erased = opened.forget(name)
        known = ", ".join(voice.name for voice in opened.voices())
    if not erased:
        hint = f"enrolled: {known}" if known else "nobody is enrolled"
        raise ConfigError(f"no voice called {name!r}", where=library, hint=hint)
    if as_json:
        emit({"name": name, "erased": erased})
    else:
        typer.echo(f"{plain(name)} is forgotten: {erased} recordings' vectors erased")
