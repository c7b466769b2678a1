"""``python -m singalike.cli`` is ``singalike``."""

from __future__ import annotations

from singalike.cli import main

main()
