"""Which of an encoder's weights are trained, where that is not all of them.

A network that knows many voices and is trained on few learns those few by heart the more of its weights may move.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from torch import nn

from singalike.errors import ConfigError


def freeze_all_but(encoder: nn.Module, patterns: list[str]) -> None:
    """Let no parameter be trained but those whose names match a pattern.

    Args:
        encoder: changed in place.
        patterns: as of file names: ``head.*`` is all of the part ``head``.

    Raises:
        ConfigError: a pattern matches no parameter.
    """
    names = [name for name, _ in encoder.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ConfigError(
                f"trained: no parameter of the encoder is called {pattern!r}", hint=f"there is {names[0]}"
            )
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad_(any(fnmatchcase(name, pattern) for pattern in patterns))
