"""What training leaves behind: a folder with ``qat.json``, the integer model, the float model and the Keras model."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tinyq.errors import BadInputError
from tinyq.graph import Graph, layer_name
from tinyq.qat.plan import Parameters, Plan
from tinyq.quantization.affine import covered
from tinyq.quantization.op_rules import has_weights

RECORD, MODEL, FLOAT_MODEL, KERAS_MODEL = "qat.json", "model.tflite", "float.tflite", "model.h5"
SCHEMA_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LearnedActivation(_Part):
    """One activation: real = scale * (code - zero_point), between ``low`` and ``high``."""

    scale: float
    zero_point: int
    low: float
    high: float


class LearnedWeights(_Part):
    """The weights of one layer: the codes used, and the scale of each output channel (one if it serves all)."""

    layer: str
    low: int
    high: int
    scales: tuple[float, ...]
    zeros: float


class Epoch(_Part):
    """One epoch: mean loss and accuracy while training, accuracy of the integer model on samples kept apart."""

    stage: str
    epoch: int
    loss: float | None
    accuracy: float | None
    quantized_accuracy: float | None


class Training(_Part):
    """How ``tinyq qat`` trained, and what came of it; accuracies are of samples that training did not see."""

    epochs: int
    learning_rate: float
    batch: int
    seed: int
    distill: float
    progressive: bool
    batch_norm: str
    sparsity: str | None
    channels: float | None
    clusters: int | None
    train_sha256: str
    train_samples: int
    validation_samples: int
    metric: str | None
    float_accuracy: float | None
    start_accuracy: float | None
    quantized_accuracy: float | None
    history: tuple[Epoch, ...]


class Record(_Part):
    """``qat.json``; ``training`` is null where the user's own loop trained."""

    schema_version: int = SCHEMA_VERSION
    model: str
    method: str
    weight_bits: int
    activation_bits: int
    per_channel: bool
    training: Training | None = None
    weights: tuple[LearnedWeights, ...]
    activations: dict[str, LearnedActivation]
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    files: dict[str, str] = {}


@dataclass(frozen=True)
class Trained:
    """A folder that was read: its record, and the bytes of the integer and the float model."""

    record: Record
    tflite: bytes
    float_tflite: bytes
    sha256: str


def learned(plan: Plan, parameters: Parameters, made: Graph) -> dict[str, Any]:
    """The fields of a :class:`Record` that tell what was learned.

    Args:
        plan: What was trained.
        parameters: The values.
        made: The integer model.
    """
    graph = plan.planned.graph
    activations = {}
    for tied in plan.tied:
        for t in tied.members:
            if not graph.tensors[t].is_constant:
                scale, zero_point = parameters.activations[t]
                range_ = covered(scale, zero_point, tied.grid)
                activations[graph.tensors[t].name] = LearnedActivation(
                    scale=scale, zero_point=zero_point, low=range_.low, high=range_.high
                )
    weights = []
    for op, integer in zip(graph.ops, made.ops, strict=True):
        if has_weights(op) and op.inputs[1] in plan.weight_grids:
            grid, tensor = plan.weight_grids[op.inputs[1]], made.tensors[integer.inputs[1]]
            assert tensor.quantization is not None and tensor.data is not None  # noqa: S101 - it was quantized
            scales = tuple(float(s) for s in tensor.quantization.scale)
            zeros = float((tensor.data == 0).mean())
            name = layer_name(graph, op)
            weights.append(LearnedWeights(layer=name, low=grid.low, high=grid.high, scales=scales, zeros=zeros))
    return {"activations": activations, "weights": tuple(weights)}


def is_trained_folder(path: Path) -> bool:
    """Whether training wrote this folder."""
    return path.is_dir() and (path / RECORD).is_file()


def read_folder(path: Path) -> Trained:
    """Read a folder that training wrote.

    Raises:
        BadInputError: It is damaged, incomplete or of another version.
    """
    try:
        record = Record.model_validate(json.loads((path / RECORD).read_text()))
        content = {name: (path / name).read_bytes() for name in (MODEL, FLOAT_MODEL)}
    except (OSError, ValueError, ValidationError) as error:
        raise BadInputError(
            f"The folder {path} is damaged or was written by another version of tinyq.", "Run 'tinyq qat' again."
        ) from error
    for name, data in content.items():
        if hashlib.sha256(data).hexdigest() != record.files.get(name):
            raise BadInputError(
                f"{path / name} is not the file that training wrote.", "Run 'tinyq qat' again, or restore the file."
            )
    digest = hashlib.sha256("".join(record.files[n] for n in sorted(record.files)).encode()).hexdigest()
    return Trained(record, content[MODEL], content[FLOAT_MODEL], digest)
