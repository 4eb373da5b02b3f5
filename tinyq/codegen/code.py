"""What code generation returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyq.footprint.planner import MemoryPlan


@dataclass(frozen=True)
class Layer:
    """One step of the generated program.

    Attributes:
        index: Position, as the observer counts.
        name: The Keras layer's name.
        kind: The operator, "CONV_2D".
        kernel: The engine function, with its variant: "tq_conv_s8 (portable)".
        macs: Multiply-accumulates.
        constant_bytes: Flash bytes of constant arrays that this layer is the first to use.
        ops: Indices of the graph's ops that the step carries out.
        tensor: Index of the output tensor that the observer sees.
        output_bytes: Its size.
        channels: Of that tensor's last axis as the model has it, the indices that are computed; None for all.
    """

    index: int
    name: str
    kind: str
    kernel: str
    macs: int
    constant_bytes: int
    ops: tuple[int, ...]
    tensor: int
    output_bytes: int
    channels: tuple[int, ...] | None = None


@dataclass(frozen=True)
class GeneratedCode:
    """The C of one model.

    Attributes:
        files: Text by file name: "model.h" and "model.c".
        engine_files: What of the engine it needs, as paths relative to ``engine/``, sorted; headers too.
        plan: Where activations and scratch lie in the arena.
        layers: The steps of the program; operators that cost nothing (RESHAPE) are none.
        constant_bytes: Flash bytes of all constant arrays; parameter structures not counted.
        arena_bytes: RAM bytes of activations and scratch.
    """

    files: Mapping[str, str]
    engine_files: tuple[str, ...]
    plan: MemoryPlan
    layers: tuple[Layer, ...]
    constant_bytes: int
    arena_bytes: int
