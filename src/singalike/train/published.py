"""Published checkpoints become model folders like any other: one graph, a card, a fingerprint."""

from __future__ import annotations

from pathlib import Path

from singalike.encoders.published.singer_identity import read_singer_identity
from singalike.model.card import Card
from singalike.model.hub import CHECKPOINT, HYPERPARAMS, REPOSITORY
from singalike.train.export import Weights, export_network
from singalike.train.network import VoiceNetwork
from singalike.train.recipe import Recipe, load_recipe

_LIMITS = (
    "Every window is brought to peak 1 first, as the released evaluation does with every clip; the released module "
    "alone does not. Its log-mel is divided by its own maximum, not by that of a batch. It was trained on full-band "
    "recordings at 44.1 kHz: what once was at 16 kHz sounds like another voice to it. Scores are not calibrated."
)


def load_published(folder: Path) -> tuple[Recipe, VoiceNetwork]:
    """Load a published checkpoint as a network of ours, in evaluation mode, with what an export needs to know.

    At batch 1, on a waveform of peak 1, it gives what the released code does.

    Raises:
        MissingWeightsError: ``hyperparams.yaml`` or ``model.pt`` is missing.
        ConfigError: a file has another layout.
    """
    front_end, weights = read_singer_identity(folder / CHECKPOINT, folder / HYPERPARAMS)
    # All five share the encoder and the windows of 4 s of the recipe; it is only read for these, never trained.
    recipe = load_recipe("torres-cont").model_copy(
        update={"name": f"published ({REPOSITORY})", "features": front_end.name}
    )
    network = VoiceNetwork(recipe)
    network.encoder.load_state_dict(weights)
    return recipe, network.eval()


def adopt(folder: Path, out: Path, *, name: str, weights: Weights = "float32") -> Card:
    """Turn a published checkpoint into a model folder and return its card.

    The graph is compared with the torch module by :func:`singalike.train.export.export_network`, as for our own.

    Args:
        folder: holds ``hyperparams.yaml`` and ``model.pt``, laid out as in
            :mod:`singalike.encoders.published.singer_identity`.
        out: the model folder, made if it is not there.
        name: the model's name.
        weights: how they are kept; see :func:`~singalike.train.export.export_network`.

    Raises:
        MissingWeightsError: one of the two files is missing.
        ConfigError: a file has another layout, or the graph differs from the torch module.
    """
    recipe, network = load_published(folder)
    card = export_network(network, recipe, out, name=name, training=[], weights=weights)
    about = {
        "licence": "MIT, if these are the released weights",
        "intended_use": f"Comparing singing voices, as in: {recipe.citation}.",
        "misuse": "Proving who someone is; imitating a person; enrolling people who have not agreed.",
        "limits": _LIMITS,
    }
    card = card.model_copy(update=about)
    card.save(out)
    return card
