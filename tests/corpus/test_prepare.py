from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from singalike.audio.encode import write_audio
from singalike.corpus import cache
from singalike.corpus import prepare as room
from singalike.corpus.prepare import Settings, prepare
from singalike.corpus.recordings import Recording, read_recordings, write_table
from singalike.corpus.spans import read_spans
from singalike.errors import ConfigError

RATE_HZ = 8000
ASKED = Settings(RATE_HZ, clip_seconds=2.0)


def _sound(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


def _write(path: Path, samples: np.ndarray) -> Path:
    return write_audio(path, samples, sample_rate_hz=RATE_HZ)


@pytest.fixture(autouse=True)
def _fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path / "home"))


@pytest.fixture
def singers(tmp_path: Path) -> Path:
    """Ten singers, two songs each, of 5 s: 2 s sound, 3 s pause of which 1.3 s stay, 1.5 s sound."""
    for who in range(10):
        for song in range(2):
            seed = 10 * who + song
            samples = np.concatenate([_sound(2.0, seed), np.zeros(3 * RATE_HZ), _sound(1.5, seed + 1000)])
            _write(tmp_path / "singers" / f"s{who}" / f"{song}.wav", samples)
    return tmp_path / "singers"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    calls, real = [], cache.decode
    monkeypatch.setattr(cache, "decode", lambda path, **k: calls.append(path) or real(path, **k))
    return calls


def test_voices_are_split_and_clips_counted(singers: Path, tmp_path: Path) -> None:
    summary = prepare(singers, tmp_path / "out", ASKED)
    recordings, spans = read_recordings(tmp_path / "out" / "recordings.csv"), read_spans(tmp_path / "out" / "spans.csv")
    split_of = {r.voice: r.split for r in recordings}
    assert Counter(split_of.values()) == {"train": 8, "validation": 1, "test": 1}
    assert all(split_of[r.voice] == r.split for r in recordings)
    assert [r.path for r in recordings] == sorted(singers.rglob("*.wav"))
    # 2 + 1.3 + 1.5 s are left of each: two clips of 2 s, and 0.8 s left out.
    assert [(s.path, s.voice, s.split, s.start_seconds, s.seconds) for s in spans] == [
        (r.path, r.voice, r.split, start, 2.0) for r in recordings for start in (0.0, 2.0)
    ]
    assert summary["splits"] == {
        "train": {"recordings": 16, "voices": 8, "clips": 32, "seconds": pytest.approx(16 * 4.8, abs=0.1)},
        "validation": {"recordings": 2, "voices": 1, "clips": 4, "seconds": pytest.approx(9.6, abs=0.1)},
        "test": {"recordings": 2, "voices": 1, "clips": 4, "seconds": pytest.approx(9.6, abs=0.1)},
    }
    assert summary["failed"] == []
    assert summary["settings"]["sample_rate_hz"] == RATE_HZ
    for name, digest in summary["sha256"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    on_disk = json.loads((tmp_path / "out" / "prepared.json").read_text())
    assert on_disk == json.loads(json.dumps(summary))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["prepared.json", "recordings.csv", "spans.csv"]


def test_silences_can_be_kept(singers: Path, tmp_path: Path) -> None:
    summary = prepare(singers, tmp_path / "out", Settings(RATE_HZ, clip_seconds=2.0, shorten_silences=False))
    assert summary["splits"]["test"]["seconds"] == pytest.approx(2 * 6.5)
    starts = {s.start_seconds for s in read_spans(tmp_path / "out" / "spans.csv")}
    assert starts == {0.0, 4.0}  # the clip from 2 s on is all pause


def test_a_second_time_nothing_is_decoded_and_the_tables_are_the_same(
    singers: Path, tmp_path: Path, decoded: list[Path]
) -> None:
    first = prepare(singers, tmp_path / "out", ASKED, jobs=3)
    assert len(decoded) == 20
    steps = []
    assert prepare(singers, tmp_path / "out", ASKED, jobs=1, progress=lambda *step: steps.append(step)) == first
    other = prepare(singers, tmp_path / "other", Settings(RATE_HZ, clip_seconds=3.0, seed=1, shares=(0.5, 0.5, 0.0)))
    assert len(decoded) == 20
    assert steps == [(stage, i, 20) for stage in ("decode", "clips") for i in range(1, 21)]
    assert [other["splits"][part]["voices"] for part in ("train", "validation", "test")] == [5, 5, 0]


@pytest.mark.slow  # torch
def test_training_reads_the_table_and_decodes_nothing(singers: Path, tmp_path: Path, decoded: list[Path]) -> None:
    pytest.importorskip("lightning")
    from singalike.train.prepare import prepare as prepare_training
    from singalike.train.recipe import load_recipe

    summary = prepare(singers, tmp_path / "out", ASKED)
    before = len(decoded)
    ready = prepare_training(
        load_recipe("torres-cont"),
        tmp_path / "out" / "recordings.csv",
        sample_rate_hz=RATE_HZ,
        progress=lambda stage, done, of: None,
    )
    assert len(decoded) == before == 20
    counts = summary["splits"]
    assert (len(ready.train.voices), len(ready.train.samples)) == (8, counts["train"]["recordings"])
    assert (len(ready.validation.voices), len(ready.validation.samples)) == (1, counts["validation"]["recordings"])


def test_bad_recordings_are_listed_and_move_no_voice(singers: Path, tmp_path: Path) -> None:
    before = prepare(singers, tmp_path / "before", ASKED)
    own = {r.voice: r.split for r in read_recordings(tmp_path / "before" / "recordings.csv")}
    _write(singers / "s0" / "silent.wav", np.zeros(2 * RATE_HZ, np.float32))
    with_nan = _sound(2.0, 1)
    with_nan[77] = np.nan
    soundfile.write(singers / "s0" / "nan.wav", with_nan, RATE_HZ, subtype="FLOAT")
    (singers / "s0" / "corrupt.flac").write_bytes(b"fLaC" + bytes(range(256)) * 40)
    (singers / "s0" / "empty.wav").touch()
    (singers / "s0" / "paper.wav").write_bytes(b"%PDF-1.7\n" + bytes(5000))
    _write(singers / "s0" / "short.wav", _sound(0.9, 2))
    summary = prepare(singers, tmp_path / "out", ASKED)
    assert {Path(e["where"]).name: e["code"] for e in summary["failed"]} == {
        "silent.wav": "silent",
        "nan.wav": "not-finite",
        "corrupt.flac": "unreadable",
        "empty.wav": "unreadable",
        "paper.wav": "unreadable",
        "short.wav": "too-short",
    }
    assert summary["splits"] == before["splits"]
    assert {r.voice: r.split for r in read_recordings(tmp_path / "out" / "recordings.csv")} == own

    for path in sorted((singers / "s0").glob("[01].wav")):  # now nothing of this voice is left
        path.write_bytes(b"%PDF-1.7\n")
    prepare(singers, tmp_path / "fewer", ASKED)
    left = {r.voice: r.split for r in read_recordings(tmp_path / "fewer" / "recordings.csv")}
    assert left == {voice: split for voice, split in own.items() if voice != "s0"}


def test_a_name_that_is_no_text_is_a_bad_recording(singers: Path, tmp_path: Path) -> None:
    odd = singers / "s0" / "\udcff.wav"
    try:
        shutil.copy(singers / "s0" / "0.wav", odd)
    except OSError:
        pytest.skip("this file system takes names that are text only")
    summary = prepare(singers, tmp_path / "out", ASKED)
    assert [error["what"] for error in summary["failed"]] == ["its name is not UTF-8"]
    assert len(read_recordings(tmp_path / "out" / "recordings.csv")) == 20


def test_when_nothing_can_be_used_the_error_says_why(singers: Path, tmp_path: Path) -> None:
    for path in singers.rglob("*.wav"):
        path.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(ConfigError, match=r"no recording of 20 can be used .*PDF"):
        prepare(singers, tmp_path / "out", ASKED)
    assert not list((tmp_path / "out").iterdir())


def test_a_split_that_the_table_gives_is_kept(singers: Path, tmp_path: Path) -> None:
    given = {"s0": "test", "s1": "train", "s2": "train", "s3": "validation"}
    rows = [Recording(r.path, r.voice, split=given.get(r.voice, "")) for r in read_recordings(singers)]
    write_table(rows, tmp_path / "table.csv")
    summary = prepare(tmp_path / "table.csv", tmp_path / "out", ASKED)
    kept = read_recordings(tmp_path / "out" / "recordings.csv")
    assert [(r.path, r.split) for r in kept] == [(r.path, r.split) for r in rows]
    assert {part: n["voices"] for part, n in summary["splits"].items()} == {
        "train": 2,
        "validation": 1,
        "test": 1,
        "none": 6,
    }


@pytest.mark.parametrize(
    ("splits", "complaint"),
    [(("dev", "train"), "not dev"), (("test", "train"), "in more than one split: s0")],
)
def test_a_split_that_is_none_is_refused(singers: Path, tmp_path: Path, splits, complaint) -> None:
    songs = sorted((singers / "s0").iterdir())
    rows = [Recording(path, "s0", split=split) for path, split in zip(songs, splits, strict=True)]
    write_table(rows, tmp_path / "table.csv")
    with pytest.raises(ConfigError, match=complaint):
        prepare(tmp_path / "table.csv", tmp_path / "out", ASKED)


def test_what_cannot_be_done_is_said_before_anything_is_decoded(
    singers: Path, tmp_path: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "two").mkdir()
    for who in ("s0", "s1"):
        shutil.copytree(singers / who, tmp_path / "two" / who)
    (tmp_path / "file").touch()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "recordings.csv").write_text("path,voice,mine\n")
    out = tmp_path / "out"
    for data, folder, settings, complaint in (
        (tmp_path / "none", out, ASKED, "no such folder or table"),
        (tmp_path / "empty", out, ASKED, "no audio in this folder"),
        (tmp_path / "two", out, ASKED, "2 voices cannot fill"),
        (singers, out, Settings(RATE_HZ, shares=(0.9, 0.2, 0.1)), "add up to 1"),
        (singers, out, Settings(0), "a rate is positive"),
        (singers, out, Settings(RATE_HZ, clip_seconds=float("nan")), "a clip lasts 1 s"),
        (singers, tmp_path / "file", ASKED, "cannot be written"),
        (singers, tmp_path / "file" / "out", ASKED, "cannot be written"),
        (singers, tmp_path / "taken", ASKED, "did not write"),
    ):
        with pytest.raises(ConfigError, match=complaint):
            prepare(data, folder, settings)
    with pytest.raises(ConfigError, match="no reader"):
        prepare(singers, out, ASKED, reader="nobody")

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(room.tempfile, "TemporaryFile", refuse)  # root may write anywhere, so the refusal is played
    with pytest.raises(ConfigError, match="cannot be written: Permission denied"):
        prepare(singers, out, ASKED)
    assert decoded == []
    assert (tmp_path / "taken" / "recordings.csv").read_text() == "path,voice,mine\n"


def test_a_known_dataset_is_read_by_its_reader(singers: Path, tmp_path: Path) -> None:
    rows = "".join(f"s{who}/0.wav,singer {who},sung,song,CC\n" for who in range(3))
    (singers / "clips.csv").write_text(f"path,singer,kind,song,licence\n{rows}")
    summary = prepare(singers, tmp_path / "out", ASKED, reader="gtsinger-demo")
    assert summary["reader"] == "gtsinger-demo"
    kept = read_recordings(tmp_path / "out" / "recordings.csv")
    assert [(r.voice, r.kind, r.song) for r in kept] == [(f"singer {who}", "sung", "song") for who in range(3)]
