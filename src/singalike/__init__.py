"""singalike hears who sings like whom.

The map (imports point down only):

- ``cli``       the commands
- ``demo``      the virtual choir through the main job, as an HTML report
- ``match``     whose accompaniment suits a voice; the voice over another song's band
- ``library``   a folder of embedded recordings: add, search, enroll, identify, forget
- ``separate``  songs into stems
- ``model``     the model folder: card, ONNX encoder, names; the shipped model is in ``model/default``
- ``audio``     decoding, resampling, windows, silence, quality, and the virtual choir

``errors``, ``atomic``, ``checksum`` and ``extras`` lie under all rooms.

The learning half needs ``pip install 'singalike[train]'``:

- ``measure``   models and baselines by name on data: results folders, report pages
- ``evaluate``  functions of arrays: verification, ranks, trials, probes, intervals
- ``train``     recipes, the training loop, export to a model folder
- ``pairs``     which two things are "the same voice"
- ``losses``    one objective a file
- ``encoders``  networks from log-mel to vector
- ``augment``   what is done to a crop before it is encoded
- ``features``  log-mel front-ends and their presets
- ``corpus``    tables of recordings and songs, readers of datasets, splits, clips
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> where it lives. Resolved on first use, so that `import singalike` costs nothing.
_HOME = {
    "Card": "singalike.model.card",
    "ConfigError": "singalike.errors",
    "InputError": "singalike.errors",
    "Library": "singalike.library",
    "Model": "singalike.model.encoder",
    "SingalikeError": "singalike.errors",
    "compare": "singalike.model.compare",
    "decode": "singalike.audio.decode",
    "load_model": "singalike.model.hub",
    "sing": "singalike.audio.choir",
    "singer": "singalike.audio.choir",
    "song": "singalike.audio.choir",
}
__all__ = [
    "Card",
    "ConfigError",
    "InputError",
    "Library",
    "Model",
    "SingalikeError",
    "__version__",
    "compare",
    "decode",
    "load_model",
    "sing",
    "singer",
    "song",
]

if TYPE_CHECKING:
    from singalike.audio.choir import sing, singer, song
    from singalike.audio.decode import decode
    from singalike.errors import ConfigError, InputError, SingalikeError
    from singalike.library import Library
    from singalike.model.card import Card
    from singalike.model.compare import compare
    from singalike.model.encoder import Model
    from singalike.model.hub import load_model


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'singalike' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
