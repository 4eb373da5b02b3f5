"""The command that quantizes as a recipe says."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tinyq.graph import Graph
from tinyq.quantization.pipeline import Choices, wanted_refinements, wanted_transforms
from tinyq.quantization.recipe import Recipe, resolve

RECIPE = "recipe.yaml"
_NONE = ("none",)


def needs_file(recipe: Recipe) -> bool:
    """Whether a recipe says what no flag can."""
    return bool(recipe.layers or recipe.ranges or recipe.io is not None or not isinstance(recipe.scheme, str))


def quantize_command(recipe: Recipe, arguments: Sequence[str], out: str, file: str | None = None) -> str:
    """``tinyq quantize ...``, quoted for a shell.

    Args:
        recipe: What to do.
        arguments: Model, data and what else both commands take.
        out: The file to write.
        file: Name of the recipe's file; without one flags are used, if they suffice.
    """
    words = ["tinyq", "quantize", *arguments]
    if file is not None or needs_file(recipe):
        return shlex.join([*words, "--recipe", file or RECIPE, "-o", out])
    if recipe.scheme != Recipe().scheme:
        words += ["--scheme", str(recipe.scheme)]
    if recipe.calibrator is not None:
        words += ["--calibrator", recipe.calibrator]
    for flag, names in (("--transform", recipe.transforms), ("--refine", recipe.refine)):
        for name in () if names is None else names or _NONE:
            words += [flag, name]
    return shlex.join([*words, "-o", out])


def explicit(recipe: Recipe, graph: Graph) -> Recipe:
    """A recipe that means no transforms and refinements but those it names, as one that ``quantize`` takes so.

    Where a recipe names none, ``quantize`` chooses by itself; if it would choose some, it is told not to.
    """
    transforms, refinements = chosen_by_quantize(recipe, graph)
    return recipe.model_copy(
        update={
            "transforms": recipe.transforms or (() if transforms else None),
            "refine": recipe.refine or (() if refinements else None),
        }
    )


def chosen_by_quantize(recipe: Recipe, graph: Graph) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Transforms and refinements that ``quantize`` tries where a recipe names none."""
    return wanted_transforms(graph, Choices()), wanted_refinements(resolve(recipe, graph), Choices())
