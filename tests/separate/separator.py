"""Run by tests in a process of its own: separates files, slowly, and says which are done.

python separator.py CACHE OUT FILE... DELAY_SECONDS
"""

from __future__ import annotations

import sys
from pathlib import Path

from toys import Toy

from singalike.separate.batch import separate_all


def main(cache: str, out: str, *rest: str) -> None:
    *files, delay_seconds = rest
    reported = 0

    def report(done: int, of: int, path: Path, share: float) -> None:
        nonlocal reported
        if done > reported:
            reported = done
            print(f"done {path}", flush=True)

    toy = Toy(delay_seconds=float(delay_seconds))
    batch = separate_all([Path(file) for file in files], toy, Path(out), cache=Path(cache), progress=report)
    print("separated", sum(s.fresh for s in batch.done), "failed", len(batch.failed), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
