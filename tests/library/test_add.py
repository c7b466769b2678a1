"""Adding, changing, moving and deleting files keep ids and counts right."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_model import RATE_HZ, FakeModel, sing_to, voice, write

from singalike.errors import ConfigError
from singalike.library import Library
from singalike.library.sentinel import SAME_IN_A_ROW
from singalike.library.store import Store


def ids(library: Library) -> dict[str, int]:
    return {recording.path.name: recording.id for recording in library.recordings()}


def counts(summary) -> dict[str, int]:
    found = {k: v for k, v in summary.as_dict().items() if k != "failed" and v}
    return found | ({"failed": len(summary.failed)} if summary.failed else {})


def test_add_embeds_once_and_then_finds_nothing_to_do(library, music, model):
    assert counts(library.add(music)) == {"added": 4}
    before = library.recordings()
    assert counts(library.add(music)) == {"unchanged": 4}
    assert library.recordings() == before
    assert len(model.embedded) == 4


def test_same_content_with_a_new_time_is_not_embedded_again(library, music, model):
    library.add(music)
    os.utime(music / "1.wav", ns=(5, 5))
    assert counts(library.add(music)) == {"unchanged": 4}
    assert len(model.embedded) == 4
    assert {r.path.name: r.mtime_ns for r in library.recordings()}["1.wav"] == 5


def test_changed_file_keeps_its_id_and_gets_new_vectors(library, music):
    library.add(music)
    before = ids(library)
    with Store(library.folder, create=False).connection as other:
        (old,) = other.execute("SELECT vector FROM recordings WHERE id = ?", (before["1.wav"],)).fetchone()
    sing_to(music / "1.wav", 77)
    assert counts(library.add(music)) == {"updated": 1, "unchanged": 3}
    assert ids(library) == before
    with Store(library.folder, create=False).connection as other:
        (new,) = other.execute("SELECT vector FROM recordings WHERE id = ?", (before["1.wav"],)).fetchone()
    assert not np.allclose(np.frombuffer(old, "<f4"), np.frombuffer(new, "<f4"), atol=0.01)


def test_moved_file_keeps_its_id_without_being_embedded(library, music, model):
    library.add(music)
    before = ids(library)
    (music / "deep").mkdir()
    (music / "1.wav").rename(music / "deep" / "renamed.wav")
    assert counts(library.add(music)) == {"moved": 1, "unchanged": 3}
    assert ids(library)["renamed.wav"] == before["1.wav"]
    assert len(library) == 4
    assert len(model.embedded) == 4


def test_copy_takes_over_the_vectors_under_its_own_id(library, music, model):
    library.add(music)
    shutil.copy(music / "1.wav", music / "copy.wav")
    assert counts(library.add(music)) == {"added": 1, "unchanged": 4}
    assert len(model.embedded) == 4
    assert ids(library)["copy.wav"] == max(ids(library).values())


def test_moved_copy_keeps_its_own_id_beside_the_original(library, music):
    shutil.copy(music / "1.wav", music / "copy.wav")
    library.add(music)
    before = ids(library)
    (music / "copy.wav").rename(music / "renamed.wav")
    assert counts(library.add(music)) == {"moved": 1, "unchanged": 4}
    assert ids(library)["renamed.wav"] == before["copy.wav"]


def test_file_moved_over_another_keeps_the_id_of_the_place(library, music):
    library.add(music)
    before = ids(library)
    (music / "1.wav").replace(music / "2.wav")
    assert counts(library.add(music)) == {"updated": 1, "unchanged": 2, "removed": 1}
    assert ids(library) == {name: before[name] for name in ("0.wav", "2.wav", "3.wav")}


def test_ids_of_deleted_files_are_never_given_again(library, music, tmp_path):
    library.add(music)
    before = ids(library)
    (music / "3.wav").rename(tmp_path / "aside.wav")
    assert counts(library.add(music)) == {"unchanged": 3, "removed": 1}
    assert len(library) == 3
    library.close()  # also across a reopening
    (tmp_path / "aside.wav").rename(music / "3.wav")
    assert counts(library.add(music)) == {"added": 1, "unchanged": 3}
    assert ids(library)["3.wav"] > max(before.values())


def test_only_entries_under_the_named_folder_are_removed(library, music, tmp_path):
    other = sing_to(tmp_path / "other" / "9.wav", 9)
    sibling = sing_to(tmp_path / "music-too" / "8.wav", 8)  # its path starts like the folder's
    library.add(music, other, sibling)
    for path in (music / "0.wav", other, sibling):
        path.unlink()
    assert counts(library.add(music)) == {"unchanged": 3, "removed": 1}
    assert {"9.wav", "8.wav"} <= ids(library).keys()


def test_missing_folder_is_an_error_and_removes_nothing(library, music, tmp_path):
    library.add(music)
    music.rename(tmp_path / "unmounted")
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        library.add(music)
    assert "mounted" in caught.value.hint
    assert len(library) == 4


def test_remove_drops_entries_whether_their_files_exist_or_not(library, music):
    library.add(music)
    shutil.rmtree(music)
    assert library.remove(music / "0.wav") == 1
    assert library.remove(music) == 3
    assert len(library) == 0


def test_unreadable_subfolder_is_a_failure_and_removes_nothing(library, music, monkeypatch):
    sing_to(music / "locked" / "9.wav", 9)
    library.add(music)
    really = os.scandir

    def scandir(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    summary = library.add(music)
    assert [failure.path.name for failure in summary.failed] == ["locked"]
    assert len(library) == 5


def test_bad_files_are_listed_and_stop_nothing(library, music):
    (music / "broken.wav").write_bytes(b"RIFF....no audio at all")
    write(music / "silent.flac", np.zeros(8000, np.float32))
    (music / "empty.mp3").touch()
    (music / "dangling.ogg").symlink_to(music / "nowhere")
    (music / "cover.jpg").write_bytes(b"\xff\xd8")
    sing_to(music / ".hidden.wav", 7)
    sing_to(music / ".trash" / "old.wav", 8)
    named = music / "notes.txt"
    named.write_text("not audio")
    missing = music / "missing.wav"
    summary = library.add(music, named, missing)
    assert counts(summary) == {"added": 4, "skipped": 2, "failed": 6}
    codes = {failure.path.name: failure.code for failure in summary.failed}
    assert codes.pop("silent.flac") == "silent"
    assert codes.keys() == {"broken.wav", "empty.mp3", "dangling.ogg", "notes.txt", "missing.wav"}
    assert "unexpected" not in codes.values()
    assert {f.path.name for f in library.failures()} == {"silent.flac", *codes}


def test_failed_file_is_tried_again_and_forgiven_when_mended_or_gone(library, music):
    bad, worse = music / "bad.wav", music / "worse.wav"
    bad.write_bytes(b"broken")
    worse.write_bytes(b"broken too")
    assert len(library.add(music).failed) == 2
    assert len(library.add(music).failed) == 2
    sing_to(bad, 5)
    worse.unlink()
    assert counts(library.add(music)) == {"added": 1, "unchanged": 4}
    assert library.failures() == []


def test_file_that_broke_is_no_longer_found_by_its_old_voice(library, music):
    library.add(music)
    (music / "1.wav").write_bytes(b"overwritten by something else")
    assert counts(library.add(music)) == {"unchanged": 3, "failed": 1}
    assert "1.wav" not in ids(library)


def test_unforeseen_error_is_this_files_failure_only(library, music, model, monkeypatch):
    embed = model.embed_recording

    def faulty(path):
        if path.name == "1.wav":
            raise RuntimeError("out of luck")
        return embed(path)

    monkeypatch.setattr(model, "embed_recording", faulty)
    (failure,) = library.add(music).failed
    assert (failure.path.name, failure.code) == ("1.wav", "unexpected")
    assert "out of luck" in failure.what


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_vectors_that_are_not_finite_or_not_unit_are_never_stored(library, music, model, monkeypatch, bad):
    embed = model.embed_recording

    def faulty(path):
        embedding = embed(path)
        if path.name == "1.wav":
            embedding.windows.vectors[0] = bad
        return embedding

    monkeypatch.setattr(model, "embed_recording", faulty)
    summary = library.add(music)
    assert [(f.path.name, f.code) for f in summary.failed] == [("1.wav", "not-finite")]
    assert len(library) == 3


def test_model_that_gives_everything_one_vector_is_stopped(library, tmp_path, model, monkeypatch):
    sing_to(tmp_path / "music" / "00.wav", 0)
    library.add(tmp_path / "music")
    for seed in range(1, SAME_IN_A_ROW + 5):
        sing_to(tmp_path / "music" / f"{seed:02d}.wav", seed)
    embed, constant = model.embed_recording, tmp_path / "music" / "00.wav"
    monkeypatch.setattr(model, "embed_recording", lambda path: embed(constant))
    with pytest.raises(ConfigError, match="the same vector"):
        library.add(tmp_path / "music")
    assert ids(library).keys() == {"00.wav"}  # none of the run is kept


def test_many_copies_of_one_recording_are_no_broken_model(library, tmp_path):
    for n in range(SAME_IN_A_ROW + 2):
        path = tmp_path / "music" / f"{n:02d}.flac"
        path.parent.mkdir(exist_ok=True)
        with soundfile.SoundFile(path, "w", RATE_HZ, 1) as file:
            file.title = f"pressing {n}"
            file.write(voice(0))
    assert counts(library.add(tmp_path / "music")) == {"added": SAME_IN_A_ROW + 2}


def test_progress_counts_every_file_after_it_is_stored(library, music):
    seen = []

    def report(done, total, path):
        with Library(library.folder) as other:
            assert path in {recording.path for recording in other.recordings()}
        seen.append((done, total, path.name))

    library.add(music, progress=report)
    assert seen == [(i + 1, 4, f"{i}.wav") for i in range(4)]


def test_a_file_named_twice_counts_once(library, music):
    assert counts(library.add(music, music / "1.wav", music / ".." / "music" / "2.wav")) == {"added": 4}


def test_file_names_that_are_not_utf8_are_kept(library, music, model, monkeypatch):
    odd = music / os.fsdecode(b"caf\xe9.wav")
    embed, other = (
        model.embed_recording,
        music / "0.wav",
    )  # whether a decoder takes such names is its own affair
    monkeypatch.setattr(model, "embed_recording", lambda path: embed(other if path == odd else path))
    try:
        sing_to(music / "9.wav", 9).rename(odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    library.add(music)
    assert counts(library.add(music)) == {"unchanged": 5}
    assert odd in {recording.path for recording in library.recordings()}
    odd.rename(music / "plain.wav")
    assert counts(library.add(music)) == {"moved": 1, "unchanged": 4}


def test_recording_tells_what_was_stored(library, tmp_path):
    path = sing_to(tmp_path / "song.wav", 3, seconds=2.0)
    library.add(path)
    (recording,) = library.recordings()
    assert recording.path == path
    assert recording.title == "song"
    assert recording.seconds == pytest.approx(2.0)
    assert 0 <= recording.spread < 0.1
    assert recording.fingerprint == FakeModel().fingerprint
    assert recording.as_dict()["path"] == str(path)


def test_gain_changes_neither_count_nor_place(library, tmp_path):
    write(tmp_path / "loud.wav", voice(1))
    write(tmp_path / "soft.wav", voice(1) * 0.5)
    assert counts(library.add(tmp_path / "loud.wav", tmp_path / "soft.wav")) == {"added": 2}
