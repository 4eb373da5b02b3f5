"""MEAN and SUM."""

from __future__ import annotations

from tinyq.footprint.tflm_kernels import KernelMemory, Site, kernel_memory
from tinyq.graph import DType


@kernel_memory("MEAN", "SUM")
def mean(site: Site) -> KernelMemory:
    data, axes = site.graph.tensors[site.op.inputs[0]], site.graph.tensors[site.op.inputs[1]]
    sums = (4 * site.output.elements,) if data.dtype in (DType.INT8, DType.INT16) else ()
    return KernelMemory(
        params=(1, 1),
        op_data=44,
        scratch=(*sums, 4 * len(data.shape), 4 * axes.elements),
        temporaries=(site.op.inputs[0], site.op.outputs[0], *site.inputs),
    )
