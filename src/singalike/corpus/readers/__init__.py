"""One file a dataset: what it is, under which terms, and a ``read(root)`` that gives its recordings.

Each reader has ``DATASET``, its :class:`Dataset` record, and ``read(root) -> list[Recording]``. Nothing is
downloaded: ``root`` is where the dataset already lies.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    """What a dataset is and what may be done with it.

    Attributes:
        name: The name it is cited by.
        licence: Its terms; "per recording" where each row has its own.
        citation: Authors, title, place, year.
        identity: The rule by which two recordings count as one voice.
    """

    name: str
    licence: str
    citation: str
    identity: str
