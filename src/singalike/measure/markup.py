"""What a page is made of besides its content: text that is safe to write into it, and its looks."""

from __future__ import annotations

from html import escape


def printable(value: object) -> str:
    """Return `value` as text without control characters and broken surrogates, which no page may hold."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in str(value))


def safe(value: object) -> str:
    """Return `value` as text for HTML and SVG, between tags or inside a quoted attribute."""
    return escape(printable(value), quote=True)


# Light and dark by the reader's own setting; nothing is loaded from anywhere.
CSS = """
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1d2127; --soft: #5c6470;
  --line: #e3e0d8; --accent: #2f5fd0; --tint: #f2f5fc; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14161a; --card: #1c1f25; --ink: #e9e7e2;
  --soft: #a0a7b2; --line: #2f343d; --accent: #8fb0ff; --tint: #20283a; --warn: #f0c060; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 96px; }
h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 1.45rem; letter-spacing: -0.01em; margin: 64px 0 8px; }
h3 { font-size: 1.1rem; margin: 36px 0 8px; overflow-wrap: anywhere; }
p { max-width: 75ch; margin: 8px 0 14px; } .note { color: var(--soft); font-size: 0.92rem; }
.warning { border-left: 4px solid var(--warn); padding-left: 12px; }
.panel, details, figure { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 8px 16px; margin: 12px 0; overflow-x: auto; }
summary { cursor: pointer; padding: 4px 0; } summary:focus-visible { outline: 2px solid var(--accent); }
details .panel { border: 0; padding: 0; margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
caption { text-align: left; color: var(--soft); padding: 4px 10px 8px; }
th, td { text-align: left; padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody:last-child tr:last-child > *, tbody:last-child th[scope="rowgroup"] { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 10em; overflow-wrap: break-word; } tbody td { overflow-wrap: anywhere; }
tr.ours > * { background: var(--tint); } tr.reference > th { font-weight: 400; color: var(--soft); }
tbody tr > th[scope="rowgroup"] { min-width: 7em; background: none; }
.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; } thead .number {
  white-space: normal; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.gallery { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 12px;
  align-items: start; } .gallery figure { margin: 0; max-width: 640px; }
figure svg, figure img { display: block; width: 100%; height: auto; }
figure img { background: #ffffff; border-radius: 8px; }
figcaption { color: var(--soft); font-size: 0.92rem; padding: 6px 0 4px; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px;
  white-space: pre-wrap; overflow-wrap: anywhere; font: 0.88rem/1.6 ui-monospace, Menlo, Consolas, monospace; }
footer { margin-top: 64px; color: var(--soft); font-size: 0.85rem; }
@media print { body { background: none; } .panel, figure { break-inside: avoid; } }
"""
