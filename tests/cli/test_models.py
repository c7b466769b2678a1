"""info, doctor, train, export."""

from __future__ import annotations

import json
import shutil
import sys
from types import SimpleNamespace

import pytest

from singalike.cli import train
from singalike.cli.models import recipe_descriptions
from singalike.errors import MissingExtraError
from singalike.extras import learning_half


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path / "home"))


def test_info_lists_models_and_recipes(run, run_json, model, tmp_path):
    shutil.copytree(model, tmp_path / "home" / "models" / "mine")
    code, document = run_json("info")
    assert code == 0
    assert [m["name"] for m in document["models"]] == ["default", "mine"]
    assert document["recipes"] == recipe_descriptions()
    assert "mine" in run("info").stdout


def test_the_recipes_descriptions_agree_with_yaml():
    yaml = pytest.importorskip("yaml")
    from importlib import resources

    folder = resources.files("singalike") / "recipes"
    expected = {
        file.name.removesuffix(".yaml"): yaml.safe_load(file.read_text(encoding="utf-8")).get("description", "")
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }
    assert recipe_descriptions() == expected
    assert "torres-cont" in expected


def test_info_recipes_alone(run, run_json):
    assert set(run_json("info", "--recipes")[1]) == {"recipes"}
    assert "torres-cont" in run("info", "--recipes").stdout


def test_info_shows_a_card(run, run_json, model):
    code, card = run_json("info", model)
    assert (code, card) == (0, json.loads((model / "card.json").read_text()))
    shown = run("info", model).stdout
    for text in (
        card["fingerprint"],
        card["licence"],
        "intended use: tests",
        "misuse: anything else",
        "50.0%",
    ):
        assert text in shown


def test_info_of_no_model_exits_2(run_json, tmp_path):
    for name in ("no-such-model", tmp_path):
        code, document = run_json("info", name)
        assert (code, document["error"]["code"]) == (2, "missing-weights")


def checks_of(document):
    return {check["name"]: check for check in document["checks"]}


def test_doctor_finds_all_well(run, run_json, model, music, tmp_path):
    library = tmp_path / "library"
    run("index", music, "--library", library, "--model", model)
    code, document = run_json("doctor", "--model", model, "--library", library)
    assert code == 0
    assert document["ok"]
    checks = checks_of(document)
    for name in ("model", "weights", "self-test", "library", "content", "library's model", "index"):
        assert checks[name]["status"] == "ok", name
    assert "6 recordings" in checks["content"]["found"]
    assert any(name.startswith("extra train") for name in checks)
    assert run("doctor", "--model", model).exit_code == 0


def test_doctor_finds_a_stale_index_and_files_that_are_gone(run, run_json, model, music, tmp_path):
    library, copy = tmp_path / "library", tmp_path / "copy"
    shutil.copytree(music, copy)
    run("index", copy, "--library", library, "--model", model)
    (library / "index.faiss").unlink()
    shutil.rmtree(copy / "singer0")
    code, document = run_json("doctor", "--model", model, "--library", library)
    assert code == 0
    checks = checks_of(document)
    assert checks["index"]["status"] == "warning"
    assert checks["content"]["status"] == "warning"
    assert "gone: 2" in checks["content"]["found"]


def test_doctor_fails_on_changed_weights_and_another_library(run_json, model, other_model, music, run, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    (broken / "model.safetensors").write_bytes(b"other")
    code, document = run_json("doctor", "--model", broken)
    assert code == 2
    assert checks_of(document)["weights"]["status"] == "FAILED"
    (broken / "model.onnx").write_bytes(b"other")
    assert checks_of(run_json("doctor", "--model", broken)[1])["model"]["status"] == "FAILED"
    library = tmp_path / "library"
    run("index", music, "--library", library, "--model", model)
    code, document = run_json("doctor", "--model", other_model, "--library", library)
    assert code == 2
    assert checks_of(document)["library's model"]["status"] == "FAILED"
    code, document = run_json("doctor", "--model", model, "--library", tmp_path / "none")
    assert (code, checks_of(document)["library"]["status"]) == (2, "FAILED")


def test_train_hands_everything_on_and_lists_what_was_left_out(run, run_json, tmp_path, monkeypatch):
    asked = {}

    def fake_train(recipe, **options):
        asked.update(options, recipe=recipe)
        options["out"].mkdir(exist_ok=True)
        failed = [{"code": "silent", "what": "no sound", "where": "a.wav", "hint": ""}]
        (options["out"] / "data.json").write_text(json.dumps({"failed": failed}))
        return options["out"]

    monkeypatch.setattr(train, "learning_half", lambda name: SimpleNamespace(train=fake_train))
    arguments = (
        "train",
        "default",
        "--data",
        tmp_path,
        "--out",
        tmp_path / "run",
        "seed=3",
        "max_epochs=1",
        "--resume",
    )
    code, document = run_json(*arguments)
    assert code == 1
    assert document["failed"][0]["where"] == "a.wav"
    assert asked["recipe"] == "default"
    assert asked["overrides"] == ["seed=3", "max_epochs=1"]
    assert asked["resume"] is True
    assert "left out: a.wav: no sound" in run(*arguments).stderr


@pytest.mark.parametrize("command", [["train", "default", "--data", "x"], ["export", "x"]])
def test_the_learning_half_asks_for_its_extra(run, monkeypatch, tmp_path, command):
    for name in [m for m in sys.modules if m.startswith("singalike.train")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "lightning", None)
    result = run(*command, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "pip install 'singalike[train]'" in result.stderr


def test_a_missing_module_of_our_own_is_not_taken_for_a_missing_extra():
    with pytest.raises(ModuleNotFoundError) as raised:
        learning_half("no_such_module")
    assert not isinstance(raised.value, MissingExtraError)


def test_export_of_no_run_exits_2(run, tmp_path):
    pytest.importorskip("torch")
    assert run("export", tmp_path, "--out", tmp_path / "model").exit_code == 2


def test_export_hands_on_how_weights_are_kept(run_json, model, tmp_path, monkeypatch):
    asked = {}

    def fake_export(run, out, *, weights):
        asked[out.name] = weights
        shutil.copytree(model, out)

    monkeypatch.setattr(train, "learning_half", lambda name: SimpleNamespace(export_run=fake_export))
    assert run_json("export", tmp_path, "--out", tmp_path / "whole")[0] == 0
    assert run_json("export", tmp_path, "--out", tmp_path / "small", "--weights", "int8")[0] == 0
    assert asked == {"whole": "float32", "small": "int8"}
