"""The samples that a project carries to test itself: unseen ones, or random codes, with the reference's outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.api.samples import random_codes
from tinyq.data import Dataset, to_codes
from tinyq.errors import MissingToolError, UnsupportedError
from tinyq.evaluation import default_metric, run_tflm
from tinyq.firmware.self_test import SelfTest, classes_of, samples_that_fit
from tinyq.footprint.estimate import Footprint
from tinyq.graph import Graph, total_macs
from tinyq.hardware.boards import Board


def self_test_of(
    graph: Graph,
    tflite: bytes,
    board: Board,
    footprint: Footprint,
    *,
    unseen: Dataset | None = None,
    integers_are_codes: bool = False,
    seed: int = 0,
) -> SelfTest | None:
    """Choose samples, and run them through the reference.

    Args:
        graph: The quantized model.
        tflite: The same as a file.
        board: The board.
        footprint: What the program takes there.
        unseen: Samples that calibration has not seen; None or empty for random codes.
        integers_are_codes: See :func:`tinyq.data.to_codes`.
        seed: Of random codes.

    Returns:
        The self-test; None if the board has no room for a single sample, or there is no reference here.
    """
    code = board.region("code")
    free = (code.bytes if code is not None else 0) - footprint.flash_bytes
    tensors = [graph.tensors[i] for i in graph.inputs]
    sample_bytes = sum(t.nbytes for t in tensors) + sum(graph.tensors[i].nbytes for i in graph.outputs)
    count = samples_that_fit(sample_bytes, free)
    if not count:
        return None
    labels: NDArray[Any] | None = None
    if unseen is not None and len(unseen):
        few = unseen.take(range(min(count, len(unseen))))
        codes = tuple(
            to_codes(x, t, integers_are_codes=integers_are_codes) for x, t in zip(few.inputs, tensors, strict=True)
        )
        labels, origin = few.labels, f"the first unseen ones of the conversion's data (seed {seed})"
    else:
        codes, origin = random_codes(graph, count, seed), f"random inputs (seed {seed}), not real data"
    try:
        outputs = tuple(run_tflm(tflite, codes))
    except (MissingToolError, UnsupportedError):
        return None
    judged = default_metric(graph, labels) == "top1" and classes_of(outputs[0], labels) > 0
    classes = np.asarray(labels, np.int64) if judged else None
    return SelfTest(codes, outputs, classes, origin, total_macs(graph))
