"""The four MLPerf Tiny models on every accelerator, and tinyq's own Ethos-U rules held against Vela's compiler.

``python -m benchmarks.accelerators`` prints ``docs/accelerators.md``'s tables; with ``--write`` it puts them there.
Needs the MLPerf Tiny reference models (``TINYQ_MLPERF_TINY`` names their folder) and Vela. Exits 1 if Vela and the
rules disagree anywhere without an explanation here.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.accelerator_probes import Group, groups
from tinyq.graph import Graph, read_graph
from tinyq.hardware.accelerators import Accelerator, all_accelerators, load_accelerator
from tinyq.hardware.check import check, check_by_rules
from tinyq.hardware.findings import Findings, OpFinding

MODELS = {
    "KWS": "kws/kws_ref_model.tflite",
    "ResNet-8": "ic/pretrainedResnet_quant.tflite",
    "VWW": "vww/vww_96_int8.tflite",
    "AD": "ad/ad01_int8.tflite",
}
PROBED = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")
DOCUMENT = Path(__file__).parents[1] / "docs" / "accelerators.md"
START, END = "<!-- measured: python -m benchmarks.accelerators --write -->", "<!-- end of what is measured -->"

EXPLANATIONS: dict[tuple[str, str, str], str] = {}
"""(accelerator, operator, probe or model) -> why Vela and the rules disagree there."""


@dataclass(frozen=True)
class Comparison:
    """One operator under Vela and under the rules."""

    accelerator: str
    kind: str
    where: str
    vela: str
    ours: str

    @property
    def agrees(self) -> bool:
        return self.vela == self.ours

    @property
    def explanation(self) -> str:
        return EXPLANATIONS.get((self.accelerator, self.kind, self.where), "not explained")


def verdicts(models: dict[str, Graph]) -> Iterator[str]:
    """A Markdown table: accelerators against models."""
    yield "| accelerator | " + " | ".join(models) + " |"
    yield "|---|" + "---|" * len(models)
    for accelerator in all_accelerators():
        cells = [_cell(check(graph, accelerator)) for graph in models.values()]
        yield f"| `{accelerator.id}` | " + " | ".join(cells) + " |"


def _cell(findings: Findings) -> str:
    """ "13 of 13; 89,900 cycles, 22,192 B" or "partly, 14 of 16: pointwise-stride"."""
    counted = [op for op in findings.ops if not op.neutral]
    on = sum(op.complies for op in counted)
    text = f"{on} of {len(counted)}"
    if findings.verdict == "unknown":
        return "not known"
    if findings.verdict != "complies":
        broken = {f.rule for op in counted for f in op.failures} | {f.rule for f in findings.failures}
        broken |= {f.rule for tensor in findings.tensors for f in tensor.failures}
        text = f"{findings.verdict}, {text}: {', '.join(sorted(broken))}"
    if findings.estimate is not None:
        text += f"; {findings.estimate.cycles:,} cycles, {findings.estimate.sram_bytes:,} B"
    return text


def compare_models(models: dict[str, Graph]) -> Iterator[Comparison]:
    """Every operator of the models on every Ethos-U."""
    for accelerator in all_accelerators():
        if accelerator.oracle is None:
            continue
        for name, graph in models.items():
            vela, ours = check(graph, accelerator), check_by_rules(graph, accelerator)
            for theirs, mine in zip(vela.ops, ours.ops, strict=True):
                yield Comparison(accelerator.id, mine.kind, f"{name} {mine.layer}", _place(vela, theirs), _own(mine))


def compare_probes(accelerator: Accelerator) -> Iterator[Comparison]:
    """Every probe; those of a group that Vela refuses as a whole one by one."""
    for group in groups():
        vela = check(group.graph, accelerator)
        singly = any(f.rule == "vela" for f in vela.failures)
        ours = check_by_rules(group.graph, accelerator)
        for probe in group.probes:
            mine = ours.ops[probe.index]
            if singly:
                alone = check(_single(group, probe.index), accelerator)
                place = _place(alone, alone.ops[0])
            else:
                place = _place(vela, vela.ops[probe.index])
            yield Comparison(accelerator.id, mine.kind, probe.name, place, _own(mine))


def _place(findings: Findings, op: OpFinding) -> str:
    if any(f.rule == "vela" for f in findings.failures):
        return "refused"
    return "accelerator" if op.neutral else op.placement


def _own(op: OpFinding) -> str:
    if op.neutral:
        return "accelerator"
    return {"unsupported": "refused"}.get(op.placement, op.placement)


def _single(group: Group, index: int) -> Graph:
    """One operator of a graph as a graph of its own."""
    graph, op = group.graph, group.graph.ops[index]
    used = sorted({t for t in (*op.inputs, *op.outputs) if t >= 0})
    new = {old: i for i, old in enumerate(used)}
    inputs, outputs = tuple(new.get(t, -1) for t in op.inputs), tuple(new[t] for t in op.outputs)
    tensors = tuple(graph.tensors[t] for t in used)
    given = tuple(i for i in inputs if i >= 0 and not tensors[i].is_constant)
    alone = replace(op, inputs=inputs, outputs=outputs)
    return replace(graph, tensors=tensors, ops=(alone,), inputs=given, outputs=outputs)


def agreement(title: str, found: list[Comparison]) -> Iterator[str]:
    """How many operators agree, and each that does not with why."""
    by_accelerator: dict[str, list[Comparison]] = {}
    for comparison in found:
        by_accelerator.setdefault(comparison.accelerator, []).append(comparison)
    yield f"| {title} | operators | Vela on the NPU | agree |"
    yield "|---|---|---|---|"
    for name, entries in by_accelerator.items():
        on = sum(c.vela == "accelerator" for c in entries)
        yield f"| `{name}` | {len(entries)} | {on} | {sum(c.agrees for c in entries)} |"
    yield ""
    different = [c for c in found if not c.agrees]
    if not different:
        yield "No disagreement."
        return
    yield "| accelerator | operator | Vela | rules | why |"
    yield "|---|---|---|---|---|"
    for c in different:
        yield f"| `{c.accelerator}` | {c.kind} {c.where} | {c.vela} | {c.ours} | {c.explanation} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/accelerators.md")
    arguments = parser.parse_args()
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        print("TINYQ_MLPERF_TINY must name the folder of the MLPerf Tiny models.", file=sys.stderr)
        return 2
    models = {name: read_graph((Path(folder) / file).read_bytes()) for name, file in MODELS.items()}
    in_models = list(compare_models(models))
    in_probes = [c for name in PROBED for c in compare_probes(load_accelerator(name))]
    lines = [
        *verdicts(models), "", "### Rules against Vela: the four models", "", *agreement("four models", in_models), "",
        "### Rules against Vela: both sides of every limit", "", *agreement("single operators", in_probes),
    ]  # fmt: skip
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        document = DOCUMENT.read_text(encoding="utf-8")
        before, rest = document.split(START)
        DOCUMENT.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return int(any(c.explanation == "not explained" for c in (*in_models, *in_probes) if not c.agrees))


if __name__ == "__main__":
    sys.exit(main())
