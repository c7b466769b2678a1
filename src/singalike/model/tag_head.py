"""A tag head: which tags a model's vectors say a voice has. One file, ``tags.npz``, beside the model or anywhere.

``weights`` (D, K), ``biases`` (K,), ``tags`` (K,), ``roc_auc`` (K,), ``fingerprint`` () of the one model whose vectors
it understands, ``about`` (), JSON: what it learnt from, under which licence, when. It loads without pickle and without
torch. ``singalike evaluate --task vocal-tags --save-head`` writes one; the shipped model has none.
"""

from __future__ import annotations

import difflib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singalike.atomic import draft
from singalike.errors import ConfigError, ModelMismatchError, NotFiniteError

FILE = "tags.npz"
_TRAIN = (
    "singalike evaluate MODEL --task vocal-tags --save-head --data DATA --out REPORT trains one: "
    f"then --tag-head REPORT/{FILE}"
)


@dataclass(frozen=True, eq=False)
class TagHead:
    """A linear layer on a model's vectors.

    Attributes:
        fingerprint: The model whose vectors it understands.
        tags: K names.
        weights: (D, K) float32.
        biases: (K,) float32.
        roc_auc: (K,) of each tag, measured on artists that it did not learn from.
        about: What it learnt from, JSON-ready.
    """

    fingerprint: str
    tags: tuple[str, ...]
    weights: np.ndarray
    biases: np.ndarray
    roc_auc: np.ndarray
    about: Mapping[str, Any]

    def require(self, fingerprint: str) -> None:
        """Refuse the vectors of another model.

        Raises:
            ModelMismatchError: The head was trained on another model's vectors.
        """
        if fingerprint != self.fingerprint:
            raise ModelMismatchError(
                f"the tag head is of model {self.fingerprint[:12]}, these vectors are of {fingerprint[:12]}",
                hint=_TRAIN,
            )

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Return the probability (N, K) float64 of each tag for vectors (N, D) of the head's model.

        Raises:
            ConfigError: The vectors are not (N, D).
            NotFiniteError: One is NaN or infinite.
        """
        vectors = np.asarray(vectors, dtype=np.float64)
        if vectors.ndim != 2 or vectors.shape[1] != len(self.weights):
            raise ConfigError(f"the tag head takes vectors (N, {len(self.weights)}), not {vectors.shape}")
        if not np.isfinite(vectors).all():
            raise NotFiniteError("a vector is not finite")
        # Written so that no logit overflows.
        return 0.5 * (1 + np.tanh(0.5 * (vectors @ self.weights.astype(np.float64) + self.biases)))

    def find(self, asked: Sequence[str]) -> list[int]:
        """Return the place of each tag asked for; ``husky`` also finds ``husky/throaty``, capitals are nothing.

        Raises:
            ConfigError: There is no such tag; the nearest are named.
        """
        return [self._place(name) for name in asked]

    def _place(self, asked: str) -> int:
        name = asked.strip().casefold()
        whole = {tag.casefold(): place for place, tag in enumerate(self.tags)}
        words: dict[str, list[int]] = {}
        for tag, place in whole.items():
            for word in tag.split("/"):
                words.setdefault(word.strip(), []).append(place)
        if name not in whole and len(words.get(name, ())) > 1:
            several = ", ".join(self.tags[place] for place in words[name])
            raise ConfigError(f"{asked!r} is a word of several tags", hint=f"which of {several}?")
        known = {**{word: places[0] for word, places in words.items()}, **whole}
        if name in known:
            return known[name]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        named = [self.tags[known[word]] for word in near] or self.tags
        raise ConfigError(
            f"no tag {asked!r}", hint=f"{'near it' if near else 'its tags'}: {', '.join(dict.fromkeys(named))}"
        )

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        with draft(path) as place:
            np.savez(
                place,
                fingerprint=np.array(self.fingerprint),
                tags=np.array(self.tags, np.str_),
                weights=self.weights.astype(np.float32),
                biases=self.biases.astype(np.float32),
                roc_auc=self.roc_auc.astype(np.float64),
                about=np.array(json.dumps(dict(self.about))),
            )

    @classmethod
    def load(cls, path: Path) -> TagHead:
        """Read the file.

        Raises:
            ConfigError: There is none, or it is not a tag head.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            head = cls(
                fingerprint=str(arrays["fingerprint"]),
                tags=tuple(arrays["tags"].tolist()),
                weights=arrays["weights"],
                biases=arrays["biases"],
                roc_auc=arrays["roc_auc"],
                about=json.loads(str(arrays["about"])),
            )
        except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
            raise ConfigError(f"not a tag head: {error}", where=path, hint=_TRAIN) from error
        if head.weights.ndim != 2 or {head.weights.shape[1:], head.biases.shape, head.roc_auc.shape} != {
            (len(head.tags),)
        }:
            raise ConfigError("not a tag head: its arrays do not fit together", where=path, hint=_TRAIN)
        return head


def load_tag_head(folder: Path, given: Path | None = None) -> TagHead:
    """Read the tag head that was given, else the one of a model's folder.

    Args:
        folder: The model's folder, see :func:`singalike.model.hub.find_model`.
        given: A file.

    Raises:
        ConfigError: The model has none and none was given (the hint says how one is trained), or it is damaged.
    """
    if given is None and not (folder / FILE).is_file():
        raise ConfigError("this model has no tag head", where=folder, hint=_TRAIN)
    return TagHead.load(given or folder / FILE)
