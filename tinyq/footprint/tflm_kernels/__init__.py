"""What each of TFLM's kernels takes from the arena while a model is prepared, on a 32-bit Arm target.

One module per family of operators; each registers its operators with :func:`kernel_memory`. The sizes are those that
``arm-none-eabi-g++`` gives the structures of TFLM (August 2026) and CMSIS-NN 7, with ``TF_LITE_STATIC_MEMORY``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tinyq.graph import Graph, Op, Tensor


@dataclass(frozen=True)
class Kernels:
    """A build of TFLM's kernels.

    Attributes:
        library: Portable reference kernels, or Arm's CMSIS-NN.
        isa: What CMSIS-NN is compiled for: plain Thumb (M0, M3), DSP (M4, M7, M33) or Helium (M55).
        optimized_for: TFLM's ``OPTIMIZE_KERNELS_FOR``, which is ``speed`` unless the user says otherwise.
    """

    library: Literal["reference", "cmsis-nn"]
    isa: Literal["scalar", "dsp", "mve"] = "scalar"
    optimized_for: Literal["speed", "size"] = "speed"

    @property
    def is_cmsis(self) -> bool:
        return self.library == "cmsis-nn"


@dataclass(frozen=True)
class Site:
    """One operator in its graph, for one build of the kernels."""

    graph: Graph
    op: Op
    kernels: Kernels

    def input(self, position: int) -> Tensor | None:
        """An input tensor, None where it is absent."""
        index = self.op.input(position)
        return self.graph.tensors[index] if index >= 0 else None

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the inputs that are there."""
        return tuple(i for i in self.op.inputs if i >= 0)

    @property
    def output(self) -> Tensor:
        return self.graph.tensors[self.op.outputs[0]]


@dataclass(frozen=True)
class KernelMemory:
    """Arena bytes of one operator.

    Attributes:
        params: Size and alignment of the parsed options (``TfLite...Params``); (0, 1) if there are none.
        op_data: Size of the kernel's own structure, 0 if there is none.
        persistent: Further persistent buffers that Prepare asks for.
        scratch: Scratch buffers that Prepare asks for.
        temporaries: Tensors of which Prepare holds a ``TfLiteTensor``, one entry for each time.
    """

    params: tuple[int, int] = (0, 1)
    op_data: int = 0
    persistent: tuple[int, ...] = ()
    scratch: tuple[int, ...] = ()
    temporaries: tuple[int, ...] = ()


Rule = Callable[[Site], KernelMemory]
_RULES: dict[str, Rule] = {}


def kernel_memory(*kinds: str) -> Callable[[Rule], Rule]:
    """Register a rule for some operators."""

    def register(rule: Rule) -> Rule:
        for kind in kinds:
            _RULES[kind] = rule
        return rule

    return register


def rule_for(kind: str) -> Rule | None:
    """The rule of an operator, None if its kernel is not modelled."""
    _load()
    return _RULES.get(kind)


def modelled_kinds() -> Iterator[str]:
    """All operators with a rule, sorted."""
    _load()
    yield from sorted(_RULES)


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
