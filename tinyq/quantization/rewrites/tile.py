"""TILE, which TFLM lacks: as a resize where it doubles pixels, else as a broadcast, else as concatenations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import Op
from tinyq.graph.options import ConcatenationOptions, ResizeNearestOptions
from tinyq.quantization.rewrites.draft import Draft

_BROADCAST_DIMENSIONS = 5
_MOVES = ("RESHAPE", "TILE")


def _tile(draft: Draft, op: Op) -> bool:
    repeats = draft.tensor(op.inputs[1]).data
    if repeats is None:
        return False
    shape, output = draft.tensor(op.inputs[0]).shape, op.outputs[0]
    target = draft.tensor(output).shape
    tiled = [axis for axis, count in enumerate(repeats.reshape(-1)) if count > 1]
    if all(shape[axis] == 1 for axis in tiled) and len(shape) <= _BROADCAST_DIMENSIONS:
        draft.write("BROADCAST_TO", (op.inputs[0], draft.constant(output, "shape", np.array(target, np.int32))), output)
        return True
    source, grown = op.inputs[0], list(shape)
    for axis in tiled:
        count = int(repeats.reshape(-1)[axis])
        grown[axis] *= count
        whole = output if axis == tiled[-1] else draft.activation(output, f"tiled_{axis}", grown)
        source = draft.write("CONCATENATION", (source,) * count, whole, ConcatenationOptions(axis=axis))
    return bool(tiled)


def _upsampling(draft: Draft, op: Op) -> bool:
    """RESIZE_NEAREST_NEIGHBOR in place of the reshapes and tiles by which Keras repeats rows and columns.

    What the chain that ends here does is found by sending indices through it, not by its form.
    """
    chain = _chain(draft, op)
    if not any(part.kind == "TILE" for part in chain):
        return False
    source, output = chain[0].inputs[0], op.outputs[0]
    old, new = draft.tensor(source).shape, draft.tensor(output).shape
    if len(old) != 4 or len(new) != 4 or old[0] != new[0] or old[3] != new[3] or new[1] % old[1] or new[2] % old[2]:
        return False
    indices = np.arange(np.prod(old)).reshape(old)
    if not np.array_equal(_moved(draft, chain, indices), _repeated(indices, new)):
        return False
    size = draft.constant(output, "size", np.array(new[1:3], np.int32))
    draft.write("RESIZE_NEAREST_NEIGHBOR", (source, size), output, ResizeNearestOptions())
    return True


def _chain(draft: Draft, last: Op) -> list[Op]:
    """The moves of one tensor that end in ``last``, from the first one on; only ``last`` is read elsewhere."""
    found = [last]
    while (before := draft.producer(found[0].inputs[0])) is not None and before.kind in _MOVES:
        read = draft.graph.consumers[before.outputs[0]]
        if len(read) > 1 or before.outputs[0] in draft.graph.outputs:
            break
        if before.kind == "TILE" and draft.tensor(before.inputs[1]).data is None:
            break
        found.insert(0, before)
    return found


def _moved(draft: Draft, chain: list[Op], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    for part in chain:
        if part.kind == "TILE":
            repeats = draft.tensor(part.inputs[1]).data
            assert repeats is not None  # noqa: S101 - _chain stops before others
            indices = np.tile(indices, tuple(int(r) for r in repeats.reshape(-1)))
        else:
            indices = indices.reshape(draft.tensor(part.outputs[0]).shape)
    return indices


def _repeated(indices: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    rows = np.repeat(indices, shape[1] // indices.shape[1], axis=1)
    return np.repeat(rows, shape[2] // indices.shape[2], axis=2)


REWRITES = {"TILE": _tile, "RESHAPE": _upsampling}
