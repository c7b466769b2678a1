"""The folder a demo works in: never somebody's own files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from singalike.errors import ConfigError
from singalike.library.scan import normalise

MARKER = "demo.json"  # says that a demo made the folder

_MADE_HERE = ("choir", "library", "report.html")


def prepare_folder(out: Path) -> Path:
    """Return ``out``, absolute, made if need be and emptied of what an earlier demo put there.

    Raises:
        ConfigError: it is a file, or a folder with content that no demo made.
    """
    out = normalise(out)
    if out.exists() and not out.is_dir():
        raise ConfigError("this is a file", where=out, hint="--out names a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise ConfigError("the folder is not empty and no demo made it", where=out, hint="name another by --out")
    out.mkdir(parents=True, exist_ok=True)
    # First of all, so that an interrupted demo can be started again.
    (out / MARKER).write_text(json.dumps({"report": None}) + "\n", encoding="utf-8")
    for name in _MADE_HERE:
        made = out / name
        if made.is_dir() and not made.is_symlink():
            shutil.rmtree(made)
        else:
            made.unlink(missing_ok=True)
    return out
