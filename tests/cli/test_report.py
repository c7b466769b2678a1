"""report: one page, a list of what was left out, exit codes."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from results_folder import write_folder
from singalike.cli.output import guarded
from singalike.cli.report import report


@pytest.fixture
def ask():
    app = typer.Typer()
    app.command()(guarded(report))

    def ask(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return ask


def test_a_page_is_written(ask, tmp_path):
    folder, page = write_folder(tmp_path / "a"), tmp_path / "pages" / "page.html"
    result = ask(folder, "--out", page, "--title", "Mine")
    assert result.exit_code == 0
    assert "1 results" in result.stdout
    assert "<title>Mine</title>" in page.read_text()


def test_json_names_the_page_and_what_is_on_it(ask, tmp_path):
    folder, page = write_folder(tmp_path / "a"), tmp_path / "page.md"
    result = ask(folder, "--out", page, "--json")
    assert json.loads(result.stdout) == {
        "page": str(page),
        "results": [{"folder": str(folder), "task": "similarity", "model": "ge2e", "data": "RAVDESS"}],
        "failed": [],
    }


def test_a_folder_left_out_is_exit_code_1(ask, tmp_path):
    good, bad = write_folder(tmp_path / "a"), tmp_path / "nothing"
    result = ask(good, bad, "--out", tmp_path / "page.html")
    assert result.exit_code == 1
    assert f"left out: {bad}" in result.stderr
    document = json.loads(ask(good, bad, "--out", tmp_path / "page.html", "--json").stdout)
    assert document["failed"][0]["where"].startswith(str(bad))


def test_nothing_to_show_is_exit_code_2(ask, tmp_path):
    result = ask(tmp_path / "nothing", "--out", tmp_path / "page.html", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "config"
    assert ask(write_folder(tmp_path / "a"), "--out", tmp_path / "page.doc").exit_code == 2
