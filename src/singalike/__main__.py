"""``python -m singalike``: the command line."""

from singalike.cli import main

main()
