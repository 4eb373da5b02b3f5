"""Hold a tested run against limits and against the figures of an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from tinyq.api.pages import read_report
from tinyq.api.staging import write_file
from tinyq.errors import BadInputError
from tinyq.evaluation.metrics import metric
from tinyq.reporting.guard_models import Baseline, GuardLine, GuardReport
from tinyq.reporting.models import TestReport


@dataclass(frozen=True)
class Limits:
    """The worst that is allowed; None where there is no limit.

    Attributes:
        min_accuracy: On the target, of a metric that is better the higher it is.
        max_instructions: Of one inference, median.
        max_flash, max_ram: Bytes of the ELF.
        drift: How much worse than the baseline instructions, flash, RAM and stack may be, as a fraction (0.01: 1 %).
        accuracy_drift: How much worse than the baseline the metric may be, in its own unit.
    """

    min_accuracy: float | None = None
    max_instructions: int | None = None
    max_flash: int | None = None
    max_ram: int | None = None
    drift: float = 0.0
    accuracy_drift: float = 0.0


def guard(run: Path, limits: Limits, baseline: Path | None = None, update: bool = False) -> GuardReport:
    """Judge what ``tinyq test`` measured.

    Args:
        run: A folder that ``convert`` wrote and ``test`` ran.
        limits: What is allowed.
        baseline: The file with the figures to hold it against; it is written if it is not there.
        update: Write it anew, whatever it says.

    Raises:
        BadInputError: The run was not tested, or the baseline is of another board, runtime, metric or samples.
    """
    test = read_report(run).test
    if test is None:
        raise BadInputError(f"{run} was not tested.", f"Run 'tinyq test {run}' first.")
    now = _figures(test)
    known = None
    if baseline is not None and (update or not baseline.exists()):
        if not baseline.parent.is_dir():
            raise BadInputError(f"The folder {baseline.parent} does not exist.", "Make it first, or choose another.")
        write_file(baseline, now.to_json() + "\n")
    elif baseline is not None:
        known = _read(baseline)
        _check_comparable(known, now, baseline)
    higher = metric(test.metric).higher_is_better if test.metric != "none" else True
    exact = test.bit_exact
    lines = (
        GuardLine(
            name="bit-exact outputs",
            value=exact.equal,
            limit=exact.total,
            passed=exact.equal == exact.total,
            reason="" if exact.equal == exact.total else f"{exact.total - exact.equal} differ from TFLM",
        ),
        _score(now, known, limits, higher),
        _count(
            "instructions",
            now.instructions,
            known.instructions if known is not None else None,
            limits.max_instructions,
            limits.drift,
        ),
        _count(
            "flash", now.flash_bytes, known.flash_bytes if known is not None else None, limits.max_flash, limits.drift
        ),
        _count("RAM", now.ram_bytes, known.ram_bytes if known is not None else None, limits.max_ram, limits.drift),
        _count("stack", now.stack_bytes, known.stack_bytes if known is not None else None, None, limits.drift),
    )
    changed = known is not None and known.model_sha256 != now.model_sha256
    return GuardReport(board=test.board, lines=lines, model_changed=changed)


def _figures(test: TestReport) -> Baseline:
    return Baseline(
        board=test.board,
        runtime=test.runtime,
        metric=test.metric,
        samples=test.samples,
        score=test.score.target,
        instructions=test.instructions.median,
        flash_bytes=test.flash_bytes,
        ram_bytes=test.ram_bytes,
        stack_bytes=test.stack_bytes,
        model_sha256=test.model_sha256,
    )


def _read(path: Path) -> Baseline:
    try:
        return Baseline.model_validate_json(path.read_text())
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise BadInputError(f"{path} is no baseline of this version.", "Write it anew with --update.") from error


def _check_comparable(known: Baseline, now: Baseline, path: Path) -> None:
    for name in ("board", "runtime", "metric", "samples"):
        before, after = getattr(known, name), getattr(now, name)
        if before != after:
            raise BadInputError(
                f"The baseline {path} is of another {name}: {before}, and the run's is {after}.",
                "Test with the same, or write the baseline anew with --update.",
            )


def _score(now: Baseline, known: Baseline | None, limits: Limits, higher: bool) -> GuardLine:
    """The metric on the target; better may be higher or lower."""
    sign = 1.0 if higher else -1.0
    allowed = [limits.min_accuracy] if limits.min_accuracy is not None else []
    if known is not None and known.score is not None:
        allowed.append(known.score - sign * limits.accuracy_drift)
    before = known.score if known is not None else None
    if not allowed:
        return GuardLine(name=now.metric, value=now.score, baseline=before, passed=True)
    limit = sign * max(sign * a for a in allowed)
    if now.score is None:
        return GuardLine(name=now.metric, value=None, baseline=before, limit=limit, passed=False, reason="not measured")
    passed = sign * now.score >= sign * limit - 1e-12
    reason = "" if passed else f"{now.score:.6g} is {'below' if higher else 'above'} {limit:.6g}"
    return GuardLine(name=now.metric, value=now.score, baseline=before, limit=limit, passed=passed, reason=reason)


def _count(name: str, value: int, before: int | None, most: int | None, drift: float) -> GuardLine:
    """A figure that is better the lower it is."""
    allowed = [float(most)] if most is not None else []
    if before is not None:
        allowed.append(before * (1.0 + drift))
    limit = min(allowed, default=None)
    passed = limit is None or value <= limit
    reason = "" if passed else f"{value:,} is above {limit:,.0f}"
    return GuardLine(name=name, value=value, baseline=before, limit=limit, passed=passed, reason=reason)
