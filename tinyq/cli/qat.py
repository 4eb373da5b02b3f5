"""``tinyq qat``: train a model to be an integer model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tinyq.cli import common

if TYPE_CHECKING:
    from tinyq.api.qat import Watcher
    from tinyq.qat.folder import Epoch
    from tinyq.qat.train import Step


Train = Annotated[
    str | None, typer.Option("--train", help="Training data: like --data, with labels y.", show_default=False)
]
BitsWeights = Annotated[int, typer.Option("--bits-weights", help="8, 4, 3 or 2.")]
BitsActivations = Annotated[int, typer.Option("--bits-activations", help="8 or 16.")]
Method = Annotated[str, typer.Option("--method", help="lsq (learned step sizes) or tfmot (moving averages).")]
Epochs = Annotated[int, typer.Option("--epochs", min=1, help="Passes over the training data.")]
Rate = Annotated[float, typer.Option("--lr", help="Learning rate at the start.")]
Distill = Annotated[
    bool, typer.Option("--distill", help="Learn from the float model too; without labels, from it alone.")
]


def register(app: typer.Typer) -> None:
    app.command("qat")(qat)


def qat(
    model: common.Model,
    out: common.Out,
    train: Train = None,
    validation: Annotated[
        str | None,
        typer.Option("--validation", help="Samples kept apart. Default: a tenth of the training data."),
    ] = None,
    bits_weights: BitsWeights = 8,
    bits_activations: BitsActivations = 8,
    per_channel: Annotated[
        bool, typer.Option("--per-channel/--per-tensor", help="A weight scale for each channel, or one per layer.")
    ] = True,
    method: Method = "lsq",
    epochs: Epochs = 10,
    rate: Rate = 1e-3,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Samples of a step.")] = 32,
    distill: Distill = False,
    progressive: Annotated[
        bool, typer.Option("--progressive", help="Start with 8-bit weights and narrow them step by step.")
    ] = False,
    batch_norm: Annotated[str, typer.Option("--batch-norm", help="frozen, or reestimate after training.")] = "frozen",
    sparsity: Annotated[
        str | None, typer.Option("--sparsity", help="Share of weights to set to zero, such as 0.5, or 2:4.")
    ] = None,
    prune_channels: Annotated[
        float | None, typer.Option("--prune-channels", help="Share of channels to remove, such as 0.5.")
    ] = None,
    clusters: Annotated[
        int | None, typer.Option("--clusters", help="Values that each layer's weights share; needs --per-tensor.")
    ] = None,
    recipe: common.Recipe = None,
    image_scale: common.ImageScale = None,
    seed: common.Seed = 0,
    trust: common.Trust = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from OUT.checkpoint.")] = False,
    force: common.Force = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Train a model with the rounding that it will have as an integer model.

    The folder that it writes can be given to 'tinyq convert' and 'tinyq quantize' in place of a model.

    Examples:

      tinyq qat digits.keras --train train.npz --bits-weights 4 -o digits_w4

      tinyq convert digits_w4 --data digits.npz --board mps2-an386 -o out
    """
    from tinyq.api.qat import QatSettings
    from tinyq.api.qat import qat as run
    from tinyq.reporting.training import render_training

    settings = QatSettings(
        model=model,
        train=needed(train),
        out=out,
        validation=validation,
        weight_bits=bits_weights,
        activation_bits=bits_activations,
        per_channel=per_channel,
        method=method,
        epochs=epochs,
        rate=rate,
        batch=batch,
        distill=distill,
        progressive=progressive,
        batch_norm=batch_norm,
        sparsity=sparsity,
        channels=prune_channels,
        clusters=clusters,
        recipe=recipe,
        image_scale=image_scale,
        seed=seed,
        trust=trust,
        resume=resume,
        force=force,
    )
    with watcher(quiet or as_json) as watching:
        record = run(settings, watching)
    if as_json:
        common.emit(record.model_dump_json(indent=2))
    else:
        render_training(record, out, common.stdout_console(quiet))


def needed(train: str | None) -> str:
    """The training data, which nothing can be trained without.

    Raises:
        BadInputError: There are none.
    """
    from tinyq.errors import BadInputError

    if train is None:
        raise BadInputError("Training needs data.", "Give them with --train, as a .npz with x and y for example.")
    return train


@contextmanager
def watcher(quiet: bool) -> Iterator[Watcher]:
    """A bar for each stage of training with loss and accuracies, on standard error; silent without a terminal."""
    from tinyq.api.qat import Watcher

    console = common.stderr_console(quiet)
    if quiet or not console.is_terminal:
        yield Watcher()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True,
    ) as bars:  # fmt: skip
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        def step(stage: str, epoch: int, now: Step) -> None:
            name = f"{stage}, epoch {epoch}"
            show(name, now.done, now.total)
            right = "" if now.accuracy != now.accuracy else f", accuracy {now.accuracy:.1%}"
            bars.update(tasks[name], description=f"{name}: loss {now.loss:.3g}{right}")

        def ended(epoch: Epoch) -> None:
            name = f"{epoch.stage}, epoch {epoch.epoch}"
            if name in tasks:
                bars.remove_task(tasks.pop(name))
            words = [f"{name}: loss {epoch.loss:.4g}"]
            words += [f"accuracy {epoch.accuracy:.1%}"] if epoch.accuracy is not None else []
            words += [f"quantized {epoch.quantized_accuracy:.1%}"] if epoch.quantized_accuracy is not None else []
            console.print(", ".join(words), markup=False)

        yield Watcher(show, step, ended)
