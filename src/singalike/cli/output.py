"""What all commands share: JSON, tables, progress, errors and exit codes.

Results go to stdout, everything else (progress, failures, errors) to stderr. Under ``--json`` stdout
holds one JSON document and nothing else, also when the command fails: ``{"error": {"code", "what",
"where", "hint"}}``.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from singalike.errors import ConfigError, InputError, SingalikeError

if TYPE_CHECKING:
    from rich.console import Console

    from singalike.library.results import Failure

SOME_FAILED, USAGE, INTERRUPTED = 1, 2, 130

Report = Callable[[int, int, object], None]  # (done, of, the thing just done)


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command: errors raised on purpose become a short message and an exit code, no traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except SingalikeError as error:
            _fail(error, as_json=kwargs.get("as_json", False))
        except BrokenPipeError:
            raise  # the reader went away: main() ends quietly
        except OSError as error:  # a full disk, a folder that cannot be written, ...
            what = error.strerror or str(error)
            _fail(ConfigError(what, where=error.filename), as_json=kwargs.get("as_json", False))
        except KeyboardInterrupt:
            if kwargs.get("as_json", False):
                emit({"error": {"code": "interrupted", "what": "interrupted", "where": None, "hint": ""}})
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return run


def _fail(error: SingalikeError, *, as_json: bool) -> None:
    if as_json:
        emit({"error": error.as_dict()})
    else:
        typer.echo(f"error: {plain(error)}", err=True)
    raise typer.Exit(SOME_FAILED if isinstance(error, InputError) else USAGE)


def emit(document: object) -> None:
    """Print `document` as JSON, in ASCII so that any file name survives any terminal and pipe."""
    typer.echo(json.dumps(document, indent=2, allow_nan=False, default=os.fspath))


def plain(value: object) -> str:
    """Return `value` as text without control characters: tags and file names must not steer the terminal."""
    return "".join(c if c.isprintable() else "�" for c in str(value))


def console() -> Console:
    """Return a console on stdout; into a pipe or file no line is cut or wrapped."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table; columns whose header begins with "#" are numbers, to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        right = column.startswith("#")
        table.add_column(column.lstrip("#"), justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))  # Text: a "[bold]" in a title is not markup
    console().print(table)


def share(value: float | None) -> str:
    """Return a probability or share as a percentage, "–" where there is none."""
    return "–" if value is None else f"{100 * value:.0f} %"


def list_failures(failed: Sequence[Failure]) -> None:
    """Name the inputs that failed, on stderr."""
    for failure in failed:
        hint = f" ({failure.hint})" if failure.hint else ""
        typer.echo(f"failed: {plain(failure.path)}: {plain(failure.what + hint)}", err=True)


def exit_for(failed: Sequence[object]) -> None:
    """End the command: with 1 if any input failed, else by returning."""
    if failed:
        raise typer.Exit(SOME_FAILED)


@contextmanager
def progress(label: str) -> Iterator[Report]:
    """Show a bar on stderr while the block runs, if it is a terminal; yield what moves the bar."""
    if not sys.stderr.isatty():
        yield lambda done, of, what: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def report(done: int, of: int, what: object) -> None:
            name = plain(os.path.basename(str(what)))  # noqa: PTH119 - `what` may be any text
            bar.update(task, completed=done, total=of, description=f"{label} [dim]{escape(name[:40])}[/dim]")

        yield report
