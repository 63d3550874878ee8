"""Pages as HTML: the only place where text becomes HTML, so the only place that has to escape it.

No script, nothing fetched; colours are shades of the reader's own, so that light and dark themes both work.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape

from .page import Bar, Block, Cell, Code, Curve, Folded, Gallery, Heading, Line, Meter, Pair, Picture, Table
from .svg import curve
from .text import readable

# `.fedlab.fedlab` outweighs JupyterLab's own rules for tables in outputs.
_STYLE = """<style>
.fedlab.fedlab {font-size: 13px; line-height: 1.45; max-width: 60em}
.fedlab.fedlab:has(.gallery) {max-width: none}
.fedlab.fedlab h4 {font-size: 14px; margin: .8em 0 .3em}
.fedlab.fedlab p {margin: .25em 0}
.fedlab.fedlab table {border-collapse: collapse; margin: .4em 0 .7em; font-size: 13px; table-layout: auto}
.fedlab.fedlab caption {text-align: left; font-weight: 600; padding: .2em 0; caption-side: top; color: inherit}
.fedlab.fedlab tr, .fedlab.fedlab tbody tr:nth-child(odd) {background: none}
.fedlab.fedlab th, .fedlab.fedlab td {text-align: left; vertical-align: top; padding: .22em .8em .22em 0;
  border: 0; border-bottom: 1px solid rgba(128, 128, 128, .3); white-space: normal; max-width: 32em}
.fedlab.fedlab th {font-weight: 600; opacity: .75}
.fedlab.fedlab .num {text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap}
.fedlab.fedlab .quiet {opacity: .7}
.fedlab.fedlab .strong {font-weight: 600}
.fedlab.fedlab .warning, .fedlab.fedlab .error {border-left: 4px solid #e69f00; padding: .2em .7em;
  background: rgba(230, 159, 0, .14)}
.fedlab.fedlab .error {border-color: #d55e00; background: rgba(213, 94, 0, .14)}
.fedlab.fedlab pre, .fedlab.fedlab code {font-family: monospace}
.fedlab.fedlab pre {margin: .3em 0; padding: .5em .7em; background: rgba(128, 128, 128, .13); color: inherit;
  overflow-x: auto; white-space: pre}
.fedlab.fedlab code {background: rgba(128, 128, 128, .13); color: inherit; padding: 0 .2em}
.fedlab.fedlab summary {cursor: pointer; opacity: .8}
.fedlab.fedlab details {margin: .3em 0}
.fedlab.fedlab meter {width: 9em; height: .9em; vertical-align: middle; margin-right: .6em}
.fedlab.fedlab .meter {white-space: nowrap}
.fedlab.fedlab progress {appearance: none; width: 22em; max-width: 100%; height: .7em; margin-right: .6em; border: 0;
  border-radius: .35em; overflow: hidden; background: rgba(128, 128, 128, .3)}
.fedlab.fedlab progress::-webkit-progress-bar {background: rgba(128, 128, 128, .1)}
.fedlab.fedlab progress::-webkit-progress-value {background: #2b83ba}
.fedlab.fedlab progress::-moz-progress-bar {background: #2b83ba}
.fedlab.fedlab svg {display: block; width: 30em; max-width: 100%; height: auto; margin: .3em 0; color: inherit}
.fedlab.fedlab svg text {fill: currentColor; font-size: 12px; font-family: inherit}
.fedlab.fedlab img {max-width: 100%; margin: .3em 0}
.fedlab.fedlab .gallery {display: flex; flex-wrap: wrap; gap: .5em .45em; align-items: flex-start; margin: .5em 0}
.fedlab.fedlab figure {margin: 0; text-align: center; border: 3px solid; border-radius: 4px; padding: 3px}
.fedlab.fedlab figure.right {border-color: #0072b2}
.fedlab.fedlab figure.wrong {border-color: #d55e00; border-style: dashed}
.fedlab.fedlab figcaption {font-weight: 700; font-size: 13px; line-height: 1.3}
.fedlab.fedlab figure.right figcaption {color: #0072b2}
.fedlab.fedlab figure.wrong figcaption {color: #d55e00}
[data-jp-theme-light="false"] .fedlab.fedlab figure.right, [data-jp-theme-light="false"] .fedlab.fedlab figure.right *,
  .vscode-dark .fedlab.fedlab figure.right, .vscode-dark .fedlab.fedlab figure.right * {border-color: #56b4e9;
  color: #56b4e9}
[data-jp-theme-light="false"] .fedlab.fedlab figure.wrong, [data-jp-theme-light="false"] .fedlab.fedlab figure.wrong *,
  .vscode-dark .fedlab.fedlab figure.wrong, .vscode-dark .fedlab.fedlab figure.wrong * {border-color: #e69f00;
  color: #e69f00}
.fedlab.fedlab .photo, .fedlab.fedlab .none {display: block; margin: 0 0 3px; image-rendering: pixelated}
.fedlab.fedlab .none {aspect-ratio: 1; background: rgba(128, 128, 128, .25)}
[data-jp-theme-light="false"] .fedlab.fedlab img, .vscode-dark .fedlab.fedlab img
  {filter: invert(.93) hue-rotate(180deg)}
[data-jp-theme-light="false"] .fedlab.fedlab img.photo, .vscode-dark .fedlab.fedlab img.photo {filter: none}
</style>"""


def render(blocks: Sequence[Block]) -> str:
    """The blocks as one HTML element with its style."""
    return f'{_STYLE}<div class="fedlab">{"".join(_block(block) for block in blocks)}</div>'


def _block(block: Block) -> str:
    match block:
        case Line(text, tone):
            return f'<p class="{tone}">{_prose(text)}</p>'
        case Heading(text):
            return f"<h4>{_prose(text)}</h4>"
        case Code(text):
            return f"<pre>{_escaped(text)}</pre>"
        case Table():
            return _table(block)
        case Picture(draw, about):
            data = base64.b64encode(draw()).decode("ascii")
            return f'<img alt="{_escaped(about)}" src="data:image/png;base64,{data}">'
        case Bar(done, total, text):
            words = _escaped(text)
            return f'<p><progress max="{total}" value="{done}" aria-label="{words}"></progress>{words}</p>'
        case Curve():
            return curve(block, _escaped)
        case Gallery():
            return _gallery(block)
        case Folded(summary, inner):
            return f"<details><summary>{_prose(summary)}</summary>{''.join(map(_block, inner))}</details>"


def _gallery(gallery: Gallery) -> str:
    above, below = (_escaped(row) for row in gallery.rows)
    pairs = "".join(_pair(pair, gallery.width) for pair in gallery.pairs)
    return f'<p class="quiet">above {above}, below {below}</p><div class="gallery">{pairs}</div>'


def _pair(pair: Pair, width: int) -> str:
    word = _escaped(pair.word)
    original = _photo(pair.original, width, "original")
    other = _photo(pair.other, width, word) if pair.other else f'<span class="none" style="width: {width}px"></span>'
    kind = "right" if pair.right else "wrong"
    return f'<figure class="{kind}">{original}{other}<figcaption>{word}</figcaption></figure>'


def _photo(png: bytes, width: int, about: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<img class="photo" width="{width}" alt="{about}" src="data:image/png;base64,{data}">'


def _table(table: Table) -> str:
    caption = f"<caption>{_prose(table.caption)}</caption>" if table.caption else ""
    head = "".join(_td("th", title, at in table.numeric) for at, title in enumerate(table.header))
    rows = "".join(
        f"<tr>{''.join(_td('td', cell, at in table.numeric) for at, cell in enumerate(row))}</tr>" for row in table.rows
    )
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _td(tag: str, cell: Cell, numeric: bool) -> str:
    opening = f'<{tag} class="num">' if numeric else f"<{tag}>"
    return f"{opening}{_cell(cell)}</{tag}>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Meter):
        share = min(max(cell.share, 0.0), 1.0)
        text = _escaped(cell.text)
        # high and optimum make browsers colour what is nearly used up.
        bounds = 'min="0" max="1" low="0.5" high="0.85" optimum="0"'
        meter = f'<meter {bounds} value="{share:.4f}" aria-label="{text}"></meter>'
        return f'<span class="meter">{meter}{text}</span>'
    return _prose(cell)


def _prose(text: str) -> str:
    lines = _escaped(text).replace("\n", "<br>")
    return re.sub(r"`([^`<]+)`", r"<code>\1</code>", lines)


def _escaped(text: str) -> str:
    return escape(readable(text))
