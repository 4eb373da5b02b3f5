"""What training gave, as a table for people."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.qat.folder import Record

_NOT_MEASURED = "not measured"


def render_training(record: Record, out: Path, console: Console) -> None:
    """Each epoch, and the integer model before and after training."""
    training = record.training
    assert training is not None  # noqa: S101 - tinyq trained it
    table = Table("stage", "epoch", "loss", "accuracy while training", "integer model", box=box.SIMPLE_HEAD)
    for epoch in training.history:
        loss = f"{epoch.loss:.4g}" if epoch.loss is not None else ""
        table.add_row(
            escape(epoch.stage), str(epoch.epoch), loss, _percent(epoch.accuracy), _percent(epoch.quantized_accuracy)
        )
    console.print(table)
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    granularity = "per channel" if record.per_channel else "per tensor"
    bits = f"W{record.weight_bits}A{record.activation_bits}"
    facts.add_row("trained", f"{escape(record.model)} as {bits}, {granularity}, {record.method}, seed {training.seed}")
    facts.add_row("float", _percent(training.float_accuracy) or _NOT_MEASURED)
    facts.add_row("integer at the start", _percent(training.start_accuracy) or _NOT_MEASURED)
    facts.add_row("integer now", _percent(training.quantized_accuracy) or _NOT_MEASURED)
    facts.add_row("measured on", f"{training.validation_samples:,} samples kept apart from {training.train_samples:,}")
    console.print(facts)
    for note in record.notes:
        console.print(f"Note: {note}", markup=False)
    console.print(f"Wrote {out}. Next: tinyq convert {out} --board BOARD -o FOLDER", markup=False)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"
