"""What the tests of the commands share: a tiny model, sung files, a runner."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from singalike.audio.choir import melody, sing, singer
from singalike.audio.encode import write_audio
from singalike.cli import app
from tiny_model import RATE_HZ, write_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "other", seed=1, calibrated=False)


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three singers, two songs each: <singer>/<song>.wav."""
    folder = tmp_path_factory.mktemp("music")
    for who in range(3):
        for song in range(2):
            samples = sing(singer(who), melody(song, seconds=3.0), sample_rate_hz=RATE_HZ)
            write_audio(folder / f"singer{who}" / f"song{song}.wav", samples, sample_rate_hz=RATE_HZ)
    return folder


@pytest.fixture(scope="session")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import numpy as np

    path = tmp_path_factory.mktemp("silent") / "silent.wav"
    return write_audio(path, np.zeros(2 * RATE_HZ, np.float32), sample_rate_hz=RATE_HZ)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder without any audio."""
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(b"%PDF-1.4\n")
    return folder


@pytest.fixture
def run() -> Callable[..., Any]:
    """Run a command in this process: ``run("search", query, ...)``; arguments of any type."""

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(a) for a in arguments])

    return run


@pytest.fixture
def run_json(run: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command under --json and return (exit code, the one document on stdout)."""

    def run_json(*arguments: object) -> tuple[int, Any]:
        result = run(*arguments, "--json")
        return result.exit_code, json.loads(result.stdout)

    return run_json


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command as a process of its own."""

    def process(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "singalike.cli", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return process
