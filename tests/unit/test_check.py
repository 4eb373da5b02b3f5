"""What an accelerator runs and why not: CMSIS-NN by rules, Ethos-U by Vela, profiles as data."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.int8 import Int8Builder, bottleneck_network, small_network
from tests.models import MLPERF_TINY, mlperf_tiny
from tinyq.errors import BadInputError, MissingToolError
from tinyq.graph import DType, Graph, Quantization, read_graph
from tinyq.graph.options import ConvOptions, NoOptions
from tinyq.hardware import vela
from tinyq.hardware.accelerators import all_accelerators, load_accelerator
from tinyq.hardware.check import check
from tinyq.hardware.findings import Findings, OpFinding
from tinyq.hardware.rules_facts import NAMES, facts_of

needs_vela = pytest.mark.skipif(
    importlib.util.find_spec("ethosu") is None, reason="ethos-u-vela is not installed (pip install 'tinyq[vela]')"
)


def cmsis(graph: Graph) -> tuple[OpFinding, ...]:
    return check(graph, load_accelerator("cmsis-nn")).ops


def broken(finding: OpFinding) -> dict[str, str]:
    return {f.rule: f.detail for f in finding.failures}


# --- CMSIS-NN


def test_usual_int8_networks_are_all_fast() -> None:
    for graph in (small_network(), *(read_graph(mlperf_tiny(n)) for n in ("kws", "vww", "ad"))):
        findings = check(graph, load_accelerator("cmsis-nn"))
        assert findings.complies, [op for op in findings.ops if not op.complies]
        assert findings.count("unsupported") == 0
        assert findings.estimate is None
        assert all(op.kernel.startswith("arm_") for op in findings.ops if not op.neutral)


def test_resnet_has_two_strided_pointwise_convolutions() -> None:
    findings = check(read_graph(mlperf_tiny("resnet")), load_accelerator("cmsis-nn"))
    slower = [op for op in findings.ops if not op.complies]
    assert [op.kind for op in slower] == ["CONV_2D", "CONV_2D"]
    assert all(op.placement == "accelerator" and op.kernel == "arm_convolve_1x1_s8" for op in slower)
    assert broken(slower[0]) == {"pointwise-stride": "kh = 1, kw = 1, sh = 2, sw = 2"}
    assert findings.count("accelerator") == len(findings.ops) - 1  # all but RESHAPE


def test_kernel_of_a_convolution_follows_its_shape() -> None:
    b = Int8Builder()
    x = b.activation((1, 1, 16, 4))
    b.op("CONV_2D", [x, b.weights((8, 1, 3, 4), 0)], b.activation((1, 1, 16, 8)), ConvOptions())
    b.op("CONV_2D", [x, b.weights((8, 1, 1, 4), 0)], b.activation((1, 1, 16, 8)), ConvOptions())
    b.op("CONV_2D", [x, b.weights((8, 1, 1, 4), 0)], b.activation((1, 1, 8, 8)), ConvOptions(1, 2))
    b.op("CONV_2D", [x, b.weights((8, 3, 3, 4), 0)], b.activation((1, 1, 16, 8)), ConvOptions())
    graph = b.graph([x], [b.ops[-1].outputs[0]])
    kernels = ["arm_convolve_1_x_n_s8", "arm_convolve_1x1_s8_fast", "arm_convolve_1x1_s8", "arm_convolve_s8"]
    assert [op.kernel for op in cmsis(graph)] == kernels


def test_weight_zero_points_are_unsupported_and_not_only_slow() -> None:
    b = Int8Builder()
    x = b.activation((1, 4, 4, 2))
    y = b.conv(x, 3)
    index = b.ops[0].inputs[1]
    old = b.tensors[index].quantization
    assert old is not None
    b.tensors[index] = replace(b.tensors[index], quantization=Quantization(old.scale, np.array([0, 1, 0]), 0))
    (finding,) = cmsis(b.graph([x], [y]))
    assert finding.placement == "unsupported"
    assert broken(finding) == {"weight-zero": "w_zeros = (0, 1, 0)"}
    assert "results are wrong" in finding.failures[0].why
    assert finding.failures[0].mend
    assert finding.kernel == ""


def test_every_failing_rule_is_told() -> None:
    b = Int8Builder()
    x = b.activation((2, 9, 9, 4))
    y = b.depthwise(x)
    b.ops[0] = replace(b.ops[0], options=replace(b.ops[0].options, dilation_h=2, dilation_w=2))
    (finding,) = cmsis(b.graph([x], [y]))
    assert broken(finding) == {"dilation": "dh = 2, dw = 2", "batch": "batch = 2"}
    assert finding.placement == "accelerator"
    assert finding.kernel == "arm_depthwise_conv_s8"
    assert not finding.complies


def test_broadcast_floats_and_absent_operators_run_in_software() -> None:
    b = Int8Builder()
    x, y = b.activation((1, 4, 4, 2)), b.activation((1, 1, 1, 2))
    z = b.op("LOGISTIC", [b.add(x, y)], b.activation((1, 4, 4, 2)), NoOptions())
    graph = b.graph([x, y], [z])
    added, logistic = cmsis(graph)
    assert (added.placement, logistic.placement) == ("software", "software")
    assert broken(added) == {"broadcast": "broadcast = True"}
    assert "no CMSIS-NN kernel" in logistic.failures[0].why
    floats = replace(graph, tensors=tuple(replace(t, dtype=DType.FLOAT32, quantization=None) for t in graph.tensors))
    assert set(broken(cmsis(floats)[0])) == {"types", "broadcast"}


# --- profiles as data


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINYQ_PATH", str(tmp_path))
    (tmp_path / "accelerators").mkdir()
    return tmp_path / "accelerators"


MINE = """
id = "mine"
title = "Mine"
kind = "whole_graph"
[source]
document = "datasheet"
confidence = "derived"
[[operator]]
kinds = ["CONV_2D"]
[[operator.rule]]
id = "kernel"
requires = "(kh, kw) in ((1, 1), (3, 3)) and power_of_two(out_scales)"
why = "The kernel must be 1x1 or 3x3 and scales powers of two."
otherwise = "unsupported"
"""


def test_an_accelerator_is_one_file(folder: Path) -> None:
    (folder / "mine.toml").write_text(MINE)
    assert "mine" in [a.id for a in all_accelerators()]
    b = Int8Builder()
    x = b.activation((1, 8, 8, 4))
    y = b.conv(x, 4, kernel=5)
    (finding,) = check(b.graph([x], [y]), load_accelerator("mine")).ops
    assert finding.placement == "unsupported"
    assert finding.failures[0].detail == "kh = 5, kw = 5, out_scales = 0.05"
    assert (finding.failures[0].source, finding.failures[0].confidence) == ("datasheet", "derived")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kh, kw", "kh, kww", "unknown fact 'kww'"),
        ("power_of_two(out_scales)", "__import__('os').system('true')", "not allowed"),
        ('id = "mine"', 'id = "other"', "says id"),
        ('kind = "whole_graph"', 'kind = "toaster"', "not valid"),
        ('kinds = ["CONV_2D"]', 'kinds = ["CONV_2D", "CONV_2D"]', "described twice"),
        ("[source]", "[source", "cannot be read"),
    ],
)
def test_a_bad_file_is_one_clear_error(folder: Path, old: str, new: str, words: str) -> None:
    (folder / "mine.toml").write_text(MINE.replace(old, new))
    with pytest.raises(BadInputError, match=words) as error:
        load_accelerator("mine")
    assert error.value.hint


def test_unknown_accelerator_names_near_ones() -> None:
    with pytest.raises(BadInputError, match=r"no accelerator named 'ethos-u55'.*ethos-u55-"):
        load_accelerator("ethos-u55")


def test_every_shipped_rule_can_be_evaluated_for_every_operator() -> None:
    graphs = [small_network(), bottleneck_network()]
    floats = [replace(g, tensors=tuple(replace(t, quantization=None) for t in g.tensors)) for g in graphs]
    for accelerator in all_accelerators():
        if accelerator.oracle is None:
            for graph in graphs + floats:
                assert len(check(graph, accelerator).ops) == len(graph.ops)


def test_facts_of_a_depthwise_convolution() -> None:
    b = Int8Builder()
    x = b.activation((1, 8, 6, 4))
    graph = b.graph([x], [b.depthwise(x, stride=2)])
    facts = facts_of(graph, graph.ops[0])
    assert (facts.ih, facts.iw, facts.cin, facts.oh, facts.ow, facts.cout) == (8, 6, 4, 4, 3, 4)
    assert (facts.kh, facts.sh, facts.dh, facts.groups, facts.multiplier) == (3, 2, 1, 4, 1)
    assert (facts.pt, facts.pb, facts.pl, facts.pr) == (0, 1, 0, 1)
    assert (facts.x, facts.w, facts.b, facts.out, facts.rank) == ("int8", "int8", "int32", "int8", 4)
    assert facts.w_per_channel
    assert facts.w_constant
    assert set(facts.as_dict()) == set(NAMES)


# --- Ethos-U

MEASURED = {"kws": (89_900, 22_192), "resnet": (201_747, 51_840), "vww": (220_870, 74_480), "ad": (201_184, 768)}


def ethos(graph: Graph, name: str = "ethos-u55-128") -> Findings:
    return check(graph, load_accelerator(name))


@needs_vela
@pytest.mark.parametrize("name", MLPERF_TINY)
def test_vela_agrees_with_its_command_line(name: str) -> None:
    """Cycles and bytes of SRAM that ``vela --accelerator-config ethos-u55-128`` prints for the four models."""
    findings = ethos(read_graph(mlperf_tiny(name)))
    assert findings.complies
    assert findings.estimate is not None
    assert (findings.estimate.cycles, findings.estimate.sram_bytes) == MEASURED[name]
    assert "Vela 5.2.0" in findings.estimate.method


@needs_vela
@pytest.mark.parametrize("name", ["ethos-u55-32", "ethos-u65-256", "ethos-u85-256"])
def test_every_family_takes_a_plain_network(name: str) -> None:
    findings = ethos(small_network(), name)
    assert findings.count("accelerator") == len(findings.ops)
    assert findings.estimate is not None
    assert findings.estimate.cycles > 0
    assert sum(op.cycles or 0 for op in findings.ops) > 0


def network_with_cpu_operators() -> Graph:
    b = Int8Builder()
    x = b.activation((1, 16, 16, 8))
    y = b.conv(b.depthwise(x, stride=4), 8)
    out = b.op("FLOOR", [y], b.activation(b.tensors[y].shape), NoOptions())
    return b.graph([x], [out])


@needs_vela
def test_operators_on_the_cpu_and_why() -> None:
    depthwise, conv, floor = ethos(network_with_cpu_operators()).ops
    assert [op.placement for op in (depthwise, conv, floor)] == ["software", "accelerator", "software"]
    assert "between 1 and 3" in depthwise.failures[0].why
    assert "4x4" in depthwise.failures[0].detail
    assert depthwise.failures[0].mend
    assert floor.failures[0].why == "The operator runs on the CPU only."
    assert depthwise.cycles == floor.cycles == 0
    assert conv.cycles


@needs_vela
def test_all_reasons_are_told_not_only_the_first() -> None:
    b = Int8Builder()
    x = b.activation((1, 16, 16, 8))
    y = b.depthwise(x, stride=4)
    index = b.ops[0].inputs[1]
    b.tensors[index] = replace(b.tensors[index], data=None)  # weights as an input
    (finding,) = ethos(b.graph([x, index], [y])).ops
    assert finding.placement == "software"
    assert {"constraint_depthwise_conv_stride", "constraint_weights_const"} <= set(broken(finding))


@needs_vela
def test_where_only_regor_knows_its_reason_is_told() -> None:
    *_, floor = ethos(network_with_cpu_operators(), "ethos-u85-256").ops
    assert floor.placement == "software"
    assert [(f.rule, bool(f.why)) for f in floor.failures] == [("regor", True)]


@needs_vela
def test_where_regor_gives_one_reason_our_rules_stand_beside_it() -> None:
    b = Int8Builder()
    x, y = b.activation((1, 4, 4, 8)), b.activation((1, 4, 4, 8))
    out = b.op("MAXIMUM", [x, y], b.activation((1, 4, 4, 8), 0.07), NoOptions())
    (finding,) = ethos(b.graph([x, y], [out]), "ethos-u85-256").ops
    assert finding.placement == "software"
    assert [f.rule for f in finding.failures] == ["regor", "same-scale"]


@needs_vela
def test_compiled_model_is_a_tflite_with_the_npus_operator() -> None:
    report = vela.compile_model(small_network(), "ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram")
    assert report.compiled[4:8] == b"TFL3"
    assert b"ethos-u" in report.compiled


def test_without_vela_rules_decide_and_a_note_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    findings = ethos(network_with_cpu_operators())
    assert [op.placement for op in findings.ops] == ["software", "accelerator", "software"]
    assert "stride" in broken(findings.ops[0])
    assert findings.estimate is None
    assert "pip install 'tinyq[vela]'" in findings.notes[0]


def test_without_vela_and_without_rules_the_error_says_how_to_get_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (folder / "bare.toml").write_text(
        'id = "bare"\ntitle = "Bare"\nkind = "op_delegate"\nsource = {document = "Vela"}\n'
        'oracle = {type = "vela", accelerator = "ethos-u55-128", '
        'system_config = "Ethos_U55_High_End_Embedded", memory_mode = "Shared_Sram"}\n'
    )
    with pytest.raises(MissingToolError) as error:
        ethos(small_network(), "bare")
    assert "pip install 'tinyq[vela]'" in error.value.hint


@needs_vela
def test_another_version_of_vela_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vela, "VERSION", "4.0.0")
    findings = ethos(small_network())
    assert findings.method != "Vela 4.0.0"
    assert "works with Vela 4.0.0" in findings.notes[0]


@needs_vela
def test_what_vela_refuses_is_a_finding_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> vela.VelaReport:
        raise BadInputError("Vela cannot compile the model (stub).", "Mend it.")

    monkeypatch.setattr(vela, "compile_model", refuse)
    findings = ethos(small_network())
    assert findings.verdict == "unsupported"
    assert [(f.rule, f.why, f.mend) for f in findings.failures] == [
        ("vela", "Vela 5.2.0 refuses the whole model: Vela cannot compile the model (stub).", "Mend it.")
    ]


@needs_vela
def test_int4_weights_which_vela_cannot_take_are_named() -> None:
    """Vela 5.2.0 ends with SIGFPE on them; the child process and the rules turn that into findings."""
    b = Int8Builder()
    x = b.activation((1, 8, 8, 4))
    graph = b.graph([x], [b.conv(x, 4)])
    index = graph.ops[0].inputs[1]
    weights = replace(graph.tensors[index], dtype=DType.INT4, data=np.ones((4, 3, 3, 4), np.int8))
    findings = ethos(graph.replace_tensors({index: weights}))
    assert findings.verdict == "unsupported"
    assert broken(findings.ops[0]) == {"weight-type": "w = int4"}
    assert findings.failures[0].mend == "Mend the rules that its operators break."


# --- contract with Vela 5.2.0: nothing of this is documented as stable


@needs_vela
def test_contract_version_and_configuration() -> None:
    from importlib import metadata

    from ethosu.vela import architecture_features

    assert metadata.version("ethos-u-vela") == vela.VERSION == "5.2.0"
    ini = Path(architecture_features.CONFIG_FILES_PATH) / "Arm" / "vela.ini"
    sections = ini.read_text()
    for accelerator in all_accelerators():
        if accelerator.oracle is not None:
            assert f"[System_Config.{accelerator.oracle.system_config}]" in sections
            assert f"[Memory_Mode.{accelerator.oracle.memory_mode}]" in sections
            assert accelerator.oracle.accelerator in architecture_features.Accelerator.member_list()


@needs_vela
def test_contract_rules_of_both_cores() -> None:
    from ethosu import regor
    from ethosu.vela import tflite_model_semantic, tflite_supported_operators

    texts = regor.tflite_operator_constraints("EthosU55")
    assert "Kernel stride must be in the range (1,3)." in texts["DEPTHWISE_CONV_2D"]
    assert any("8323072" in text for text in texts["CONV_2D"])
    classes = (tflite_model_semantic.TFLiteSemantic, tflite_supported_operators.TFLiteSupportedOperators)
    known = {name for c in classes for name in dir(c) if name.startswith("constraint")}
    assert set(vela.mended_constraints()) <= known
    for c in classes:
        checker = c()
        assert checker.generic_constraints
        assert checker.specific_constraints
        assert all(constraint.__doc__ for constraint in checker.generic_constraints)
