"""Drawings by Matplotlib as SVG that takes its colours from the page, so that it is right in light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

TEXT, LINE, FAINT, GOOD, BAD = "#010101", "#020202", "#030303", "#040404", "#050505"
SERIES = ("#060606", "#070707", "#080808", "#090909")
_VARIABLES = {
    TEXT: "var(--text)", LINE: "var(--line)", FAINT: "var(--faint)", GOOD: "var(--good)", BAD: "var(--bad)",
    **{color: f"var(--series-{n})" for n, color in enumerate(SERIES, 1)},
}  # fmt: skip
"""Colours of a drawing, none of which is ever seen, and what the page puts in their place."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "text.parse_math": False, "font.family": "sans-serif", "font.size": 9.0,
    "text.color": TEXT, "axes.labelcolor": TEXT, "axes.edgecolor": LINE, "xtick.color": TEXT, "ytick.color": TEXT,
    "axes.spines.top": False, "axes.spines.right": False, "axes.facecolor": "none", "figure.facecolor": "none",
    "grid.color": FAINT, "axes.axisbelow": True,
}  # fmt: skip


def draw(
    name: str, width: float, height: float, paint: Callable[[Axes], None], box: Sequence[float] | None = None
) -> str:
    """An ``<svg>`` element; the same drawing gives the same bytes.

    Args:
        name: Of the drawing; no two of a page may have the same.
        width, height: Inches; the page scales it to the room there is.
        paint: Draws into the axes, in the colours of this module alone.
        box: Left, bottom, width and height of the axes as shares of the drawing; None to leave room for what is
            written around them, which takes longer.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained" if box is None else None)
        FigureCanvasSVG(figure)
        paint(figure.add_subplot() if box is None else figure.add_axes((box[0], box[1], box[2], box[3])))
        content = io.BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = content.getvalue().decode()
    text = text[text.index("<svg") :]
    # identifiers are unique in a drawing only
    text = re.sub(r'(id="|#)([A-Za-z][\w.-]*)(?=["\)])', lambda m: f"{m[1]}{name}-{m[2]}", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(
        r'(<svg[^>]*?) height="[^"]*"',
        rf'\1 style="max-width: {width:g}in; min-width: {0.6 * width:g}in" role="img"',
        text,
        count=1,
    )
    return re.sub("|".join(_VARIABLES), lambda match: _VARIABLES[match.group()], text)


def kilobytes(value: float, _: object = None) -> str:
    """Bytes for an axis."""
    return f"{value / 1000:g} kB"


def plain_numbers(axis: Axis) -> None:
    """Numbers at a logarithmic axis, which would else be formulas that nothing here draws."""
    from matplotlib.ticker import NullFormatter

    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())
