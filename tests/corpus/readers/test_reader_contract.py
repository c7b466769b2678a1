"""What every reader promises, on a tiny tree of each dataset."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from singalike.corpus import readers
from singalike.corpus.readers import READERS, Dataset, genders, read_dataset
from singalike.errors import ConfigError

CLIPS = "path,singer,voice_part,gender,kind,song,licence,version\nsung/a.flac,EN-Alto-1,Alto,f,sung,Song,CC,Control\n"
ROWS = "path,voice_id,kind,session,source,licence\naudio/a.opus,ravdess-01,sung,calm,ravdess-song,CC BY-NC-SA 4.0\n"

SPEAKERS = "ID  AGE  GENDER  ACCENTS  REGION COMMENTS \np225  23  F    English    Southern  England\n"

# Reader -> its audio files, the tables beside them, what its voices are, what it knows of their gender.
TREES: dict[str, tuple[list[str], dict[str, str], set[str], dict[str, str]]] = {
    "vctk": (
        ["wav48_silence_trimmed/p225/p225_001_mic1.flac", "wav48_silence_trimmed/s5/s5_001_mic1.flac"],
        {"speaker-info.txt": SPEAKERS},
        {"p225", "s5"},
        {"p225": "f"},
    ),
    "nus-48e": (
        ["nus-smc-corpus_48/ADIZ/read/01.wav", "nus-smc-corpus_48/ADIZ/sing/01.wav"],
        {"nus-smc-corpus_48/ADIZ/sing/01.txt": "0 1 sil\n", "nus-smc-corpus_48/README.txt": "NUS-48E\n"},
        {"ADIZ"},
        {},
    ),
    "vocalset": (
        ["FULL/female1/arpeggios/belt/f1_arpeggios_belt_c_a.wav", "FULL/male11/long_tones/trill/m11_long_trill_u.wav"],
        {"readme.txt": "VocalSet\n"},
        {"female1", "male11"},
        {"female1": "f", "male11": "m"},
    ),
    "m4singer": (
        ["m4singer/Alto-1#newboy/0000.wav", "m4singer/Bass-3#父亲/0012.wav"],
        {"m4singer/meta.json": "[]", "m4singer/Alto-1#newboy/0000.TextGrid": ""},
        {"Alto-1", "Bass-3"},
        {"Alto-1": "f", "Bass-3": "m"},
    ),
    "gtsinger": (
        [
            "Chinese/ZH-Tenor-1/Vibrato/成都/Vibrato_Group/0000.wav",
            "English/EN-Alto-1/Breathy/all is found/Paired_Speech_Group/0000.wav",
        ],
        {"English/EN-Alto-1/Breathy/all is found/Paired_Speech_Group/0000.json": "[]"},
        {"ZH-Tenor-1", "EN-Alto-1"},
        {"ZH-Tenor-1": "m", "EN-Alto-1": "f"},
    ),
    "gtsinger-demo": (["sung/a.flac"], {"clips.csv": CLIPS}, {"EN-Alto-1"}, {"EN-Alto-1": "f"}),
    "ravdess": (
        [
            "Audio_Song_Actors_01-24/Actor_01/03-02-01-01-01-01-01.wav",
            "Audio_Speech_Actors_01-24/Actor_18/03-01-08-02-02-02-18.wav",
        ],
        {},
        {"ravdess-01", "ravdess-18"},
        {"ravdess-01": "m", "ravdess-18": "f"},
    ),
    "open-voices": (["audio/a.opus"], {"recordings.csv": ROWS}, {"ravdess-01"}, {}),
    "folder": (["ann/song/1.wav", "bea/2.mp3"], {"ann/notes.txt": "la"}, {"ann", "bea"}, {}),
    "table": (["a.wav"], {"table.csv": "path,voice\na.wav,ann\n"}, {"ann"}, {}),
}
LITTER = ["__MACOSX/{}", ".cache/{}", ".DS_Store"]


@pytest.fixture(params=READERS)
def dataset(request: pytest.FixtureRequest, plant) -> tuple[str, Path, Path]:
    """A reader's name, the root it takes, and the folder its files are under; litter lies about."""
    files, tables, *_ = TREES[request.param]
    hidden = [str(Path(file).with_name("._" + Path(file).name)) for file in files]
    folder = plant(*files, *hidden, *(place.format(file) for file in files for place in LITTER))
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    return request.param, folder / "table.csv" if request.param == "table" else folder, folder


def test_each_recording_is_read_once_and_in_order(dataset):
    name, root, folder = dataset
    recordings = read_dataset(name, root)
    assert [r.path.relative_to(folder).as_posix() for r in recordings] == sorted(TREES[name][0])
    assert recordings == sorted(recordings, key=lambda r: r.path)
    assert all(r.path.is_file() for r in recordings)
    assert read_dataset(name, str(root)) == recordings


def test_voices_kinds_and_licences_are_filled(dataset):
    name, root, _ = dataset
    recordings = read_dataset(name, root)
    assert {r.voice for r in recordings} == TREES[name][2]
    if name not in ("folder", "table"):
        assert {r.kind for r in recordings} <= {"sung", "spoken"}
        assert all(r.licence and r.source for r in recordings)


def test_genders_are_those_of_the_voices(dataset):
    name, root, _ = dataset
    assert genders(name, root) == TREES[name][3]


@pytest.mark.parametrize("name", READERS)
def test_a_record_says_what_the_dataset_is(name):
    record = READERS[name].DATASET
    assert isinstance(record, Dataset)
    texts = (record.name, record.licence, record.citation, record.identity, record.layout, record.obtain)
    assert all(text.strip() for text in texts)
    assert record.voices is None or record.voices > 0


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("where", ["", "nowhere", "a-file"])
def test_a_root_without_the_dataset_says_what_was_expected_and_where_to_get_it(name, where, tmp_path):
    (tmp_path / "a-file").write_text("nothing\n")
    with pytest.raises(ConfigError) as caught:
        READERS[name].read(tmp_path / where)
    assert str(tmp_path) in str(caught.value.where)
    assert caught.value.what
    assert caught.value.hint


@pytest.mark.parametrize("name", ["vctk", "nus-48e", "vocalset", "m4singer", "gtsinger", "ravdess"])
def test_the_error_names_the_layout_and_the_source(name, tmp_path):
    record = READERS[name].DATASET
    with pytest.raises(ConfigError) as caught:
        read_dataset(name, tmp_path)
    assert record.layout in caught.value.what
    assert record.obtain in caught.value.hint


@pytest.mark.parametrize("name", ["vctk", "vocalset", "m4singer", "gtsinger", "gtsinger-demo", "ravdess"])
def test_genders_of_a_dataset_that_is_not_there_are_an_error(name, tmp_path):
    with pytest.raises(ConfigError, match="here"):
        genders(name, tmp_path / "nowhere")


def test_an_unknown_reader_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"no reader is called 'vocal-set' \(one of: vctk, nus-48e, vocalset, "):
        read_dataset("vocal-set", ".")


def test_no_reader_is_forgotten():
    modules = (
        importlib.import_module(f"singalike.corpus.readers.{m.name}") for m in pkgutil.iter_modules(readers.__path__)
    )
    known = [*READERS.values(), *readers.SONG_READERS.values(), *readers.RATED_READERS.values()]
    assert [m for m in modules if hasattr(m, "DATASET") and m not in known] == []
    assert set(TREES) == set(READERS)
