from __future__ import annotations

import sys
from pathlib import Path

import pytest

from singalike.corpus.recordings import Recording, read_recordings, replace_text, write_table
from singalike.errors import ConfigError, MissingExtraError


@pytest.fixture
def folder(tmp_path):
    """Three singers, one of whose names holds another's, with things that are not recordings beside them."""
    for name in (
        "male1/day 1/a.wav",
        "male1/day 2/take 1/b.FLAC",
        "female1/c.mp3",
        "male11/x/d.opus",
        "male1/day 1/notes.txt",
        ".cache/x/e.wav",
        "male1/.hidden/f.wav",
        "loose.wav",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"audio")
    return tmp_path


def table(folder: Path, text: str) -> Path:
    (folder / "table.csv").write_text(text, encoding="utf-8")
    return folder / "table.csv"


def test_a_folder_is_singer_anything_file(folder):
    found = {r.path.name: (r.voice, r.session) for r in read_recordings(folder)}
    assert found == {
        "a.wav": ("male1", "day 1"),
        "b.FLAC": ("male1", "day 2/take 1"),
        "c.mp3": ("female1", ""),
        "d.opus": ("male11", "x"),
    }


def test_a_table_is_relative_to_itself_and_keeps_its_order(folder):
    source = table(
        folder,
        "voice,path,song,extra,kind,vocals\n"
        f"ann,male11/x/d.opus,Hymn,7,mix,male1/day 1/a.wav\nbea,{folder}/female1/c.mp3,,,,\n",
    )
    ann, bea = read_recordings(source)
    assert ann == Recording(
        folder / "male11/x/d.opus", "ann", kind="mix", song="Hymn", vocals=str(folder / "male1/day 1/a.wav")
    )
    assert bea == Recording(folder / "female1/c.mp3", "bea")


def test_a_spreadsheets_byte_order_mark_is_no_part_of_a_name(folder):
    assert len(read_recordings(table(folder, "\ufeffpath,voice\nfemale1/c.mp3,ann\n"))) == 1


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no column path and voice"),
        ("path,singer\nfemale1/c.mp3,ann\n", "no column voice; found: path, singer"),
        ("path,voice\n", "no rows"),
        ("path,voice\nfemale1/c.mp3,ann\n,ann\n", "path or voice is empty: row 3"),
        ("path,voice\nfemale1/c.mp3, \n", "path or voice is empty: row 2"),
        ("path,voice\nfemale1/c.mp3\n", "path or voice is empty: row 2"),
        ("path,voice\nfemale1/c.mp3,a\nmale1/../female1/c.mp3,b\n", r"twice: row 3 \(first in row 2\)"),
        ("path,voice\nfemale1/c.mp3,a\nnone.wav,b\n", "no such file: row 3: .*none.wav"),
        ("path,voice\n" + "".join(f"none{n}.wav,b\n" for n in range(9)), "and 4 more"),
    ],
)
def test_broken_tables_are_refused_with_their_rows(folder, text, match):
    with pytest.raises(ConfigError, match=match):
        read_recordings(table(folder, text))


def test_what_is_not_there_or_not_text_is_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match="no such folder or table"):
        read_recordings(folder / "nowhere.csv")
    (folder / "binary.csv").write_bytes(b"path,voice\n\xff\xfe\x00,\x00\n")
    with pytest.raises(ConfigError, match="not a CSV table"):
        read_recordings(folder / "binary.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="<singer>/<anything>/<file>"):
        read_recordings(tmp_path / "empty")


def test_a_written_table_is_read_back(folder, tmp_path):
    recordings = [
        *read_recordings(folder),
        Recording(folder / "loose.wav", 'ann, "x"', "mix", "s", "t", "CC0-1.0", "train", vocals=str(folder / "v")),
    ]
    write_table(recordings, folder / "all.csv")
    assert read_recordings(folder / "all.csv") == recordings
    assert str(folder) not in (folder / "all.csv").read_text()
    write_table(recordings, folder / "elsewhere" / "all.csv")
    assert read_recordings(folder / "elsewhere" / "all.csv") == recordings


def test_a_failed_write_leaves_the_old_table_and_no_litter(tmp_path):
    replace_text(tmp_path / "t.csv", "old")
    with pytest.raises(UnicodeEncodeError):
        replace_text(tmp_path / "t.csv", "\ud800")
    assert (tmp_path / "t.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_parquet_without_pyarrow_says_what_to_install(folder, monkeypatch):
    (folder / "table.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="pip install pyarrow"):
        read_recordings(folder / "table.parquet")


def test_parquet_is_read_like_csv(folder):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {"path": ["female1/c.mp3", "male11/x/d.opus"], "voice": ["ann", "bea"], "song": ["Hymn", None]}
    parquet.write_table(pyarrow.table(columns), folder / "table.parquet")
    assert read_recordings(folder / "table.parquet") == [
        Recording(folder / "female1/c.mp3", "ann", song="Hymn"),
        Recording(folder / "male11/x/d.opus", "bea"),
    ]
    (folder / "broken.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(ConfigError, match="not a Parquet table"):
        read_recordings(folder / "broken.parquet")
