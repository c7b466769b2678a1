"""Models by name or folder: ours, and published checkpoints, which are converted once.

A published checkpoint is two files, ``hyperparams.yaml`` and ``model.pt``. The first time one is asked for, the
learning half turns it into a model folder under ``home()/models``, named by the checkpoint's sha256; from then on
it loads like any other, without torch.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from singalike.checksum import sha256
from singalike.errors import ConfigError, MissingWeightsError
from singalike.extras import learning_half
from singalike.model.card import CARD
from singalike.model.encoder import Model

_DEFAULT = Path(__file__).parent / "default"

# The released models of Torres et al. 2023: a folder each in one hub repository.
REPOSITORY = "BernardoTorres/singer-identity"
PUBLISHED = ("byol", "contrastive", "contrastive-vc", "unif-align", "vicreg")
_ALIASES = {"uniformity": "unif-align"}
HYPERPARAMS, CHECKPOINT = "hyperparams.yaml", "model.pt"


def home() -> Path:
    """Return the folder for caches and installed models: ``$SINGALIKE_HOME`` or ``~/.cache/singalike``."""
    return Path(os.environ.get("SINGALIKE_HOME") or Path.home() / ".cache" / "singalike").expanduser()


def find_model(name_or_folder: str | Path | None = None) -> Path:
    """Return the folder of a model, converted first where it is a published checkpoint.

    Args:
        name_or_folder: a model folder, or one with ``hyperparams.yaml`` and ``model.pt``; ``default``; a name under
            ``home()/models``; or one of :data:`PUBLISHED`, whose two files are taken from ``home()/published/<name>``
            or, where there is a network, fetched into it.

    Raises:
        MissingWeightsError: there is none; the message says where it was looked for, or which files to put where.
        MissingExtraError: a checkpoint has to be converted and the training extra is not installed.
        ConfigError: a checkpoint is not what its name says.
    """
    if name_or_folder is None or str(name_or_folder) == "default":
        return _DEFAULT
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        return _ready(folder, folder.resolve().name)
    name = _ALIASES.get(str(name_or_folder), str(name_or_folder))
    installed = home() / "models" / name
    if installed.is_dir():
        return _ready(installed, name)
    if name in PUBLISHED:
        return _ready(_fetched(name), name)
    raise MissingWeightsError(
        f"no model {name!r}",
        hint=f"a model folder, 'default', a folder of that name in {home() / 'models'}, or {', '.join(PUBLISHED)}",
    )


def load_model(
    name_or_folder: str | Path | None = None, *, readout: str | None = None, threads: int = 0, any_sound: bool = False
) -> Model:
    """Load a model by a name or folder of :func:`find_model`; without one, the model that singalike ships with.

    Args:
        name_or_folder: which.
        readout: see :class:`~singalike.model.encoder.Model`.
        threads: threads of the runtime; 0 leaves the choice to it.
        any_sound: see :class:`~singalike.model.encoder.Model`.

    Raises:
        MissingWeightsError: there is no such model.
        MissingExtraError: it has to be converted first, which needs the training extra.
        ConfigError: it is a checkpoint of another layout, or has no such read-out.
        ModelMismatchError: its files do not belong together.
    """
    return Model(find_model(name_or_folder), readout=readout, threads=threads, any_sound=any_sound)


def is_published(folder: Path) -> bool:
    """Whether a folder holds the two files of a published checkpoint."""
    return not _missing(folder)


def _missing(folder: Path) -> list[str]:
    return [file for file in (HYPERPARAMS, CHECKPOINT) if not (folder / file).is_file()]


def _ready(folder: Path, name: str) -> Path:
    """Return a folder as it is, or what its published checkpoint was converted to."""
    if (folder / CARD).is_file():
        return folder
    missing = _missing(folder)
    if not missing:
        return _adopted(folder, name)
    if len(missing) == 1:
        raise MissingWeightsError(
            f"no {missing[0]}", where=folder, hint=f"a published model is {HYPERPARAMS} and {CHECKPOINT}"
        )
    return folder  # Model says what a model folder needs


def _adopted(folder: Path, name: str) -> Path:
    """Return the model folder of a checkpoint, made if it is not there yet; all of it appears at once."""
    target = home() / "models" / f"{name}-{sha256(folder / CHECKPOINT)[:12]}"
    if (target / CARD).is_file():
        return target
    published = learning_half("train.published")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".adopting-") as draft:
        made = Path(draft) / "model"
        published.adopt(folder, made, name=name)
        try:
            made.rename(target)
        except OSError as error:  # another process was first, or something else lies there
            if not (target / CARD).is_file():
                raise ConfigError(f"the converted model cannot be put here: {error}", where=target) from error
    return target


def _fetched(name: str) -> Path:
    """Return the folder of a published model's two files, fetched from the hub if they are not there."""
    folder = home() / "published" / name
    if is_published(folder):
        return folder
    files = (HYPERPARAMS, CHECKPOINT)
    try:
        from huggingface_hub import hf_hub_download

        for file in files:
            hf_hub_download(REPOSITORY, f"{name}/{file}", local_dir=folder.parent)
    except Exception as error:  # its transports (requests, httpx, xet) have no error in common
        reason = "huggingface_hub is not installed" if isinstance(error, ImportError) else str(error).partition("\n")[0]
        raise MissingWeightsError(
            f"the published model {name!r} is not here, and cannot be fetched: {reason}",
            where=folder,
            hint=f"put {' and '.join(files)} of {REPOSITORY}, folder {name}, into it",
        ) from error
    return folder
