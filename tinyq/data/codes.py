"""Between real values and the codes of a quantized tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import Tensor


def are_codes(data: NDArray[Any], tensor: Tensor) -> bool:
    """Whether integer data are of the very type that a tensor is quantized to."""
    return tensor.quantization is not None and data.dtype == tensor.dtype.numpy


def to_codes(data: NDArray[Any], tensor: Tensor, *, integers_are_codes: bool = True) -> NDArray[Any]:
    """What a tensor is fed with: codes if it is quantized, else values of its type.

    Rounds as the QUANTIZE operator of TFLM does: divided in float32, nearest, halves away from zero, saturated.

    Args:
        data: ``[N, ...]``, real values; or codes already, if they have the tensor's integer type.
        tensor: An input (or output) of the model.
        integers_are_codes: False if integers are values whatever their type, because ``tensor`` belongs to another
            model than the one that the data were made for.
    """
    kind = tensor.dtype.numpy
    if tensor.quantization is None:
        return data.astype(kind, copy=False) if kind.kind == "f" else _whole(data, kind)
    if integers_are_codes and are_codes(data, tensor):
        return data
    scale, zero_point = tensor.quantization.scalar
    limits = np.iinfo(kind)
    steps = data.astype(np.float32) / np.float32(scale)
    whole = np.trunc(steps)
    # adding one half first would lift 0.49999997 to 1
    whole += np.where(np.abs(steps - whole) >= 0.5, np.sign(steps), np.float32(0))
    # the limits are float32 numbers within int32, where TFLM adds the zero point
    unclamped = np.clip(whole, -(2.0**31), 2.0**31 - 128).astype(np.int64) + zero_point
    codes: NDArray[Any] = np.clip(unclamped, limits.min, limits.max).astype(kind)
    return codes


def to_values(data: NDArray[Any], tensor: Tensor, *, integers_are_codes: bool = True) -> NDArray[np.float32]:
    """Real values, float32, of what a tensor holds; the counterpart of :func:`to_codes`."""
    if tensor.quantization is None or not (integers_are_codes and are_codes(data, tensor)):
        return data.astype(np.float32, copy=False)
    scale, zero_point = tensor.quantization.scalar
    values: NDArray[np.float32] = (data.astype(np.int32) - zero_point).astype(np.float32) * np.float32(scale)
    return values


def _whole(data: NDArray[Any], kind: np.dtype[Any]) -> NDArray[Any]:
    if data.dtype.kind != "f":
        return data.astype(kind, copy=False)
    whole: NDArray[Any] = np.rint(data).astype(kind)
    return whole
