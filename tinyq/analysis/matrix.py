"""All calibrators, transforms and weight widths on one model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from tinyq.analysis.measure import Measured, Yardstick
from tinyq.analysis.original import Original
from tinyq.analysis.runs import run_graphs
from tinyq.graph import Graph
from tinyq.quantization.calibrators import calibrators
from tinyq.quantization.recipe import Recipe, SchemeName
from tinyq.quantization.rounding.progress import Progress, silent
from tinyq.quantization.transforms import transforms

SCHEMES: tuple[SchemeName, ...] = ("w8a8", "w4a8")
# Nagel et al. 2019 (arXiv 1906.04721), section 5.1.1
_TOGETHER = ("relax-relu6", "equalize", "absorb-bias")
_STAGE = "try combinations"


@dataclass(frozen=True)
class Cell:
    """One combination; ``measured`` is None where LiteRT cannot run it."""

    scheme: str
    transforms: tuple[str, ...]
    calibrator: str
    measured: Measured | None


@dataclass(frozen=True)
class Matrix:
    """All combinations, and what TensorFlow's own converter gives; None where that is not installed."""

    cells: tuple[Cell, ...]
    stock: Measured | None


def matrix(original: Original, yardstick: Yardstick, stock: Graph | None = None, progress: Progress = silent) -> Matrix:
    """Measure every combination.

    Args:
        original: The float model.
        yardstick: To measure by.
        stock: What TensorFlow's converter made of the model.
        progress: Told the number of combinations done.

    Raises:
        BadInputError: The interpreter died, or the data make a transformed model give NaN.
        UnsupportedError: An operator has no integer form.
    """
    columns = [(scheme, names) for scheme in SCHEMES for names in transform_sets(original)]
    todo = [(scheme, names, c) for scheme, names in columns for c in calibrators()]

    def graphs() -> Iterator[Graph]:
        for scheme, names in columns:
            subject = original.subject(Recipe(scheme=scheme, transforms=names))
            for calibrator in calibrators():
                yield replace(subject, calibrator=calibrator).quantized()
        if stock is not None:
            yield stock

    measured: list[Measured | None] = []
    with closing(run_graphs(graphs(), yardstick.samples)) as results:
        for outputs in results:
            measured.append(yardstick.measure(outputs) if outputs is not None else None)
            progress(_STAGE, min(len(measured), len(todo)), len(todo))
    cells = tuple(Cell(*key, value) for key, value in zip(todo, measured[: len(todo)], strict=True))
    return Matrix(cells, measured[-1] if stock is not None else None)


def transform_sets(original: Original) -> tuple[tuple[str, ...], ...]:
    """None, each alone, and those of data-free quantization together; without those that leave the model as it is."""
    alone = [(name,) for name in transforms() if original.changes((name,))]
    together: tuple[str, ...] = ()
    for name in _TOGETHER:
        if name in transforms() and original.changes((*together, name)):
            together = (*together, name)
    return tuple(dict.fromkeys([(), *alone, together]))
