"""Singers named by voice part, as in M4Singer (``Alto-1``) and GTSinger (``EN-Alto-1``)."""

from __future__ import annotations

PARTS = "(?:Soprano|Alto|Tenor|Bass)"  # a regular expression, without a group


def gender_of_part(voice: str) -> str:
    """Return ``"f"`` for a soprano or an alto, ``"m"`` for a tenor or a bass; so it is in both datasets."""
    return "f" if voice.split("-")[-2] in ("Soprano", "Alto") else "m"
