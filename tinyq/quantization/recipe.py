"""Recipes: how a model is to be quantized, layer by layer, in a small YAML or JSON file.

Example::

    scheme: w8a8
    calibrator: mse
    layers:
      - select: {layer: conv2d_1}
        scheme: {weight_bits: 4}
      - select: {op: FULLY_CONNECTED}
        scheme: 16x8
    ranges:
      dense: [-12.5, 18.0]
"""

from __future__ import annotations

import difflib
import fnmatch
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, layer_name
from tinyq.quantization.affine import Range
from tinyq.quantization.scheme import LayerScheme, fitted, model_wide

SCHEMES: dict[str, LayerScheme] = {
    "w8a8": LayerScheme(),
    "w8a8-per-tensor": LayerScheme(per_channel=False),
    "w8a8-symmetric": LayerScheme(symmetric=True),
    "16x8": LayerScheme(activations="int16"),
    "w4a8": LayerScheme(weight_bits=4, weight_range="mse"),
    "power-of-two": LayerScheme(scales="power-of-two"),
    "two-powers-of-two": LayerScheme(scales="two-powers-of-two"),
    "float": LayerScheme(activations="float32"),
}
"""Schemes by name."""

_MAX_BYTES = 1 << 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SchemePart(_Part):
    """What differs from the scheme that would hold otherwise."""

    activations: Literal["int8", "int16", "float32"] | None = None
    weight_bits: Literal[4, 8] | None = None
    per_channel: bool | None = None
    weight_range: Literal["minmax", "mse"] | None = None
    scales: Literal["free", "power-of-two", "two-powers-of-two"] | None = None
    symmetric: bool | None = None

    def on(self, base: LayerScheme) -> LayerScheme:
        """``base`` with these changes."""
        return LayerScheme(
            activations=self.activations or base.activations,
            weight_bits=self.weight_bits or base.weight_bits,
            per_channel=base.per_channel if self.per_channel is None else self.per_channel,
            weight_range=self.weight_range or base.weight_range,
            scales=self.scales or base.scales,
            symmetric=base.symmetric if self.symmetric is None else self.symmetric,
        )


SchemeName = Literal[
    "w8a8", "w8a8-per-tensor", "w8a8-symmetric", "16x8", "w4a8", "power-of-two", "two-powers-of-two", "float"
]  # fmt: skip


class Selector(_Part):
    """Which operators: by Keras layer, output tensor (both may hold ``*``), operator or position; exactly one."""

    layer: str | None = None
    tensor: str | None = None
    op: str | None = None
    index: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(v is not None for v in (self.layer, self.tensor, self.op, self.index)) != 1:
            raise ValueError("select takes exactly one of layer, tensor, op and index")
        return self

    def matches(self, graph: Graph, index: int) -> bool:
        """Whether it selects an operator."""
        op = graph.ops[index]
        if self.index is not None:
            return index == self.index
        if self.op is not None:
            return op.kind == self.op.upper()
        if self.layer is not None:
            return fnmatch.fnmatchcase(layer_name(graph, op), self.layer)
        return any(fnmatch.fnmatchcase(graph.tensors[t].name, self.tensor or "") for t in op.outputs)

    def known(self, graph: Graph) -> tuple[str, Sequence[str]]:
        """What was asked for, and what there is to ask for."""
        if self.layer is not None:
            return self.layer, [layer_name(graph, op) for op in graph.ops]
        if self.op is not None:
            return self.op.upper(), [op.kind for op in graph.ops]
        if self.tensor is not None:
            return self.tensor, [graph.tensors[t].name for op in graph.ops for t in op.outputs]
        return str(self.index), [f"0 to {len(graph.ops) - 1}"]


class LayerRule(_Part):
    """A scheme for some operators; later rules win."""

    select: Selector
    scheme: SchemeName | SchemePart


class Recipe(_Part):
    """A whole recipe."""

    scheme: SchemeName | SchemePart = "w8a8"
    io: Literal["int8", "int16", "float32"] | None = None
    calibrator: str | None = None
    transforms: tuple[str, ...] | None = None
    refine: tuple[str, ...] | None = None
    layers: tuple[LayerRule, ...] = ()
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name, (low, high) in self.ranges.items():
            if not low < high:
                raise ValueError(f"the range of {name!r} must be [low, high] with low below high")
        return self


@dataclass(frozen=True)
class Resolved:
    """A recipe applied to a model.

    Attributes:
        schemes: One for each operator.
        io: Type of the model's inputs and outputs.
        ranges: Tensor index -> range that overrides calibration.
    """

    schemes: tuple[LayerScheme, ...]
    io: DType
    ranges: dict[int, Range]


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe file.

    Raises:
        BadInputError: It cannot be read, is neither YAML nor JSON, or holds something that a recipe does not have.
    """
    import yaml

    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BadInputError(f"{path} is too large for a recipe.", "A recipe is a small YAML or JSON file.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"The recipe {path} cannot be read ({error}).", "Give a YAML or JSON file.") from error
    try:
        content: Any = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise BadInputError(f"The recipe {path} is no valid YAML or JSON ({reason}).", "Mend its syntax.") from error
    try:
        return Recipe.model_validate(content if content is not None else {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "the recipe"
        raise BadInputError(
            f"The recipe {path} is wrong at {where}: {first['msg']}.", "See docs/recipes.md."
        ) from error


def resolve(recipe: Recipe, graph: Graph) -> Resolved:
    """Find each operator's scheme and each tensor's range.

    Raises:
        BadInputError: A selector or a range names nothing of the model; the nearest names are given.
    """
    base = _scheme(recipe.scheme, LayerScheme())
    schemes = list(model_wide(graph, base))
    for rule in recipe.layers:
        chosen = [i for i in range(len(graph.ops)) if rule.select.matches(graph, i)]
        if not chosen:
            wanted, known = rule.select.known(graph)
            raise _unknown("layer rule selects", wanted, known)
        for i in chosen:
            schemes[i] = _scheme(rule.scheme, schemes[i])
            if isinstance(rule.scheme, str) or rule.scheme.per_channel is None:
                schemes[i] = fitted(graph.ops[i], schemes[i])
    io = recipe.io or ("int16" if all(s.activations == "int16" for s in schemes) else "int8")
    return Resolved(tuple(schemes), DType(io), _ranges(recipe, graph))


def _scheme(given: SchemeName | SchemePart, base: LayerScheme) -> LayerScheme:
    return SCHEMES[given] if isinstance(given, str) else given.on(base)


def _ranges(recipe: Recipe, graph: Graph) -> dict[int, Range]:
    """Ranges by tensor name or, for its output, by layer name."""
    names: dict[str, int] = {}
    for op in graph.ops:
        for t in op.outputs:
            names[layer_name(graph, op)] = t
    for i, tensor in enumerate(graph.tensors):
        if not tensor.is_constant:
            names[tensor.name] = i
    found = {}
    for name, (low, high) in recipe.ranges.items():
        if name not in names:
            raise _unknown("range is given for", name, list(names))
        found[names[name]] = Range(low, high)
    return found


def _unknown(what: str, wanted: str, known: Sequence[str]) -> BadInputError:
    near = difflib.get_close_matches(wanted, known, 3, 0.4) or list(dict.fromkeys(known))[:5]
    return BadInputError(
        f"A {what} {wanted!r}, which the model does not have.", f"Nearest: {', '.join(dict.fromkeys(near))}."
    )
