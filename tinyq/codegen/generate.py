"""From a quantized graph to C: choose kernels, plan memory, give names, render."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import engine, literals, render
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.code import GeneratedCode, Layer
from tinyq.codegen.kernel import (
    Argument,
    Constant,
    Input,
    Output,
    ParamsAddress,
    Ref,
    Scratch,
    Target,
)
from tinyq.codegen.memory import Memory, variables
from tinyq.codegen.steps import Step, memory_of, steps_of
from tinyq.codegen.variables import with_variables
from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Op, Tensor, layer_name, macs, write_graph


def generate(graph: Graph, *, core: str, optimize: str = "balanced", model_hash: str = "") -> GeneratedCode:
    """Generate ``model.h`` and ``model.c``. The same arguments give the same bytes.

    Args:
        graph: The quantized model.
        core: A core of :mod:`tinyq.hardware.cores`, or "host".
        optimize: What matters most; kernels may take it into account.
        model_hash: What MODEL_HASH says, 16 hexadecimal digits; by default from the graph's contents.

    Raises:
        UnsupportedError: The engine lacks an operator, or a type or attribute of one.
        BadInputError: There is no such core, or no such aim.
    """
    target = Target.of(core, optimize)
    for tensor in graph.tensors:
        if tensor.elements == 0 and not tensor.is_constant:
            raise UnsupportedError(f"Tensor {tensor.name!r} has no elements.", "Export the model with fixed shapes.")
    known_hash = model_hash or hashlib.sha256(write_graph(graph)).hexdigest()[:16]
    lowered = with_variables(graph)
    graph = lowered.graph
    steps = steps_of(graph, target)
    memory = memory_of(graph, steps, target)
    program = _Program(graph, memory)
    for i, step in enumerate(steps):
        if step.emission.alias is None and step.emission.calls:
            program.add(i, step)
    inputs, outputs = program.interface(graph.inputs), program.interface(graph.outputs)
    headers = sorted({h for step in steps for h in step.emission.headers} | ({_MOVE_HEADER} if memory.moves else set()))
    arena_bytes = memory.plan.size
    states = program.states(lowered.initial)
    text = {
        "core": core,
        "optimize": optimize,
        "hash": known_hash,
        "inputs": inputs,
        "outputs": outputs,
        "layers": program.layers,
        "steps": program.steps,
        "headers": headers,
        "offsets": program.offsets,
        "states": states,
        "constants": program.shared_constants,
        "arena_bytes": arena_bytes,
        "arena_lower_bound": memory.plan.lower_bound,
        "constant_bytes": program.constant_bytes,
    }
    files = {name: render.render(f"runtimes/{path}", text) for name, path in _TEMPLATES.items()}
    return GeneratedCode(
        MappingProxyType(files),
        engine.needed(headers),
        memory.plan,
        tuple(program.layers),
        program.constant_bytes,
        arena_bytes,
    )


_TEMPLATES = {"model.h": "model.h.jinja", "model.c": "aot/model.c.jinja"}
_MOVE_HEADER = "tq_raise.h"


@dataclass(frozen=True)
class _Array:
    """A constant array as the template shows it."""

    c_type: str
    name: str
    size: int
    body: str
    comment: str
    alignment: int


@dataclass
class _Program:
    """Gathers, layer by layer, what the templates show."""

    graph: Graph
    memory: Memory
    layers: list[Layer] = field(default_factory=list)
    steps: list[Mapping[str, Any]] = field(default_factory=list)
    offsets: list[Mapping[str, Any]] = field(default_factory=list)
    shared_constants: list[_Array] = field(default_factory=list)
    constant_bytes: int = 0
    _arrays: dict[tuple[str, int, bytes], str] = field(default_factory=dict)
    _tensor_names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for position, tensor in enumerate(self.graph.inputs):
            self._place(tensor, f"INPUT_{position}")
        for position, tensor in enumerate(variables(self.graph)):
            self._place(tensor, f"STATE_{position}")

    def add(self, index: int, step: Step) -> None:
        """Append the step of one op."""
        op, emission = self.graph.ops[index], step.emission
        number = len(self.layers)
        human = layer_name(self.graph, op)
        symbol = "_".join(filter(None, (f"layer_{number}", literals.identifier(human))))
        for position, tensor in enumerate(op.outputs):
            self._place(tensor, f"LAYER_{number}_OUTPUT" + (f"_{position}" if position else ""))
        if emission.scratch_bytes > 0:
            self._offset(self._scratch_name, self.memory.scratch_offsets[index], f"{emission.scratch_bytes:,} bytes")
        before = self.constant_bytes
        names, arrays = self._constants(symbol, emission.constants)
        calls = self._moves(index)
        for call in emission.calls:
            arguments = ", ".join(self._argument(op, a, symbol, names) for a in call.arguments)
            calls.append(f"{call.function}({arguments});")
        function = emission.calls[0].function if emission.calls else ""
        output = self.graph.tensors[op.outputs[0]]
        # a variable holds what was assigned to it, which the model has a tensor of its own for
        shown = op.inputs[0] if op.kind == "ASSIGN_VARIABLE" else op.outputs[0]
        layer = Layer(
            number,
            human,
            op.kind,
            f"{function} ({step.kernel.variant})",
            macs(self.graph, op),
            self.constant_bytes - before,
            (index,),
            shown,
            output.nbytes,
        )
        self.layers.append(layer)
        params = emission.params
        self.steps.append(
            {
                "layer": layer,
                "symbol": symbol,
                "shapes": _shapes(self.graph, index),
                "reason": step.reason,
                "arrays": arrays,
                "params_type": params.c_type if params else "",
                "params_body": literals.initializer(params.members, lambda ref: names[ref.name]) if params else "",
                "calls": calls,
                "output": self.address(op.outputs[0]),
            }
        )

    def _moves(self, index: int) -> list[str]:
        """What makes room for an output that is computed in place; from then on the input is where it was moved."""
        move = self.memory.moves.get(index)
        if move is None:
            return []
        before, after = self._tensor_names[move.tensor], f"LAYER_{len(self.layers)}_INPUT"
        self._offset(after, move.target, f"{before}, moved")
        self._tensor_names[move.tensor] = after
        return [f"tq_raise({-(-move.size // 4)}, at({before}), at({after}));"]

    def interface(self, tensors: tuple[int, ...]) -> list[Mapping[str, Any]]:
        """The model's inputs or outputs for the templates."""
        return [{**_description(self.graph.tensors[t]), "address": self.address(t)} for t in tensors]

    def states(self, initial: Mapping[int, NDArray[Any]]) -> list[Mapping[str, Any]]:
        """Where variables are, and what they hold at the start: an array, or in each byte TFLM's value, for int8 the
        zero point.
        """
        found: list[Mapping[str, Any]] = []
        for number, index in enumerate(variables(self.graph)):
            tensor, array = self.graph.tensors[index], ""
            if index in initial:
                made = self._array(
                    f"state_{number}", initial[index], f"{literals.comment(tensor.name)} at the start", 0
                )
                if made.body:
                    self.shared_constants.append(made)
                array = made.name
            value = zero_point_of(tensor) if tensor.dtype is DType.INT8 else 0
            found.append({"address": self.address(index), "array": array, "value": value, "bytes": tensor.nbytes})
        return found

    def address(self, tensor: int, offset: int = 0) -> str:
        """The C expression for where a tensor is, or some bytes further."""
        root = self.memory.roots[tensor]
        if self.graph.tensors[root].is_constant:
            name = self._constant_tensor(root)
            size = self.graph.tensors[root].dtype.numpy.itemsize
            return f"{name} + {offset // size}" if offset else name
        return f"at({self._tensor_names[root]} + {offset})" if offset else f"at({self._tensor_names[root]})"

    def _argument(self, op: Op, argument: Argument, symbol: str, names: Mapping[str, str]) -> str:
        match argument:
            case Input(position, offset):
                return self.address(op.inputs[position], offset)
            case Output(position, offset):
                return self.address(op.outputs[position], offset)
            case Scratch():
                return f"at({self._scratch_name})"
            case ParamsAddress():
                return f"&{symbol}"
            case Ref(name):
                return names[name]
            case _:
                return str(argument)

    @property
    def _scratch_name(self) -> str:
        """Of the layer that is being added."""
        return f"LAYER_{len(self.layers)}_SCRATCH"

    def _place(self, tensor: int, name: str) -> None:
        """Give an arena name to a tensor that has its own bytes."""
        if self.memory.roots.get(tensor) != tensor or tensor in self._tensor_names:
            return
        self._tensor_names[tensor] = name
        t = self.graph.tensors[tensor]
        self._offset(name, self.memory.tensor_offsets[tensor], f"{_shape(t)} {t.dtype}, {t.nbytes:,} bytes")

    def _offset(self, name: str, offset: int, comment: str) -> None:
        self.offsets.append({"name": name, "offset": offset, "comment": comment})

    def _constants(self, symbol: str, constants: tuple[Constant, ...]) -> tuple[dict[str, str], list[_Array]]:
        """C names by constant name, and the arrays that are new; equal arrays are kept once."""
        names, arrays = {}, []
        for constant in constants:
            array = self._array(f"{symbol}_{constant.name}", constant.data, constant.comment, constant.alignment)
            names[constant.name] = array.name
            if array.body:
                arrays.append(array)
        return names, arrays

    def _constant_tensor(self, tensor: int) -> str:
        """The array of a constant that kernels read as it is."""
        if tensor not in self._tensor_names:
            t = self.graph.tensors[tensor]
            assert t.data is not None  # noqa: S101 - only called for constants
            name = "_".join(filter(None, (f"constant_{len(self.shared_constants)}", literals.identifier(t.name))))
            array = self._array(name, t.data, f"{literals.comment(t.name)}, {_shape(t)}", 0)
            if array.body:
                self.shared_constants.append(array)
            self._tensor_names[tensor] = array.name
        return self._tensor_names[tensor]

    def _array(self, name: str, data: NDArray[Any], comment: str, alignment: int) -> _Array:
        c_type = literals.c_type(data)
        key = (c_type, alignment, np.ascontiguousarray(data).tobytes())
        known = self._arrays.setdefault(key, name)
        if known != name:
            return _Array(c_type, known, data.size, "", comment, alignment)
        self.constant_bytes += data.nbytes
        return _Array(c_type, name, data.size, literals.array(data), comment, alignment)


def _shape(tensor: Tensor) -> str:
    return "x".join(str(d) for d in tensor.shape) or "scalar"


def _shapes(graph: Graph, index: int) -> str:
    op = graph.ops[index]
    inputs = [graph.tensors[t] for t in op.inputs if t >= 0]
    activations = [t for t in inputs if not t.is_constant] or inputs
    return f"{', '.join(map(_shape, activations))} -> {', '.join(_shape(graph.tensors[t]) for t in op.outputs)}"


def _description(tensor: Tensor) -> Mapping[str, Any]:
    """What model.h says of an input or output."""
    q = tensor.quantization
    scalar = q.scalar if q is not None and not q.is_per_channel and tensor.dtype is not DType.FLOAT32 else None
    return {
        "name": literals.comment(tensor.name),
        "shape": _shape(tensor),
        "type": tensor.dtype.value,
        "bytes": tensor.nbytes,
        "scale": literals.number(scalar[0]) if scalar else "",
        "zero_point": str(scalar[1]) if scalar else "",
    }
