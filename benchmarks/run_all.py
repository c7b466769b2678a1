"""Run every benchmark that needs nothing but this repository and write ``RESULTS.md``.

    python benchmarks/run_all.py

Each section is what its program printed, under the command that repeats it.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("SINGALIKE_SHARED", HERE.parents[1] / "shared")) / "data"
PROGRAMS = [
    "decode.py",
    "search_start.py",
    "pitch_shift.py --clips 100",
    "choir_difficulty.py",
    "evaluation_speed.py",
    "embedding_speed.py default ge2e mfcc",
    "separation.py",
    "real_voices.py default ge2e mfcc mfcc-plain",
]


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks and write RESULTS.md.")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    options = parser.parse_args()
    sections, failed = [_head()], 0
    for program in PROGRAMS:
        if program.startswith("real_voices") and not SHARED.is_dir():
            sections.append(f"## {program}\n\nSkipped: the real voices are missing ({SHARED.name}).\n")
            continue
        print(f"benchmarks/{program} ...", file=sys.stderr, flush=True)
        command = [sys.executable, *shlex.split(str(HERE / program))]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        failed += done.returncode != 0
        note = "" if done.returncode == 0 else f"\n(exit code {done.returncode})\n"
        title = program.split(".")[0]
        sections.append(f"## {title}\n\n    python benchmarks/{program}\n\n{done.stdout.strip()}\n{note}")
    options.out.write_text("\n".join(sections), encoding="utf-8")
    return 1 if failed else 0


def _head() -> str:
    today = datetime.date.today().isoformat()
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    return f"# Benchmarks\n\nWritten by `make bench` on {today} ({machine}). Ratios: side by side in one run.\n"


if __name__ == "__main__":
    raise SystemExit(main())
