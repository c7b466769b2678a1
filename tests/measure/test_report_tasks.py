"""The report shows every task: its columns, conditions and pictures follow from the table of tasks."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from results_folder import robustness_results, song_results, write_folder
from singalike.measure.columns import Column, best, columns_of, legend
from singalike.measure.page import Row, Table, to_html, to_markdown
from singalike.measure.pictures import pictures
from singalike.measure.reading import Folder, read_folder, read_measured
from singalike.measure.report import write_report
from singalike.measure.sections import figures
from singalike.measure.tables import comparison, grouped, same_counts
from singalike.measure.task_table import TASKS

SONGS = ("vocals", "mixture")  # whose vectors a song task writes


def songs(folder: Path, task: str, results: list, **options) -> Path:
    return write_folder(folder, task=task, conditions=SONGS, clip_seconds=1.0, results=results, **options)


def rows_of(*folders: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the cells of a table by column, by condition and model; best figures end in "!"."""
    (group,) = grouped([read_measured(folder) for folder in folders])
    table = comparison(group)
    marked = [[f"{cell}!" if i in row.best else cell for i, cell in enumerate(row.cells)] for row in table.rows]
    return {
        (row.group, row.cells[0]): dict(zip(table.columns, cells, strict=True))
        for row, cells in zip(table.rows, marked, strict=True)
    }


def drawn(*folders: Path) -> list:
    return pictures([read_folder(folder) for folder in folders])


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_shown_with_its_columns(tmp_path, task):
    metrics = {metric: 0.25 for metric, _ in TASKS[task].columns}
    folders = [
        write_folder(tmp_path / name, model=name, task=task, figures={**metrics, "trials": 9})
        for name in ("one", "two")
    ]
    report = write_report(folders, tmp_path / "page.md")
    assert [one.task for one in report.results] == [task, task]
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    head = next(line for line in text.splitlines() if line.startswith("| condition | model"))
    for column in columns_of(task):
        assert column.heading.replace("|", r"\|") in head
    assert f"intervals by bootstrap over {TASKS[task].over}" in text


def test_a_task_added_to_the_table_is_shown(tmp_path, monkeypatch):
    added = replace(TASKS["gender"], columns=(("pitch", "#pitch, %"), ("pitch_chance", "#chance, %")), over="choirs")
    monkeypatch.setitem(TASKS, "choir-pitch", added)
    folder = songs(tmp_path / "a", "choir-pitch", song_results("pitch", 0.1, 0.2, 0.3, 0.4, pitch_chance=0.5))
    headings = [block for block in figures([read_folder(folder)]) if getattr(block, "text", "") == "Choir pitch"]
    assert len(headings) == 1
    assert rows_of(folder)["mixture, song", "ge2e"] == {
        "model": "ge2e", "#pitch, % ↑": "40.00 (30.00–50.00)", "#chance, %": "50.00"
    }  # fmt: skip
    assert "over choirs" in legend("choir-pitch")
    (picture,) = drawn(folder)
    assert "choir-pitch on RAVDESS" in picture.caption


def test_the_better_way_says_what_is_best(tmp_path):
    lower = [
        write_folder(tmp_path / name, model=name, task="robustness", results=robustness_results(eer=eer, growth=growth))
        for name, eer, growth in (("near", 0.1, 3.0), ("far", 0.2, 1.5))
    ]
    rows = rows_of(*lower)
    assert rows["clean", "near"]["#EER, % ↓"] == "10.00!"
    assert rows["clean", "far"]["#EER, % ↓"] == "20.00"
    assert rows["mp3 64 kbit/s, both sides", "near"]["#EER, % ↓"] == "30.00 (25.00–35.00)"  # equal: none is better
    assert rows["mp3 64 kbit/s, both sides", "far"]["#of the clean EER, % ↓"] == "150.00!"
    assert rows["clean", "far"]["#of the clean EER, % ↓"] == "–"
    higher = [
        songs(tmp_path / name, "artists", song_results("accuracy", *values, chance=0.1), model=name)
        for name, values in (("high", (0.5, 0.6, 0.3, 0.4)), ("low", (0.4, 0.7, 0.2, 0.3)))
    ]
    rows = rows_of(*higher)
    assert [model for (condition, model), cells in rows.items() if cells["#accuracy, % ↑"].endswith("!")] == [
        "high", "low", "high", "high"
    ]  # fmt: skip
    assert not any(cells["#chance, %"].endswith("!") for cells in rows.values())


@pytest.mark.parametrize(
    ("found", "better", "expected"),
    [
        ({"a": {"eer": 0.1}, "b": {"eer": 0.2}}, "lower", {"a"}),
        ({"a": {"eer": 0.1}, "b": {"eer": 0.2}}, "higher", {"b"}),
        ({"a": {"eer": 0.1}, "b": {"eer": 0.2}}, "", set()),
        ({"a": {"eer": 0.1}, "b": {"eer": 0.10001}, "c": {"eer": 0.2}}, "lower", {"a", "b"}),  # printed alike
        ({"a": {"eer": 0.1}, "b": {"eer": 0.10001}}, "lower", set()),
        ({"a": {"eer": 0.1}, "b": {"eer": None}, "c": {}}, "lower", set()),
    ],
)
def test_best_is_what_is_printed_as_better(found, better, expected):
    assert best(found, Column("eer", "EER, %", better)) == expected


def test_counts_that_differ_are_columns_and_others_are_said_once(tmp_path):
    folder = write_folder(tmp_path / "a", task="robustness", results=robustness_results())
    rows = rows_of(folder)
    assert rows["clean", "ge2e"]["#trials"] == "200"
    assert rows["misleading 0 dB, both sides", "ge2e"]["#trials"] == "180"
    assert "#clips" not in rows["clean", "ge2e"]
    assert same_counts([read_measured(folder)]) == "clips 8"


@pytest.mark.parametrize(
    ("settings", "together"),
    [
        ({"version": "authors"}, False),
        ({"top_tags": 10}, False),
        ({"something": "new"}, False),
        ({"levels": ["1"]}, True),
        ({"data": "elsewhere/songs.csv"}, True),
        ({"version": None}, True),
    ],
)
def test_settings_that_change_figures_keep_results_apart(tmp_path, settings, together):
    results = song_results("mnr", 0.1, 0.2, 0.3, 0.4)
    one = songs(tmp_path / "one", "artist-similarity", results, settings={})
    two = songs(tmp_path / "two", "artist-similarity", results, settings=settings)
    assert len(grouped([read_measured(one), read_measured(two)])) == (1 if together else 2)


def test_one_list_of_trials_is_comparable_however_it_came(tmp_path):
    drawn_here = {"draw": 500, "cross": "song", "shorten_silences": True, "trials": None}
    given = {"draw": 20_000, "cross": None, "shorten_silences": None, "trials": "a/trials.csv"}
    folders = [write_folder(tmp_path / str(i), settings=settings) for i, settings in enumerate((drawn_here, given))]
    assert len(grouped([read_measured(folder) for folder in folders])) == 1
    folders = [
        write_folder(tmp_path / f"singers{cut}", task="singers", settings={"shorten_silences": cut})
        for cut in (True, False)
    ]
    assert len(grouped([read_measured(folder) for folder in folders])) == 2


def test_only_the_bottleneck_stands_for_the_native_rate(tmp_path):
    folder = write_folder(tmp_path / "a", task="robustness", rate_hz=16_000, results=robustness_results())
    measured = read_measured(folder)
    assert measured.metrics("clean")["eer"] == 0.2
    assert measured.metrics("16 kHz") is None


def test_robustness_is_one_picture_of_all_models(tmp_path):
    pytest.importorskip("matplotlib")
    folders = [
        write_folder(tmp_path / name, model=name, task="robustness", results=robustness_results())
        for name in ("one", "two")
    ]
    (picture,) = drawn(*folders)
    assert picture.alt.endswith("one, two; 3 rows in 2 panels.")
    assert "lower is better" in picture.caption
    assert ET.fromstring(picture.svg).tag.endswith("svg")


def test_tags_have_a_picture_by_condition_and_one_by_tag(tmp_path):
    pytest.importorskip("matplotlib")
    by_tag = {"slow": {"roc_auc": 0.6, "pr_auc": 0.5}, "folk": {"roc_auc": 0.9, "pr_auc": 0.8}}
    results = song_results("roc_auc", 0.6, 0.7, 0.6, 0.7, by_tag=by_tag)
    over_levels, over_tags = drawn(songs(tmp_path / "a", "tags", results))
    assert over_levels.alt.endswith("ge2e; 2 rows in 2 panels.")
    assert "by tag" in over_tags.caption
    assert over_tags.alt.endswith("ge2e; 2 rows in 2 panels.")  # each tag, on vocals and on mixtures of whole songs


def test_two_conditions_are_seen_in_the_table(tmp_path):
    pytest.importorskip("matplotlib")
    assert drawn(write_folder(tmp_path / "a", task="singers")) == []


def test_without_matplotlib_each_set_of_results_says_so_once(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    folder = songs(tmp_path / "a", "tags", song_results("roc_auc", 0.6, 0.7, 0.6, 0.7, by_tag={"x": {"roc_auc": 1.0}}))
    (said,) = drawn(folder)
    assert "singalike[plots]" in said.text


def test_maps_are_of_the_vocals(tmp_path):
    folder = songs(tmp_path / "a", "artists", song_results("accuracy", 0.1, 0.2, 0.3, 0.4))
    read: Folder = read_folder(folder)
    assert read.embeddings.condition == "vocals"
    (folder / "vectors-vocals.npz").unlink()
    assert read_folder(folder).embeddings.condition == "mixture"


def test_a_group_is_named_once_for_the_eye_and_for_the_ear():
    rows = (Row(("a", "1"), group="x"), Row(("b", "2"), group="x", best=frozenset({1})), Row(("a", "3"), group="y"))
    table = Table("all", ("model", "#n"), rows, groups="condition")
    page = to_html([table])
    assert page.count('<th scope="rowgroup" rowspan="2">x</th>') == 1
    assert page.count('<th scope="rowgroup" rowspan="1">y</th>') == 1
    assert page.count("<tbody>") == 2
    assert '<td class="number"><strong><span class="unseen">best: </span>2</strong></td>' in page
    assert to_markdown([table], []).splitlines()[2:] == [
        "| condition | model | n |", "|---|---|---:|", "| x | a | 1 |", "| x | b | **2** |", "| y | a | 3 |"
    ]  # fmt: skip
