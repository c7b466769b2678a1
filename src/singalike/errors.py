"""Every error singalike raises on purpose.

Two families, so that a caller decides once: :class:`InputError` is one bad file or array (a batch goes on,
counts and lists it); :class:`ConfigError` is a request that cannot be carried out at all (exit code 2).
Each names the file or value and the way out, and has a stable ``code`` for ``--json``.
"""

from __future__ import annotations


class SingalikeError(Exception):
    """Base of all errors raised on purpose."""

    code = "error"

    def __init__(self, what: str, *, where: object = None, hint: str = "") -> None:
        self.what, self.where, self.hint = what, None if where is None else str(where), hint
        place = f"{self.where}: " if self.where else ""
        super().__init__(f"{place}{what}" + (f" ({hint})" if hint else ""))

    def as_dict(self) -> dict[str, str | None]:
        """Return the error as JSON-ready fields: code, what, where, hint."""
        return {"code": self.code, "what": self.what, "where": self.where, "hint": self.hint}


class InputError(SingalikeError):
    """One file or array cannot be used; others may be."""

    code = "input"


class UnreadableError(InputError):
    """The file is missing, is not audio, or its audio cannot be decoded."""

    code = "unreadable"


class TooShortError(InputError):
    """The audio is empty or shorter than the shortest usable excerpt."""

    code = "too-short"


class SilentError(InputError):
    """There is no sound in the audio."""

    code = "silent"


class NoVoiceError(InputError):
    """There is sound in the audio, but no voice is heard in it."""

    code = "no-voice"


class NotFiniteError(InputError):
    """The audio (or a vector) holds NaN or infinite values."""

    code = "not-finite"


class ConfigError(SingalikeError):
    """The request itself cannot be carried out: wrong option, folder, table or recipe."""

    code = "config"


class MissingWeightsError(ConfigError):
    """A model folder or checkpoint is not where it should be."""

    code = "missing-weights"


class ModelMismatchError(ConfigError):
    """Vectors of two models were about to be compared, or a file does not match its card."""

    code = "model-mismatch"


class MissingExtraError(ConfigError):
    """An optional dependency is not installed."""

    code = "missing-extra"
