from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from toys import Toy

from singalike.errors import ConfigError, MissingExtraError
from singalike.separate.base import GROUP, Separator, find_separator, separator_names

PLUGIN = """
from toys import Toy
def make(*, weights, stems):
    toy = Toy(stems=("vocals", "accompaniment")) if stems == 2 else Toy(overlap_seconds=0.6)
    toy.weights = weights
    return toy
def hollow(*, weights, stems):
    return object()
def unmet(*, weights, stems):
    import a_library_that_nobody_has
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package, installed: its separators are found by their entry points."""
    (tmp_path / "someones_separators.py").write_text(PLUGIN)
    metadata = tmp_path / "someones-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: someones\nVersion: 1.0\n")
    points = {"mine": "make", "hollow": "hollow", "unmet": "unmet", "broken": "no_such_name", "repet": "make"}
    lines = "".join(f"{name} = someones_separators:{function}\n" for name, function in points.items())
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_ours_are_known():
    assert separator_names()[:2] == ["repet", "demucs"]
    assert find_separator("repet").stems == ("vocals", "accompaniment")


def test_an_entry_point_is_found_and_given_its_options(plugins):
    found = find_separator("mine", weights=Path("w"))
    assert isinstance(found, Toy)
    assert isinstance(found, Separator)
    assert found.weights == Path("w")
    assert "mine" in separator_names()


def test_nobody_replaces_ours(plugins):
    assert not isinstance(find_separator("repet"), Toy)


def test_entry_points_that_are_no_separators_are_named(plugins):
    with pytest.raises(ConfigError, match=r"'hollow' lacks name, fingerprint, .*, separate"):
        find_separator("hollow")
    with pytest.raises(ConfigError, match=r"'broken' \(someones_separators:no_such_name\) cannot be loaded"):
        find_separator("broken")
    with pytest.raises(MissingExtraError, match="unmet needs a_library_that_nobody_has"):
        find_separator("unmet")
    with pytest.raises(ConfigError, match=r"chunks of 1.0 s cannot overlap by 0.6 s"):
        find_separator("mine", stems=4)


def test_what_is_not_there_or_not_made():
    with pytest.raises(ConfigError, match="no separator 'spleeter'") as caught:
        find_separator("spleeter")
    assert "repet, demucs" in caught.value.hint
    with pytest.raises(ConfigError, match="repet does not make 4 stems"):
        find_separator("repet", stems=4)
    with pytest.raises(ConfigError, match="demucs does not make 3 stems"):
        find_separator("demucs", stems=3)
    with pytest.raises(ConfigError, match="repet has no weights"):
        find_separator("repet", weights=Path("w"))


def test_a_missing_library_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(MissingExtraError, match="repet needs librosa") as caught:
        find_separator("repet")
    assert "singalike[separate]" in caught.value.hint


def test_the_room_is_entered_without_its_libraries():
    rooms = "base, batch, cache, chunks, files, names, ready, repet, demucs, checkpoints"
    program = (
        f"import sys; from singalike.separate import {rooms}; import singalike.cli.separate;"
        "sys.exit(', '.join({'torch', 'librosa', 'demucs', 'sklearn'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
