"""The report: what stands beside what, that nothing needs a network, and what is refused."""

from __future__ import annotations

import itertools
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from results_folder import arrays, sha, write_folder
from singalike.errors import ConfigError, ModelMismatchError, NotFiniteError
from singalike.measure.columns import figure
from singalike.measure.reading import read_folder, read_measured
from singalike.measure.report import write_report
from singalike.measure.results import save_arrays
from singalike.measure.tables import comparison, grouped, reference

VOID = {"meta", "img", "br", "link"}
EVIL = '<script>alert("x")</script>|`a`*b* & "c"'


class Page(HTMLParser):
    """Checks that tags nest; collects tables (rows of cell texts), attributes of images and scopes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def table(self, first_column: str, *with_columns: str) -> list[dict[str, str]]:
        """Return the rows, as mappings, of the first table with such columns."""
        for head, *rows in self.tables:
            if head[0] == first_column and set(with_columns) <= set(head):
                # The name of a group stands before its first row only.
                for before, row in itertools.pairwise(rows):
                    row[:0] = before[: len(head) - len(row)]
                return [dict(zip(head, row, strict=True)) for row in rows]
        raise AssertionError(f"no table {first_column}, {with_columns}")


@pytest.fixture
def page(tmp_path):
    def page(*folders: Path, **options) -> Page:
        out = tmp_path / "page.html"
        write_report(folders, out, **options)
        return Page(out.read_text(encoding="utf-8"))

    return page


def test_our_figures_stand_beside_and_above_the_papers(page, tmp_path):
    folders = [
        write_folder(tmp_path / "a", model="torres-cont", data="VocalSet"),
        write_folder(tmp_path / "b", model="ge2e", data="VocalSet", rate_hz=16_000, conditions=("native",)),
        write_folder(tmp_path / "c", model="mine", data="VocalSet", figures={"eer": 0.5, "mnr_eq7_set_size": 300}),
    ]
    shown = page(*folders)
    native = [row for row in shown.table("condition", "EER, % ↓", "paper: EER") if row["condition"] == "native"]
    rows = {row["model"]: row for row in native}
    assert list(rows)[:3] == ["torres-cont", "ge2e", "mine"]
    assert rows["torres-cont"]["EER, % ↓"] == rows["ge2e"]["EER, % ↓"] == "best: 20.71 (15.70–25.60)"
    assert rows["torres-cont"]["paper: EER"] == "30.61"  # table 3, VocalSet, 44.1 kHz
    assert rows["torres-cont"]["paper: MNR"] == "22.60"
    assert rows["torres-cont"]["MNR (released code), % ↓"] == "8.10 (6.00–10.00) of 40"
    assert rows["ge2e"]["paper: EER"] == "40.45"
    assert rows["mine"]["paper: EER"] == "–"
    assert rows["mine"]["EER, % ↓"].startswith("50.00")
    assert rows["mine"]["MNR (eq. 7), % ↓"].endswith(" of 300")
    assert rows["BYOL (paper)"]["paper: EER"] == "29.76"
    assert rows["BYOL (paper)"]["EER, % ↓"] == "–"
    assert "CONT (paper)" not in rows
    assert len(rows) == 3 + 8
    assert any("lower is better" in text for text in shown.texts)


def test_through_16_khz_the_papers_16_khz_column_and_16_khz_models_too(tmp_path):
    folders = [
        write_folder(tmp_path / "a", model="torres-cont", data="VocalSet"),
        write_folder(tmp_path / "b", model="ge2e", data="VocalSet", rate_hz=16_000, conditions=("native",)),
    ]
    group = [read_measured(folder) for folder in folders]
    table = comparison(group)
    rows = {(row.group, row.cells[0]): dict(zip(table.columns, row.cells, strict=True)) for row in table.rows}
    assert rows["16 kHz", "torres-cont"]["#paper: EER"] == "32.16"
    assert rows["16 kHz", "ge2e"]["#EER, % ↓"] == "20.71 (15.70–25.60)"
    assert {row.group for row in comparison(group[1:]).rows} == {"native"}  # nothing went through the bottleneck


def test_accuracy_stands_beside_table_4(page, tmp_path):
    rows = page(write_folder(tmp_path / "a", model="torres-byol", task="singers", data="VocalSet")).table(
        "condition", "accuracy, % ↑", "paper: accuracy"
    )
    assert rows[0]["accuracy, % ↑"] == "81.20 (75.00–87.00)"
    assert rows[0]["paper: accuracy"] == "81.01"
    assert rows[0]["chance, %"] == "25.00"


def test_on_other_data_the_papers_table_is_shown_as_reference_only(page, tmp_path):
    shown = page(write_folder(tmp_path / "a", model="torres-cont", data="RAVDESS"))
    assert "paper: EER" not in shown.table("condition", "EER, % ↓")[0]
    rows = {row["model"]: row for row in shown.table("model", "VocalSet, EER")}
    assert rows["CONT"]["VocalSet, EER"] == "32.16 / 30.61"
    assert rows["GE2E"]["VocalSet, EER"] == "40.45"
    assert len(rows) == 10
    assert any("data differ" in text for text in shown.texts)


@pytest.mark.parametrize(("task", "columns"), [("similarity", 11), ("singers", 5)])
def test_the_reference_is_whole(task, columns):
    table = reference(task)[-1]
    assert len(table.columns) == columns
    assert all(len(row.cells) == columns for row in table.rows)


@pytest.mark.parametrize(
    "change",
    [{"trials": "another list"}, {"seed": 1}, {"clip_seconds": 2.0}, {"data": "GTSinger"}, {"task": "singers"}],
)
def test_what_was_measured_otherwise_is_never_in_one_table(tmp_path, change):
    folders = [write_folder(tmp_path / "a", model="one"), write_folder(tmp_path / "b", model="two", **change)]
    assert [len(group) for group in grouped([read_measured(folder) for folder in folders])] == [1, 1]


def test_two_lists_of_trials_come_with_a_warning(page, tmp_path):
    same = write_folder(tmp_path / "a", model="one"), write_folder(tmp_path / "b", model="two")
    assert not any("not to be compared" in text for text in page(*same).texts)
    other = write_folder(tmp_path / "c", model="three", trials="another list")
    shown = page(*same, other)
    assert any("not to be compared" in text for text in shown.texts)
    tables = [t for t in shown.tables if t[0][0] == "condition"]
    assert [[row[-5] for row in table[1:]] for table in tables] == [["one", "two"] * 2, ["three"] * 2]


def test_folds_of_another_number_are_apart(tmp_path):
    folders = [write_folder(tmp_path / str(n), task="singers", settings={"folds": n}) for n in (4, 5)]
    assert len(grouped([read_measured(folder) for folder in folders])) == 2


def test_one_model_twice_is_told_apart_by_folder(page, tmp_path):
    rows = page(write_folder(tmp_path / "a"), write_folder(tmp_path / "b"), tmp_path / "a").table(
        "condition", "EER, % ↓"
    )
    assert [row["model"] for row in rows] == ["ge2e (a)", "ge2e (b)"] * 2


def test_what_repeats_a_result_is_on_the_page(page, tmp_path):
    failed = [{"code": "silent", "what": "no sound", "where": "ann/quiet.wav", "hint": ""}]
    shown = page(write_folder(tmp_path / "run", model="mine", failed=failed, notes=["mnr_eq7 is left out"]))
    text = " ".join(shown.texts)
    for needed in (
        "singalike evaluate mine --data voices --task similarity --out run",
        sha("mine"),
        sha("RAVDESS"),
        sha("one list"),
        '{"seed": 0}',
        "mnr_eq7 is left out",
    ):
        assert needed in text
    assert shown.table("where", "code") == [{"where": "ann/quiet.wav", "code": "silent", "what": "no sound"}]


def test_the_page_needs_nothing_else_and_can_be_read_by_everyone(page, tmp_path):
    shown = page(write_folder(tmp_path / "a", data="VocalSet"), write_folder(tmp_path / "b", task="singers"))
    for tag, attributes in shown.tags:
        assert tag not in ("script", "link", "iframe")
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith("data:")
        if tag == "img":
            assert attributes["alt"]
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes["aria-label"]
        if tag == "th":
            assert attributes["scope"] in ("col", "row", "rowgroup")
    text = (tmp_path / "page.html").read_text()
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert '<html lang="en">' in text
    levels = [int(tag[1]) for tag, _ in shown.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_string_is_escaped(page, tmp_path):
    folder = write_folder(
        tmp_path / "a",
        model=EVIL,
        data=EVIL,
        command=EVIL,
        failed=[{"code": EVIL, "what": EVIL, "where": EVIL}],
        notes=[EVIL],
    )
    about = json.loads((folder / "results.json").read_text())["data"]
    document(folder, data={**about, "failed": [*about["failed"], {"where": "not UTF-8: \udcff, a bell: \x07"}]})
    evil = {
        name: np.full_like(values, EVIL, dtype="U60") for name, values in arrays(EVIL, 8).items() if name == "voices"
    }
    save_arrays(folder / "vectors-native.npz", **{**arrays(EVIL, 8), **evil})
    shown = page(folder, title=EVIL)
    assert "script" not in [tag for tag, _ in shown.tags]
    assert EVIL in " ".join(shown.texts)
    assert (
        shown.table("where", "code")[-1]["where"]
        == "not UTF-8: \N{REPLACEMENT CHARACTER}, a bell: \N{REPLACEMENT CHARACTER}"
    )
    write_report([folder], tmp_path / "page.md", title=EVIL)
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    outside_code = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert "<script>" not in outside_code
    table = next(line for line in text.splitlines() if line.startswith("| native | &lt;script"))
    head = next(line for line in text.splitlines() if line.startswith("| condition"))
    assert len(re.findall(r"(?<!\\)\|", table)) == len(re.findall(r"(?<!\\)\|", head))


def test_maps_are_coloured_by_all_that_is_known(page, tmp_path):
    table = tmp_path / "traits.csv"
    table.write_text("voice,gender,part\nann,female,alto\nbob,male,alto\ncleo,female,alto\n")
    folders = write_folder(tmp_path / "a"), write_folder(tmp_path / "b", task="singers")
    shown = page(*folders, traits=table)
    captions = [text for text in shown.texts if text.startswith("Coloured by")]
    # One map for both tasks; "part" tells alto from unknown.
    assert captions == [f"Coloured by {name}." for name in ("singer", "kind or technique", "session", "gender", "part")]
    assert any("principal components" in text for text in shown.texts)


def test_the_map_shows_what_was_compared(page, tmp_path):
    probe, compared = write_folder(tmp_path / "a", task="singers"), write_folder(tmp_path / "b")
    layered = {**arrays("ge2e", 8), "vectors": np.random.default_rng(1).normal(size=(8, 3, 6))}
    save_arrays(probe / "vectors-native.npz", **layered)
    assert read_folder(probe).embeddings.vectors.shape == (8, 6)
    alone = [a["aria-label"] for tag, a in page(probe).tags if tag == "svg"]
    assert len(alone) == 3
    first = re.search(r"<circle[^>]*>", (tmp_path / "page.html").read_text())[0]
    page(probe, compared)
    assert re.search(r"<circle[^>]*>", (tmp_path / "page.html").read_text())[0] != first


def test_without_vectors_and_curves_there_are_no_pictures(page, tmp_path):
    folder = write_folder(tmp_path / "a")
    for path in folder.glob("*.npz"):
        path.unlink()
    assert not [tag for tag, _ in page(folder).tags if tag in ("img", "svg")]


def test_all_models_curves_are_in_one_picture_per_condition(page, tmp_path):
    pytest.importorskip("matplotlib")
    wide = write_folder(tmp_path / "a", model="wide")
    narrow = write_folder(tmp_path / "b", model="narrow", rate_hz=16_000, conditions=("native",))
    for folders, expected in {
        (wide, narrow): ["native: wide, narrow.", "16 kHz: wide, narrow."],
        (narrow,): ["native: narrow."],
    }.items():
        alts = [attributes["alt"] for tag, attributes in page(*folders).tags if tag == "img"]
        assert [alt.partition(", ")[2] for alt in alts] == expected


def test_without_matplotlib_the_figures_are_still_shown(page, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    shown = page(write_folder(tmp_path / "a"))
    assert any("No pictures" in text and "singalike[plots]" in text for text in shown.texts)
    assert shown.table("condition", "EER, % ↓")


def test_markdown_says_the_same_with_its_pictures_beside_it(tmp_path):
    pytest.importorskip("matplotlib")
    folder = write_folder(tmp_path / "a", model="torres-cont", data="VocalSet")
    out = tmp_path / "my page.md"
    write_report([folder], out)
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# Singing voices, measured: VocalSet\n")
    assert "| torres-cont | 20.71 (15.70–25.60) | 30.61 |" in text
    links = re.findall(r"\]\((.*?)\)", text)
    assert len(links) == 2 + 3
    for link in links:
        file = tmp_path / link.replace("%20", " ")
        assert ET.parse(file).getroot().tag.endswith("svg")


def test_the_page_repeats_itself(tmp_path):
    folder = write_folder(tmp_path / "a")
    for name in ("one.html", "two.html"):
        write_report([folder], tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_bad_folder_is_listed_and_stops_nothing(page, tmp_path):
    good, bad = write_folder(tmp_path / "good"), tmp_path / "bad"
    shown = page(bad, good)
    assert shown.table("condition", "EER, % ↓")
    assert "cannot read the results" in shown.table("where", "code")[0]["what"]
    report = write_report([bad, good], tmp_path / "page.html")
    assert [one.model.name for one in report.results] == ["ge2e"]
    assert report.as_dict()["failed"][0]["code"] == "config"
    with pytest.raises(ConfigError, match="cannot read"):
        write_report([bad], tmp_path / "none.html")
    assert not (tmp_path / "none.html").exists()


def document(folder: Path, **changes) -> None:
    path = folder / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"format": "another"}, "format"),
        ({"version": 99}, "version"),
        ({"task": "moods"}, "task: .*no task 'moods'"),
        ({"model": {"name": "x"}}, "model.fingerprint"),
        ({"results": [{"condition": 8, "eer": 0.1, "trials": 1}]}, "condition 8 is no name"),
        ({"results": [{"condition": "native", "eer": 0.1, "trials": 1}] * 2}, "twice"),
        ({"results": [{"condition": "native", "trials": 1}]}, "no eer under native"),
        ({"results": [{"condition": "native", "eer": 0.1}]}, "no trials under native"),
        ({"results": [{"condition": "native", "eer": 0.1, "trials": 1, "mnr_eq7": "low"}]}, "no mnr_eq7 under native"),
    ],
)
def test_results_that_do_not_fit_are_named(tmp_path, changes, match):
    folder = write_folder(tmp_path / "a")
    document(folder, **changes)
    with pytest.raises(ConfigError, match=match) as raised:
        read_folder(folder)
    assert raised.value.where == str(folder / "results.json")


def test_a_figure_that_is_no_number_is_refused(tmp_path):
    folder = write_folder(tmp_path / "a")
    document(folder, results=[{"condition": "native", "eer": float("nan"), "trials": 1}])
    with pytest.raises(NotFiniteError, match="eer under native"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"vectors": np.full((8, 6), np.nan)}, NotFiniteError, "ann/song.wav@0"),
        ({"vectors": np.zeros((8, 6))}, NotFiniteError, "zero"),
        ({"vectors": np.ones((7, 6))}, ConfigError, "different lengths"),
        ({"vectors": np.ones(8)}, ConfigError, "different lengths"),
        ({"model": np.array("another")}, ModelMismatchError, "model"),
        ({"voices": None}, ConfigError, "no array 'voices'"),
    ],
)
def test_vectors_that_cannot_be_shown_are_refused(tmp_path, change, error, match):
    folder = write_folder(tmp_path / "a")
    changed = {name: values for name, values in {**arrays("ge2e", 8), **change}.items() if values is not None}
    save_arrays(folder / "vectors-native.npz", **changed)
    with pytest.raises(error, match=match) as raised:
        read_folder(folder)
    assert raised.value.where == str(folder / "vectors-native.npz")


@pytest.mark.parametrize("name", ["vectors-native.npz", "det.npz"])
def test_a_damaged_archive_is_refused(tmp_path, name):
    folder = write_folder(tmp_path / "a")
    (folder / name).write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ConfigError, match="damaged"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("rejects", "error"),
    [(np.ones(3), ConfigError), (np.full(2, np.nan), NotFiniteError), (np.full(2, 2.0), NotFiniteError)],
)
def test_curves_that_are_none_are_refused(tmp_path, rejects, error):
    folder = write_folder(tmp_path / "a")
    save_arrays(folder / "det.npz", native_false_accepts=np.array([0.1, 0.2]), native_false_rejects=rejects)
    with pytest.raises(error):
        read_folder(folder)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("singer,gender\nann,female\n", "column voice"),
        ("voice\nann\n", "column voice"),
        ("voice,gender\nann,female\nann,male\n", "named twice: ann"),
        ("voice,gender\nsomebody else,female\n", "whole name"),
    ],
)
def test_traits_that_do_not_fit_are_refused(tmp_path, text, match):
    table = tmp_path / "traits.csv"
    table.write_text(text)
    with pytest.raises(ConfigError, match=match):
        write_report([write_folder(tmp_path / "a")], tmp_path / "page.html", traits=table)


def test_a_page_of_another_kind_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(ConfigError, match="ends in"):
        write_report([tmp_path / "nothing"], tmp_path / "page.pdf")


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ({}, "–"),
        ({"eer": None}, "–"),
        ({"eer": 0.0}, "0.00"),
        ({"eer": 0.5, "eer_low": 0.4}, "50.00"),
        ({"eer": 0.5, "eer_low": 0.4, "eer_high": 0.6, "eer_set_size": 512}, "50.00 (40.00–60.00)"),
    ],
)
def test_a_figure_as_it_is_printed(found, shown):
    assert figure(found, "eer") == shown
