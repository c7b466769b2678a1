from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

from singalike.audio.encode import write_audio
from singalike.cli.output import guarded
from singalike.cli.separate import separate

RATE_HZ = 16_000


@pytest.fixture
def run_separate() -> Callable[..., Any]:
    app = typer.Typer()
    app.command()(guarded(separate))
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Two songs, one of them in stereo, below one folder."""
    noise = np.random.default_rng(0).uniform(-0.4, 0.4, (2, 5 * RATE_HZ // 2))
    write_audio(tmp_path / "songs" / "a" / "one.wav", noise[0], sample_rate_hz=RATE_HZ)
    write_audio(tmp_path / "songs" / "b" / "two.flac", noise, sample_rate_hz=RATE_HZ)
    return tmp_path / "songs"


def test_it_writes_stems_and_goes_on_where_it_was(run_separate, songs, tmp_path) -> None:
    result = run_separate(songs, "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert "2 separated by repet, 0 kept from before, 0 failed" in result.stdout
    for name, channels in (("one", 1), ("two", 2)):
        mix, _ = soundfile.read(next(songs.rglob(f"{name}.*")), always_2d=True)
        stems = [soundfile.read(tmp_path / "out" / name / f"{s}.wav") for s in ("vocals", "accompaniment")]
        assert {rate for _, rate in stems} == {RATE_HZ}
        np.testing.assert_allclose(sum(s.reshape(-1, channels) for s, _ in stems), mix, atol=1e-4)
    again = run_separate(songs, "--out", tmp_path / "out")
    assert "0 separated by repet, 2 kept from before, 0 failed" in again.stdout


def test_folders_are_kept_where_asked(run_separate, songs, tmp_path) -> None:
    result = run_separate(songs, "--out", tmp_path / "out", "--keep-folders", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert {path.parent.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("out/**/vocals.wav")} == {
        "a/one", "b/two",
    }  # fmt: skip


def test_json(run_separate, songs, tmp_path) -> None:
    result = run_separate(songs / "a", "--out", tmp_path / "out", "--format", "flac", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["separator"]["stems"] == ["vocals", "accompaniment"]
    assert len(document["separator"]["fingerprint"]) == 64
    (one,) = document["separated"]
    assert one["path"] == str(songs / "a" / "one.wav")
    assert one["stems"]["vocals"] == str(tmp_path / "out" / "one" / "vocals.flac")
    assert (one["seconds"], one["flags"], document["failed"]) == (2.5, [], [])


def test_bad_files_are_listed_and_the_exit_code_is_1(run_separate, songs, silent, tmp_path) -> None:
    write_audio(songs / "short.wav", np.ones(800) * 0.1, sample_rate_hz=RATE_HZ)
    result = run_separate(songs, silent, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "2 failed" in result.stdout
    assert f"failed: {silent}: there is no sound in it" in result.stderr
    assert f"failed: {songs / 'short.wav'}: lasts 0.050 s; at least 2.000 s are needed" in result.stderr


def test_its_own_stems_are_not_separated_again(run_separate, songs, tmp_path) -> None:
    run_separate(songs, "--out", songs)
    again = run_separate(songs, "--out", songs)
    assert "2 kept from before, 0 failed; 4 stems in the folders were passed over" in again.stdout
    named = run_separate(songs / "one" / "vocals.wav", "--out", tmp_path / "out", "--json")
    assert len(json.loads(named.stdout)["separated"]) == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--separator", "spleeter"], "no separator 'spleeter'"),
        (["--stems", 4], "repet does not make 4 stems"),
        (["--weights", "w.th"], "repet has no weights"),
        (["--format", "mp3"], "no format 'mp3'"),
        (["--separator", "demucs", "--weights", "/none"], "0 bags"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_what_cannot_be_done_exits_with_2(run_separate, songs, tmp_path, options, reason, as_json) -> None:
    result = run_separate(songs, "--out", tmp_path / "out", *options, *(["--json"] if as_json else []))
    assert result.exit_code == 2
    assert reason in (json.loads(result.stdout)["error"]["what"] if as_json else result.stderr)
    assert not (tmp_path / "out").exists()
