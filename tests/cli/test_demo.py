"""demo, from the command to the page."""

from __future__ import annotations

import json
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from singalike.audio.choir import melody
from singalike.demo import stage


@pytest.fixture(scope="module", autouse=True)
def _short_songs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "melody", partial(melody, seconds=3.0))
        yield


class _Page(HTMLParser):
    """Collects what a page refers to, and checks that its tags are closed in order."""

    VOID = ("meta", "rect", "circle", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.sounds: list[str] = []
        self.embedded = ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.links += [value for key, value in attrs if key in ("src", "href") and value]
        if "data-sound" in values:
            self.sounds.append(values["data-sound"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.startswith('{"') and self.open[-1] == "script":
            self.embedded = data


@pytest.fixture(scope="module")
def arguments(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "out"
    return ("demo", "--out", out, "--singers", 2, "--songs", 2, "--model", model)


@pytest.fixture(scope="module")
def demo(arguments):
    from typer.testing import CliRunner

    from singalike.cli import app

    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_it_indexes_searches_identifies_and_compares(demo):
    assert demo["recordings"] == 4
    assert len(demo["searches"]) == 4
    assert [one["expected"] for one in demo["identities"]].count("unknown") == 4
    assert len(demo["identities"]) == 8
    assert len(demo["pairs"]) == 4
    for search in demo["searches"]:
        assert search["right"] == (search["hits"][0]["singer"] == search["singer"])
        assert search["query"] not in [hit["path"] for hit in search["hits"]]
    assert [figure["of"] for figure in demo["figures"]] == [2, 2, 4, 4]
    assert [figure["right"] for figure in demo["figures"]][:2] == [
        sum(s["right"] for s in demo["searches"] if s["query"].endswith(f"{kind}.flac")) for kind in ("vocals", "mix")
    ]


def test_the_page_is_whole_and_needs_nothing_else(demo):
    page = _Page()
    html = Path(demo["report"]).read_text(encoding="utf-8")
    page.feed(html)
    assert page.open == []
    assert page.links == []
    assert "url(" not in html
    assert "http" not in html
    sounds = json.loads(page.embedded)
    assert set(page.sounds) == set(sounds)
    assert all(uri.startswith("data:audio/ogg;base64,T2dnU") for uri in sounds.values())  # "OggS"


def test_the_library_it_leaves_can_be_searched(demo, run_json, model):
    query = demo["searches"][0]["query"]
    code, document = run_json("search", query, "--library", demo["library"], "--model", model, "--keep-duplicates")
    assert code == 0
    assert document["hits"][0]["score"] == pytest.approx(demo["searches"][0]["hits"][0]["score"], abs=1e-6)


def test_it_is_repeatable_in_the_same_folder(demo, arguments, run, run_json):
    _, again = run_json(*arguments)
    assert {**again, "seconds": 0} == {**demo, "seconds": 0}


def test_it_does_not_touch_a_folder_it_did_not_make(run_json, model, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    code, document = run_json("demo", "--out", tmp_path, "--model", model)
    assert (code, document["error"]["where"]) == (2, str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_it_says_a_threshold_is_a_guess_where_a_model_has_none(run, other_model, tmp_path):
    result = run("demo", "--out", tmp_path / "out", "--singers", 2, "--songs", 2, "--model", other_model)
    assert result.exit_code == 0
    assert str(tmp_path / "out" / "report.html") in result.stdout
    assert "a guess" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
