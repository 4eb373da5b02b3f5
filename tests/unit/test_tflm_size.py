"""TFLM's code by operator, core and kernels, against firmware that was linked."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from tests.graphs.int8 import small_network
from tests.models import mlperf_tiny
from tinyq.footprint.estimate import estimate
from tinyq.footprint.tflm_size import TFLM_TABLE, TflmCode, tflm_code
from tinyq.graph import read_graph
from tinyq.hardware.boards import load_board

# code and variables of TFLM with _INT8 registrations, linked by GCC 12.2 for the Cortex-M4: kernels -> model
LINKED = {
    "reference": {"kws": (40_608, 856), "resnet": (45_024, 856), "vww": (40_608, 856), "ad": (19_604, 572)},
    "cmsis-nn": {"kws": (52_672, 856), "resnet": (50_496, 856), "vww": (52_672, 856), "ad": (27_412, 572)},
}


def size(kinds: Iterable[str], core: str = "cortex-m4", library: str = "cmsis-nn", int8: bool = True) -> TflmCode:
    return tflm_code({(kind, int8) for kind in kinds}, core, library)


@pytest.mark.parametrize("library", LINKED)
@pytest.mark.parametrize("name", ["kws", "resnet", "vww", "ad"])
def test_code_is_what_was_linked(name: str, library: str) -> None:
    graph = read_graph(mlperf_tiny(name))
    found = size({op.kind for op in graph.ops}, library=library)
    code, ram = LINKED[library][name]
    assert found.interpreter + found.operators == pytest.approx(code, rel=0.01)
    assert found.static_ram == pytest.approx(ram, abs=16)
    assert found.is_same
    assert found.unknown == found.elsewhere == found.stack_unknown == ()
    assert 400 < found.stack < 2000


def test_what_operators_share_is_counted_once() -> None:
    conv, dense = size(["CONV_2D"]).operators, size(["FULLY_CONNECTED"]).operators
    both = size(["CONV_2D", "FULLY_CONNECTED"]).operators
    assert max(conv, dense) < both < conv + dense
    assert size([]).operators == 0


def test_other_types_than_int8_need_more() -> None:
    assert size(["CONV_2D"], int8=False).operators > size(["CONV_2D"]).operators


def test_an_operator_that_was_measured_nowhere_is_named() -> None:
    found = size(["CONV_2D", "CUSTOM:frobnicate"])
    assert found.unknown == ("CUSTOM:frobnicate",)
    assert found.operators == size(["CONV_2D"]).operators
    assert "CUSTOM:frobnicate" in found.stack_unknown


def test_a_core_that_was_not_measured_is_taken_for_an_m4_and_says_so() -> None:
    found = size(["CONV_2D"], core="cortex-a9")
    assert not found.is_same
    assert found.operators == size(["CONV_2D"]).operators
    assert "cortex-m4" in found.measured_on


def test_the_same_instructions_count_as_the_same_core() -> None:
    table = json.loads(TFLM_TABLE.read_text())
    if "cortex-m0" not in table["cores"]:
        pytest.skip("TFLM was not measured on the M0")
    assert size(["ADD"], core="cortex-m0plus", library="reference").is_same


def test_groups_refer_to_operators() -> None:
    table = json.loads(TFLM_TABLE.read_text())
    for kernels in table["cores"].values():
        for entry in kernels.values():
            assert entry["operators"] == sorted(entry["operators"])
            needed = [tuple(group["needed_by"]) for group in entry["groups"]]
            assert len(set(needed)) == len(needed)
            assert all(0 <= i < len(entry["operators"]) for key in needed for i in key)
            assert entry["base"]["flash"] > 5000
            assert {"CONV_2D", "FULLY_CONNECTED"} <= {k for m in entry["stack"] for k in m["operators"]}


def test_kernels_are_chosen() -> None:
    graph, board = small_network(), load_board("mps2-an386")
    reference = estimate(graph, board, "tflm", library="reference")
    optimized = estimate(graph, board, "tflm", library="cmsis-nn")
    assert reference.flash_bytes < optimized.flash_bytes
    assert reference.ram_bytes < optimized.ram_bytes
    assert "reference kernels" in {p.name: p for p in reference.flash}["TFLM operators"].method
    assert reference.stack is not None
    assert reference.stack.bytes < board.stack_bytes
