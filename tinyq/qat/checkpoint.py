"""States of an interrupted training, kept so that it can go on exactly where it stopped."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.qat.train import State

_VERSION = 1


@dataclass(frozen=True)
class Checkpoint:
    """A state of training.

    Attributes:
        fingerprint: What model, data and settings it belongs to.
        stage: Trainings that are over, where one run makes several.
        graph: Float ``.tflite`` that the training that was going on started from.
        state: Of that training.
        history: What was told of each epoch so far, as plain values.
    """

    fingerprint: str
    stage: int
    graph: bytes
    state: State
    history: tuple[dict[str, Any], ...]


def pack(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as the bytes of a ``.npz``, without pickles."""
    arrays: dict[str, NDArray[Any]] = {f"v{i}": v for i, v in enumerate(checkpoint.state.variables)}
    head = {
        "version": _VERSION,
        "fingerprint": checkpoint.fingerprint,
        "stage": checkpoint.stage,
        "epoch": checkpoint.state.epoch,
        "history": checkpoint.history,
    }
    arrays |= {"head": np.array(json.dumps(head)), "graph": np.frombuffer(checkpoint.graph, np.uint8)}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack(path: Path) -> Checkpoint:
    """Read what :func:`pack` made.

    Raises:
        BadInputError: The file is damaged or of another version.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            head = json.loads(str(held["head"]))
            if head["version"] != _VERSION:
                raise ValueError("another version")
            count = sum(name.startswith("v") for name in held.files)
            state = State(head["epoch"], tuple(held[f"v{i}"] for i in range(count)))
            return Checkpoint(
                head["fingerprint"], head["stage"], held["graph"].tobytes(), state, tuple(head["history"])
            )
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise BadInputError(
            f"The checkpoint {path} is damaged or was written by another version of tinyq.", "Train without --resume."
        ) from error
