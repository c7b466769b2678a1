"""The looks of the report and the little script that plays its recordings; all inside the page."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1d2127; --soft: #5c6470;
  --line: #e3e0d8;
  --accent: #2f5fd0; --right: #1a7f4b; --wrong: #b3372f; --voice: 42%; }
@media (prefers-color-scheme: dark) { :root { --paper: #14161a; --card: #1c1f25; --ink: #e9e7e2; --soft:
  #a0a7b2;
  --line: #2f343d; --accent: #8fb0ff; --right: #5ecf93; --wrong: #ff8b80; --voice: 66%; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 48px 24px 96px; }
h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 12px; }
h2 { font-size: 1.3rem; letter-spacing: -0.01em; margin: 56px 0 8px; }
p { max-width: 70ch; } .lead { font-size: 1.1rem; color: var(--soft); margin-top: 0; } .note { color:
  var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin:
  28px 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; }
.figure b { display: block; font-size: 1.9rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figure b small { font-size: 1rem; font-weight: 400; color: var(--soft); }
.figure span { color: var(--soft); font-size: 0.9rem; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 8px 16px;
  overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; padding: 8px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; } thead th { color: var(--soft); font-weight: 600; white-space:
  nowrap; }
td.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.name { border-left: 4px solid hsl(var(--h) 60% var(--voice)); padding-left: 8px; white-space: nowrap; }
.stranger .name, .name.stranger { border-left-color: var(--soft); }
.right { color: var(--right); } .wrong { color: var(--wrong); } .right, .wrong { font-weight: 600;
  white-space: nowrap; }
.hit { display: flex; gap: 8px; align-items: baseline; padding: 2px 0; }
.hit .score { font-variant-numeric: tabular-nums; color: var(--soft); margin-left: auto; white-space:
  nowrap; }
button.play { width: 28px; height: 28px; padding: 0; border-radius: 50%; border: 1px solid var(--line);
  background: var(--paper); color: var(--accent); cursor: pointer; font-size: 11px; flex: none;
  margin-right: 8px; }
button.play:hover, button.play.on { background: var(--accent); color: var(--card); }
button.play:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
svg { display: block; width: 100%; height: auto; }
.mark { fill: hsl(var(--h) 60% var(--voice)); stroke: hsl(var(--h) 60% var(--voice)); stroke-width: 2;
  fill-opacity: 0.8; }
.mark.hollow { fill: var(--card); } .mark.stranger { fill: none; stroke: var(--soft); stroke-dasharray: 3 2; }
.mark:hover { stroke: var(--ink); }
text.voice { font: 600 12px system-ui, sans-serif; text-anchor: middle; fill: var(--ink); paint-order: stroke;
  stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; pointer-events: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; color: var(--soft); font-size: 0.88rem; padding:
  4px 0 8px; }
.heat td { text-align: center; border: 1px solid var(--card); font-variant-numeric: tabular-nums; padding:
  6px;
  background: color-mix(in srgb, var(--accent) calc(var(--v, 0) * 100%), transparent); }
.heat td.strong { color: var(--card); } .heat td.own { outline: 2px solid var(--ink); outline-offset: -2px; }
.heat th { border: 0; padding: 4px 8px; font-weight: 500; white-space: nowrap; } .heat thead td {
  background: none; }
.heat thead th { vertical-align: bottom; height: 8.5em; } .heat thead span { writing-mode: vertical-rl;
  rotate: 180deg; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px;
  overflow-x: auto;
  font: 0.88rem/1.6 ui-monospace, Menlo, Consolas, monospace; }
footer { margin-top: 64px; color: var(--soft); font-size: 0.85rem; overflow-wrap: anywhere; }
@media print { button.play { display: none; } body { background: none; } }
"""

# One player for all buttons: pressing another one stops the first.
SCRIPT = """
const sounds = JSON.parse(document.getElementById("sounds").textContent);
const player = new Audio();
let on = null;
function show(button, playing) {
  button.classList.toggle("on", playing);
  button.textContent = playing ? "\\u25A0" : "\\u25B6";
}
function stop() { player.pause(); if (on) show(on, false); on = null; }
player.addEventListener("ended", stop);
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.play");
  if (!button) return;
  const again = button === on;
  stop();
  if (again) return;
  player.src = sounds[button.dataset.sound];
  on = button;
  show(button, true);
  player.play().catch(() => { stop(); button.title = "this browser does not play Ogg Vorbis"; });
});
"""
