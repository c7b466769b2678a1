"""``separate``: songs into vocals and accompaniment, or four stems."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from singalike.cli.inputs import find_audio
from singalike.cli.options import Json
from singalike.cli.output import emit, exit_for, list_failures, plain, print_table, progress


def separate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Songs, or folders of them.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where FOLDER/SONG/vocals.wav, ... go.")],
    separator: Annotated[
        str, typer.Option("--separator", metavar="NAME", help="repet (needs no weights), demucs, or a plug-in's name.")
    ] = "repet",
    stems: Annotated[int, typer.Option("--stems", help="2: vocals, accompaniment. 4: drums, bass, vocals, other.")] = 2,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="PATH", help="A folder or file of the separator's weights.")
    ] = None,
    format: Annotated[
        str, typer.Option("--format", help="float (32-bit wav, never clips), wav16 or flac (16 bits).")
    ] = "float",
    keep_folders: Annotated[
        bool, typer.Option("--keep-folders", help="MUSIC/ANN/SONG.mp3 goes to FOLDER/ANN/SONG, for training.")
    ] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Songs at a time; one a core.")] = None,
    as_json: Json = False,
) -> None:
    """Separate songs into stems that add up to them. Goes on where it was interrupted."""
    from singalike.library.results import Failure
    from singalike.separate.base import find_separator
    from singalike.separate.batch import separate_all

    found, failed = find_audio(paths)
    files = _without_stems(found, named=paths)
    opened = find_separator(separator, weights=weights, stems=stems)
    with progress("separating") as report:
        batch = separate_all(
            files,
            opened,
            out,
            jobs=jobs or os.cpu_count() or 1,
            format=format,
            roots=[path for path in paths if path.is_dir()] if keep_folders else [],
            progress=lambda done, of, path, share: report(done, of, f"{path.name} {share:.0%}"),
        )
    failed += [Failure.of(path, error) for path, error in batch.failed]
    passed_over = len(found) - len(files)
    if as_json:
        emit(
            {
                "out": out,
                "separator": {"name": opened.name, "fingerprint": opened.fingerprint, "stems": opened.stems},
                "separated": [separation.as_dict() for separation in batch.done],
                "stems_passed_over": passed_over,
                "failed": [failure.as_dict() for failure in failed],
            }
        )
    else:
        rows = [
            (f"{s.seconds:.1f}", "separated" if s.fresh else "kept", ", ".join(s.flags), s.folder) for s in batch.done
        ]
        if rows:
            print_table(["#seconds", "", "caution", "stems in"], rows)
        fresh = sum(s.fresh for s in batch.done)
        kept = len(batch.done) - fresh
        also = f"; {passed_over} stems in the folders were passed over" if passed_over else ""
        typer.echo(f"{fresh} separated by {plain(opened.name)}, {kept} kept from before, {len(failed)} failed{also}")
        list_failures(failed)
    exit_for(failed)


def _without_stems(files: list[Path], *, named: list[Path]) -> list[Path]:
    """Leave out what an earlier separation wrote into a folder that is now walked, unless it was named itself."""
    from singalike.separate.cache import RECORD

    asked = {path.absolute() for path in named}
    return [file for file in files if file in asked or not (file.parent / RECORD).is_file()]
