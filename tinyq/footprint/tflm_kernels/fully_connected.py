"""FULLY_CONNECTED."""

from __future__ import annotations

from tinyq.footprint.tflm_kernels import KernelMemory, Site, kernel_memory
from tinyq.graph import DType


@kernel_memory("FULLY_CONNECTED")
def fully_connected(site: Site) -> KernelMemory:
    data, weights = site.graph.tensors[site.op.inputs[0]], site.graph.tensors[site.op.inputs[1]]
    bias, output = site.input(2), site.output
    per_channel = weights.quantization is not None and weights.quantization.is_per_channel
    channels = weights.quantization.scale.size if per_channel and weights.quantization else 0
    persistent = [4 * channels, 4 * channels] if per_channel else []
    scratch = []
    if not site.kernels.is_cmsis:
        if weights.dtype is DType.INT4:
            scratch.append(weights.elements)  # unpacked
    elif data.dtype is DType.INT8 and weights.dtype is DType.INT8:
        depth, outputs = weights.shape[-1], output.shape[-1]
        if len(output.shape) > 2 and depth % 4 == 0:  # runs as a 1x1 convolution
            if not per_channel:
                scratch.append(8 * outputs)
        elif site.kernels.isa == "mve":  # sums of the weights' rows
            constant = weights.is_constant and (bias is None or bias.is_constant)
            (persistent if constant and site.kernels.optimized_for == "speed" else scratch).append(4 * outputs)
    return KernelMemory(
        params=(5, 1),
        op_data=72 if site.kernels.is_cmsis else 48,
        persistent=tuple(persistent),
        scratch=tuple(scratch),
        temporaries=(*site.inputs, site.op.outputs[0]),
    )
