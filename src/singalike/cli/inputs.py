"""Files and folders named on the command line, embedded one by one; a bad one never stops the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from singalike.cli.output import progress
from singalike.errors import ConfigError, InputError, UnreadableError

if TYPE_CHECKING:
    from singalike.library.results import Failure
    from singalike.model.embedding import Embedding
    from singalike.model.encoder import Model


def find_audio(paths: Sequence[Path]) -> tuple[list[Path], list[Failure]]:
    """Return the audio files that `paths` mean, folders walked as a library does, and what cannot be read.

    Raises:
        UnreadableError: there is no audio file among them.
        ConfigError: a folder does not exist.
    """
    from singalike.library.scan import scan

    found = scan(paths)
    if not found.files and not found.failed:
        hint = (
            f"{found.skipped} files of other kinds or links to folders were passed over"
            if found.skipped
            else "the folder is empty"
        )
        raise UnreadableError("no audio files", where=", ".join(map(str, paths)), hint=hint)
    return found.files, found.failed


def embed_all(model: Model, files: Sequence[Path]) -> tuple[list[tuple[Path, Embedding]], list[Failure]]:
    """Embed `files` in order; return those that could be, with their embeddings, and those that could not."""
    from singalike.library.results import Failure

    done: list[tuple[Path, Embedding]] = []
    failed: list[Failure] = []
    with progress("embedding") as report:
        for i, path in enumerate(files, start=1):
            try:
                done.append((path, model.embed_recording(path)))
            except ConfigError:
                raise  # not this file's fault
            except (InputError, OSError) as error:
                failed.append(Failure.of(path, error))
            report(i, len(files), path)
    return done, failed
