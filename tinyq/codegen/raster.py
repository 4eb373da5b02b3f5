"""How far behind its output an input must begin so that a kernel may write the output over it.

A kernel that makes its outputs in raster order, pixel by pixel and channel by channel, overwrites what it has used
already if the input begins some bytes behind the output: its *lead*. That needs no further code ("diagonal memory
optimisation", Blacker et al., 2020).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen.kernel import Node
from tinyq.codegen.shapes import Window


def elementwise_leads(node: Node) -> dict[int, int]:
    """The lead of each input that is read once, element by element as the output is written."""
    size = node.output.nbytes
    return {i: 0 for i in range(len(node.op.inputs)) if node.op.input(i) >= 0 and node.input(i).nbytes == size}


def matrix_lead(node: Node, rows_at_once: int = 1) -> int:
    """For kernels that read rows of the input until the rows of the output that depend on them are written.

    Args:
        rows_at_once: How many that is; rows are along the last axis of the output.
    """
    rows = node.output.elements // node.output.shape[-1]
    starts = np.arange(0, rows, rows_at_once)
    ends = np.minimum(starts + rows_at_once, rows)
    return int((ends * (node.output.nbytes // rows) - starts * (node.input(0).nbytes // rows)).max())


def window_lead(node: Node, windows: tuple[Window, Window], strides: tuple[int, int], *, by_channel: bool) -> int:
    """For kernels that slide a window over NHWC images.

    Args:
        windows: Positions along height and width.
        strides: Likewise.
        by_channel: Each channel of a pixel depends on the same channel of the input alone, which is not read again for
            later channels. Else all that a pixel depends on is read before the first of its channels is written.
    """
    first = _first_reads(node, windows, strides)
    input_pixel, output_pixel = (t.nbytes // (t.elements // t.shape[3]) for t in (node.input(0), node.output))
    pixels = np.arange(first.size)
    if by_channel:
        return max(0, int((pixels * output_pixel - first * input_pixel).max()))
    return max(0, int((pixels * output_pixel - first * input_pixel)[1:].max(initial=0)))


def _first_reads(node: Node, windows: tuple[Window, Window], strides: tuple[int, int]) -> NDArray[np.int64]:
    """For each output pixel the first input pixel that it or a later one depends on."""
    batches, height, width, _ = node.input(0).shape
    rows, columns = (np.maximum(np.arange(w.outputs) * s - w.padding, 0) for w, s in zip(windows, strides, strict=True))
    images = np.arange(batches) * height * width
    first = (images[:, None, None] + rows[:, None] * width + columns).reshape(-1)
    return np.minimum.accumulate(first[::-1])[::-1].astype(np.int64)
