"""What the tests of the library room share: music on disk, a model, an open library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # fake_model, which subprocesses import too

from fake_model import FakeModel, sing_to

from singalike.library import Library


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Four recordings of four voices: music/0.wav to music/3.wav."""
    for seed in range(4):
        sing_to(tmp_path / "music" / f"{seed}.wav", seed)
    return tmp_path / "music"


@pytest.fixture
def library(tmp_path: Path, model: FakeModel) -> Iterator[Library]:
    with Library(tmp_path / "library", model=model) as opened:
        yield opened
