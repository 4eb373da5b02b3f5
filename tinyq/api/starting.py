"""A recipe to start from, with everything in it that there is to choose."""

from __future__ import annotations

import json
from pathlib import Path

from tinyq.api.staging import write_file
from tinyq.codegen.render import render
from tinyq.errors import BadInputError
from tinyq.frontend import load_model
from tinyq.graph import Graph, layer_name
from tinyq.quantization.calibrators import DEFAULT, calibrators
from tinyq.quantization.op_rules import has_weights
from tinyq.quantization.pipeline import REFINEMENTS
from tinyq.quantization.recipe import SCHEMES
from tinyq.quantization.transforms import transforms
from tinyq.reporting.made_models import RecipeReport


def init(out: Path, model: Path | None = None, *, force: bool = False, trust: bool = False) -> RecipeReport:
    """Write a commented recipe that changes nothing until it is edited.

    Args:
        out: The YAML file to write.
        model: A float model whose layers are listed, or None.
        force: Replace ``out``.
        trust: Load a Keras model that carries code.

    Raises:
        BadInputError: ``out`` exists, or the model cannot be read or is quantized already.
    """
    if out.exists() and (not force or not out.is_file()):
        raise BadInputError(f"{out} exists already.", "Choose another name, or replace the file with --force.")
    if not out.parent.is_dir():
        raise BadInputError(f"The folder {out.parent} does not exist.", "Make it first, or choose another.")
    layers: dict[str, str] = {}
    if model is not None:
        loaded = load_model(model, trust=trust)
        if loaded.kind != "float":
            raise BadInputError(f"{model} is quantized already.", "A recipe is for a float model.")
        layers = _layers(loaded.graph)
    values = {
        "subject": _quoted(model.name) if model is not None else "a model",
        "file": _quoted(out.name),
        "schemes": list(SCHEMES),
        "calibrators": list(calibrators()),
        "default_calibrator": DEFAULT,
        "transforms": list(transforms()),
        "refinements": list(REFINEMENTS),
        "layers": [{"name": _quoted(name), "what": what} for name, what in layers.items()],
        "width": max((len(_quoted(name)) for name in layers), default=0),
    }
    write_file(out, render("recipe/recipe.yaml.jinja", values))
    return RecipeReport(file=str(out), model=model.name if model is not None else None, layers=tuple(layers))


def _layers(graph: Graph) -> dict[str, str]:
    """Layers with weights, by the names that they are selected by, and what they are."""
    found = {}
    for op in graph.ops:
        if has_weights(op):
            shape = "x".join(map(str, graph.tensors[op.outputs[0]].shape[1:]))
            found[layer_name(graph, op)] = f"{op.kind} {shape}"
    return found


def _quoted(name: str) -> str:
    """A name from outside as YAML of one line: bare where YAML reads it as it is, else a quoted JSON string."""
    import yaml

    harmless = all(c.isascii() and (c.isalnum() or c in "_./-") for c in name) and not name.startswith("-")
    return name if harmless and yaml.safe_load(name) == name else json.dumps(name)
