"""What every target is to the rest of tinyq, be it emulated or real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Hello:
    """What runs on the target.

    Attributes:
        model_hash: ``MODEL_HASH`` of its model.h.
        runtime: "aot" or "tflm".
        input_bytes, output_bytes: Sizes of the model's inputs and outputs.
        arena_bytes: Working memory that the model uses.
        counter: How the counter counts, in words; "not measured" if there is none.
        layers: Layers of the model.
        states: Tensors that the model keeps between inferences.
        observes: Whether the build can tell of each layer.
    """

    model_hash: str
    runtime: str
    input_bytes: tuple[int, ...]
    output_bytes: tuple[int, ...]
    arena_bytes: int
    counter: str
    layers: int
    states: int
    observes: bool


@dataclass(frozen=True)
class Inference:
    """The result of one inference, or of several one after the other.

    Attributes:
        outputs: The bytes of each output; of several inferences behind each other.
        instructions: Executed instructions of ``model_invoke``, of several the most; 0 if they were not counted.
        stack_bytes: Most bytes of stack that were ever in use on the target so far.
    """

    outputs: tuple[bytes, ...]
    instructions: int
    stack_bytes: int


@dataclass(frozen=True)
class LayerResult:
    """One layer of a layer-by-layer run.

    Attributes:
        index: The layer, as ``model.h`` counts.
        output: The bytes of its output.
        instructions: Executed instructions, within a few of the call that observes it; 0 if they were not counted.
    """

    index: int
    output: bytes
    instructions: int


class Device(Protocol):
    """A target that is running the firmware. All methods raise FailedError if it faults, hangs or cannot be reached."""

    def hello(self) -> Hello:
        """What runs there."""
        ...

    def infer(self, inputs: Sequence[bytes]) -> Inference:
        """Run one inference on the bytes of each input.

        A model that keeps something between inferences starts anew each time; it may be given the inputs of several
        inferences behind each other, which are run one after the other.
        """
        ...

    def layers(self, inputs: Sequence[bytes]) -> list[LayerResult]:
        """Run one inference, the first one of a model that keeps states, layer by layer (on a build that observes)."""
        ...

    def stack_bytes(self) -> int:
        """Most bytes of stack that were ever in use."""
        ...

    def close(self) -> None:
        """Let go of it; may be called again."""
        ...
