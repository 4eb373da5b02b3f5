"""Where windows reach beyond the border."""

from __future__ import annotations

import numpy as np

from tinyq.codegen.kernel import Node
from tinyq.codegen.shapes import Window
from tinyq.folding.ranges import Mask
from tinyq.graph.options import ConvOptions


def padded_taps(node: Node, options: ConvOptions, windows: tuple[Window, Window]) -> Mask:
    """Which taps of a filter lie in the padding at some position, bool ``[rows * columns]``.

    Args:
        node: A convolution.
        windows: Its vertical and horizontal window.
    """
    _, height, width, _ = node.input(0).shape
    _, rows, columns, _ = node.input(1).shape
    vertical = _outside(windows[0], height, rows, options.stride_h, options.dilation_h)
    horizontal = _outside(windows[1], width, columns, options.stride_w, options.dilation_w)
    return np.asarray((vertical[:, None] | horizontal[None, :]).reshape(-1), np.bool_)


def _outside(window: Window, size: int, taps: int, stride: int, dilation: int) -> Mask:
    first = np.arange(taps) * dilation - window.padding
    last = first + (window.outputs - 1) * stride
    return np.asarray((first < 0) | (last >= size), np.bool_)
