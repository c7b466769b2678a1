"""Run by tests in a process of its own: adds a folder, slowly, and says which files it reported as done.

python adder.py LIBRARY MUSIC DELAY_SECONDS
"""

from __future__ import annotations

import sys
from pathlib import Path

from fake_model import FakeModel

from singalike.library import Library


def main(folder: str, music: str, delay_seconds: str) -> None:
    def report(done: int, total: int, path: Path) -> None:
        print(f"done {path}", flush=True)

    with Library(folder, model=FakeModel(delay_seconds=float(delay_seconds))) as library:
        summary = library.add(music, progress=report)
    print("summary", summary.added, summary.unchanged, len(summary.failed), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
