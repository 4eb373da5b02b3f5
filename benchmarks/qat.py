"""Quantization-aware training of keyword spotting beside quantization after training, width by width.

Five seeds; each trains with 600 samples and evaluates the other 400, which neither training nor calibration sees. The
differences are paired: all models answer the same samples. The interval is the 95 % bootstrap interval of the mean
difference, resampled within seeds. Accuracy of integer models is TFLM's. Needs ``TINYQ_MLPERF_TINY``; prints a Markdown
table. Words as arguments choose the rows that contain one of them. ``--keep FOLDER`` keeps the models of each seed, so
that a run that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import re
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


@dataclass(frozen=True)
class Samples:
    """What all rows share: the float model, its samples, and which of them it answers rightly."""

    model: bytes
    x: NDArray[np.float32]
    labels: NDArray[Any]
    reference: NDArray[np.bool_]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="of the rows to make")
    parser.add_argument("--keep", type=Path, help="folder of the models of each seed")
    arguments = parser.parse_args()
    root = os.environ.get("TINYQ_MLPERF_TINY")
    if not root:
        print("Set TINYQ_MLPERF_TINY to the folder of the MLPerf Tiny reference models.", file=sys.stderr)
        return 2
    samples = _samples(Path(root) / "kws")
    print("| KWS | float | after training alone | trained | against float | against quantization after training |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for row in ROWS:
            if not arguments.words or any(word in row.name for word in arguments.words):
                _print(row, samples, arguments.keep or Path(scratch))
    return 0


def _samples(folder: Path) -> Samples:
    loaded = load_model(folder / "kws_ref_model")
    data = load_data(str(folder / "kws01_float.npz"), loaded.graph)
    x, labels = np.asarray(data.inputs[0], np.float32), data.labels
    if labels is None:
        raise SystemExit("kws01_float.npz holds no labels")
    reference = run_float(loaded.tflite, (x,))[0].argmax(axis=1) == labels
    return Samples(loaded.tflite, x, labels, reference)


def _print(row: Row, samples: Samples, keep: Path) -> None:
    floats, starts, ends = [], [], []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(samples.x))
        train, unseen = order[:_TRAIN], order[_TRAIN:]
        start, end = _models(row, seed, samples, train, unseen, keep)
        floats.append(samples.reference[unseen].astype(np.float64))
        starts.append(_right(start, samples.x[unseen], samples.labels[unseen]))
        ends.append(_right(end, samples.x[unseen], samples.labels[unseen]))
    float_, start_, end_ = (np.stack(rows) for rows in (floats, starts, ends))
    print(
        f"| {row.name} | {float_.mean():.2%} | {start_.mean():.2%} | {end_.mean():.2%} "
        f"| {_difference(end_ - float_)} | {_difference(end_ - start_)} |",
        flush=True,
    )


def _models(
    row: Row, seed: int, samples: Samples, train: NDArray[Any], unseen: NDArray[Any], keep: Path
) -> tuple[bytes, bytes]:
    """The integer model before and after training; trained now, if no earlier run kept them."""
    kept = keep / re.sub(r"[^a-z0-9]+", "-", row.name.lower()) / str(seed)
    files = kept / "start.tflite", kept / "trained.tflite"
    if not files[1].is_file():
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "model.tflite").write_bytes(samples.model)
            # what is measured while it trains is of no interest here, and decides nothing
            for name, chosen in (("train", train), ("few", unseen[:_FEW])):
                np.savez(folder / f"{name}.npz", x=samples.x[chosen], y=samples.labels[chosen])
            settings = QatSettings(
                model=folder / "model.tflite",
                train=str(folder / "train.npz"),
                validation=str(folder / "few.npz"),
                out=folder / "out",
                seed=seed,
                **row.settings,
            )
            outcome = train_model(settings, Watcher())
        kept.mkdir(parents=True, exist_ok=True)
        files[0].write_bytes(outcome.start)
        files[1].write_bytes(outcome.tflite)
    return files[0].read_bytes(), files[1].read_bytes()


def _right(tflite: bytes, x: NDArray[np.float32], labels: NDArray[Any]) -> NDArray[np.float64]:
    graph = read_graph(tflite)
    codes = to_codes(x, graph.tensors[graph.inputs[0]])
    return (run_tflm(tflite, (codes,))[0].argmax(axis=1) == labels).astype(np.float64)


def _difference(paired: NDArray[np.float64]) -> str:
    low, high = interval(paired)
    return f"{100 * paired.mean():+.2f} ({low:+.2f} to {high:+.2f})"


if __name__ == "__main__":
    sys.exit(main())
