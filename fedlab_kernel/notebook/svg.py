"""A curve as SVG inside a page: no script, nothing fetched, colours that light and dark themes can both show."""

from __future__ import annotations

from collections.abc import Callable

from .page import Curve

_WIDTH, _HEIGHT = 420, 150
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 22, 14, 34  # margins, for titles
_LINE = "#2b83ba"  # a blue that is told from grey by everybody, on white as on black


def curve(drawn: Curve, escaped: Callable[[str], str]) -> str:
    """The curve; `escaped` makes text safe to stand in HTML."""
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    bottom = _TOP + inner_height

    def place(x: float, y: float) -> tuple[str, str]:
        across, up = min(max(x / drawn.right, 0.0), 1.0), min(max(y / drawn.limit, 0.0), 1.0)
        return f"{_LEFT + across * inner_width:.1f}", f"{bottom - up * inner_height:.1f}"

    places = [place(0, 0), *(place(x, y) for x, y in drawn.points)]
    line = " ".join(f"{x},{y}" for x, y in places)
    (last_x, last_y), about = places[-1], escaped(drawn.about)
    across, up, limit = map(escaped, drawn.titles)
    end = _WIDTH - _RIGHT
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{about}"><title>{about}</title>'
        f'<polygon points="{line} {last_x},{bottom} {_LEFT},{bottom}" fill="{_LINE}" fill-opacity="0.18"/>'
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{end}" fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
        f'<path d="M{_LEFT} {_TOP}H{end}" stroke="currentColor" stroke-opacity="0.7" stroke-dasharray="5 4"/>'
        f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2.5" stroke-linejoin="round"/>'
        f'<circle cx="{last_x}" cy="{last_y}" r="4" fill="{_LINE}"/>'
        f'<text x="{end}" y="{_TOP - 7}" text-anchor="end">{limit}</text>'
        f'<text x="{_LEFT - 7}" y="{_TOP + 4}" text-anchor="end">{drawn.limit:.3g}</text>'
        f'<text x="{_LEFT - 7}" y="{bottom + 4}" text-anchor="end">0</text>'
        f'<text x="{_LEFT - 7}" y="{(_TOP + bottom) // 2 + 4}" text-anchor="end">{up}</text>'
        f'<text x="{_LEFT}" y="{bottom + 17}">0</text>'
        f'<text x="{(_LEFT + end) // 2}" y="{bottom + 17}" text-anchor="middle">{across}</text>'
        f'<text x="{end}" y="{bottom + 17}" text-anchor="end">{drawn.right:,.0f}</text></svg>'
    )
