"""The shipped accelerators: what each takes and refuses, tensor by tensor, and the verdict on whole models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.graphs.int8 import Int8Builder, small_network
from tests.models import mlperf_tiny
from tinyq.api.checking import check_report, list_accelerators, scheme_words
from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, Quantization, read_graph
from tinyq.graph.options import ConvOptions, DepthwiseConvOptions, NoOptions, PoolOptions
from tinyq.hardware.accelerators import Accelerator, all_accelerators, load_accelerator
from tinyq.hardware.check import check_by_rules
from tinyq.hardware.findings import Findings, OpFinding
from tinyq.hardware.tensor_facts import facts_of, roles_of
from tinyq.quantization.recipe import SchemePart


def found(graph: Graph, accelerator: str) -> Findings:
    return check_by_rules(graph, load_accelerator(accelerator))


def one(graph: Graph, accelerator: str) -> OpFinding:
    (finding,) = found(graph, accelerator).ops
    return finding


def rules(finding: OpFinding) -> set[str]:
    return {f.rule for f in finding.failures}


def conv(
    shape: tuple[int, ...] = (1, 16, 16, 16), out: int = 16, kernel: int = 3, options: ConvOptions | None = None
) -> Graph:
    options = options or ConvOptions()
    b = Int8Builder()
    x = b.activation(shape)
    w = b.weights((out, kernel, kernel, shape[3]), 0)
    y = b.activation((shape[0], -(-shape[1] // options.stride_h), -(-shape[2] // options.stride_w), out))
    b.op("CONV_2D", [x, w, b.bias(x, w, out)], y, options)
    return b.graph([x], [y])


def depthwise(channels: int, multiplier: int = 1, kernel: int = 3) -> Graph:
    b = Int8Builder()
    x = b.activation((1, 8, 8, channels))
    w = b.weights((1, kernel, kernel, channels * multiplier), 3)
    y = b.activation((1, 8, 8, channels * multiplier))
    b.op(
        "DEPTHWISE_CONV_2D",
        [x, w, b.bias(x, w, channels * multiplier)],
        y,
        DepthwiseConvOptions(depth_multiplier=multiplier),
    )
    return b.graph([x], [y])


def powers_of_two(graph: Graph) -> Graph:
    """The same graph with scales that are powers of two, one for each tensor, and without zero points."""
    tensors = tuple(
        t if t.quantization is None else replace(t, quantization=Quantization.per_tensor(2.0**-5, 0))
        for t in graph.tensors
    )
    return replace(graph, tensors=tensors)


# --- ESP-NN


@pytest.mark.parametrize(
    ("graph", "kernel", "broken"),
    [
        (conv((1, 8, 8, 16), kernel=1), "esp_nn_conv_s8_mult8_1x1_esp32s3", set()),
        (conv((1, 8, 8, 12), kernel=1), "esp_nn_conv_s8_1x1", {"pointwise-channels"}),
        (conv((1, 8, 8, 3)), "esp_nn_conv_s8_im2col_s3", set()),
        (conv((1, 8, 8, 16)), "esp_nn_conv_s8_filter_aligned_input_padded_esp32s3", set()),
        (conv((1, 8, 8, 10)), "esp_nn_conv_s8_filter_aligned_input_padded_esp32s3", {"row-alignment"}),
        (conv(options=ConvOptions(dilation_h=2, dilation_w=2)), "", {"dilation"}),
        (depthwise(16), "esp_nn_depthwise_conv_s8_mult1_3x3_padded_esp32s3", set()),
        (depthwise(16, kernel=5), "esp_nn_depthwise_conv_s16_mult1_esp32s3", set()),
        (depthwise(10), "esp_nn_depthwise_conv_s16_mult1_esp32s3", {"channels"}),
        (depthwise(3), "esp_nn_depthwise_conv_s8_opt", {"multiplier"}),
        (depthwise(3, 8), "esp_nn_depthwise_conv_s16_mult8_esp32s3", set()),
        (depthwise(3, 4), "esp_nn_depthwise_conv_s16_mult4_esp32s3", set()),
    ],
)
def test_esp_nn_says_which_kernel_runs(graph: Graph, kernel: str, broken: set[str]) -> None:
    finding = one(graph, "esp-nn")
    assert rules(finding) == broken
    assert finding.kernel == kernel
    assert finding.placement == ("accelerator" if kernel else "software")
    assert finding.complies is not bool(broken)


# --- MAX78000 and MAX78002


def test_a_network_made_for_the_max78000_complies() -> None:
    b = Int8Builder()
    x = b.activation((1, 16, 16, 3))
    y = b.max_pool(b.conv(x, 16), 2)
    y = b.conv(y, 8, kernel=1)
    graph = b.graph([x], [b.dense(b.flatten(y), 5)])
    assert found(graph, "max78000").verdict == "unsupported"
    findings = found(powers_of_two(graph), "max78000")
    assert findings.verdict == "complies", [op for op in findings.ops if not op.complies]
    assert all(not t.failures for t in findings.tensors)


@pytest.mark.parametrize("name", ["max78000", "max78002"])
def test_usual_quantization_is_told_tensor_by_tensor(name: str) -> None:
    findings = found(conv(), name)
    told = {t.role: {f.rule for f in t.failures} for t in findings.tensors}
    assert told["input"] == told["output"] == {"power-of-two", "zero-point"}
    assert told["weights"] == {"power-of-two", "per-tensor"}
    assert told["bias"] == set()
    (op,) = findings.ops
    assert op.placement == "unsupported"
    assert not op.failures
    assert len(op.tensors) == 3
    assert {f.confidence for t in findings.tensors for f in t.failures} == {"derived"}


@pytest.mark.parametrize(
    ("graph", "broken"),
    [
        (conv(kernel=5), {"kernel"}),
        (conv(options=ConvOptions(stride_h=2, stride_w=2)), {"stride", "padding"}),
        (conv(options=ConvOptions(activation="RELU6")), {"activation"}),
        (conv((1, 4, 4, 1028)), {"channels"}),
        (conv(out=600), {"bias"}),
        (depthwise(8), {"groups"}),
    ],
)
def test_max78000_refuses_what_its_document_says(graph: Graph, broken: set[str]) -> None:
    finding = one(powers_of_two(graph), "max78000")
    assert rules(finding) == broken
    assert finding.placement == "unsupported"


def test_max78002_has_depthwise_convolutions_and_dilation() -> None:
    assert one(powers_of_two(depthwise(8)), "max78002").complies
    dilated = conv(options=ConvOptions(dilation_h=2, dilation_w=2))
    assert one(powers_of_two(dilated), "max78002").complies
    assert rules(one(powers_of_two(dilated), "max78000")) == {"dilation"}


def test_whole_model_limits_of_the_max78000() -> None:
    b = Int8Builder()
    x = y = b.activation((1, 4, 4, 64))
    for _ in range(33):
        y = b.conv(y, 64)
    findings = found(powers_of_two(b.graph([x], [y])), "max78000")
    assert [f.rule for f in findings.failures] == ["layers", "weight-memory"]
    assert findings.failures[1].detail == f"weight_bytes = {33 * 64 * 64 * 9}"
    assert findings.verdict == "unsupported"


def test_data_memory_of_the_max78000() -> None:
    def broken(size: int) -> set[str]:
        findings = found(powers_of_two(conv((1, size, size, 4), out=4, kernel=1)), "max78000")
        return {f"{t.role} {f.rule}" for t in findings.tensors for f in t.failures}

    assert broken(90) == set()
    assert broken(91) == {"output plane"}
    assert broken(182) == {"output plane", "input input-plane"}


def test_softmax_in_software_is_no_obstacle_on_a_whole_graph_accelerator() -> None:
    b = Int8Builder()
    x = b.activation((1, 16))
    dense = b.dense(x, 4)
    graph = powers_of_two(b.graph([x], [b.softmax(dense)]))
    out = graph.outputs[0]
    graph = graph.replace_tensors({out: replace(graph.tensors[out], quantization=Quantization.per_tensor(1 / 256, 7))})
    findings = found(graph, "max78000")
    assert [op.placement for op in findings.ops] == ["accelerator", "software"]
    assert not [t for t in findings.tensors if t.failures]
    assert findings.verdict == "partly"


# --- the others


def test_edge_tpu_leaves_everything_after_the_first_foreign_operator() -> None:
    b = Int8Builder()
    x = b.activation((1, 8, 8, 4))
    y = b.conv(x, 4)
    y = b.op("FLOOR", [y], b.activation((1, 8, 8, 4)), NoOptions())
    graph = b.graph([x], [b.conv(y, 4)])
    findings = found(graph, "edge-tpu")
    assert [op.placement for op in findings.ops] == ["accelerator", "software", "software"]
    assert rules(findings.ops[2]) == {"after-first"}
    crossing = [t.index for t in findings.tensors if t.crosses]
    assert crossing == [graph.ops[0].outputs[0]]
    assert [op.placement for op in found(graph, "neutron").ops] == ["accelerator", "software", "accelerator"]


def test_edge_tpu_takes_8_bits_and_three_dimensions() -> None:
    graph = conv((2, 8, 8, 4))
    assert {f.rule for t in found(graph, "edge-tpu").tensors for f in t.failures} == {"dimensions"}
    wide = replace(graph, tensors=tuple(replace(t, dtype=DType.INT16) for t in graph.tensors))
    findings = found(wide, "edge-tpu")
    assert {t.role for t in findings.tensors if any(f.rule == "data-type" for f in t.failures)} == {
        "input", "output", "weights"
    }  # fmt: skip
    assert findings.ops[0].placement == "software"


def test_fused_activations_of_pooling_are_not_for_the_edge_tpu() -> None:
    b = Int8Builder()
    x = b.activation((1, 8, 8, 4))
    y = b.op("MAX_POOL_2D", [x], b.same(x, (1, 4, 4, 4)), PoolOptions(2, 2, 2, 2, activation="RELU"))
    finding = one(b.graph([x], [y]), "edge-tpu")
    assert (finding.placement, rules(finding)) == ("software", {"activation"})


def test_silabs_mvp_limits_rows_and_odd_channels() -> None:
    assert one(conv((1, 8, 8, 16)), "silabs-mvp").complies
    assert rules(one(conv((1, 4, 100, 42)), "silabs-mvp")) == {"input-row"}
    odd = one(conv((1, 8, 8, 3)), "silabs-mvp")
    assert (odd.placement, rules(odd), odd.complies) == ("accelerator", {"even-channels"}, False)
    assert "not bit-exact" in found(conv(), "silabs-mvp").notes[0]


def test_neural_art_and_neutron_take_int8_weights_only() -> None:
    graph = conv()
    index = graph.ops[0].inputs[1]
    int4 = graph.replace_tensors({index: replace(graph.tensors[index], dtype=DType.INT4)})
    for name in ("neural-art", "neutron", "silabs-mvp"):
        assert one(graph, name).complies
        findings = found(int4, name)
        (weights,) = [t for t in findings.tensors if t.failures]
        assert (weights.role, weights.failures[0].rule) == ("weights", "weight-type")
        assert findings.ops[0].placement == "software"


def test_neutron_limits_one_window() -> None:
    assert rules(one(conv((1, 16, 16, 512), out=1, kernel=12), "neutron")) == {"window"}


def test_what_only_the_vendor_knows_is_unknown() -> None:
    findings = found(small_network(), "syntiant-ndp120")
    assert findings.verdict == "unknown"
    assert not findings.complies
    assert {op.placement for op in findings.ops} == {"unknown"}
    assert "Syntiant" in findings.notes[0]


# --- whole models


@pytest.mark.parametrize("name", ["kws", "resnet", "vww", "ad"])
def test_verdicts_on_the_reference_models(name: str) -> None:
    graph = read_graph(mlperf_tiny(name))
    verdicts = {a.id: check_by_rules(graph, a).verdict for a in all_accelerators()}
    softmax = name != "ad"
    expected = {
        "cmsis-nn": "partly" if name == "resnet" else "complies",
        "edge-tpu": "complies",
        "esp-nn": "partly" if name == "ad" else "complies",
        "max78000": "unsupported",
        "max78002": "unsupported",
        "neural-art": "partly" if softmax else "complies",
        "neutron": "complies",
        "silabs-mvp": "partly" if softmax else "complies",
        "syntiant-ndp120": "unknown",
    }
    assert {k: v for k, v in verdicts.items() if not k.startswith("ethos")} == expected
    assert {v for k, v in verdicts.items() if k.startswith("ethos")} == {"complies"}


def test_every_file_is_sound() -> None:
    accelerators = all_accelerators()
    assert len(accelerators) == 20
    for accelerator in accelerators:
        everything = [r for entry in accelerator.operator for r in entry.rule]
        for rule in (*everything, *accelerator.tensor, *accelerator.model):
            assert rule.why.endswith("."), (accelerator.id, rule.id)
            assert rule.mend == "" or rule.mend.endswith("."), (accelerator.id, rule.id)
            assert rule.options == "" or rule.mend, (accelerator.id, rule.id)
        assert accelerator.source.document
        assert accelerator.source.url.startswith("https://")


def test_options_that_are_offered_exist() -> None:
    from tinyq.quantization.recipe import SCHEMES
    from tinyq.quantization.transforms import transforms

    known = {f"--scheme {s}" for s in SCHEMES} | {f"--transform {t}" for t in transforms()}
    offered = {
        rule.options
        for a in all_accelerators()
        for rule in (*(r for entry in a.operator for r in entry.rule), *a.tensor, *a.model)
        if rule.options
    }
    assert offered <= known


def test_commands_that_mend() -> None:
    max78000 = check_report(conv(), load_accelerator("max78000"))
    assert max78000.commands == ("tinyq quantize FLOAT_MODEL --data DATA --accelerator max78000 -o QUANTIZED.tflite",)
    graph = conv()
    index = graph.ops[0].inputs[1]
    int4 = graph.replace_tensors({index: replace(graph.tensors[index], dtype=DType.INT4)})
    assert check_report(int4, load_accelerator("neutron")).commands == (
        "tinyq quantize FLOAT_MODEL --data DATA --scheme w8a8 -o QUANTIZED.tflite",
    )
    assert check_report(conv(), load_accelerator("neutron")).commands == ()


def test_list_of_accelerators_names_rules_scheme_and_source() -> None:
    entries = {e.id: e for e in list_accelerators().accelerators}
    assert entries["max78000"].scheme == "per_channel: false, scales: power-of-two, symmetric: true"
    assert entries["ethos-u55-32"].rules == entries["ethos-u55-128"].rules > 20
    assert entries["syntiant-ndp120"].kind == "external_tool"
    assert scheme_words("w8a8") == "w8a8"
    assert scheme_words(SchemePart(weight_bits=4)) == "weight_bits: 4"


# --- tensors


def test_roles_and_facts_of_tensors() -> None:
    graph = conv((1, 6, 5, 4), out=8)
    assert sorted(roles_of(graph).values()) == ["bias", "input", "output", "weights"]
    x = graph.inputs[0]
    facts = facts_of(graph.tensors[x], "input")
    assert (facts.rank, facts.batch, facts.elements, facts.bytes) == (4, 1, 120, 120)
    assert (facts.outer, facts.plane, facts.widest) == (1, 30, 6)
    assert (facts.quantized, facts.per_channel, facts.zeros) == (True, False, (3,))


def test_shapes_and_axes_have_no_role() -> None:
    b = Int8Builder()
    x = b.activation((1, 4, 4, 2))
    graph = b.graph([x], [b.mean(x)])
    assert len(roles_of(graph)) == 2


# --- files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINYQ_PATH", str(tmp_path))
    (tmp_path / "accelerators").mkdir()
    return tmp_path / "accelerators"


BASE = 'id = "{0}"\ntitle = "{0}"\nlike = "{1}"\n'


def test_a_file_can_be_like_another(folder: Path) -> None:
    (folder / "mine.toml").write_text(BASE.format("mine", "max78000") + 'absent_otherwise = "software"\n')
    mine, other = load_accelerator("mine"), load_accelerator("max78000")
    assert mine.operator == other.operator
    assert (mine.absent_otherwise, other.absent_otherwise) == ("software", "unsupported")


@pytest.mark.parametrize(
    ("like", "words"), [("nothing", "which there is not"), ("mine", "which there is not"), ("ethos-u55-32", "itself")]
)
def test_being_like_nothing_is_refused(folder: Path, like: str, words: str) -> None:
    (folder / "mine.toml").write_text(BASE.format("mine", like))
    with pytest.raises(BadInputError, match=words):
        load_accelerator("mine")


def test_a_rule_that_cannot_be_evaluated_names_itself(folder: Path) -> None:
    (folder / "mine.toml").write_text(
        'id = "mine"\ntitle = "Mine"\nkind = "op_delegate"\nsource = {document = "datasheet"}\n'
        '[[operator]]\nkinds = ["CONV_2D"]\n[[operator.rule]]\n'
        'id = "zero"\nrequires = "cin % multiplier == 0"\nwhy = "W."\n'
    )
    with pytest.raises(BadInputError, match=r"rule 'zero' of the accelerator mine cannot evaluate"):
        found(conv(), "mine")


@pytest.mark.parametrize(
    ("key", "value"),
    [("options", "--scheme w8a8; rm"), ("options", "--out /"), ("requires", "plane == 1"), ("otherwise", "melts")],
)
def test_a_rule_that_is_not_sound_is_refused(folder: Path, key: str, value: str) -> None:
    rule = {"id": "r", "requires": "kh == 1", "why": "W.", key: value}
    lines = "\n".join(f'{k} = "{v}"' for k, v in rule.items())
    (folder / "mine.toml").write_text(
        'id = "mine"\ntitle = "Mine"\nkind = "op_delegate"\nsource = {document = "datasheet"}\n'
        f'[[operator]]\nkinds = ["CONV_2D"]\n[[operator.rule]]\n{lines}\n'
    )
    with pytest.raises(BadInputError, match=key):
        load_accelerator("mine")


def test_an_accelerator_is_frozen() -> None:
    accelerator: Accelerator = load_accelerator("neutron")
    with pytest.raises(ValueError, match="frozen"):
        accelerator.title = "other"  # type: ignore[misc]
