"""Quantization-aware training of keyword spotting beside quantization after training, width by width.

Five seeds; each trains with 600 samples and evaluates the other 400, which neither training nor calibration sees. The
differences are paired: all models answer the same samples. The interval is the 95 % bootstrap interval of the mean
difference, resampled within seeds. Accuracy of integer models is TFLM's. Needs ``TINYQ_MLPERF_TINY``; prints a Markdown
table. Words as arguments choose the rows that contain one of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quantization import interval
from tinyq.api.qat import QatSettings, Watcher, train_model
from tinyq.data import load_data, to_codes
from tinyq.evaluation import run_float, run_tflm
from tinyq.frontend import load_model
from tinyq.graph import read_graph

SEEDS = range(5)
_TRAIN = 600
_FEW = 20


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)


ROWS = (
    Row("W8A8, lsq"),
    Row("W8A8, tfmot", {"method": "tfmot"}),
    Row("W4A8, lsq", {"weight_bits": 4}),
    Row("W4A8 per tensor, lsq", {"weight_bits": 4, "per_channel": False}),
    Row("W3A8, lsq", {"weight_bits": 3}),
    Row("W2A8, lsq", {"weight_bits": 2, "rate": 3e-3, "epochs": 20}),
    Row("W8A8, half of the channels", {"channels": 0.5, "distill": True, "rate": 3e-3, "epochs": 15}),
)


def main() -> int:
    root = os.environ.get("TINYQ_MLPERF_TINY")
    if not root:
        print("Set TINYQ_MLPERF_TINY to the folder of the MLPerf Tiny reference models.", file=sys.stderr)
        return 2
    folder = Path(root) / "kws"
    loaded = load_model(folder / "kws_ref_model")
    data = load_data(str(folder / "kws01_float.npz"), loaded.graph)
    x, labels = np.asarray(data.inputs[0], np.float32), data.labels
    if labels is None:
        raise SystemExit("kws01_float.npz holds no labels")
    reference = run_float(loaded.tflite, (x,))[0].argmax(axis=1) == labels
    print("| KWS | float | after training alone | trained | against float | against quantization after training |")
    print("|---|---|---|---|---|---|")
    for row in ROWS:
        if len(sys.argv) == 1 or any(word in row.name for word in sys.argv[1:]):
            _print(row, loaded.tflite, x, labels, reference)
    return 0


def _print(row: Row, model: bytes, x: NDArray[np.float32], labels: NDArray[Any], reference: NDArray[np.bool_]) -> None:
    floats, starts, ends = [], [], []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(x))
        train, unseen = order[:_TRAIN], order[_TRAIN:]
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "model.tflite").write_bytes(model)
            # what is measured while it trains is of no interest here, and decides nothing
            for name, chosen in (("train", train), ("few", unseen[:_FEW])):
                np.savez(folder / f"{name}.npz", x=x[chosen], y=labels[chosen])
            settings = QatSettings(
                model=folder / "model.tflite",
                train=str(folder / "train.npz"),
                validation=str(folder / "few.npz"),
                out=folder / "out",
                seed=seed,
                **row.settings,
            )
            outcome = train_model(settings, Watcher())
        floats.append(reference[unseen].astype(np.float64))
        starts.append(_right(outcome.start, x[unseen], labels[unseen]))
        ends.append(_right(outcome.tflite, x[unseen], labels[unseen]))
    float_, start, end = (np.stack(rows) for rows in (floats, starts, ends))
    print(
        f"| {row.name} | {float_.mean():.2%} | {start.mean():.2%} | {end.mean():.2%} "
        f"| {_difference(end - float_)} | {_difference(end - start)} |",
        flush=True,
    )


def _right(tflite: bytes, x: NDArray[np.float32], labels: NDArray[Any]) -> NDArray[np.float64]:
    graph = read_graph(tflite)
    codes = to_codes(x, graph.tensors[graph.inputs[0]])
    return (run_tflm(tflite, (codes,))[0].argmax(axis=1) == labels).astype(np.float64)


def _difference(paired: NDArray[np.float64]) -> str:
    low, high = interval(paired)
    return f"{100 * paired.mean():+.2f} ({low:+.2f} to {high:+.2f})"


if __name__ == "__main__":
    sys.exit(main())
