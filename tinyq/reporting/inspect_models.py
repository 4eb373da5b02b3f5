"""What ``tinyq inspect`` reports; the JSON that programs read is exactly this."""

from __future__ import annotations

from pydantic import Field

from tinyq.reporting.models import SCHEMA_VERSION, _Report


class TensorInfo(_Report):
    """An input, an output or the weights of a layer."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    scale: tuple[float, ...] = Field((), description="one, or one per channel; empty if it is not quantized")
    zero_point: tuple[int, ...] = ()


class LayerInfo(_Report):
    """One operator."""

    index: int
    layer: str
    op: str
    output: TensorInfo | None = Field(description="null for operators that only store")
    weights: TensorInfo | None = Field(None, description="the largest constant, if there is one")
    macs: int
    constant_bytes: int
    activation: str = Field("NONE", description="fused behind the operator")


class InspectReport(_Report):
    """What is in a model."""

    schema_version: int = SCHEMA_VERSION
    file: str
    sha256: str
    kind: str = Field(description="float or quantized")
    origin: str
    file_bytes: int = Field(description="of the .tflite, or of the one that the model becomes")
    constant_bytes: int
    macs: int
    parameters: int = Field(description="elements of all constants that operators read")
    activation_bytes: int = Field(description="the most that inputs and outputs of one operator take together")
    peak_layer: str
    operators: dict[str, int]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    layers: tuple[LayerInfo, ...]
    signatures: tuple[str, ...]
    metadata: tuple[str, ...]
    description: str
    notes: tuple[str, ...]
