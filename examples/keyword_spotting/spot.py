"""Keyword spotting on three emulated boards, from Python: the MLPerf Tiny reference model (DS-CNN, 12 classes).

The environment variable TINYQ_MLPERF_TINY names a folder with ``kws/kws_ref_model`` (a SavedModel) and
``kws/kws01_float.npz`` (``x``, ``y``: 1,000 samples as features); docs/reference-models.md says where to get them.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import tinyq

BOARDS = ("mps2-an385", "mps2-an386", "mps3-an547")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("kws"), help="where to write (default: kws)")
    parser.add_argument("--samples", type=int, default=200, help="to run on each target")
    parser.add_argument("--min-accuracy", type=float, default=0.85, help="on each target")
    arguments = parser.parse_args()
    root = os.environ.get("TINYQ_MLPERF_TINY")
    if not root:
        print("Set TINYQ_MLPERF_TINY to the folder of the MLPerf Tiny reference models.", file=sys.stderr)
        return 2
    kws = Path(root) / "kws"
    arguments.folder.mkdir(parents=True, exist_ok=True)

    print(f"{'board':<12}{'float':>8}{'int8':>8}{'target':>8}{'equal':>10}{'instructions':>14}{'flash':>9}{'RAM':>9}")
    for board in BOARDS:
        out = arguments.folder / board
        tinyq.convert(kws / "kws_ref_model", board=board, out=out, data=str(kws / "kws01_float.npz"), force=True)
        report = tinyq.test(out, samples=arguments.samples)
        scores, exact = report.accuracy, report.bit_exact
        print(
            f"{board:<12}{scores.float_:>8.1%}{scores.host:>8.1%}{scores.target:>8.1%}{exact.equal:>6}/{exact.total}"
            f"{report.instructions.median:>14,}{report.flash_bytes:>9,}{report.ram_bytes:>9,}"
        )
        report.require(arguments.min_accuracy)
    return 0


if __name__ == "__main__":
    sys.exit(main())
