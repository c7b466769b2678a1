"""A page as a list of blocks, written as one self-contained HTML file or as Markdown with its pictures beside it.

The blocks hold plain text; escaping happens here and nowhere else.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from singalike.corpus.recordings import replace_text
from singalike.errors import ConfigError
from singalike.measure.markup import CSS, printable, safe

HTML, MARKDOWN = (".html", ".htm"), (".md",)
_BEST = '<span class="unseen">best: </span>'  # for those who do not see bold


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (the title) to 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text; ``tone`` is "", "note" (quieter) or "warning"."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Code:
    """A command, to be copied."""

    text: str


@dataclass(frozen=True)
class Row:
    """The cells of a table's row.

    Attributes:
        cells: Texts; the first names the row.
        reference: It is not ours and stands back.
        group: Rows of one group follow one another; said where the table has ``groups``.
        best: Which cells, counted from 0, are the best of their column and group.
    """

    cells: tuple[str, ...]
    reference: bool = False
    group: str = ""
    best: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Table:
    """A table; columns whose name begins with "#" are numbers.

    Attributes:
        caption: What it tells.
        columns: Their names.
        rows: As many cells each.
        folded: It opens on demand (in HTML).
        groups: The name of a column before the others that tells each row's group; empty for none.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    folded: bool = False
    groups: str = ""


@dataclass(frozen=True)
class Picture:
    """An SVG: ``live`` ones are part of the page and answer the pointer, others are embedded as images."""

    caption: str
    alt: str
    svg: str
    live: bool = False


Block = Heading | Paragraph | Code | Table | Picture


def check_page_name(out: Path) -> None:
    """Raise ConfigError unless the page's name ends in .html, .htm or .md."""
    if out.suffix.lower() not in (*HTML, *MARKDOWN):
        raise ConfigError("a page ends in .html or .md", where=out)


def write_page(blocks: Sequence[Block], out: Path) -> None:
    """Write the blocks to ``out``, as its ending says; whole or not at all.

    Raises:
        ConfigError: The ending is neither .html, .htm nor .md.
    """
    check_page_name(out)
    if out.suffix.lower() in HTML:
        replace_text(out, to_html(blocks))
        return
    pictures = [block for block in blocks if isinstance(block, Picture)]
    files = [out.with_name(f"{out.stem}-images") / f"{i}.svg" for i in range(1, len(pictures) + 1)]
    for picture, file in zip(pictures, files, strict=True):
        replace_text(file, picture.svg)
    replace_text(out, to_markdown(blocks, [f"{file.parent.name}/{file.name}" for file in files]))


def to_html(blocks: Sequence[Block]) -> str:
    """Return one HTML document that needs nothing outside itself."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "singalike")
    runs = groupby(blocks, key=lambda block: isinstance(block, Picture))
    body = "\n".join(_gallery(run) if pictures else "\n".join(map(_html, run)) for pictures, run in runs)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def to_markdown(blocks: Sequence[Block], pictures: Sequence[str]) -> str:
    """Return the same as Markdown; ``pictures`` are the paths of the Picture blocks, in their order."""
    paths = iter(pictures)
    return "\n\n".join(_markdown(block, paths) for block in blocks) + "\n"


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{safe(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        return f'<p class="{block.tone}">{safe(block.text)}</p>' if block.tone else f"<p>{safe(block.text)}</p>"
    if isinstance(block, Code):
        return f"<pre><code>{safe(block.text)}</code></pre>"
    if isinstance(block, Table):
        return _html_table(block)
    drawing = block.svg
    if not block.live:
        data = base64.b64encode(block.svg.encode()).decode()
        drawing = f'<img alt="{safe(block.alt)}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{drawing}<figcaption>{safe(block.caption)}</figcaption></figure>"


def _gallery(pictures: Iterable[Block]) -> str:
    """Return pictures that follow one another, side by side where there is room."""
    return f'<div class="gallery">{"".join(map(_html, pictures))}</div>'


def _html_table(table: Table) -> str:
    numeric = [' class="number"' if column.startswith("#") else "" for column in table.columns]
    names = [column.removeprefix("#") for column in table.columns]
    head = "".join(f'<th scope="col"{kind}>{safe(n)}</th>' for n, kind in zip(names, numeric, strict=True))
    if table.groups:
        head = f'<th scope="col">{safe(table.groups)}</th>{head}'
    bodies = (list(rows) for _, rows in groupby(table.rows, key=lambda row: row.group))
    body = "\n".join(f"<tbody>\n{_html_rows(rows, numeric, grouped=bool(table.groups))}\n</tbody>" for rows in bodies)
    caption = "" if table.folded else f"<caption>{safe(table.caption)}</caption>"
    inside = f"<table>{caption}<thead><tr>{head}</tr></thead>\n{body}</table>"
    if table.folded:
        return f"<details><summary>{safe(table.caption)}</summary>{inside}</details>"
    return f'<div class="panel" role="region" aria-label="{safe(table.caption)}" tabindex="0">{inside}</div>'


def _html_rows(rows: Sequence[Row], numeric: Sequence[str], *, grouped: bool) -> str:
    """Return the rows of one group, whose name stands before the first of them."""
    lines = []
    for number, row in enumerate(rows):
        first, *rest = (
            f"<strong>{_BEST}{safe(cell)}</strong>" if i in row.best else safe(cell) for i, cell in enumerate(row.cells)
        )
        cells = "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(rest, numeric[1:], strict=True))
        start = f'<th scope="rowgroup" rowspan="{len(rows)}">{safe(row.group)}</th>' if grouped and not number else ""
        kind = "reference" if row.reference else "ours"
        lines.append(f'<tr class="{kind}">{start}<th scope="row">{first}</th>{cells}</tr>')
    return "\n".join(lines)


def _markdown(block: Block, pictures: Iterator[str]) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_plain(block.text)}"
    if isinstance(block, Paragraph):
        text = _plain(block.text)
        return {"note": f"*{text}*", "warning": f"> **{text}**"}.get(block.tone, text)
    if isinstance(block, Code):
        text = printable(block.text)
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        return f"{fence}sh\n{text}\n{fence}"
    if isinstance(block, Picture):
        return f"![{_plain(block.alt)}]({quote(next(pictures))})\n\n*{_plain(block.caption)}*"
    return _markdown_table(block)


def _markdown_table(table: Table) -> str:
    groups = [table.groups] if table.groups else []
    head = " | ".join(_plain(column.removeprefix("#")) for column in (*groups, *table.columns))
    rule = "|".join("---:" if column.startswith("#") else "---" for column in (*groups, *table.columns))
    rows = []
    for row in table.rows:
        cells = [f"**{_plain(cell)}**" if i in row.best else _plain(cell) for i, cell in enumerate(row.cells)]
        rows.append(f"| {' | '.join([_plain(row.group), *cells] if groups else cells)} |")
    return f"*{_plain(table.caption)}*\n\n| {head} |\n|{rule}|\n" + "\n".join(rows)


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    flat = " ".join(printable(text).split())
    return re.sub(r"([\\`*_\[\]#|~$])", r"\\\1", flat).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
