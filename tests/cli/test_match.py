"""The commands match and crossmix, as typer runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from singalike.audio.encode import write_audio
from singalike.cli import match as commands
from singalike.cli.output import guarded
from singalike.library import Library
from singalike.model.hub import load_model

RATE_HZ = 22_050


@pytest.fixture
def call() -> Callable[..., Any]:
    app = typer.Typer()
    for command in (commands.match, commands.crossmix):
        app.command()(guarded(command))
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def _song(folder: Path, bpm: float) -> Path:
    """Stems of a song whose voice and band both strike the beat."""
    times = np.arange(9 * RATE_HZ) / RATE_HZ
    beats = np.exp(-12 * (times % (60 / bpm)))
    parts = {"vocals": 0.3 * np.sin(2 * np.pi * (150 + bpm) * times) * beats}
    parts["accompaniment"] = 0.3 * np.sin(2 * np.pi * 90 * times) * beats
    for name, samples in {**parts, "mixture": sum(parts.values())}.items():
        write_audio(folder / f"{name}.wav", np.asarray(samples), sample_rate_hz=RATE_HZ)
    return folder


@pytest.fixture
def library(tmp_path: Path, model: Path) -> Path:
    for name, bpm in (("a", 100), ("b", 112), ("c", 141)):
        _song(tmp_path / "songs" / name, bpm)
    with Library(tmp_path / "library", model=load_model(model)) as opened:
        opened.add(tmp_path / "songs")
    return tmp_path / "library"


def test_match_lists_and_mixes(call: Callable[..., Any], library: Path, model: Path, tmp_path: Path) -> None:
    query, out = tmp_path / "songs" / "a", tmp_path / "mixes"
    options = ("--library", library, "--model", model, "--crossmix", "--out", out)
    result = call("match", query, *options, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    answers = {Path(answer["path"]).parent.name: answer for answer in document["answers"]}
    assert set(answers) == {"b", "c"}
    assert Path(answers["b"]["folder"], "mix.wav").is_file()
    assert answers["c"]["refused"]
    assert document["left_out"] == [str(query / "mixture.wav")]
    shown = call("match", query, "--library", library, "--model", model).stdout
    assert "refused" in shown
    assert "can be mixed" in shown
    assert "left out" in shown


def test_crossmix(call: Callable[..., Any], library: Path, model: Path, tmp_path: Path) -> None:
    songs, out = tmp_path / "songs", tmp_path / "mix"
    result = call("crossmix", songs / "a", songs / "b", "--out", out, "--model", model, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["stretch"] == pytest.approx(1.12, rel=0.005)
    assert "true peak" in call("crossmix", songs / "a", songs / "b", "--out", out, "--model", model).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("crossmix", "a", "c", "--out", "x"), 1, "outside 0.77 to 1.30"),
        (("crossmix", "a", "b", "--out", "x", "--key-shift", "7"), 2, "key shift"),
        (("crossmix", "a", "b", "--out", "x", "--key-shift", "up"), 2, "key shift"),
        (("crossmix", "a", "b", "--out", "x", "--query-tempo", "3"), 2, "no tempo"),
        (("crossmix", "a", "nowhere", "--out", "x"), 1, "no such file"),
        (("match", "a", "--library", "../library", "--crossmix"), 2, "--out"),
    ],
)
def test_what_cannot_be_done_says_so(
    call: Callable[..., Any],
    library: Path,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(library.parent / "songs")
    result = call(*arguments, "--model", model)
    assert result.exit_code == code, result.output
    assert said in result.output
    assert not Path("x").exists()
