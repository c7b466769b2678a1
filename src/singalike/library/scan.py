"""From the paths somebody names to the audio files they mean.

A folder is walked: files with an audio extension are taken, others are counted as skipped, hidden ones (a
leading dot) are passed over, and links to folders are not followed, so that no walk goes round in circles, but
counted as skipped. A file that is named itself is always taken, whatever it is called: if it is not audio, it
fails by name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from singalike.errors import ConfigError
from singalike.library.results import Failure

_EXTENSIONS = """
.aac .aif .aifc .aiff .amr .ape .au .caf .flac .m4a .m4b .mka .mp2 .mp3 .oga .ogg .opus .rf64 .w64 .wav .wave
.weba .webm .wma .wv
"""
AUDIO_EXTENSIONS = frozenset(_EXTENSIONS.split())


@dataclass
class Scan:
    """Audio files in order, the folders they were sought in, and what was passed over."""

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    skipped: int = 0


def normalise(path: str | os.PathLike[str]) -> Path:
    """Return `path` absolute, ``~`` and ``..`` resolved, links kept."""
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111 - Path.resolve would follow links


def scan(paths: Iterable[str | os.PathLike[str]]) -> Scan:
    """Find the audio files `paths` (files or folders) mean; each once, folders in sorted order.

    Raises
    ------
    ConfigError
        A named folder does not exist or cannot be read: perhaps a drive is not mounted, which must not look
        like a folder whose files were all deleted. (A missing path with an audio extension is taken for a
        file, which fails by itself later.)
    """
    result = Scan()
    named = [normalise(path) for path in paths]
    for path in named:
        _check_root(path)
    for path in named:
        if path.is_dir():
            result.folders.append(path)
            _walk(path, result)
        else:
            result.files.append(path)
    result.files = list(dict.fromkeys(result.files))
    return result


def is_gone(path: Path) -> bool:
    """Tell whether there is certainly nothing at `path`; an unreadable folder or drive is no certainty."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def is_under(path: Path, folder: Path) -> bool:
    """Tell whether `path` is `folder` or lies in it."""
    return path == folder or path.is_relative_to(folder)


def _check_root(path: Path) -> None:
    if path.suffix.lower() in AUDIO_EXTENSIONS and not path.is_dir():
        return
    try:
        path.stat()
        if path.is_dir():
            os.listdir(path)  # noqa: PTH208 - only whether it can be listed
    except OSError as error:
        raise ConfigError(
            f"the folder cannot be read: {error.strerror}",
            where=path,
            hint="is its drive mounted?",
        ) from error


def _walk(root: Path, result: Scan) -> None:
    def unreadable(error: OSError) -> None:
        result.failed.append(Failure.of(Path(error.filename), error))

    for folder, subfolders, files in os.walk(root, onerror=unreadable):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        result.skipped += sum(Path(folder, name).is_symlink() for name in subfolders)
        for name in sorted(name for name in files if not name.startswith(".")):
            path = Path(folder, name)
            if path.suffix.lower() in AUDIO_EXTENSIONS:
                result.files.append(path)
            else:
                result.skipped += 1
