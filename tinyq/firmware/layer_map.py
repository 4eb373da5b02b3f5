"""``model/layers.json`` of a project: which tensor of the model each layer of the firmware computes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tinyq.codegen.code import Layer
from tinyq.errors import BadInputError

FILE = "model/layers.json"
_AGAIN = "Run 'tinyq convert' again."


@dataclass(frozen=True)
class MappedLayer:
    """One layer of the firmware, as its observer counts.

    Attributes:
        index: Position.
        name: The Keras layer's name.
        op: The operator.
        kernel: The engine function that the compiled model calls.
        tensor: Index of its output in the model's ``.tflite``.
        channels: Of that tensor's last axis, the indices that the firmware computes; None for all.
        output_bytes: Size of what it computes.
    """

    index: int
    name: str
    op: str
    kernel: str
    tensor: int
    channels: tuple[int, ...] | None
    output_bytes: int


def layer_map_text(layers: Sequence[Layer]) -> str:
    """The file of a program's layers."""
    entries = [
        asdict(
            MappedLayer(each.index, each.name, each.kind, each.kernel, each.tensor, each.channels, each.output_bytes)
        )
        for each in layers
    ]
    return json.dumps({"layers": entries}, indent=1) + "\n"


def read_layer_map(project: Path) -> tuple[MappedLayer, ...]:
    """The layers of a project.

    Raises:
        BadInputError: The file is missing or damaged.
    """
    path = project / FILE
    try:
        entries = json.loads(path.read_text("utf-8"))["layers"]
        return tuple(MappedLayer(**{**e, "channels": _indices(e["channels"])}) for e in entries)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).", _AGAIN) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"{path} is damaged.", _AGAIN) from error


def _indices(channels: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if channels is None else tuple(int(c) for c in channels)
