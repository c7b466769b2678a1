"""Fixtures shared by all rooms."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests share small helpers, e.g. choir_corpus

# Two workers with two threads each wait for one another more than they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_SHARED = Path(os.environ.get("SINGALIKE_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real voices; a test that asks for them skips, saying so, where they are missing."""
    data = _SHARED / "data"
    if not (data / "recordings.csv").is_file():
        pytest.skip(f"the real voices are missing: no {data / 'recordings.csv'} (set SINGALIKE_SHARED)")
    return data


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a test caches is left on the machine, or taken from it."""
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path_factory.getbasetemp() / "home"))


@pytest.fixture(scope="session")
def choir_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six virtual singers, two songs each, 16 kHz, ``<singer>/<song>/take.wav``."""
    from choir_corpus import sing_corpus

    return sing_corpus(tmp_path_factory.mktemp("choir"), singers=6, songs=2, sample_rate_hz=16_000, seconds=4.0)


@pytest.fixture(scope="session")
def choir_songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six virtual singers with a band, two songs each with stems, 16 kHz, ``<singer>/<song>/<stem>.wav``."""
    from choir_songs import sing_songs

    return sing_songs(tmp_path_factory.mktemp("songs"), singers=6, songs=2, sample_rate_hz=16_000, seconds=6.0)
