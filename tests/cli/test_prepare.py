from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from singalike.cli.output import guarded
from singalike.cli.prepare import prepare

RATE = ("--sample-rate-hz", 16_000)


@pytest.fixture
def run_prepare() -> Callable[..., Any]:
    app = typer.Typer()
    app.command()(guarded(prepare))
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def test_it_prints_a_row_a_part_and_writes_the_tables(run_prepare, music: Path, tmp_path: Path) -> None:
    result = run_prepare(music, "--out", tmp_path / "out", *RATE, "--clip-seconds", 1.5, "--jobs", 1)
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["part", "recordings", "voices", "clips", "hours"] in rows
    for part in ("train", "validation", "test"):
        assert [part, "2", "1"] in [row[:3] for row in rows]
    assert f"--data {tmp_path / 'out' / 'recordings.csv'}" in result.stdout
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"recordings.csv", "spans.csv", "prepared.json"}


def test_json_is_the_summary(run_prepare, music: Path, tmp_path: Path) -> None:
    options = ("--shares", 0.6, 0.4, 0, "--seed", 3, "--keep-silences", "--json")
    result = run_prepare(music, "--out", tmp_path / "out", *RATE, *options)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document.pop("out") == str(tmp_path / "out")
    assert document == json.loads((tmp_path / "out" / "prepared.json").read_text())
    assert document["settings"] == {
        "sample_rate_hz": 16_000,
        "clip_seconds": 4.0,
        "shares": [0.6, 0.4, 0.0],
        "seed": 3,
        "shorten_silences": False,
    }
    assert [document["splits"][part]["voices"] for part in ("train", "validation", "test")] == [2, 1, 0]


def test_bad_files_are_listed_and_the_exit_code_is_1(run_prepare, music: Path, silent: Path, tmp_path: Path) -> None:
    rows = "".join(f"{path},{path.parent.name}\n" for path in sorted(music.rglob("*.wav")))
    (tmp_path / "table.csv").write_text(f"path,voice\n{rows}{silent},singer0\n")
    result = run_prepare(tmp_path / "table.csv", "--out", tmp_path / "out", *RATE)
    assert result.exit_code == 1
    assert f"left out: {silent}: there is no sound in it" in result.stderr
    assert result.stderr.count("left out") == 1


@pytest.mark.parametrize("as_json", [False, True])
def test_what_cannot_be_done_exits_with_2(run_prepare, tmp_path: Path, as_json: bool) -> None:
    result = run_prepare(tmp_path / "none", "--out", tmp_path / "out", *RATE, *(["--json"] if as_json else []))
    assert result.exit_code == 2
    if as_json:
        assert json.loads(result.stdout)["error"]["code"] == "config"
    else:
        assert "no such folder or table" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_sample_rate_has_no_default(run_prepare, music: Path, tmp_path: Path) -> None:
    result = run_prepare(music, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "--sample-rate-hz" in result.output
