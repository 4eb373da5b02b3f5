"""What to train, and how; who is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyq.api.progress import Progress, silent
from tinyq.errors import BadInputError
from tinyq.qat import compress
from tinyq.qat.folder import Epoch, Record
from tinyq.qat.methods import DEFAULT, method
from tinyq.qat.train import Step
from tinyq.qat.widths import recipe_for

BATCH_NORMS = ("frozen", "reestimate")


@dataclass(frozen=True)
class QatSettings:
    """What to train, and how.

    Attributes:
        model: A ``.keras``, ``.h5`` or float ``.tflite`` file or a SavedModel folder.
        train: Where training data come from (see :func:`tinyq.data.load_data`).
        out: The folder to write.
        validation: Samples that training does not see; by default a tenth of the training data, at most 200.
        weight_bits: 8, 4, 3 or 2.
        activation_bits: 8 or 16.
        per_channel: One weight scale for each output channel, where the kernels allow it.
        method: "lsq" or "tfmot".
        epochs, rate, batch: Passes over the data, learning rate at first, samples of a step.
        distill: Learn from the float model's outputs too; without labels, from them alone.
        progressive: Train with 8 bits first and narrow the weights step by step.
        batch_norm: "frozen", or "reestimate" to restore, after training, what each batch normalization gave.
        sparsity: Share of weights to set to zero ("0.5"), or "2:4"; None for none.
        channels: Share of channels to remove (0..1); None for none.
        clusters: Values that each layer's weights share; None for any number.
        recipe: A recipe file, whose schemes replace ``weight_bits`` and ``activation_bits``.
        image_scale: What 8-bit pixels of an image folder become.
        seed: Of every random choice.
        trust: Load Keras models that carry code.
        resume: Go on from the checkpoint of an interrupted run.
        force: Replace ``out`` if tinyq wrote it.
    """

    model: Path
    train: str
    out: Path
    validation: str | None = None
    weight_bits: int = 8
    activation_bits: int = 8
    per_channel: bool = True
    method: str = DEFAULT
    epochs: int = 10
    rate: float = 1e-3
    batch: int = 32
    distill: bool = False
    progressive: bool = False
    batch_norm: str = "frozen"
    sparsity: str | None = None
    channels: float | None = None
    clusters: int | None = None
    recipe: Path | None = None
    image_scale: str | None = None
    seed: int = 0
    trust: bool = False
    resume: bool = False
    force: bool = False

    def check(self) -> None:
        """Refuse settings that cannot be, before any work.

        Raises:
            BadInputError: Says which.
        """
        method(self.method)
        recipe_for(self.weight_bits, self.activation_bits)
        if self.batch_norm not in BATCH_NORMS:
            raise BadInputError(
                f"--batch-norm cannot be {self.batch_norm!r}.", f"Choose one of {', '.join(BATCH_NORMS)}."
            )
        for name, number in {"--epochs": self.epochs, "--lr": self.rate, "--batch": self.batch}.items():
            if not number > 0:
                raise BadInputError(f"{name} must be positive.", "Leave it out for the default.")
        if self.clusters is not None and self.per_channel:
            raise BadInputError(
                "Weights with a scale for each channel cannot share codes over the whole layer.",
                "Give --per-tensor beside --clusters.",
            )
        compress.check(self.sparsity, self.channels, self.clusters)


@dataclass(frozen=True)
class Watcher:
    """Who is told how far training is: of stages, of steps (stage, epoch, step), and of each epoch's end."""

    progress: Progress = silent
    step: Callable[[str, int, Step], None] = lambda stage, epoch, step: None
    epoch: Callable[[Epoch], None] = lambda epoch: None


@dataclass(frozen=True)
class Outcome:
    """A trained model.

    Attributes:
        tflite: The integer model.
        start: The integer model that training started from, quantized after training.
        float_tflite: The model that came in.
        keras: The Keras model that was trained, as an ``.h5`` file's bytes.
        record: What is written to ``qat.json``, but for the files' checksums.
    """

    tflite: bytes
    start: bytes
    float_tflite: bytes
    keras: bytes
    record: Record
