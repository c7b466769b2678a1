from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
from toys import Toy, WrongToy

from singalike.errors import ConfigError, InputError, SilentError
from singalike.separate import cache
from singalike.separate.batch import separate_all
from singalike.separate.cache import cached_stems, entry_folder
from singalike.separate.names import folder_names

RATE_HZ = 8000


@pytest.fixture
def songs(noise, write) -> list[Path]:
    return [write(f"music/{i}.wav", noise(0.5, RATE_HZ, seed=i), RATE_HZ) for i in range(4)]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def test_each_song_has_its_folder(songs, kept, tmp_path):
    batch = separate_all(songs, Toy(), tmp_path / "out", cache=kept)
    assert [s.path for s in batch.done] == songs
    assert not batch.failed
    for separation in batch.done:
        assert separation.folder == tmp_path / "out" / separation.path.stem
        assert sorted(p.name for p in separation.folder.iterdir()) == [
            "accompaniment.wav",
            "separation.json",
            "vocals.wav",
        ]
        record = json.loads((separation.folder / "separation.json").read_text())
        assert (record["path"], record["separator"], record["frames"]) == (str(separation.path), "toy", RATE_HZ // 2)
        assert separation.seconds == 0.5


def test_what_is_finished_is_not_repeated(songs, kept, tmp_path):
    separate_all(songs[:2], Toy(), tmp_path / "out", cache=kept)
    toy = Toy()
    batch = separate_all(songs, toy, tmp_path / "out", cache=kept)
    assert [s.fresh for s in batch.done] == [False, False, True, True]
    assert len(toy.shapes) == 2
    elsewhere = separate_all(songs, toy, tmp_path / "elsewhere", cache=kept)
    assert not any(s.fresh for s in elsewhere.done)
    assert len(toy.shapes) == 2


def test_equal_contents_are_separated_once_also_at_the_same_time(songs, kept, tmp_path):
    copies = [tmp_path / f"copy{i}.wav" for i in range(4)]
    for copy in copies:
        copy.write_bytes(songs[0].read_bytes())
    toy = Toy(delay_seconds=0.05)
    batch = separate_all(copies, toy, tmp_path / "out", cache=kept, jobs=4)
    assert len(toy.shapes) == 1
    assert sum(s.fresh for s in batch.done) == 1
    assert all((s.folder / "vocals.wav").is_file() for s in batch.done)


def test_files_run_in_parallel(songs, kept, tmp_path):
    toy = Toy(delay_seconds=0.05)
    separate_all(songs, toy, tmp_path / "out", cache=kept, jobs=2)
    assert len(toy.threads) == 2


def test_whatever_changes_the_output_changes_the_entry(songs, kept):
    others = [Toy(0.4), Toy(chunk_seconds=2.0), Toy(overlap_seconds=0.1), Toy(stems=("drums", "rest"))]
    folders = {entry_folder("0" * 64, toy, format="float", cache=kept) for toy in [Toy(), Toy(), *others]}
    folders |= {entry_folder("1" * 64, Toy(), format="float", cache=kept)}
    folders |= {entry_folder("0" * 64, Toy(), format="flac", cache=kept)}
    assert len(folders) == 7


def test_stems_take_their_space_once_and_an_edited_one_is_made_anew(songs, kept, tmp_path):
    out = tmp_path / "out"
    separate_all(songs[:1], Toy(), out, cache=kept)
    vocals = out / "0" / "vocals.wav"
    assert vocals.stat().st_nlink == 2
    before = vocals.read_bytes()
    with vocals.open("r+b") as file:  # in place: the kept file changes with it
        file.seek(1000)
        file.write(b"edited")
    os.utime(vocals, ns=(0, 0))
    (done,) = separate_all(songs[:1], Toy(), out, cache=kept).done
    assert done.fresh
    assert soundfile.read(vocals)[0] == pytest.approx(soundfile.read(_write(tmp_path, before))[0])


def _write(folder: Path, content: bytes) -> Path:
    (folder / "before.wav").write_bytes(content)
    return folder / "before.wav"


def test_on_another_disk_stems_are_copied_once(songs, kept, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    separate_all(songs[:1], Toy(), tmp_path / "out", cache=kept)
    vocals = tmp_path / "out" / "0" / "vocals.wav"
    inode = vocals.stat().st_ino
    separate_all(songs[:1], Toy(), tmp_path / "out", cache=kept)
    assert vocals.stat().st_ino == inode


@pytest.mark.parametrize("damage", ["no record", "half a record", "no vocals", "short vocals"])
def test_a_damaged_entry_is_made_anew(songs, kept, damage):
    entry = cached_stems(songs[0], Toy(), cache=kept)
    record, vocals = entry.folder / "separation.json", entry.stems["vocals"]
    if "record" in damage:
        record.write_text(record.read_text()[:50]) if "half" in damage else record.unlink()
    else:
        vocals.write_bytes(b"RIFF") if "short" in damage else vocals.unlink()
    again = cached_stems(songs[0], Toy(), cache=kept)
    assert again.fresh
    assert soundfile.info(again.stems["vocals"]).frames == RATE_HZ // 2
    assert not cached_stems(songs[0], Toy(), cache=kept).fresh


def test_the_entry_of_another_process_that_was_first_stays(songs, kept, monkeypatch):
    first = cached_stems(songs[0], Toy(), cache=kept)
    inode = first.stems["vocals"].stat().st_ino
    real, asked = cache._read, []

    def blind_at_first(folder):
        asked.append(folder)
        return None if len(asked) == 1 else real(folder)

    monkeypatch.setattr(cache, "_read", blind_at_first)
    cached_stems(songs[0], Toy(), cache=kept)
    assert first.stems["vocals"].stat().st_ino == inode
    assert sorted(kept.iterdir()) == [first.folder]


def test_bad_files_do_not_stop_the_batch(songs, noise, write, kept, tmp_path):
    import numpy as np

    silent = write("silent.wav", np.zeros((1, RATE_HZ)), RATE_HZ)
    batch = separate_all([songs[0], silent, tmp_path / "none.wav", songs[1]], Toy(), tmp_path / "out", cache=kept)
    assert [s.path for s in batch.done] == songs[:2]
    assert [path for path, _ in batch.failed] == [silent, tmp_path / "none.wav"]
    assert isinstance(batch.failed[0][1], SilentError)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["0", "1"]


def test_an_error_nobody_foresaw_is_that_files_alone(songs, kept, tmp_path):
    class Picky(Toy):
        def stems_of(self, samples):
            if len(self.shapes) == 2:
                raise RuntimeError("out of memory")
            return super().stems_of(samples)

    batch = separate_all(songs, Picky(), tmp_path / "out", cache=kept)
    assert [str(error) for _, error in batch.failed] == ["out of memory"]
    assert len(batch.done) == 3


def test_a_separator_that_breaks_its_promise_stops_it(songs, kept, tmp_path):
    with pytest.raises(ConfigError, match="returned nothing"):
        separate_all(songs, WrongToy(), tmp_path / "out", cache=kept)


def test_progress_counts_files_and_shares(songs, kept, tmp_path):
    seen = []
    separate_all(songs, Toy(), tmp_path / "out", cache=kept, progress=lambda *now: seen.append(now))
    assert [now[0] for now in seen] == sorted(now[0] for now in seen)
    assert {now[1] for now in seen} == {4}
    assert seen[-1] == (4, 4, songs[-1], 1.0)


def test_somebody_elses_folder_is_not_touched(songs, noise, write, kept, tmp_path):
    out = tmp_path / "out"
    (out / "0").mkdir(parents=True)
    (out / "0" / "vocals.wav").write_bytes(b"mine")
    separate_all(songs[1:2], Toy(), out, cache=kept)
    other = write("more/1.wav", noise(0.5, RATE_HZ, seed=9), RATE_HZ)  # another song of the same name, later
    batch = separate_all([songs[0], other], Toy(), out, cache=kept)
    assert not batch.done
    assert all(isinstance(error, InputError) for _, error in batch.failed)
    assert "not from `singalike separate`" in str(batch.failed[0][1])
    assert f"holds the stems of {songs[1]}" in str(batch.failed[1][1])
    assert (out / "0" / "vocals.wav").read_bytes() == b"mine"


def test_a_changed_song_and_another_separator_replace_their_own(songs, noise, write, kept, tmp_path):
    out = tmp_path / "out"
    separate_all(songs[:1], Toy(stems=("drums", "bass", "vocals", "other")), out, cache=kept)
    separate_all(songs[:1], Toy(), out, cache=kept, format="flac")
    assert sorted(p.name for p in (out / "0").iterdir()) == ["accompaniment.flac", "separation.json", "vocals.flac"]
    write("music/0.wav", noise(0.7, RATE_HZ, seed=5), RATE_HZ)
    (done,) = separate_all(songs[:1], Toy(), out, cache=kept, format="flac").done
    assert done.seconds == pytest.approx(0.7)


def test_names_that_collide_keep_their_folders():
    paths = [
        Path("/m/a/song.mp3"),
        Path("/m/b/SONG.mp3"),
        Path("/m/b/x/alone.wav"),
        Path("/m/b/t.mp3"),
        Path("/m/b/t.wav"),
    ]
    names = folder_names(paths)
    assert [str(names[path]) for path in paths] == ["a/song", "b/SONG", "alone", "b/t.mp3", "b/t.wav"]
    assert folder_names([Path("a.wav"), Path("a.b.wav")]) == {Path("a.wav"): Path("a"), Path("a.b.wav"): Path("a.b")}


def test_under_a_root_all_keep_their_folders(tmp_path):
    paths = [Path("/m/ann/one.mp3"), Path("/m/ann/one.wav"), Path("/m/bob/two/mixture.wav"), Path("/m/mix.wav")]
    names = folder_names([*paths, Path("/n/one.mp3")], roots=[Path("/m")])
    assert [str(names[path]) for path in paths] == ["ann/one.mp3", "ann/one.wav", "bob/two", "mix"]
    assert str(names[Path("/n/one.mp3")]) == "one"


def test_under_roots_no_two_songs_share_a_folder():
    paths = [Path(f"/m/ann/{name}") for name in ("s1.mp3", "s1/mixture.wav", "s2.mp3", "s2/mixture.wav")]
    names = folder_names(paths, roots=[Path("/m")])
    assert [str(names[path]) for path in paths] == [
        "ann/s1.mp3", "ann/s1/mixture.wav", "ann/s2.mp3", "ann/s2/mixture.wav",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match=r"/m/a/s\.mp3 and /n/a/s\.mp3"):
        folder_names([Path("/m/a/s.mp3"), Path("/n/a/s.mp3")], roots=[Path("/m"), Path("/n")])


def test_kill_9_in_the_middle_and_again(songs, kept, tmp_path):
    """Two files are finished when the process is killed in the third; started again, it does two."""
    script = Path(__file__).with_name("separator.py")
    command = [sys.executable, str(script), str(kept), str(tmp_path / "out"), *map(str, songs)]
    process = subprocess.Popen([*command, "0.2"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(2):
        assert process.stdout.readline().startswith("done")
    while not list(kept.glob(".draft-*")):
        assert process.poll() is None
    process.kill()
    process.communicate()
    finished = [path for path in kept.iterdir() if not path.name.startswith(".")]
    assert len(finished) in (2, 3)  # 3: the kill came between a file's last step and the next draft
    stamps = {path: (path / "vocals.wav").stat().st_mtime_ns for path in finished}
    again = subprocess.run([*command, "0"], stdout=subprocess.PIPE, text=True, check=True)
    assert again.stdout.splitlines()[-1] == f"separated {4 - len(finished)} failed 0"
    assert stamps == {path: (path / "vocals.wav").stat().st_mtime_ns for path in finished}
    assert all((tmp_path / "out" / str(i) / "accompaniment.wav").is_file() for i in range(4))


def test_what_a_killed_process_left_is_swept_when_it_is_old(songs, kept, tmp_path):
    old, new = kept / ".draft-old", kept / ".draft-new"
    for draft in (old, new):
        draft.mkdir(parents=True)
        (draft / "vocals.wav").write_bytes(b"")
    long_ago = time.time() - 7200
    for path in (old / "vocals.wav", old):
        os.utime(path, (long_ago, long_ago))
    separate_all(songs[:1], Toy(), tmp_path / "out", cache=kept)
    assert not old.exists()
    assert new.exists()
