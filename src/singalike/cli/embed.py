"""``embed`` and ``compare``: vectors of files, and how alike two are, without a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from singalike.atomic import draft
from singalike.cli.inputs import embed_all, find_audio
from singalike.cli.options import AnySound, Json, ModelName, Readout
from singalike.cli.output import emit, exit_for, list_failures, print_table, share
from singalike.errors import ConfigError

if TYPE_CHECKING:
    from singalike.library.results import Failure
    from singalike.model.embedding import Embedding


def embed(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Audio files, or folders of them.")],
    out: Annotated[Path, typer.Option("--out", metavar="V.npz", help="Where the vectors go.")],
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    windows: Annotated[bool, typer.Option("--windows", help="Keep the vectors of all windows too.")] = False,
    as_json: Json = False,
) -> None:
    """Write the voice vectors of recordings to one .npz file.

    A file that fails is left out of the vectors and listed. For large collections use `singalike index`,
    which resumes after an interruption.
    """
    if out.is_dir():
        raise ConfigError("this is a folder", where=out, hint="name a file: --out voices.npz")
    out.parent.mkdir(parents=True, exist_ok=True)
    from singalike.model.hub import load_model

    files, failed = find_audio(paths)
    encoder = load_model(model, readout=readout, any_sound=any_sound)
    done, bad = embed_all(encoder, files)
    failed += bad
    save_vectors(out, done, failed, fingerprint=encoder.fingerprint, dimension=encoder.dimension, windows=windows)
    if as_json:
        emit(
            {
                "out": out,
                "model": encoder.fingerprint,
                "dimension": encoder.dimension,
                "recordings": [
                    {"path": p, "seconds": e.seconds, "voice_seconds": e.voice_seconds, "status": _status(e)}
                    for p, e in done
                ],
                "failed": [failure.as_dict() for failure in failed],
            }
        )
    else:
        typer.echo(f"{len(done)} vectors of {encoder.dimension} numbers written to {out}; {len(failed)} files failed")
        list_failures(failed)
    exit_for(failed)


def save_vectors(
    out: Path,
    done: list[tuple[Path, Embedding]],
    failed: list[Failure],
    *,
    fingerprint: str,
    dimension: int,
    windows: bool,
) -> None:
    """Write an .npz, all of it or nothing. It loads without pickle; N recordings, W windows, F failures.

    - ``paths`` (N,) absolute; ``vectors`` (N, D) float32, unit norm; ``seconds`` (N,); ``voice_seconds``
      (N,), NaN where the model cannot tell; ``status`` (N,), "ok" or the recording's quality flags joined by commas;
      ``model`` (), the fingerprint.
    - A failed file has no row there: it is in ``failed_paths``, ``failed_codes``, ``failed_reasons`` (F,).
    - With ``windows``: ``window_vectors`` (W, D), ``window_recording`` (W,) the row that each belongs to,
      ``window_start_seconds`` (W,), ``window_seconds`` (N,) the length of a recording's windows.
    """
    import numpy as np

    def stack(rows: list[Any]) -> np.ndarray:
        return np.concatenate(rows) if rows else np.zeros((0, dimension), np.float32)

    arrays: dict[str, Any] = {
        "paths": np.array([str(path) for path, _ in done], np.str_),
        "vectors": stack([e.vector[None] for _, e in done]),
        "model": np.array(fingerprint),
        "seconds": np.array([e.seconds for _, e in done], np.float64),
        "voice_seconds": np.array([e.voice_seconds for _, e in done], np.float64),  # None is NaN
        "status": np.array([_status(e) for _, e in done], np.str_),
        "failed_paths": np.array([str(f.path) for f in failed], np.str_),
        "failed_codes": np.array([f.code for f in failed], np.str_),
        "failed_reasons": np.array([f.what for f in failed], np.str_),
    }
    if windows:
        counts = [len(e.windows.vectors) for _, e in done]
        starts = [e.windows.starts_seconds for _, e in done]
        arrays["window_vectors"] = stack([e.windows.vectors for _, e in done])
        arrays["window_recording"] = np.repeat(np.arange(len(done)), counts)
        arrays["window_start_seconds"] = np.concatenate([np.zeros(0), *starts])
        arrays["window_seconds"] = np.array([e.windows.window_seconds for _, e in done], np.float64)
    with draft(out) as place, place.open("wb") as file:
        np.savez(file, **arrays)


def _status(embedding: Embedding) -> str:
    return ",".join(embedding.quality.flags) or "ok"


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="An audio file, or a folder.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Say how alike the voices of two recordings are: cosine, probability of one voice, percentile.

    With a folder, every recording of A is compared with every one of B.
    """
    from singalike.model.compare import compare as compare_voices
    from singalike.model.hub import load_model

    encoder = load_model(model, readout=readout, any_sound=any_sound)
    (first, failed_first), (second, failed_second) = (find_audio([path]) for path in (a, b))
    done, bad = embed_all(encoder, list(dict.fromkeys(first + second)))
    known, failed = dict(done), failed_first + failed_second + bad
    pairs: list[dict[str, Any]] = [
        {"a": str(x), "b": str(y), **compare_voices(known[x], known[y], model=encoder).as_dict()}
        for x in first
        for y in second
        if x in known and y in known
    ]
    if as_json:
        emit(_document(pairs, failed, single=a.is_file() and b.is_file()))
    else:
        _print(pairs)
        list_failures(failed)
    exit_for(failed)


def _document(pairs: list[dict[str, Any]], failed: list[Failure], *, single: bool) -> dict[str, Any]:
    """Two files: the comparison itself. Folders: ``pairs`` and their ``mean_cosine``. And what ``failed``."""
    failures = [failure.as_dict() for failure in failed]
    if single and pairs:
        return {**pairs[0], "failed": failures}
    mean = sum(pair["cosine"] for pair in pairs) / len(pairs) if pairs else None
    return {"mean_cosine": mean, "pairs": pairs, "failed": failures}


def _print(pairs: list[dict[str, Any]]) -> None:
    if not pairs:
        return
    columns = ["#cosine", "#same voice", "#percentile", "caution", "A", "B"]
    rows = [
        (
            f"{pair['cosine']:.3f}",
            share(pair["probability"]),
            "–" if pair["percentile"] is None else f"{pair['percentile']:.0f}",
            ", ".join(sorted({*pair["flags"][0], *pair["flags"][1]})),
            Path(pair["a"]).name,
            Path(pair["b"]).name,
        )
        for pair in pairs
    ]
    print_table(columns, rows)
    if pairs[0]["cohort"]:
        typer.echo(f"cosine: higher is closer; percentile: of different voices in {pairs[0]['cohort']}")
