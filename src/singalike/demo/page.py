"""The report of a demo: one HTML file that needs no network and can be moved anywhere, sounds included."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape

from singalike.demo.drawing import heat_map, hues, map_svg
from singalike.demo.results import Figure, Found, Identified, Pair, Results, Searched
from singalike.demo.sound import data_uri
from singalike.demo.stage import LIBRARY, STRANGER, STRANGERS, Take
from singalike.demo.style import CSS, SCRIPT

_SHOWN_HITS = 3

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>singalike demo</title>
<style>{css}</style>
</head>
<body>
<main>
{sections}
</main>
<script type="application/json" id="sounds">{sounds}</script>
<script>{script}</script>
</body>
</html>
"""

_OPENING = """<h1>A choir that does not exist, told apart by its voices</h1>
<p class="lead">{singers} virtual singers sang {songs} songs each, and {strangers} strangers sang one.
Who sings like whom was then asked of the model <b>{model}</b>, on this machine alone.</p>
<div class="figures">{figures}</div>"""

_STORY = """<h2>What was done</h2>
<ol>
<li>Each song was sung by a source–filter synthesiser with a voice of its own, alone (<i>vocals</i>) and
with a band (<i>mix</i>). All singers share one book of songs, and a song always has the same band.</li>
<li>One song of each singer was held out. The other {recordings} recordings, vocals and mixes together,
were indexed as a library.</li>
<li>Each held-out recording was searched. The same song with the same band lies in the library, sung by
others, so listening to the song leads astray: only the voice tells.</li>
<li>The singers were enrolled by the library's vocals. Who sings in each held-out recording, and in those
of the strangers, was asked by name. Below a score of {threshold:.2f} ({source}) the answer is
“unknown”.</li>
</ol>
<p class="note">Synthetic voices make a demonstration, not an evaluation: how good a model is on real
voices is told by its card (<code>singalike info {option}</code>). Scores are cosines of voice vectors,
from −1 to 1: higher is closer.</p>"""

_MAP = """<h2>A map of the voices</h2>
<div class="panel">{drawing}
<div class="legend"><span>● vocals</span><span>■ mix</span><span>filled: in the library</span>
<span>hollow: held out</span><span>grey, dashed: strangers</span></div></div>
<p class="note">Each mark is a recording; point at it for its name. Distances on the map are approximate (two
principal components, {explained:.0f} % of the variance); scores are the truth.</p>"""

_COMPARISON = """<h2>All singers compared</h2>
<div class="panel">{heat}</div>
<p class="note">Mean cosine of the library's recordings of a singer (row) and the held-out ones of another
(column), vocals and mixes; never two recordings of one song by one singer. Framed: the same singer.</p>
{pairs}
<p class="note">{cohort}</p>"""

_REPEAT = """<h2>Do it again</h2>
<pre>{commands}</pre>
<footer>{seconds:.0f} s in all, this report not counted · model {model}, fingerprint {fingerprint}</footer>"""


def write_page(results: Results) -> None:
    """Write the report to ``results.report``."""
    page = _Page(results)
    sections = (
        page.opening(),
        page.story(),
        page.map(),
        page.searches(),
        page.identities(),
        page.comparison(),
        page.repeat(),
    )
    sounds = json.dumps({key: data_uri(take.path) for key, take in page.heard.items()})
    html = _PAGE.format(css=CSS, sections="\n".join(sections), sounds=sounds, script=SCRIPT)
    results.report.write_text(html, encoding="utf-8")


class _Page:
    """The sections of the page; ``heard`` collects the takes that have a play button."""

    def __init__(self, results: Results) -> None:
        self._results, self._hues = results, hues(results.names)
        self.heard: dict[str, Take] = {}

    def opening(self) -> str:
        settings = self._results.settings
        return _OPENING.format(
            singers=settings.singers,
            songs=settings.songs,
            strangers=STRANGERS,
            model=escape(settings.model),
            figures="".join(map(_figure, self._results.figures)),
        )

    def story(self) -> str:
        results = self._results
        return _STORY.format(
            recordings=results.recordings,
            threshold=results.threshold,
            source="by the model's card" if results.calibrated else "a guess: the model has no calibration",
            option=escape(results.settings.model_option or "default"),
        )

    def map(self) -> str:
        results = self._results
        drawing = map_svg(results.takes, results.positions, results.names)
        return _MAP.format(drawing=drawing, explained=100 * results.explained)

    def searches(self) -> str:
        columns = ["query", "first hit", f"the {_SHOWN_HITS} closest: score · probability of one voice"]
        rows = map(self._search, self._results.searches)
        return "<h2>Searched by a held-out song</h2>\n" + _table(columns, rows)

    def _search(self, search: Searched) -> tuple[str, ...]:
        hits = "".join(map(self._hit, search.hits[:_SHOWN_HITS]))
        return _cell(self._take(search.query)), _cell(_verdict(search.right)), _cell(hits)

    def _hit(self, hit: Found) -> str:
        score = f'<span class="score">{_score(hit.score, hit.probability)}</span>'
        return f'<div class="hit">{self._take(hit.take)}{score}</div>'

    def identities(self) -> str:
        columns = ["recording", "answer", "", "closest voice", "score"]
        return "<h2>Identified by name</h2>\n" + _table(columns, map(self._identity, self._results.identities))

    def _identity(self, one: Identified) -> tuple[str, ...]:
        return (
            _cell(self._take(one.query) + (" (a stranger)" if one.query.role == STRANGER else "")),
            _cell(escape(one.said)),
            _cell(_verdict(one.right)),
            _cell(escape(one.best)),
            _cell(_score(one.score, one.probability), number=True),
        )

    def comparison(self) -> str:
        results = self._results
        cohort = results.pairs[0].comparison.cohort
        percentile = f" Percentiles are of different voices in {escape(cohort)}." if cohort else ""
        return _COMPARISON.format(
            heat=heat_map(results.names, results.matrix),
            pairs=_table(["pair", "recordings", "score", "percentile"], map(self._pair, results.pairs)),
            cohort=f"Probabilities are for pairs of which half are one voice.{percentile}",
        )

    def _pair(self, pair: Pair) -> tuple[str, ...]:
        result = pair.comparison
        return (
            _cell(escape(pair.what)),
            _cell("".join(f'<div class="hit">{self._take(take)}</div>' for take in (pair.a, pair.b))),
            _cell(_score(result.cosine, result.probability), number=True),
            _cell("–" if result.percentile is None else f"{result.percentile:.0f}", number=True),
        )

    def repeat(self) -> str:
        results, settings = self._results, self._results.settings
        folder, query = results.report.parent, results.searches[0].query
        own = next(t for t in results.takes if t.singer == query.singer and t.role == LIBRARY)
        file, other = (f'"{take.path.relative_to(folder)}"' for take in (query, own))
        model = settings.model_argument
        commands = (
            f"{settings.command} --out {folder.name}",
            f"cd {folder.name}",
            f"singalike index choir/library --library library{model}",
            f"singalike search {file} --library library --explain{model}",
            f"singalike identify {file} --library library{model}",
            f"singalike compare {file} {other}{model}",
        )
        return _REPEAT.format(
            commands=escape("\n".join(commands), quote=False),
            seconds=results.seconds,
            model=escape(settings.model),
            fingerprint=settings.fingerprint,
        )

    def _take(self, take: Take) -> str:
        """Return a play button and the take's title, marked by its singer's colour."""
        sound = f"{take.role}/{take.singer}/{take.song}/{take.kind}"
        self.heard[sound] = take
        label = f'data-sound="{escape(sound)}" aria-label="play {escape(take.title)}"'
        mark = "name stranger" if take.role == STRANGER else "name"
        return (
            f'<button class="play" {label}>▶</button>'
            f'<span class="{mark}" style="--h:{self._hues.get(take.singer, 0)}">{escape(take.singer)}</span> '
            f"<span>{escape(take.song)}, {take.kind}</span>"
        )


def _table(columns: list[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f'<div class="panel"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def _cell(content: str, *, number: bool = False) -> str:
    return f'<td class="number">{content}</td>' if number else f"<td>{content}</td>"


def _figure(figure: Figure) -> str:
    chance = "" if figure.chance is None else f"; guessing: {100 * figure.chance:.0f} %"
    percent = f"{100 * figure.right / figure.of:.0f} %"
    return (
        f'<div class="figure"><b>{percent} <small>{figure.right} of {figure.of}{chance}</small></b>'
        f"<span>{escape(figure.question)}</span></div>"
    )


def _verdict(right: bool) -> str:
    return '<span class="right">✓ right</span>' if right else '<span class="wrong">✗ wrong</span>'


def _score(score: float, probability: float | None) -> str:
    return f"{score:.3f}" + ("" if probability is None else f" · {100 * probability:.0f} %")
