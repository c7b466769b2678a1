"""Write golden/query_by_singer.json and golden/singer_identification.json anew; look at the diff.

`python tests/evaluate/regenerate_golden_tracks.py`. Each file holds its inputs beside the expected figures.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from singalike.evaluate import query_by_singer, singer_identification

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    """Eight singers of one to seven tracks, vocals asking mixtures; rounded, so that some scores are equal."""
    chance = np.random.default_rng(2021)
    singers = np.repeat(np.arange(8), [7, 6, 5, 4, 3, 3, 2, 1])
    centres = chance.normal(size=(8, 4))[singers]
    queries, collection = (np.round(centres + chance.normal(size=centres.shape)) + 0.5 for _ in "ab")
    inputs = {
        "queries": queries.tolist(),
        "collection": collection.tolist(),
        "tracks": [f"track-{number:02}" for number in chance.permutation(len(singers))],
        "singers": [f"singer-{number}" for number in singers],
    }
    options = {"seed": 5, "replicates": 200}
    for task in (query_by_singer, singer_identification):
        expected = task.evaluate(queries, collection, inputs["tracks"], inputs["singers"], **options)
        case = {**inputs, "options": options, "expected": expected}
        lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in case.items())
        path = GOLDEN / f"{task.__name__.rpartition('.')[2]}.json"
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
