"""MAX_POOL_2D and AVERAGE_POOL_2D."""

from __future__ import annotations

from dataclasses import replace

from tinyq.footprint.tflm_kernels import KernelMemory, Site, kernel_memory
from tinyq.graph import DType


@kernel_memory("MAX_POOL_2D")
def max_pool(site: Site) -> KernelMemory:
    return KernelMemory(
        params=(40, 4),
        op_data=36 if site.kernels.is_cmsis else 32,
        temporaries=(site.op.inputs[0], site.op.outputs[0]),
    )


@kernel_memory("AVERAGE_POOL_2D")
def average_pool(site: Site) -> KernelMemory:
    memory = max_pool(site)
    if not site.kernels.is_cmsis:
        return memory
    data = site.graph.tensors[site.op.inputs[0]]
    sums = data.dtype in (DType.INT8, DType.INT16) and site.kernels.isa == "dsp"
    return replace(
        memory,
        scratch=(4 * data.shape[3],) if sums else (),
        temporaries=memory.temporaries * 2,  # the shared Prepare, then CMSIS-NN's own
    )
