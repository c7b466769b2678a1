"""``info``: which models and recipes there are, and a model's card."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any

import typer

from singalike.cli.options import Json
from singalike.cli.output import emit, plain, print_table
from singalike.errors import SingalikeError

if TYPE_CHECKING:
    from pathlib import Path

    from singalike.model.card import Card


def info(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="A model folder or name.")] = None,
    recipes: Annotated[bool, typer.Option("--recipes", help="List the recipes for training.")] = False,
    as_json: Json = False,
) -> None:
    """List models and recipes, or show a model's card: licence, data, figures, intended use."""
    if model is not None:
        _show_card(model, as_json=as_json)
        return
    documents: dict[str, Any] = {} if recipes else {"models": _models()}
    documents["recipes"] = recipe_descriptions()
    if as_json:
        emit(documents)
        return
    if "models" in documents:
        rows = [
            (m["name"], m.get("fingerprint", "")[:12], m.get("problem") or m["licence"]) for m in documents["models"]
        ]
        print_table(["model", "fingerprint", "licence"], rows)
    print_table(["recipe", "what it learns"], list(documents["recipes"].items()))


def recipe_descriptions() -> dict[str, str]:
    """Return the recipes' names and descriptions, read without the YAML library of the training extra.

    A recipe's ``description:`` is one line at the top level; one without it has an empty description here.
    """
    found: dict[str, str] = {}
    for file in (resources.files("singalike") / "recipes").iterdir():
        if file.name.endswith(".yaml"):
            lines = file.read_text(encoding="utf-8").splitlines()
            described = [line.partition(":")[2] for line in lines if line.startswith("description:")]
            found[file.name.removesuffix(".yaml")] = described[0].strip().strip("\"'") if described else ""
    return dict(sorted(found.items()))


def _models() -> list[dict[str, Any]]:
    """Return name, folder, fingerprint, licence of the shipped and installed models, or their problem."""
    from singalike.model.card import Card
    from singalike.model.hub import find_model, home

    installed = home() / "models"
    names = (
        sorted(f.name for f in installed.iterdir() if f.is_dir() and not f.name.startswith("."))
        if installed.is_dir()
        else []
    )
    found = []
    for name in dict.fromkeys(["default", *names]):
        folder: Path = find_model(name)
        try:
            card = Card.load(folder)
            about = {"fingerprint": card.fingerprint, "licence": card.licence, "domains": card.domains}
        except SingalikeError as error:
            about = {"problem": error.what}
        found.append({"name": name, "folder": str(folder), **about})
    return found


def _show_card(name: str, *, as_json: bool) -> None:
    from singalike.model.card import Card
    from singalike.model.hub import find_model

    card = Card.load(find_model(name))
    if as_json:
        emit(card.model_dump(mode="json"))
        return
    print_table(["", card.name], _facts(card))
    if card.training:
        rows = [(s.name, s.licence, s.voices, f"{s.hours:.1f}") for s in card.training]
        print_table(["training data", "licence", "#voices", "#hours"], rows)
    if card.figures:
        print_table(["measured on", "#EER", "#95 % over singers", "#mean normalised rank"], _figures(card))
    for heading in ("intended_use", "misuse", "limits"):
        if text := getattr(card, heading):
            typer.echo(f"\n{heading.replace('_', ' ')}: {plain(text)}")


def _figures(card: Card) -> list[tuple[str, str, str, str]]:
    """Return a row a figure; everything else a figure holds is in the card (``--json``)."""

    def share(value: float | None) -> str:
        return "" if value is None else f"{value:.1%}"

    rows = []
    for f in card.figures:
        interval = f"{share(f['eer_low'])} – {share(f['eer_high'])}" if "eer_low" in f else ""
        rank = f"{f['mnr']:.3f}" if "mnr" in f else ""
        rows.append((plain(f.get("data", "")), share(f.get("eer")), interval, rank))
    return rows


def _readouts(card: Card) -> str:
    if not card.readouts:
        return ""
    whole = card.dimension * len(card.readouts)
    return f"; --readout {', '.join(card.readouts)} (one space; {card.readouts[-1]} unless asked) or both ({whole})"


def _facts(card: Card) -> list[tuple[str, str]]:
    facts = [
        ("fingerprint", card.fingerprint),
        ("licence", card.licence),
        ("made", f"{card.created} by recipe {card.recipe}"),
        ("takes", f"{card.sample_rate_hz} Hz, windows of {card.window_seconds} s every {card.hop_seconds} s"),
        ("mean over", card.pooling),
        ("shortest recording", f"{card.min_seconds} s"),
        ("gives", f"unit vectors of {card.dimension} numbers{_readouts(card)}"),
        ("made for", ", ".join(card.domains)),
    ]
    if card.voice:
        facts.append(("hears voices by", card.voice.fitted_on))
    if card.calibration:
        facts.append(("scores read by", card.calibration.fitted_on))
        facts.append(("unknown below", f"score {card.calibration.unknown_threshold:.3f}"))
    return facts
