"""Models for training loops of the user's own.

>>> trainable = tinyq.qat.prepare(model, samples, weight_bits=4)
>>> trainable.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
>>> trainable.fit(x, y, epochs=5)
>>> tinyq.qat.finish(trainable).save("out")

The folder can be given to ``tinyq convert`` in place of a model.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.frontend import load_model, synthesize
from tinyq.graph import write_graph
from tinyq.qat.folder import FLOAT_MODEL, KERAS_MODEL, MODEL, RECORD, Record, learned
from tinyq.qat.methods import DEFAULT, method
from tinyq.qat.network import Network, build, read
from tinyq.qat.plan import Parameters, Plan, initial, integer, plan, separate
from tinyq.qat.session import require
from tinyq.qat.widths import recipe_for
from tinyq.quantization import pipeline
from tinyq.quantization.recipe import resolve

_KEPT = "_tinyq_prepared"


@dataclass(frozen=True)
class _Prepared:
    """What a trainable model was made from."""

    plan: Plan
    start: Parameters
    network: Network
    float_tflite: bytes
    record: dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """A trained model as an integer model.

    Attributes:
        tflite: The integer model.
        float_tflite: The float model that it was made from.
        record: What was learned.
    """

    tflite: bytes
    float_tflite: bytes
    record: Record
    _model: Any = None

    def save(self, folder: str | Path) -> None:
        """Write a folder that ``tinyq convert`` takes in place of a model.

        Raises:
            BadInputError: The folder exists already.
        """
        out = Path(folder)
        if out.exists():
            raise BadInputError(f"The output {out} exists already.", "Choose another folder.")
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
        try:
            (stage / MODEL).write_bytes(self.tflite)
            (stage / FLOAT_MODEL).write_bytes(self.float_tflite)
            self._model.save(stage / KERAS_MODEL)
            names = (MODEL, FLOAT_MODEL, KERAS_MODEL)
            files = {name: hashlib.sha256((stage / name).read_bytes()).hexdigest() for name in names}
            record = self.record.model_copy(update={"files": files})
            (stage / RECORD).write_text(record.model_dump_json(indent=2) + "\n")
            stage.chmod(0o755)
            stage.rename(out)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def prepare(
    model: Any,
    samples: NDArray[Any] | Sequence[NDArray[Any]] | None = None,
    *,
    weight_bits: int = 8,
    activation_bits: int = 8,
    per_channel: bool = True,
    method_name: str = DEFAULT,
    seed: int = 0,
) -> Any:
    """A Keras model that computes what the integer model will compute, to be trained in any loop.

    Batch normalizations are folded, and ranges are those of quantization after training, so that it starts with the
    accuracy of that. Inputs and outputs are the given model's.

    Args:
        model: A built Keras model: of Keras 3, or of the legacy ``tf_keras``, which "tfmot" needs.
        samples: For each input ``[samples, ...]``, to calibrate with; without them they are made up from what batch
            normalizations remember.
        weight_bits: 8, 4, 3 or 2.
        activation_bits: 8 or 16.
        per_channel: One weight scale for each output channel, where the kernels allow it.
        method_name: "lsq" or "tfmot".
        seed: Of samples that are made up.

    Returns:
        A model of the same Keras.

    Raises:
        BadInputError: The model or an argument is not usable.
    """
    keras_name = _keras_of(model)
    chosen = method(method_name)
    recipe = recipe_for(weight_bits, activation_bits, per_channel)
    if keras_name == "keras" and not chosen.any_keras:
        raise BadInputError(f"The method {method_name!r} needs a tf_keras model.", "Use 'lsq' for Keras 3 models.")
    require(*chosen.needs)
    with tempfile.TemporaryDirectory(prefix="tinyq-") as scratch:
        path = Path(scratch) / "model.keras"
        model.save(path)
        loaded = load_model(path, trust=True)  # the code is the caller's own, and runs already
    graph = separate(pipeline.prepared(loaded.graph))
    inputs = _samples(samples) if samples is not None else synthesize(loaded, seed=seed).inputs
    resolved = resolve(recipe, graph)
    choices = pipeline.Choices(transforms=(), refinements=())
    done = pipeline.run(graph, inputs, resolved, choices, None, batch_norms=loaded.batch_norms, seed=seed)
    made = plan(done.float_graph, done.planned, done.graph, weight_bits)
    start = initial(made, from_extremes=not chosen.learns_weight_scales)
    network = build(made, start, method_name, keras_name=keras_name)
    record = {
        "model": str(model.name),
        "method": method_name,
        "weight_bits": weight_bits,
        "activation_bits": activation_bits,
        "per_channel": per_channel,
        "notes": loaded.notes,
    }
    # past Keras, which would look for layers and variables in it
    object.__setattr__(network.model, _KEPT, _Prepared(made, start, network, loaded.tflite, record))
    return network.model


def finish(model: Any) -> Finished:
    """The integer model that a trained model from :func:`prepare` stands for.

    Raises:
        BadInputError: The model is none of :func:`prepare`, or training left values that are not finite.
    """
    kept = getattr(model, _KEPT, None)
    if not isinstance(kept, _Prepared):
        raise BadInputError("The model was not made by tinyq.qat.prepare.", "Give the very model that it returned.")
    parameters = read(kept.network, kept.plan, kept.start)
    for layer in parameters.layers.values():
        if not (np.isfinite(layer.weights).all() and np.isfinite(layer.scales).all()):
            raise BadInputError("Training left NaN or infinity in the weights.", "Train with a smaller learning rate.")
    graph = integer(kept.plan, parameters)
    record = Record(**kept.record, **learned(kept.plan, parameters, graph))
    return Finished(write_graph(graph), kept.float_tflite, record, model)


def _keras_of(model: Any) -> str:
    """The name of the Keras that a model is of."""
    for name in ("keras", "tf_keras"):
        module = sys.modules.get(name)
        if module is not None and isinstance(model, module.Model):
            return name
    raise BadInputError(f"A {type(model).__name__} is no Keras model.", "Give a model of Keras 3 or tf_keras.")


def _samples(samples: NDArray[Any] | Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
    return (np.asarray(samples),) if hasattr(samples, "dtype") else tuple(np.asarray(x) for x in samples)
