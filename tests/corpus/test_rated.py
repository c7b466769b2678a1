from __future__ import annotations

from pathlib import Path

import pytest

from singalike.corpus.rated import read_rated_table
from singalike.errors import ConfigError

ROWS = (
    "path,artist,segment,start_seconds,seconds,split,husky,bright\na.wav,Ada,x,2.5,10,train,0.5,\nb/b.wav,Bo,,,,,1,0\n"
)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("a.wav", "b/b.wav"):
        (tmp_path / name).touch()

    def write(text: str = ROWS) -> Path:
        (tmp_path / "rated.csv").write_text(text, encoding="utf-8")
        return tmp_path / "rated.csv"

    return write


def test_columns_that_are_not_known_are_tags(table, tmp_path):
    first, second = read_rated_table(table())
    assert (first.name, first.voice, first.path) == ("row 2 x", "Ada", tmp_path / "a.wav")
    assert (first.start_seconds, first.seconds, first.split) == (2.5, 10.0, "train")
    assert first.ratings == {"husky": 0.5, "bright": 0.0}
    assert (second.start_seconds, second.seconds, second.split) == (0.0, None, "")
    assert list(second.ratings.items()) == [("husky", 1.0), ("bright", 0.0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,artist\na.wav,Ada\n", "no column path, voice or any tag"),
        ("path,husky\na.wav,1\n", "no column path, voice or any tag"),
        ("path,artist,husky\n", "no rows"),
        ("path,artist,husky\na.wav,,1\n", "row 2 has no voice"),
        ("path,artist,husky\nnone.wav,Ada,1\n", "no such file: 'none.wav'"),
        ("path,artist,husky,mood\na.wav,Ada,1,sad\n", "row 2: mood is 'sad'"),
        ("path,artist,husky\na.wav,Ada,-1\n", "row 2: husky is '-1'"),
        ("path,artist,start_seconds,husky\na.wav,Ada,nan,1\n", "row 2: start_seconds is 'nan'"),
    ],
)
def test_bad_tables_say_what_is_wrong(table, text, said):
    with pytest.raises(ConfigError, match=said) as caught:
        read_rated_table(table(text))
    assert caught.value.where == str(table())


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such table"):
        read_rated_table(tmp_path)
