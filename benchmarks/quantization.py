"""Post-training quantization of keyword spotting, scheme by scheme, beside TensorFlow's stock converter.

Five seeds; each calibrates with 200 samples and evaluates the other 800. The difference to the float model is paired:
both answer the same samples. The interval is the 95 % bootstrap interval of the mean difference over all evaluated
samples, resampled within seeds. Accuracy of integer models is TFLM's. Needs ``TINYQ_MLPERF_TINY``; prints a Markdown
table. Words as arguments choose the rows that contain one of them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.unbalance import unbalanced
from tinyq.api.judge import make_judge, split_for_judging
from tinyq.data import load_data, split, to_codes
from tinyq.errors import TinyqError
from tinyq.evaluation import run_float, run_tflm
from tinyq.frontend import LoadedModel, load_model, stock_quantize, synthesize
from tinyq.graph import read_graph, write_graph
from tinyq.quantization.pipeline import Choices, prepared, run
from tinyq.quantization.recipe import Recipe, SchemePart, resolve

SEEDS = range(5)
_BOOTSTRAPS = 2000
_DEFAULT = Choices()
_NOTHING = Choices(calibrator="minmax", transforms=(), refinements=())
_PER_TENSOR = SchemePart(per_channel=False)
_W4_PER_TENSOR = SchemePart(per_channel=False, weight_bits=4, weight_range="mse")


@dataclass(frozen=True)
class Row:
    """One line of the table: a scheme and what is tried for it; no recipe stands for the stock converter."""

    name: str
    recipe: Recipe | None
    choices: Choices = _DEFAULT
    unbalanced: bool = False
    data_free: bool = False


ROWS = (
    Row("stock converter, W8A8", None),
    Row("W8A8", Recipe()),
    Row("W8A8, --calibrator auto", Recipe(), Choices(calibrator="auto")),
    Row("W8A8 per tensor", Recipe(scheme=_PER_TENSOR)),
    Row("W8A8, symmetric activations", Recipe(scheme="w8a8-symmetric")),
    Row("16x8", Recipe(scheme="16x8")),
    Row("16x8, nearest rounding", Recipe(scheme="16x8"), Choices(refinements=())),
    Row("W4A8, nearest rounding", Recipe(scheme=SchemePart(weight_bits=4)), _NOTHING),
    Row("W4A8", Recipe(scheme="w4a8")),
    Row("power-of-two scales", Recipe(scheme="power-of-two")),
    Row("two powers of two", Recipe(scheme="two-powers-of-two")),
    Row("W8A8 without data", Recipe(), data_free=True),
    Row("W8A8 without data, --calibrator batch-norm", Recipe(), Choices(calibrator="batch-norm"), data_free=True),
    Row("unbalanced: stock converter", None, unbalanced=True),
    Row("unbalanced: W8A8, min-max alone", Recipe(), _NOTHING, unbalanced=True),
    Row("unbalanced: W8A8", Recipe(), unbalanced=True),
    Row("unbalanced: W8A8 per tensor, min-max alone", Recipe(scheme=_PER_TENSOR), _NOTHING, unbalanced=True),
    Row("unbalanced: W8A8 per tensor", Recipe(scheme=_PER_TENSOR), unbalanced=True),
    Row("unbalanced: W4A8 per tensor", Recipe(scheme=_W4_PER_TENSOR), unbalanced=True),
)


def quantized(row: Row, loaded: LoadedModel, samples: NDArray[np.float32], seed: int) -> bytes:
    """The integer model of one row and seed."""
    graph = unbalanced(loaded.graph, seed) if row.unbalanced else loaded.graph
    if row.data_free:
        samples = synthesize(loaded, seed=seed).inputs[0]
    if row.recipe is None:
        return stock_quantize(write_graph(graph), (samples,))
    graph = prepared(graph)
    seen, held_out = split_for_judging(np.arange(len(samples)))
    judge = make_judge(write_graph(graph), (samples[held_out],)).error
    norms = loaded.batch_norms
    outcome = run(graph, (samples[seen],), resolve(row.recipe, graph), row.choices, judge, batch_norms=norms, seed=seed)
    return write_graph(outcome.graph)


def interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Bootstrap interval of the mean of paired differences ``[seeds, samples]``, in points."""
    rng = np.random.default_rng(0)
    means = []
    for _ in range(_BOOTSTRAPS):
        chosen = rng.integers(0, differences.shape[1], differences.shape)
        means.append(np.take_along_axis(differences, chosen, axis=1).mean())
    low, high = np.percentile(means, [2.5, 97.5])
    return 100 * float(low), 100 * float(high)


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

    print("| KWS | float | integer | difference, points | 95 % interval |")
    print("|---|---|---|---|---|")
    for row in ROWS:
        if len(sys.argv) > 1 and not any(word in row.name for word in sys.argv[1:]):
            continue
        _print(row, loaded, x, labels, reference)
    return 0


def _print(
    row: Row, loaded: LoadedModel, x: NDArray[np.float32], labels: NDArray[np.int64], reference: NDArray[np.bool_]
) -> None:
    right: list[NDArray[np.float64]] = []
    wrong: list[NDArray[np.float64]] = []
    for seed in SEEDS:
        parts = split(len(x), None, seed)
        try:
            tflite = quantized(row, loaded, x[parts.calibration], seed)
        except TinyqError as error:
            print(f"| {row.name} | | failed: {error.message} | | |", flush=True)
            return
        tensor = (made := read_graph(tflite)).tensors[made.inputs[0]]
        unseen = parts.evaluation
        got = run_tflm(tflite, (to_codes(x[unseen], tensor),))[0].argmax(axis=1) == labels[unseen]
        right.append(got.astype(np.float64))
        wrong.append(reference[unseen].astype(np.float64))
    integer, floats = np.stack(right), np.stack(wrong)
    low, high = interval(integer - floats)
    difference = 100 * (integer - floats).mean()
    print(
        f"| {row.name} | {floats.mean():.2%} | {integer.mean():.2%} | {difference:+.2f} | {low:+.2f} to {high:+.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
