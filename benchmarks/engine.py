"""Speed and size of the engine beside TFLM with CMSIS-NN: writes ``benchmarks/results.md``.

Needs the MLPerf Tiny reference models (``TINYQ_MLPERF_TINY``), the GNU toolchain and QEMU. Where ``TFLM_ROOT`` names a
TFLM checkout with a library for a core, the baseline is measured on it in the same run, else it is taken from
``benchmarks/baseline.toml``. Exits 1 if an output differs from TFLM's. Results are kept below ``build/`` (see
``benchmarks/kept.py``): started again, only programs that have changed are measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measurement import BOARDS, Measurement, measure_engine, measure_tflm, random_codes, with_real
from benchmarks.reference_models import MODELS, ReferenceModel, folder
from tinyq.errors import TinyqError
from tinyq.firmware.toolchains.gnu import COMPILER
from tinyq.graph import read_graph
from tinyq.hardware.cores import CORES
from tinyq.hardware.timing import timing_of

CORES_SHOWN = ("cortex-m3", "cortex-m4", "cortex-m7", "cortex-m55")
AIMS = ("balanced", "speed", "size", "ram")
SAMPLES, REAL_SAMPLES = 10, 10
RESULTS = Path(__file__).with_name("results.md")
BASELINE = Path(__file__).with_name("baseline.toml")
_COLUMNS = ("instructions", "cycles", "code", "weights", "arena", "stack")


@dataclass(frozen=True)
class Row:
    """One line of a table: a baseline, or the engine with an aim."""

    model: str
    what: str
    measured: Measurement
    baseline: Measurement | None


def published(model: str, core: str) -> Measurement:
    """The baseline of an earlier measurement."""
    entry: dict[str, Any] = tomllib.loads(BASELINE.read_text())[model]
    sizes = {name: entry[name] for name in ("code", "weights", "arena", "stack")}
    # sizes were measured on the M4 alone, but for the file, which is the same everywhere
    return Measurement(
        instructions=entry["instructions"].get(core),
        **(sizes if core == "cortex-m4" else {"weights": entry["weights"]}),
    )


def rows(
    core: str, models: Sequence[ReferenceModel], aims: Sequence[str], samples: int, real_samples: int
) -> Iterator[Row]:
    """Measure all models on one core."""
    for model in models:
        tflite = (folder() / model.int8).read_bytes()
        codes = random_codes(read_graph(tflite), samples)
        measured = measure_tflm(tflite, core, codes[: min(samples, 5)])
        baseline = measured or published(model.key, core)
        yield Row(model.name, "TFLM, measured here" if measured else "TFLM, published", baseline, None)
        inputs = with_real(codes, model, real_samples)
        for aim in aims:
            try:
                yield Row(model.name, aim, measure_engine(tflite, core, aim, inputs), baseline)
            except TinyqError as error:
                yield Row(model.name, f"{aim}: {error.message}", Measurement(total=len(inputs)), baseline)


def cell(row: Row, column: str) -> str:
    """A number, and its ratio to the baseline."""
    value = getattr(row.measured, column)
    if value is None:
        return "not measured"
    against = getattr(row.baseline, column) if row.baseline is not None else None
    return f"{value:,}" + (f" ({value / against:.2f})" if against else "")


def line(row: Row) -> str:
    """A row of the table."""
    exact = f"{row.measured.equal:,}/{row.measured.total:,}" if row.measured.total else ""
    cells = [cell(row, column) for column in _COLUMNS]
    return f"| {row.model} | {row.what} | {' | '.join(cells)} | {exact} |"


def heading() -> str:
    """What the tables show and how it was obtained."""
    provenance = " ".join(tomllib.loads(BASELINE.read_text())["provenance"].split())
    return "\n".join(
        (
            "# Speed and size",
            "",
            "Written by `make bench` (`python -m benchmarks.engine`). MLPerf Tiny reference models, int8, one "
            "inference under QEMU; in brackets the ratio to TFLM with CMSIS-NN on the same core.",
            "",
            f"- Compiler: {compiler()}, the projects' own options.",
            "- Instructions: executed, counted by a timer that follows them; not time.",
            "- Cycles: modelled, with the method of each core below its table.",
            "- Code: text, rodata and data of engine and generated calls, or of interpreter and kernels; tables "
            "included, without model and harness. Weights: all constants of the model, or its file. Arena: activations "
            "and scratch, for TFLM also what it allocates beside them. Stack: the most in use, harness included; in "
            "published figures without it.",
            "- Bit-exact: outputs that equal those of TFLM's host interpreter, of seeded random inputs and, for KWS, "
            "real samples; `python -m benchmarks.bit_exact` compares more of both.",
            f"- Published baseline: {provenance}",
            "",
        )
    )


def compiler() -> str:
    """Name and version of the compiler."""
    said = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", nargs="*", default=[m.key for m in MODELS], choices=[m.key for m in MODELS])
    parser.add_argument("--cores", nargs="*", default=CORES_SHOWN, choices=list(BOARDS))
    parser.add_argument("--aims", nargs="*", default=AIMS, choices=AIMS)
    parser.add_argument("--samples", type=int, default=SAMPLES, help="random inputs for each line")
    parser.add_argument(
        "--real-samples", type=int, default=REAL_SAMPLES, help="real inputs besides, where there are any"
    )
    parser.add_argument("--output", type=Path, default=RESULTS, help="the file to write")
    arguments = parser.parse_args()
    models = [m for m in MODELS if m.key in arguments.models]
    text, exact = [heading()], True
    for core in arguments.cores:
        timing = timing_of(core)
        titles = ("model", "", *_COLUMNS, "bit-exact")
        head = [f"## {CORES[core].title}", "", f"| {' | '.join(titles)} |", f"|---|---|{'--:|' * (len(titles) - 2)}"]
        print("\n".join(head), flush=True)
        text += head
        for row in rows(core, models, arguments.aims, arguments.samples, arguments.real_samples):
            exact &= row.measured.equal == row.measured.total
            print(line(row), flush=True)
            text.append(line(row))
        if timing is not None:
            text += ["", f"Cycles: {timing.method}. Error: {timing.error}.", ""]
    arguments.output.write_text("\n".join(text).rstrip() + "\n")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
