"""Recipes as text for a file, and rules for single operators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from tinyq.graph import Graph, layer_name
from tinyq.quantization.recipe import SCHEMES, LayerRule, Recipe, SchemeName, SchemePart, Selector
from tinyq.quantization.scheme import LayerScheme

_PATTERN = set("*?[")


def recipe_text(recipe: Recipe, comments: Iterable[str] = ()) -> str:
    """A recipe as YAML that reads back as the same recipe.

    Args:
        recipe: What to write.
        comments: Lines to put above it.
    """
    import yaml

    content = recipe.model_dump(mode="json", exclude_none=True)
    lines = [f"# {' '.join(line.split())}\n" for line in comments]
    for key, value in content.items():
        if value or key in ("transforms", "refine"):  # where an empty list says more than nothing
            flow = None if isinstance(value, dict | list) else False
            lines.append(yaml.safe_dump({key: value}, sort_keys=False, default_flow_style=flow, width=120))
    return "".join(lines)


def selectors(graph: Graph) -> Mapping[int, Selector]:
    """Operator index -> what selects it alone: its layer's name, its output's, or its position, whichever is unique."""
    layers = [layer_name(graph, op) for op in graph.ops]
    outputs = [graph.tensors[op.outputs[0]].name if op.outputs else "" for op in graph.ops]
    found = {}
    for i, (layer, output) in enumerate(zip(layers, outputs, strict=True)):
        if _only(layer, layers):
            found[i] = Selector(layer=layer)
        else:
            found[i] = Selector(tensor=output) if _only(output, outputs) else Selector(index=i)
    return found


def _only(name: str, names: Sequence[str]) -> bool:
    return bool(name) and names.count(name) == 1 and not _PATTERN & set(name)


def named_scheme(scheme: LayerScheme) -> SchemeName | SchemePart:
    """A scheme by its name, or written out if it has none."""
    for name, known in SCHEMES.items():
        if known == scheme:
            return cast(SchemeName, name)
    return SchemePart.model_validate(vars(scheme))


def with_rules(recipe: Recipe, graph: Graph, parts: Mapping[int, SchemePart]) -> Recipe:
    """The recipe with further rules, which win over those it has.

    Args:
        recipe: To add to.
        graph: The model.
        parts: Operator index -> what differs.
    """
    found = selectors(graph)
    rules = tuple(LayerRule(select=found[i], scheme=part) for i, part in sorted(parts.items()))
    return recipe.model_copy(update={"layers": (*recipe.layers, *rules)})
