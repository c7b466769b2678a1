"""Songs on the disk: their parts, the neighbours, the mix with its sheet and page."""

from __future__ import annotations

import errno
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from band import clicks, tune

from singalike.checksum import sha256
from singalike.errors import ConfigError, InputError, UnreadableError
from singalike.library import Library
from singalike.match.answers import Options, crossmix, find_matches
from singalike.match.crossmix import Settings
from singalike.match.neighbours import find_neighbours
from singalike.match.parts import open_parts
from singalike.model.encoder import Model
from tiny_model import write_model

RATE_HZ = 22_050


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model(write_model(tmp_path_factory.mktemp("model") / "tiny"))


def write_song(folder: Path, *, bpm: float, tonic: int = 0, seconds: float = 9.0) -> Path:
    """Write a folder of stems and return its mix."""
    folder.mkdir(parents=True)
    voice = tune(tonic=tonic, bpm=bpm, seconds=seconds)
    band = 0.5 * tune(tonic=tonic - 12, bpm=bpm / 2, seconds=seconds) + clicks(bpm=bpm, seconds=seconds)
    for name, samples in {"vocals": voice, "accompaniment": band, "mixture": voice + band}.items():
        soundfile.write(folder / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
    return folder / "mixture.wav"


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    for name, bpm, tonic in (("a", 100, 0), ("b", 110, 5), ("c", 141, 2)):
        write_song(tmp_path / "songs" / name, bpm=bpm, tonic=tonic)
    return tmp_path / "songs"


@pytest.fixture
def library(songs: Path, tmp_path: Path, model: Model) -> Library:
    library = Library(tmp_path / "library", model=model)
    library.add(songs)
    return library


def test_ready_stems_are_found_by_the_mix_the_folder_and_the_voice(songs: Path) -> None:
    for place in ("a", "a/mixture.wav", "a/vocals.wav"):
        parts = open_parts(songs / place)
        assert (parts.how, set(parts.stems)) == ("ready stems", {"vocals", "accompaniment", "mix"})
    alone = open_parts(songs / "a" / "vocals.wav", is_vocal=True)
    assert (alone.how, set(alone.stems)) == ("a vocal alone", {"vocals"})


def test_what_cannot_be_opened_says_so(songs: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="no such file"):
        open_parts(tmp_path / "nowhere.wav")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no stems"):
        open_parts(tmp_path / "empty")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(UnreadableError):
        open_parts(tmp_path / "text.wav")
    soundfile.write(songs / "a" / "vocals.wav", np.ones(RATE_HZ) * 0.1, RATE_HZ)
    with pytest.raises(InputError, match="lengths differ"):
        open_parts(songs / "a")
    soundfile.write(songs / "b" / "vocals.wav", np.ones(9 * 8000) * 0.1, 8000)
    with pytest.raises(InputError, match="sample rates differ"):
        open_parts(songs / "b")


def test_neighbours_are_songs_and_never_the_query(library: Library, songs: Path) -> None:
    parts = open_parts(songs / "a")
    found = find_neighbours(library, songs / "a" / "vocals.wav", k=5, own=parts.files.values())
    assert {hit.path.parent.name for hit in found.hits} == {"b", "c"}
    assert [hit.rank for hit in found.hits] == [1, 2]
    assert found.left_out == [songs / "a" / "mixture.wav"]


def test_a_copy_of_the_query_under_another_name_is_left_out(library: Library, songs: Path) -> None:
    copy = songs / "copy.flac"
    samples, rate_hz = soundfile.read(songs / "a" / "mixture.wav")
    soundfile.write(copy, samples, rate_hz)
    library.add(copy)
    found = find_neighbours(library, songs / "a" / "mixture.wav", k=5)
    assert found.left_out == [songs / "a" / "mixture.wav", copy]


def test_a_library_without_songs_is_an_error(tmp_path: Path, songs: Path, model: Model) -> None:
    library = Library(tmp_path / "stems", model=model)
    library.add(songs / "a" / "vocals.wav", songs / "b" / "vocals.wav")
    with pytest.raises(ConfigError, match="none of its 2 entries is a song"):
        find_neighbours(library, songs / "c" / "vocals.wav", k=3)
    only_own = Library(tmp_path / "own", model=model)
    only_own.add(songs / "c" / "mixture.wav")
    with pytest.raises(ConfigError, match="no song but the query's own"):
        find_neighbours(only_own, songs / "c" / "mixture.wav", k=3)


def test_answers_say_what_they_need_and_which_are_refused(
    library: Library, songs: Path, tmp_path: Path, model: Model
) -> None:
    found = find_matches(songs / "a", library.folder, Options(), k=5, out=tmp_path / "mixes", model=model)
    by_name = {answer.hit.path.parent.name: answer for answer in found.answers}
    assert by_name["b"].alignment.stretch == pytest.approx(1.1, rel=0.005)
    assert by_name["b"].folder is not None
    assert "1.41" in by_name["c"].alignment.refused
    assert by_name["c"].folder is None
    page = (tmp_path / "mixes" / "index.html").read_text()
    for source in re.findall(r'src="([^"]+)"', page):
        assert (tmp_path / "mixes" / source).is_file()


def test_a_song_that_cannot_be_listened_to_does_not_stop_the_others(
    library: Library, songs: Path, model: Model
) -> None:
    (songs / "b" / "vocals.wav").write_text("gone")
    found = find_matches(songs / "a", library.folder, Options(), k=5, model=model)
    assert [answer.hit.path.parent.name for answer in found.answers] == ["c"]
    assert [failure.path.parent.name for failure in found.failed] == ["b"]
    shutil.rmtree(songs / "b")
    found = find_matches(songs / "a", library.folder, Options(), k=5, model=model)
    assert [answer.hit.path.parent.name for answer in found.answers] == ["c"]
    assert [(failure.path.parent.name, failure.what) for failure in found.failed] == [("b", "no such file")]


def test_somebody_elses_page_is_left_alone(library: Library, songs: Path, tmp_path: Path, model: Model) -> None:
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    page.write_text("my home page")
    with pytest.raises(ConfigError, match="not of mixes"):
        find_matches(songs / "a", library.folder, Options(), k=5, out=page.parent, model=model)
    assert page.read_text() == "my home page"
    assert list(page.parent.iterdir()) == [page]
    for _ in range(2):  # a page of ours is written anew
        assert find_matches(songs / "a", library.folder, Options(), k=1, out=tmp_path / "mixes", model=model).answers


def test_the_sheet_says_what_is_on_the_disk(songs: Path, tmp_path: Path, model: Model) -> None:
    out = tmp_path / "mix"
    sheet = crossmix(songs / "a", songs / "b", out, Options(), Settings(key_shift=-2), model=model)
    assert sheet == json.loads((out / "crossmix.json").read_text())
    head = soundfile.info(out / "mix.wav")
    assert (head.samplerate, head.channels, head.subtype) == (44_100, 2, "PCM_24")
    assert head.frames == 9 * 44_100
    for name, entry in sheet["files"].items():
        assert sha256(out / name) == entry["sha256"]
    for song, part in (("query", "vocals"), ("match", "accompaniment")):
        file = sheet[song]["files"][part]
        assert sha256(Path(file["file"])) == file["sha256"]
    assert (sheet["model"], sheet["key_shift"], sheet["fold"]) == (model.fingerprint, -2, 1.0)
    assert sheet["libraries"]["python-stretch"]
    page = (out / "index.html").read_text()
    assert re.findall(r'src="([^"]+)"', page) == ["query.flac", "match.flac", "mix.wav"]


def test_the_voice_is_in_the_mix_at_lag_0(songs: Path, tmp_path: Path, model: Model) -> None:
    crossmix(songs / "a", songs / "b", tmp_path / "mix", Options(), Settings(), model=model)
    mixed = soundfile.read(tmp_path / "mix" / "mix.wav")[0][:, 0]
    voice = soundfile.read(tmp_path / "mix" / "query.flac")[0][:, 0]
    size = 2 * len(voice)
    correlation = np.fft.irfft(np.fft.rfft(mixed, size) * np.conj(np.fft.rfft(voice, size)))
    assert correlation.argmax() == 0


def test_somebody_elses_folder_is_left_alone(songs: Path, tmp_path: Path, model: Model) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match="not empty"):
        crossmix(songs / "a", songs / "b", out, Options(), Settings(), model=model)
    assert [file.name for file in out.iterdir()] == ["letter.txt"]


def test_an_interrupted_mix_can_be_made_again(
    songs: Path, tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    out = tmp_path / "mix"
    with monkeypatch.context() as patched:
        patched.setattr("singalike.match.sheet.write_audio", full)
        with pytest.raises(OSError, match="no space"):
            crossmix(songs / "a", songs / "b", out, Options(), Settings(), model=model)
    assert json.loads((out / "crossmix.json").read_text()) == {"format": "singalike-crossmix", "unfinished": True}
    assert crossmix(songs / "a", songs / "b", out, Options(), Settings(), model=model)["files"]


def test_a_mix_without_stems_needs_a_separator(songs: Path, tmp_path: Path, model: Model) -> None:
    bare = tmp_path / "bare.wav"
    samples, rate_hz = soundfile.read(songs / "b" / "mixture.wav")
    soundfile.write(bare, samples, rate_hz, subtype="FLOAT")
    with pytest.raises(InputError, match="no accompaniment"):
        crossmix(songs / "a", bare, tmp_path / "mix", Options(), Settings(), model=model)
    from singalike.separate.base import find_separator

    sheet = crossmix(songs / "a", bare, tmp_path / "mix", Options(find_separator("repet")), Settings(), model=model)
    assert sheet["match"]["how"] == "separated by repet"
