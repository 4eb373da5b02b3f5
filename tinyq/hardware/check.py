"""Which operators and tensors of a model an accelerator takes, and why not the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tinyq.errors import BadInputError, MissingToolError
from tinyq.graph import Graph, Op, layer_name
from tinyq.hardware import model_facts, rules, rules_facts, tensor_facts
from tinyq.hardware.accelerators import Accelerator, ModelRule, Rule, Source, TensorRule, VelaOracle
from tinyq.hardware.findings import Failure, Findings, OpFinding, Placement, TensorFinding, VendorEstimate

_BY_RULES = "rules of the accelerator's file"
_ABSENT = "operator"
_Failures = tuple[Failure, ...]


def check(graph: Graph, accelerator: Accelerator) -> Findings:
    """Place every operator and tensor of a quantized model: by the vendor's compiler where there is one, else by rules.

    Raises:
        MissingToolError: There are no rules, and the vendor's compiler is not installed.
        BadInputError: The vendor's compiler cannot take the model.
    """
    if not isinstance(accelerator.oracle, VelaOracle):
        return check_by_rules(graph, accelerator)
    from tinyq.hardware import vela

    try:
        vela.require()
    except MissingToolError as error:
        if not accelerator.operator:
            raise
        note = f"{error.message} These are tinyq's own rules, without cycles. {error.hint}"
        found = check_by_rules(graph, accelerator)
        return replace(found, notes=(note, *found.notes))
    return _ask_vela(graph, accelerator, accelerator.oracle)


def check_by_rules(graph: Graph, accelerator: Accelerator) -> Findings:
    """Place every operator and tensor by the rules of the accelerator's file alone."""
    own = [_of_op(graph, op, accelerator) for op in graph.ops]
    broken = _broken_tensors(graph, accelerator, _bound(graph, accelerator, own))
    ops = [_find(graph, i, accelerator, own[i], broken) for i in range(len(graph.ops))]
    if accelerator.fallback == "after_first":
        ops = _only_the_start(ops, accelerator.source)
    failures = _failures(accelerator.model, model_facts.facts_of(graph).as_dict(), accelerator)
    notes = tuple(filter(None, (accelerator.tool, accelerator.note)))
    tensors = _tensors(graph, accelerator, ops, broken)
    return Findings(accelerator.id, accelerator.title, _BY_RULES, tuple(ops), tensors, failures, notes=notes)


def _of_op(graph: Graph, op: Op, accelerator: Accelerator) -> tuple[Failure, ...]:
    """The rules that an operator breaks by itself."""
    entry = accelerator.find(op.kind)
    if entry is not None:
        return _failures(entry.rule, rules_facts.facts_of(graph, op).as_dict(), accelerator)
    if op.kind in accelerator.neutral or accelerator.kind == "external_tool":
        return ()
    source = accelerator.source
    return (
        Failure(
            _ABSENT, accelerator.absent, accelerator.absent_otherwise, "", "", "", source.document, source.confidence
        ),
    )


def _bound(graph: Graph, accelerator: Accelerator, own: Sequence[tuple[Failure, ...]]) -> frozenset[int]:
    """The tensors that rules are for: not those that only software touches where that is how it is meant."""
    if accelerator.fallback != "none":
        return frozenset(range(len(graph.tensors)))
    return frozenset(
        tensor
        for op, failures in zip(graph.ops, own, strict=True)
        if op.kind not in accelerator.neutral and _placement(failures) != "software"
        for tensor in (*op.inputs, *op.outputs)
    )


def _find(
    graph: Graph, index: int, accelerator: Accelerator, own: tuple[Failure, ...], broken: Mapping[int, _Failures]
) -> OpFinding:
    op = graph.ops[index]
    layer = layer_name(graph, op)
    if op.kind in accelerator.neutral:
        return OpFinding(index, op.kind, layer, "software", "", True, ())
    mine = tuple(i for i in dict.fromkeys((*op.inputs, *op.outputs)) if i in broken)
    if accelerator.fallback == "none" and _placement(own) == "software":
        mine = ()
    unhindered: Placement = "unknown" if accelerator.kind == "external_tool" else "accelerator"
    placement = _placement((*own, *(f for i in mine for f in broken[i])), unhindered)
    entry = accelerator.find(op.kind)
    kernel = ""
    if entry is not None and placement == "accelerator":
        facts = rules_facts.facts_of(graph, op).as_dict()
        kernel = next((p.kernel for p in entry.path if _parsed(p.when, rules_facts.NAMES).evaluate(facts)), "")
    return OpFinding(index, op.kind, layer, placement, kernel, False, own, mine)


def _placement(failures: Iterable[Failure], unhindered: Placement = "accelerator") -> Placement:
    outcomes = {f.otherwise for f in failures}
    if "unsupported" in outcomes:
        return "unsupported"
    return "software" if "software" in outcomes else unhindered


def _only_the_start(ops: Sequence[OpFinding], source: Source) -> list[OpFinding]:
    """Everything after the first operator that runs in software runs there too."""
    first = next((op.index for op in ops if op.placement == "software" and not op.neutral), len(ops))
    why = "Everything after the first operator that the accelerator does not take runs in software."
    detail = f"first = operator {first}"
    failure = Failure("after-first", why, "software", detail, "", "", source.document, source.confidence)
    return [
        replace(op, placement="software", kernel="", failures=(*op.failures, failure))
        if op.index > first and op.placement == "accelerator"
        else op
        for op in ops
    ]


def _broken_tensors(graph: Graph, accelerator: Accelerator, bound: Collection[int]) -> dict[int, _Failures]:
    """The tensors that break rules, and those rules."""
    found = {}
    for index, role in tensor_facts.roles_of(graph).items():
        for_it = [rule for rule in accelerator.tensor if role in rule.roles]
        if not for_it or index not in bound:
            continue
        failures = _failures(for_it, tensor_facts.facts_of(graph.tensors[index], role).as_dict(), accelerator)
        if failures:
            found[index] = failures
    return found


def _tensors(
    graph: Graph, accelerator: Accelerator, ops: Sequence[OpFinding], broken: Mapping[int, _Failures]
) -> tuple[TensorFinding, ...]:
    found = []
    for index, role in sorted(tensor_facts.roles_of(graph).items()):
        touching = list(graph.consumers.get(index, ()))
        writer = graph.producers.get(index)
        around = [ops[i] for i in ([writer] if writer is not None else []) + touching]
        failures = broken.get(index, ())
        places = {op.placement for op in around}
        placement = _placement(failures, _shared(places))
        crosses = (
            accelerator.kind != "kernel_library"
            and role in ("activation", "input", "output")
            and "accelerator" in places
            and any(op.placement == "software" and not op.neutral for op in around)
        )
        layer = around[0].layer if around and (writer is not None or role in ("weights", "bias")) else ""
        name = graph.tensors[index].name
        found.append(TensorFinding(index, name, layer, role, placement, crosses, failures))
    return tuple(found)


def _shared(places: set[Placement]) -> Placement:
    """Where a tensor is, by the operators that touch it."""
    order: tuple[Placement, ...] = ("accelerator", "unknown", "software", "unsupported")
    return next((place for place in order if place in places), "software")


def _failures(
    rules_: Iterable[Rule | TensorRule | ModelRule], facts: Mapping[str, Any], accelerator: Accelerator
) -> _Failures:
    """The rules that do not hold.

    Raises:
        BadInputError: A rule does not fit the facts: it divides by zero, or compares unlike things.
    """
    found = []
    for rule in rules_:
        expression = _parsed(rule.requires, tuple(facts))
        try:
            if expression.evaluate(facts):
                continue
        except ValueError as error:
            raise BadInputError(
                f"The rule {rule.id!r} of the accelerator {accelerator.id} {error}.", "Mend the accelerator's file."
            ) from error
        source = rule.source or accelerator.source
        detail = expression.detail(facts)
        found.append(
            Failure(
                rule.id, rule.why, rule.otherwise, detail, rule.mend, rule.options, source.document, source.confidence
            )
        )
    return tuple(found)


@cache
def _parsed(text: str, names: tuple[str, ...]) -> rules.Expression:
    return rules.parse(text, names)


def _ask_vela(graph: Graph, accelerator: Accelerator, oracle: VelaOracle) -> Findings:
    """Vela's placement and reasons; where it gives none, those of the rules."""
    from tinyq.hardware import vela

    ours = check_by_rules(graph, accelerator)
    document = f"Vela {vela.VERSION}"
    try:
        report = vela.compile_model(graph, oracle.accelerator, oracle.system_config, oracle.memory_mode)
    except BadInputError as error:
        why = f"{document} refuses the whole model: {error.message}"
        named = any(f.otherwise == "unsupported" for op in ours.ops for f in op.failures)
        mend = "Mend the rules that its operators break." if named else error.hint
        refused = Failure("vela", why, "unsupported", "", mend, "", document, "stated")
        return replace(ours, failures=(refused, *ours.failures))
    ops = []
    for verdict, by_rules in zip(report.ops, ours.ops, strict=True):
        in_software = verdict.placement in ("cpu", "both")
        reasons = tuple(
            Failure(r.name, r.sentence, "software", r.detail, vela.mend(r.name), "", document, "stated")
            for r in verdict.reasons
        )
        if in_software and {r.rule for r in reasons} <= {"regor"}:
            reasons += tuple(f for f in by_rules.failures if f.rule != _ABSENT)
        ops.append(
            replace(
                by_rules,
                placement="software" if in_software else "accelerator",
                kernel={"npu": "NPU", "elided": "nothing to do", "both": "NPU and CPU"}.get(verdict.placement, ""),
                neutral=verdict.placement == "elided",
                failures=reasons,
                tensors=by_rules.tensors if in_software else (),
                cycles=verdict.cycles,
            )
        )
    estimate = VendorEstimate(
        report.cycles, report.sram_bytes, report.flash_bytes, f"{document}'s own estimate for {oracle.system_config}"
    )
    blamed = {tensor for op in ops for tensor in op.tensors}
    tensors = _tensors(graph, accelerator, ops, _broken_tensors(graph, accelerator, blamed))
    return Findings(accelerator.id, accelerator.title, document, tuple(ops), tensors, estimate=estimate)
