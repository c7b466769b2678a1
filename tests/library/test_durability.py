"""``kill -9`` loses nothing that was reported done; two processes do not corrupt one library."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_model import FakeModel, sing_to

from singalike.errors import ConfigError
from singalike.library import Library, schema
from singalike.library.schema import DATABASE

ADDER = Path(__file__).parent / "adder.py"
FILES = 24


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for seed in range(FILES):
        sing_to(tmp_path / "music" / f"{seed:02d}.wav", seed, seconds=0.6)
    return tmp_path / "music"


def start(library: Path, music: Path, delay_seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, str(ADDER), str(library), str(music), str(delay_seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def assert_sound(library: Path) -> list[str]:
    """Check the database and that every entry has its windows; return the names of its files."""
    connection = sqlite3.connect(library / DATABASE)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        whole = "SELECT path FROM recordings JOIN windows ON recording_id = id"
        rows = [Path(path).name for (path,) in connection.execute(whole)]
        assert len(rows) == connection.execute("SELECT count(*) FROM recordings").fetchone()[0]
        return rows
    finally:
        connection.close()


def test_somebody_elses_database_is_left_as_it_is(tmp_path):
    file = tmp_path / DATABASE
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE letters (text)")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="not a singalike library"):
        Library(tmp_path, model=FakeModel()).add(sing_to(tmp_path / "a.wav", 0))
    assert file.read_bytes() == before


def test_a_library_that_cannot_be_written_can_be_searched(tmp_path, many, monkeypatch):
    with Library(tmp_path / "library", model=FakeModel()) as library:
        library.add(many)
        library.enroll("Ann", many / "00.wav")
    monkeypatch.setattr(schema, "_can_write", lambda file: False)  # root may write anywhere, so it is played
    with Library(tmp_path / "library", model=FakeModel()) as library:
        assert library.search(many / "00.wav", k=3)
        assert library.identify(many / "00.wav").name == "Ann"
        with pytest.raises(ConfigError, match="cannot be written"):
            library.forget("Ann")


def test_kill_9_loses_nothing_that_was_reported(tmp_path, many):
    library, rng = tmp_path / "library", random.Random(1)
    reported: set[str] = set()
    while len(reported) < FILES - 6:
        process = start(library, many, 0.01)
        assert process.stdout
        lines = []
        for _ in range(min(len(reported) + rng.randint(1, 8), FILES - 4)):  # files done before are reported too
            lines.append(process.stdout.readline())
        time.sleep(rng.uniform(0, 0.03))  # anywhere: while embedding, within a transaction, before a report
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()  # what it reported before the signal reached it
        process.wait()
        reported |= {Path(line[5:].strip()).name for line in lines if line.endswith(".wav\n")}
        assert reported <= set(assert_sound(library))
    model = FakeModel()
    stored = assert_sound(library)
    with Library(library, model=model) as reopened:
        summary = reopened.add(many)
        assert (summary.added, summary.unchanged) == (FILES - len(stored), len(stored))
        assert len(model.embedded) == FILES - len(stored)  # nothing is embedded again
        assert len(reopened.search(many / "00.wav", k=5)) == 5
    assert sorted(assert_sound(library)) == sorted(path.name for path in many.iterdir())


def test_kill_9_while_the_library_is_made(tmp_path, many):
    library = tmp_path / "library"
    process = start(library, many, 0.0)
    while not (library / DATABASE).exists():
        assert process.poll() is None
    process.kill()
    process.communicate()
    with Library(library, model=FakeModel()) as reopened:
        reopened.add(many)
    assert len(assert_sound(library)) == FILES


def test_two_processes_add_the_same_folder_to_one_new_library(tmp_path, many):
    library = tmp_path / "library"
    outputs = [p.communicate() for p in [start(library, many, 0.005) for _ in range(2)]]
    summaries = [[int(n) for n in out.splitlines()[-1].split()[1:]] for out, _ in outputs]
    assert sum(added for added, _, _ in summaries) == FILES  # each file is counted as added by one of them
    assert all(added + unchanged == FILES and not failed for added, unchanged, failed in summaries)
    assert len(assert_sound(library)) == FILES


def test_reader_sees_what_another_library_object_adds(tmp_path, many):
    query, late = many / "00.wav", many / "01.wav"
    with (
        Library(tmp_path / "l", model=FakeModel()) as writer,
        Library(tmp_path / "l", model=FakeModel()) as reader,
    ):
        writer.add(query)
        assert reader.search(query) == []
        writer.add(late)
        assert [hit.path for hit in reader.search(query)] == [late]
        writer.remove(late)
        assert reader.search(query) == []
