from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from singalike.checksum import sha256
from singalike.errors import ConfigError, MissingExtraError, MissingWeightsError
from singalike.model import hub
from singalike.model.card import CARD, GRAPH
from singalike.model.hub import find_model, home, is_published, load_model
from tiny_model import write_model


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path / "home"))


@pytest.fixture
def adopted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str]]:
    """A learning half that makes of every checkpoint a tiny model, and keeps a list of what it was asked for."""
    calls: list[tuple[Path, str]] = []

    def adopt(folder: Path, out: Path, *, name: str) -> None:
        calls.append((folder, name))
        write_model(out, seed=(folder / "model.pt").read_bytes()[0])

    monkeypatch.setattr(hub, "learning_half", lambda module: SimpleNamespace(adopt=adopt))
    return calls


def write_published(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "model.pt").write_bytes(weights)
    (folder / "hyperparams.yaml").write_text("encoder: {}\n", encoding="utf-8")
    return folder


def offline(*args: object, **kwargs: object) -> None:
    raise OSError("no route to the hub\nand a page of advice")


def test_a_folder_and_a_name_are_found(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    assert find_model(folder) == folder
    installed = home() / "models" / "named"
    installed.parent.mkdir(parents=True)
    write_model(installed)
    assert load_model("named").folder == installed


def test_an_unknown_model_says_where_it_was_looked_for() -> None:
    with pytest.raises(MissingWeightsError, match=r"models.*contrastive-vc"):
        load_model("no-such-model")


def test_a_folder_without_a_graph(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    (folder / GRAPH).unlink()
    with pytest.raises(MissingWeightsError, match=GRAPH):
        load_model(folder)


def test_a_published_folder_is_converted_once(tmp_path: Path, adopted: list[tuple[Path, str]]) -> None:
    folder = write_published(tmp_path / "theirs")
    assert is_published(folder)
    model = load_model(folder)
    assert model.folder == home() / "models" / f"theirs-{sha256(folder / 'model.pt')[:12]}"
    assert load_model(folder).fingerprint == model.fingerprint
    assert load_model(model.folder.name).fingerprint == model.fingerprint  # by its name, too
    assert adopted == [(folder, "theirs")]
    assert [entry.name for entry in (home() / "models").iterdir()] == [model.folder.name]


def test_changed_weights_are_converted_anew(tmp_path: Path, adopted: list[tuple[Path, str]]) -> None:
    folder = write_published(tmp_path / "theirs", b"a")
    before = load_model(folder).fingerprint
    (folder / "model.pt").write_bytes(b"b")
    assert load_model(folder).fingerprint != before
    assert len(adopted) == 2


def test_a_relative_folder_has_a_name(
    tmp_path: Path, adopted: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_published(tmp_path / "theirs"))
    load_model(".")
    assert adopted == [(Path(), "theirs")]


def test_a_model_folder_is_not_converted(tmp_path: Path, adopted: list[tuple[Path, str]]) -> None:
    folder = write_published(tmp_path / "both")
    (write_model(tmp_path / "model") / CARD).rename(folder / CARD)
    assert find_model(folder) == folder
    assert not adopted


@pytest.mark.parametrize("file", ["model.pt", "hyperparams.yaml"])
def test_one_of_the_two_files_is_missing(file: str, tmp_path: Path) -> None:
    folder = write_published(tmp_path / "theirs")
    (folder / file).unlink()
    with pytest.raises(MissingWeightsError, match=f"theirs: no {file}"):
        load_model(folder)


def test_an_interrupted_conversion_leaves_nothing(
    tmp_path: Path, adopted: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_published(tmp_path / "theirs")

    def interrupted(folder: Path, out: Path, *, name: str) -> None:
        write_model(out)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(hub, "learning_half", lambda module: SimpleNamespace(adopt=interrupted))
        with pytest.raises(KeyboardInterrupt):
            load_model(folder)
    assert not list((home() / "models").iterdir())
    assert load_model(folder).card.name


def test_another_process_may_be_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_published(tmp_path / "theirs")
    target = home() / "models" / f"theirs-{sha256(folder / 'model.pt')[:12]}"

    def adopt(folder: Path, out: Path, *, name: str) -> None:
        write_model(out, seed=1)
        write_model(target, seed=2)

    monkeypatch.setattr(hub, "learning_half", lambda module: SimpleNamespace(adopt=adopt))
    assert load_model(folder).card.name == "tiny-2"


@pytest.mark.usefixtures("adopted")
def test_something_else_in_the_way_is_not_deleted(tmp_path: Path) -> None:
    folder = write_published(tmp_path / "theirs")
    precious = home() / "models" / f"theirs-{sha256(folder / 'model.pt')[:12]}" / "precious.txt"
    precious.parent.mkdir(parents=True)
    precious.touch()
    with pytest.raises(ConfigError, match="cannot be put here"):
        load_model(folder)
    assert precious.exists()


def test_without_the_training_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"torch is not installed.*singalike\[train\]"):
        load_model(write_published(tmp_path / "theirs"))


def test_a_published_name_takes_local_files_before_the_hub(
    adopted: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=offline))
    folder = write_published(home() / "published" / "unif-align")
    for name in ("unif-align", "uniformity"):
        assert load_model(name).folder.name.startswith("unif-align-")
    assert adopted == [(folder, "unif-align")]


def test_an_installed_model_of_that_name_comes_first(adopted: list[tuple[Path, str]]) -> None:
    write_published(home() / "published" / "byol")
    (home() / "models").mkdir()
    installed = write_model(home() / "models" / "byol")
    assert find_model("byol") == installed
    assert not adopted


def test_a_published_name_is_fetched(adopted: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(repository: str, filename: str, *, local_dir: Path) -> None:
        asked.append((repository, filename))
        target = local_dir / filename
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"fetched")

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=download))
    fingerprint = load_model("contrastive").fingerprint
    files = ["contrastive/hyperparams.yaml", "contrastive/model.pt"]
    assert asked == [("BernardoTorres/singer-identity", file) for file in files]
    assert adopted == [(home() / "published" / "contrastive", "contrastive")]
    assert load_model("contrastive").fingerprint == fingerprint
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("package", "reason"),
    [(SimpleNamespace(hf_hub_download=offline), "no route to the hub"), (None, "huggingface_hub is not installed")],
)
def test_offline_it_says_which_files_to_put_where(
    package: object, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", package)
    with pytest.raises(MissingWeightsError) as caught:
        load_model("uniformity")
    error = caught.value
    assert error.where == str(home() / "published" / "unif-align")
    assert error.what.endswith(reason)
    assert (
        error.hint == "put hyperparams.yaml and model.pt of BernardoTorres/singer-identity, folder unif-align, into it"
    )
