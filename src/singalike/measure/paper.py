"""The figures of Torres, Lattner & Richard 2023, tables 3 and 4, to stand beside ours.

``torres2023.csv`` holds every number the two tables print, one a row, in per cent as printed; a cell the paper
leaves empty has no row. Two things the paper does not say are left open here: at which input rate table 4 was
measured (``input_khz`` is empty there), and what the asterisk behind three of its VCTK figures means.

Reference:
    B. Torres, S. Lattner, G. Richard: Singer Identity Representation Learning using Self-Supervised Techniques.
    ISMIR 2023, tables 3 (EER and MNR of frozen embeddings) and 4 (accuracy of a linear classifier).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

CITATION = (
    "B. Torres, S. Lattner, G. Richard, Singer Identity Representation Learning using Self-Supervised "
    "Techniques, ISMIR 2023"
)
TABLE_OF_TASK = {"similarity": 3, "singers": 4}
IN_DOMAIN = "test"  # the paper's private test set: nobody else has it

_ROW_OF = {
    "ge2e": "GE2E",
    "f-resnet": "F-ResNet",
    "h-asp": "H/ASP",
    "wav2vec2-base": "Wav2Vec-base",
    "xlsr-53": "XLSR-53",
    "vicreg": "VICReg",
    "unif-align": "UNIF",
    "uniformity": "UNIF",
    "contrastive": "CONT",
    "contrastive-vc": "CONT-VC",
    "byol": "BYOL",
    "torres-vicreg": "VICReg",
    "torres-unif": "UNIF",
    "torres-cont": "CONT",
    "torres-cont-vc": "CONT-VC",
    "torres-byol": "BYOL",
}


@dataclass(frozen=True)
class PaperFigure:
    """One number of the paper.

    Attributes:
        table: 3 or 4.
        model: Name of the row, as printed.
        dataset: ``"test"`` (the paper's own), ``"VCTK"``, ``"NUS-48E"``, ``"M4Singer"`` or ``"VocalSet"``.
        metric: ``"eer"``, ``"mnr"`` or ``"accuracy"``.
        input_khz: 44.1, or 16 where the input went through 16 kHz or the model takes no more; None in table 4.
        percent: The number as printed.
    """

    table: int
    model: str
    dataset: str
    metric: str
    input_khz: float | None
    percent: float


@cache
def paper_rows(table: int) -> tuple[PaperFigure, ...]:
    """Return all figures of table 3 or 4, in the table's order; empty for any other number."""
    text = (resources.files("singalike.measure") / "torres2023.csv").read_text(encoding="utf-8")
    return tuple(
        PaperFigure(
            table=table,
            model=row["model"],
            dataset=row["dataset"],
            metric=row["metric"],
            input_khz=float(row["input_khz"]) if row["input_khz"] else None,
            percent=float(row["percent"]),
        )
        for row in csv.DictReader(text.splitlines())
        if int(row["table"]) == table
    )


def paper_models() -> tuple[str, ...]:
    """Return the names of the rows, the same in both tables, in their order."""
    return tuple(dict.fromkeys(figure.model for figure in paper_rows(3)))


def paper_row(model: str) -> str | None:
    """Return the row that a model, baseline or recipe of this name repeats; None where there is none."""
    return _ROW_OF.get(model.casefold())


def paper_dataset(name: str) -> str | None:
    """Return the paper's name of an out-of-domain dataset, whatever its spelling (``"vocalset"``); else None."""
    known = {_plain(figure.dataset): figure.dataset for figure in paper_rows(4)}
    return known.get(_plain(name))


def paper_figures(task: str, dataset: str, condition: str) -> dict[str, dict[str, float]]:
    """Return what the paper measured on one dataset under one condition.

    Args:
        task: ``"similarity"`` (table 3) or ``"singers"`` (table 4).
        dataset: The paper's name of it.
        condition: ``"native"``, each model at its own rate (44.1 kHz for the paper's, 16 kHz for its baselines);
            or ``"16 kHz"``, the input without anything above 8 kHz. Table 4 does not say and serves ``"native"``.

    Returns:
        Per cent by metric by row name; rows and metrics the paper leaves empty are missing.
    """
    found: dict[str, dict[str, float]] = {}
    for figure in paper_rows(TABLE_OF_TASK[task]):
        if figure.dataset != dataset:
            continue
        known = found.setdefault(figure.model, {})
        # In the table's order 16 comes before 44.1: a model's own rate is the last of them.
        if condition == "native" or figure.input_khz == 16:
            known[figure.metric] = figure.percent
    return {model: known for model, known in found.items() if known}


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
