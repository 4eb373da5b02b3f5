"""CONV_2D and DEPTHWISE_CONV_2D.

Scratch as CMSIS-NN's ``arm_convolve_get_buffer_sizes_s8.c``, ``..._s16.c`` and
``arm_depthwise_conv_get_buffer_sizes_s8.c`` ask for it when compiled by GCC.
"""

from __future__ import annotations

from tinyq.footprint.tflm_kernels import KernelMemory, Site, kernel_memory
from tinyq.graph import DType, Tensor
from tinyq.graph.options import ConvOptions

_PARAMS = (28, 4)
_MVE_CHANNELS = 124  # channels that the Helium depthwise kernel handles at a time
_MVE_ONE_CHANNEL = 8  # from more outputs on, a one-channel depthwise runs as a convolution (GCC)


@kernel_memory("CONV_2D")
def convolution(site: Site) -> KernelMemory:
    return _memory(site, channels=site.graph.tensors[site.op.inputs[1]].shape[0], scratch=_conv_scratch(site))


@kernel_memory("DEPTHWISE_CONV_2D")
def depthwise(site: Site) -> KernelMemory:
    return _memory(site, channels=site.graph.tensors[site.op.inputs[1]].shape[3], scratch=_depthwise_scratch(site))


def _memory(site: Site, channels: int, scratch: int) -> KernelMemory:
    data, weights, output = site.op.inputs[0], site.op.inputs[1], site.op.outputs[0]
    quantized = site.graph.tensors[data].dtype is not DType.FLOAT32
    packed = site.graph.tensors[weights].dtype is DType.INT4
    scratches = (scratch,) if scratch else ()
    if packed and not site.kernels.is_cmsis:
        scratches = (site.graph.tensors[weights].elements,)  # the reference kernels unpack
    return KernelMemory(
        params=_PARAMS,
        op_data=60 if site.kernels.is_cmsis else 56,
        persistent=(4 * channels, 4 * channels) if quantized else (),  # multipliers and shifts
        scratch=scratches,
        temporaries=(data, weights, output, *site.inputs, output),
    )


def _conv_scratch(site: Site) -> int:
    data, weights = site.graph.tensors[site.op.inputs[0]], site.graph.tensors[site.op.inputs[1]]
    if not site.kernels.is_cmsis:
        return 0
    if data.dtype is DType.INT16:
        bias = site.input(2)
        wide = bias is None or bias.dtype is DType.INT64
        return 4 * weights.elements // weights.shape[0] if wide else 0
    return _conv_scratch_s8(site, data, weights) if data.dtype is DType.INT8 else 0


def _conv_scratch_s8(site: Site, data: Tensor, weights: Tensor) -> int:
    options = site.op.options
    assert isinstance(options, ConvOptions)  # noqa: S101 - the reader sees to it
    _, filter_h, filter_w, depth = weights.shape
    plain = options.dilation_h == options.dilation_w == 1 and depth == data.shape[3]
    pad_h = _padding(data.shape[1], filter_h, site.output.shape[1], options.stride_h, options.dilation_h)
    pad_w = _padding(data.shape[2], filter_w, site.output.shape[2], options.stride_w, options.dilation_w)
    if plain and pad_h == pad_w == 0 and filter_h == filter_w == 1:
        return 0
    taps = filter_h * filter_w * data.shape[3]
    if site.kernels.isa != "mve":
        return 4 * (-(-taps // 4) * 4)
    row = data.shape[1] == filter_h == 1 and options.dilation_w == 1 and depth == data.shape[3]
    if row and options.stride_w * data.shape[3] % 4 == 0:
        return _one_row(data.shape, filter_w, site.output.shape[2], options.stride_w, pad_w)
    return 64 * -(-taps // 16)


def _one_row(shape: tuple[int, ...], filter_w: int, out_w: int, stride: int, pad: int) -> int:
    """``arm_convolve_1_x_n_s8_get_buffer_size_mve``."""
    width, depth = shape[2:]
    odd = ((out_w - 1) * stride + filter_w - width) % 2
    right = max(1, (pad + odd + stride - 1) // stride) if pad + odd else 0
    left = max(1, (pad + stride - 1) // stride) if pad else 0
    if right + left > out_w:
        return 64 * -(-(depth * filter_w) // 16)
    pad_left = pad * depth
    pad_right = right * depth if odd else pad_left
    return max(filter_w * depth + pad_left, (filter_w - 1) * depth + pad_right)


def _depthwise_scratch(site: Site) -> int:
    data, weights = site.graph.tensors[site.op.inputs[0]], site.graph.tensors[site.op.inputs[1]]
    options = site.op.options
    if not site.kernels.is_cmsis or data.dtype is not DType.INT8 or not isinstance(options, ConvOptions):
        return 0
    _, filter_h, filter_w, channels = weights.shape
    if site.kernels.isa == "mve" and data.shape[3] == 1 and channels > _MVE_ONE_CHANNEL and weights.dtype is DType.INT8:
        taps = filter_h * filter_w
        return 64 * -(-taps // 16) + channels * taps
    if data.shape[3] != channels or data.shape[0] != 1 or (options.dilation_h, options.dilation_w) != (1, 1):
        return 0
    if site.kernels.isa == "mve":
        return 4 * _MVE_CHANNELS * filter_h * filter_w
    pad_h = _padding(data.shape[1], filter_h, site.output.shape[1], options.stride_h, 1)
    pad_w = _padding(data.shape[2], filter_w, site.output.shape[2], options.stride_w, 1)
    if filter_h == filter_w == 3 and pad_h <= 1 and pad_w <= 1 and weights.dtype is DType.INT8:
        return 0
    return 2 * channels * filter_h * filter_w if site.kernels.isa == "dsp" else 0


def _padding(size: int, taps: int, out: int, stride: int, dilation: int) -> int:
    """Padding before, as TFLM computes it from the shapes (0 for VALID)."""
    return max(0, (out - 1) * stride + (taps - 1) * dilation + 1 - size) // 2
