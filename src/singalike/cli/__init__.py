"""The commands: one file a group, each a thin layer over a room of the house.

- ``embed``    embed, compare
- ``library``  index, search, remove
- ``voices``   enroll, identify, voices, forget
- ``tags``     tags
- ``separate`` separate
- ``match``    match, crossmix
- ``prepare``  prepare
- ``train``    train, export
- ``evaluate`` evaluate
- ``report``   report
- ``models``   info
- ``doctor``   doctor
- ``demo``     demo
- ``options``  options that several commands take
- ``output``   JSON, tables, progress, errors and exit codes, the same for all

Exit codes: 0 all well, 1 some inputs failed (they are listed), 2 usage or configuration, 130 interrupted.
Nothing heavy is imported before a command runs: ``singalike --help`` needs neither numpy nor a model.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from singalike import __version__
from singalike.cli import (
    demo,
    doctor,
    embed,
    evaluate,
    library,
    match,
    models,
    prepare,
    report,
    separate,
    tags,
    train,
    voices,
)  # fmt: skip
from singalike.cli.output import USAGE, emit, guarded

app = typer.Typer(
    name="singalike",
    help="Hears who sings like whom: embed, index, search, identify, and learn singing voices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # an unforeseen error is a bug: a report needs its traceback
)

_COMMANDS = {
    "Start here": [demo.demo, doctor.doctor, models.info],
    "Voices": [embed.embed, embed.compare, tags.tags],
    "A library of recordings": [
        library.index,
        library.search,
        library.remove,
        voices.enroll,
        voices.identify,
        voices.voices,
        voices.forget,
    ],
    "Mixtures (needs the separate and match extras)": [separate.separate, match.match, match.crossmix],
    "Learning and measuring (needs the train extra)": [
        prepare.prepare,
        train.train,
        train.export,
        evaluate.evaluate,
        report.report,
    ],
}
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(guarded(_command))


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"singalike {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Hears who sings like whom: embed, index, search, identify, and learn singing voices."""


def main() -> None:
    """Run this process's command line and exit with its code; a closed pipe (``| head``) ends it quietly."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a title in another script must not end a listing
    try:
        try:
            if "--json" in sys.argv[1:]:
                _run_as_json()
            else:
                app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more on its way out: let that go nowhere instead of failing aloud.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _run_as_json() -> None:
    """Run the command line; what is wrong with the line itself is a document too."""
    try:
        code = app(standalone_mode=False)
    except Exception as error:
        said = getattr(error, "format_message", None)  # what the parser raises; typer does not export its class
        if said is None:
            raise
        emit({"error": {"code": "usage", "what": said(), "where": None, "hint": ""}})
        code = USAGE
    sys.exit(code or 0)
