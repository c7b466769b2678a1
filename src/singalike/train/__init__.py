"""Recipes, the training loop, export to a model folder. Needs ``pip install 'singalike[train]'``."""

from __future__ import annotations
