"""Write golden/verification.json anew: `python tests/evaluate/regenerate_golden.py`; look at the diff."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from singalike.evaluate import bootstrap, calibration, verification

GOLDEN = Path(__file__).parent / "golden" / "verification.json"


def main() -> None:
    chance = np.random.default_rng(2026)
    singers = chance.integers(0, 12, (200, 2))
    singers[::2, 1] = singers[::2, 0]
    labels = (singers[:, 0] == singers[:, 1]).astype(int)
    scores = np.round(0.3 * chance.normal(size=200) + 0.4 * labels, 2)  # rounded: there are ties
    names = np.array([f"singer-{number}" for number in range(12)])[singers]
    interval = bootstrap.singer_interval(verification.eer, scores, labels, *names.T, seed=1, replicates=200)
    golden = {
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "singer_a": names[:, 0].tolist(),
        "singer_b": names[:, 1].tolist(),
        "verification": verification.evaluate(scores, labels),
        "interval": [interval.low, interval.high],
        "calibration": calibration.fit(scores, labels),
    }
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
