"""Trainings of a small model; they run in a child process, one after the other, as TensorFlow takes seconds to load."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.unit.qat_models import planned, samples
from tinyq.qat import network as networks
from tinyq.qat.compress import NOTHING, Compression, structure_of
from tinyq.qat.keras_layers import custom_objects
from tinyq.qat.plan import float_plan, initial
from tinyq.qat.task import Task, task_of
from tinyq.qat.train import EpochEnd, Job, Optimization, State, train

Results = dict[str, Any]
QUICK = Optimization(epochs=2, batch=8, rate=3e-3)


def data() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples, and classes that a small model can learn of them."""
    x = samples(planned(8).source, 48)
    return x, (x.reshape(len(x), -1)[:, :32].sum(axis=1) > 0).astype(np.int64)


def job(bits: int = 8, method: str = "lsq", **changes: Any) -> Job:
    made = planned(bits)
    first = initial(made, from_extremes=method == "tfmot")
    task = task_of(made.planned.graph, data()[1])
    return replace(Job(made, first, NOTHING, method, task, None, QUICK), **changes)


def ends(of: Job, *, labels: bool = True, state: State | None = None, keep: str | None = None) -> list[EpochEnd]:
    """What is told at the end of each epoch."""
    found: list[EpochEnd] = []
    x, y = data()
    for answer in train(repeat(None), of, (x,), y if labels else None, state, keep):
        if isinstance(answer, EpochEnd):
            found.append(answer)
            if answer.state.epoch == of.optimization.epochs:
                break
    return found


def scenarios() -> Results:
    """Everything that the tests look at."""
    import tf_keras

    x, _ = data()
    results: Results = {}
    for name in ("lsq", "tfmot"):
        plain = job(method=name)
        network = networks.build(plain.plan, plain.parameters, name)
        results[f"{name} at the start"] = np.asarray(
            network.values[plain.task.tensor].dtype == "float32"
        ) and np.asarray(tf_keras.Model(network.model.inputs, network.values[plain.task.tensor])(x))
    results["lsq"], results["lsq again"] = ends(job()), ends(job())
    results["resumed"] = ends(job(), state=results["lsq"][0].state)
    results["other seed"] = ends(job(optimization=replace(QUICK, seed=1)))
    results["tfmot"] = ends(job(method="tfmot"))
    results["switch"] = os.environ.get("TF_USE_LEGACY_KERAS")
    results["not finite"] = next(iter(train(repeat(None), job(optimization=replace(QUICK, rate=1e38)), *_broken())))
    results |= _compressed()
    results["saved"], results["loaded"] = _saved(x)
    narrow = job(bits=2)
    task = Task("distill", narrow.task.tensor, logits=True)
    more = replace(QUICK, distill=1.0, epochs=6)
    taught = replace(narrow, teacher=(narrow.plan.planned.graph, task.tensor), task=task, optimization=more)
    results["distilled"] = ends(taught, labels=False)
    return results


def _broken() -> tuple[Any, ...]:
    x, y = data()
    return (np.full_like(x, 1e30),), y, None, None


def _compressed() -> Results:
    """Pruned, pruned in a pattern, clustered with zeros kept; then trained to be an integer model."""
    found: Results = {}
    more = replace(QUICK, epochs=4)
    made = float_plan(planned(8).source)
    start = Job(made, initial(made), NOTHING, "", job().task, None, more)
    pruned = ends(replace(start, compression=Compression(sparsity="0.5")))[-1].parameters
    found["pruned"] = pruned
    found["2:4"] = ends(replace(start, compression=Compression(sparsity="2:4")))[-1].parameters
    clustered = replace(start, parameters=pruned, compression=Compression(clusters=8, keep_zeros=True))
    found["clustered"] = ends(clustered)[-1].parameters
    integer = job(parameters=replace(job().parameters, layers=_with_scales(found["clustered"].layers)))
    structure = structure_of(integer.parameters, True, 8)
    found["structure"] = structure
    found["pcqat"] = ends(replace(integer, structure=structure))[-1].parameters
    return found


def _with_scales(layers: Any) -> Any:
    return {
        i: replace(layer, scales=np.full(1, np.abs(layer.weights).max() / 127, np.float32))
        for i, layer in layers.items()
    }


def _saved(x: NDArray[np.float32]) -> tuple[Any, Any]:
    import tf_keras

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.h5")
        end = ends(job(), keep=path)[-1]
        network = networks.build(job().plan, end.parameters, "lsq")
        model = tf_keras.models.load_model(path, custom_objects=custom_objects("tf_keras"), compile=False)
        return np.asarray(network.model(x)), np.asarray(model(x))
