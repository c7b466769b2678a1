"""The files of a model folder: are they there, and do they belong together?"""

from __future__ import annotations

from pathlib import Path

from singalike.checksum import sha256
from singalike.errors import MissingWeightsError, ModelMismatchError
from singalike.model.card import GRAPH, WEIGHTS, Card


def check_files(folder: Path, card: Card) -> None:
    """Refuse a folder that lacks what its model is computed from, or holds another model's.

    The graph, and the weights if the graph has them from the file beside it; earlier exports hold theirs inside.

    Raises:
        MissingWeightsError: a file is missing.
        ModelMismatchError: a file is not the one the card describes: it was changed, or is incomplete.
    """
    graph, weights = folder / GRAPH, folder / WEIGHTS
    if not graph.is_file():
        raise MissingWeightsError(f"no {GRAPH}", where=folder, hint="`singalike export` writes one")
    if sha256(graph) != card.onnx_sha256:
        raise ModelMismatchError(f"{GRAPH} is not the graph its card describes", where=folder)
    if WEIGHTS.encode() not in graph.read_bytes():  # a graph names the file that it points into
        return
    if not weights.is_file():
        raise MissingWeightsError(
            f"no {WEIGHTS}, which {GRAPH} has its weights from", where=folder, hint="copy the whole folder"
        )
    if sha256(weights) != card.fingerprint:
        raise ModelMismatchError(
            f"{WEIGHTS} is not the one its card describes", where=folder, hint="changed, or not copied to its end"
        )
