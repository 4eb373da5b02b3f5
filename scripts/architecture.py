"""Draw the pictures of docs/architecture.md: ``python -m scripts.architecture``.

- docs/pictures/data.svg: the way of the data, room by room
- docs/pictures/rooms.svg: the rooms above one another, each with the rooms that its modules import

The second follows from the imports themselves. Both are legible on light and dark pages.
"""

from __future__ import annotations

import ast
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tinyq"
PICTURES = ROOT / "docs" / "pictures"

FLOORS = (
    ("cli",), ("api",), ("reporting",), ("analysis",), ("evaluation", "emulation"), ("firmware", "folding"),
    ("codegen",), ("footprint",), ("qat", "hardware"), ("quantization",), ("data", "frontend"), ("graph",),
    ("errors", "isolation", "resources"),
)  # fmt: skip
"""The rooms from high to low; a room knows rooms of lower floors only, but for those of ``_NEIGHBOURS``."""
_NEIGHBOURS = {("isolation", "errors")}
_MANY = 6  # rooms that are not listed any more
_ENTRANCES = ("__init__", "__main__", "pytest_plugin")  # they belong to the package, not to a room

_STYLE = """
svg { --paper: #ffffff; --box: #eef2fb; --line: #5b6b8c; --text: #1c2536; --soft: #56627a; --mark: #2f4fb5; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #171b24; --box: #242b3a; --line: #8796b5; --text: #e8ecf4; --soft: #a5b0c6; --mark: #9db4ff; }
}
text { font: 13px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--text); }
.name { font-weight: 600; } .soft { fill: var(--soft); font-size: 12px; } .room { fill: var(--mark); font-weight: 600; }
.box { fill: var(--box); stroke: var(--line); } .way { fill: none; stroke: var(--line); stroke-width: 1.4; }
.head { fill: var(--line); } .paper { fill: var(--paper); }
"""


def room_of(path: Path) -> str:
    """The room that a module of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports() -> dict[str, set[str]]:
    """For each room the other rooms that its modules import, wherever in the module they do."""
    found: dict[str, set[str]] = {room_of(path): set() for path in PACKAGE.rglob("*.py")}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                names = [f"tinyq.{a.name}" for a in node.names] if module == "tinyq" else [module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            parts = [name.split(".") for name in names]
            found[room_of(path)] |= {p[1] for p in parts if p[0] == "tinyq" and len(p) > 1 and p[1] in found}
    return {room: known - {room} for room, known in found.items() if room not in _ENTRANCES}


def upward(known: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """Imports that the floors do not allow."""
    level = {room: number for number, floor in enumerate(FLOORS) for room in floor}
    return sorted(
        (room, other)
        for room, others in known.items()
        for other in others
        if level[other] <= level[room] and (room, other) not in _NEIGHBOURS
    )


def purpose(room: str) -> str:
    """The first sentence of a room's docstring."""
    path = PACKAGE / room / "__init__.py"
    text = ast.get_docstring(ast.parse((path if path.is_file() else PACKAGE / f"{room}.py").read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "").partition(". ")[0].rstrip(".")


class _Drawing:
    """Boxes, texts and ways of one picture."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.root = ET.Element(
            "svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}", "role": "img"}
        )
        ET.SubElement(self.root, "title").text = title
        ET.SubElement(self.root, "style").text = _STYLE
        head = {"id": "head", "viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "7", "markerHeight": "7"}
        marker = ET.SubElement(ET.SubElement(self.root, "defs"), "marker", {**head, "orient": "auto"})
        ET.SubElement(marker, "path", {"d": "M0 0 L8 4 L0 8 z", "class": "head"})
        self._rectangle(0, 0, width, height, "paper", 10)

    def _rectangle(self, x: float, y: float, width: float, height: float, kind: str, round_: int) -> None:
        sizes = {"x": x, "y": y, "width": width, "height": height, "rx": round_}
        ET.SubElement(self.root, "rect", {**{k: f"{v:g}" for k, v in sizes.items()}, "class": kind})

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self._rectangle(x, y, width, height, "box", 6)

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        place = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}
        ET.SubElement(self.root, "text", place | ({"class": kind} if kind else {})).text = text

    def way(self, *points: tuple[float, float]) -> None:
        path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
        ET.SubElement(self.root, "path", {"d": path, "class": "way", "marker-end": "url(#head)"})

    def __str__(self) -> str:
        ET.indent(self.root)
        return ET.tostring(self.root, encoding="unicode") + "\n"


def rooms() -> str:
    """The rooms above one another."""
    known = imports()
    width, gap, margin = 910, 8, 14
    ground = FLOORS[-1]  # what nearly every room imports says nothing about one of them
    heights = [50 if len(floor) == 1 else 92 for floor in FLOORS]
    drawing = _Drawing(width, 2 * margin + sum(heights) + gap * (len(FLOORS) - 1), "The rooms of tinyq")
    y = margin
    for number, (floor, height) in enumerate(zip(FLOORS, heights, strict=True)):
        below = [room for f in FLOORS[number + 1 : -1] for room in f]
        each = (width - 2 * margin - gap * (len(floor) - 1)) / len(floor)
        for position, room in enumerate(floor):
            x, column = margin + position * (each + gap), 110 if each > width / 2 else 98
            lower = [r for r in below if r in known[room]]
            lines = [(line, "") for line in _wrapped(purpose(room), each - column - 8)]
            if lower and room not in ground:
                listed = "every room below" if lower == below and len(below) > _MANY else ", ".join(lower)
                lines.append((f"imports {listed}", "soft"))
            drawing.box(x, y, each, height)
            drawing.text(x + 12, y + height / 2 + 5, room, "name")
            for line, (text, kind) in enumerate(lines):
                drawing.text(x + column, y + height / 2 + 14 - 9.5 * len(lines) + 19 * line, text, kind)
        y += height + gap
    return str(drawing)


def _wrapped(text: str, width: float) -> list[str]:
    """Lines, at some 6.9 units a letter."""
    return textwrap.wrap(text, int(width / 6.9)) or [""]


@dataclass(frozen=True)
class _Thing:
    """Something that the rooms make of one another: where it is drawn, and what it is in two lines."""

    x: float
    y: float
    name: str
    what: str
    width: float = 230
    height: float = 48

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


_ROW = 110
_THINGS = {
    "model": _Thing(20, 20, "a trained model", ".keras, .h5, SavedModel, .tflite"),
    "data": _Thing(660, 20, "samples", ".npz, images, sounds, a function"),
    "graph": _Thing(20, 130, "Graph", "typed, immutable view of a .tflite"),
    "quantized": _Thing(340, 240, "quantized .tflite", "runs in LiteRT and TFLM as well"),
    "trained": _Thing(660, 130, "trained for integers", "a folder that convert takes"),
    "findings": _Thing(20, 350, "findings", "what an accelerator runs, and why"),
    "code": _Thing(340, 350, "C with constants", "kernels, weights, one planned arena"),
    "outputs": _Thing(660, 350, "reference outputs", "of TFLM's interpreter on the host"),
    "footprint": _Thing(20, 460, "flash and RAM", "part by part, with method and error"),
    "project": _Thing(340, 460, "firmware project", "CMake; both runtimes; builds an ELF"),
    "target": _Thing(660, 460, "the target's answers", "outputs, instructions, stack, faults"),
    "report": _Thing(340, 570, "report", "HTML for people, JSON for programs"),
}  # fmt: skip

WAYS = (
    ("model", "graph", "frontend"), ("data", "quantized", "data"), ("graph", "quantized", "quantization"),
    ("data", "trained", "qat"), ("trained", "quantized", ""), ("quantized", "findings", "hardware"),
    ("quantized", "code", "folding, codegen"), ("quantized", "outputs", "evaluation"),
    ("code", "footprint", "footprint"), ("code", "project", "firmware"), ("project", "target", "emulation"),
    ("footprint", "report", ""), ("project", "report", "analysis, reporting"), ("target", "report", ""),
)  # fmt: skip
"""From what to what, and the rooms that do it."""


def data() -> str:
    """The way of the data."""
    drawing = _Drawing(910, 640, "The way of the data through tinyq")
    for start, end, by in WAYS:
        a, b = _THINGS[start], _THINGS[end]
        points, label, anchor = _route(a, b)
        drawing.way(*points)
        drawing.text(*label, by, "room", anchor)
    for thing in _THINGS.values():
        drawing.box(thing.x, thing.y, thing.width, thing.height)
        drawing.text(thing.middle, thing.y + 20, thing.name, "name", "middle")
        drawing.text(thing.middle, thing.y + 38, thing.what, "soft", "middle")
    return str(drawing)


_Point = tuple[float, float]


def _route(a: _Thing, b: _Thing) -> tuple[list[_Point], _Point, str]:
    """The points of a way, and where the rooms' names stand on it, with their anchor."""
    bottom, side = a.y + a.height, 1 if b.x > a.x else -1
    edge = a.x + (a.width if side > 0 else 0)
    if a.y == b.y:
        y = a.y + a.height / 2
        return [(edge, y), (b.x, y)], ((edge + b.x) / 2, y - 6), "middle"
    if a.x == b.x:
        return [(a.middle, bottom), (a.middle, b.y)], (a.middle + 8, bottom + 20), "start"
    end = b.middle - side * (60 if b.y - a.y <= _ROW else 0)
    if any(t.y == a.y and t.x == b.x for t in _THINGS.values()):  # not sideways through another thing
        start, between = a.middle + side * 60, b.y - 18
        points = [(start, bottom), (start, between), (end, between), (end, b.y)]
        return points, ((start + end) / 2, between - 6), "middle"
    y = a.y + a.height / 2
    return [(edge, y), (end, y), (end, b.y)], ((edge + end) / 2, y - 6), "middle"


def pictures() -> dict[str, str]:
    """File name -> SVG of every picture."""
    return {"data.svg": data(), "rooms.svg": rooms()}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (PICTURES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
