"""The training loop; runs in a child process, which holds TensorFlow and the legacy Keras."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.frontend import differentiable
from tinyq.graph import Graph
from tinyq.qat import compress
from tinyq.qat import network as networks
from tinyq.qat.compress import Compression, Structure
from tinyq.qat.plan import Parameters, Plan
from tinyq.qat.task import Task, correct, loss_of
from tinyq.qat.translation import compare

_BLOCK = 10


@dataclass(frozen=True)
class Optimization:
    """How to train.

    Attributes:
        epochs: Passes over the data.
        rate: Learning rate of Adam at first; it falls to nothing as half a cosine.
        batch: Samples of one step.
        seed: Of the order of samples.
        distill: Share of the teacher in the loss; 0 for none. With a teacher classes are trained on mixtures of two
            samples each, which it can answer too: few samples go further (Beyer et al. 2022, arXiv 2106.05237).
        temperature: That softens the outputs of teacher and student.
    """

    epochs: int = 10
    rate: float = 1e-3
    batch: int = 32
    seed: int = 0
    distill: float = 0.0
    temperature: float = 4.0


@dataclass(frozen=True)
class Job:
    """All that the child needs.

    Attributes:
        plan, parameters, structure: The model and its values at the start.
        method: Name of the training method; "" trains the float model.
        teacher: The float graph that teaches, and the index of the tensor that it is asked for; or None.
        compression: What training does to the weights of the float model; None for nothing.
    """

    plan: Plan
    parameters: Parameters
    structure: Structure
    method: str
    task: Task
    teacher: tuple[Graph, int] | None
    optimization: Optimization
    compression: Compression | None = None


@dataclass(frozen=True)
class State:
    """Where training stands: all variables of model and optimizer, so that it can go on from here.

    Attributes:
        epoch: Epochs done.
        variables: In the order in which Keras lists them.
    """

    epoch: int
    variables: tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Step:
    """Progress within an epoch: steps done of all, mean loss and share of right answers so far (NaN: none)."""

    done: int
    total: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class EpochEnd:
    """An epoch is over.

    Attributes:
        state: To go on from.
        parameters: The values so far.
        loss, accuracy: Means over the epoch.
    """

    state: State
    parameters: Parameters
    loss: float
    accuracy: float


@dataclass(frozen=True)
class NotFinite:
    """The loss became NaN or infinite in this step of this epoch, both counted from 1."""

    epoch: int
    step: int


Told = Step | EpochEnd | NotFinite


def train(
    requests: Iterator[None],
    job: Job,
    inputs: tuple[NDArray[Any], ...],
    labels: NDArray[Any] | None,
    state: State | None,
    keep: str | None,
) -> Iterator[Told]:
    """Train, telling how far it is each time that it is asked.

    Args:
        requests: One for each answer.
        job: What to do.
        inputs: For each input of the model real values ``[samples, ...]``.
        labels: What the loss compares with, or None.
        state: To go on from, or None to start.
        keep: Path of the ``.h5`` file that the Keras model is saved to at the end of all epochs, or None.
    """
    results = _train(job, inputs, labels, state, keep)
    for _ in requests:
        yield next(results)


def _train(
    job: Job, inputs: tuple[NDArray[Any], ...], labels: NDArray[Any] | None, state: State | None, keep: str | None
) -> Iterator[Told]:
    import tensorflow as tf
    import tf_keras

    tf.keras.utils.set_random_seed(job.optimization.seed)
    tf.config.experimental.enable_op_determinism()
    settings = job.optimization
    steps = -(-len(inputs[0]) // settings.batch)
    if state is None:
        compare(job.plan.source, inputs)
    pupil = _pupil(job, steps * settings.epochs)
    schedule = tf_keras.optimizers.schedules.CosineDecay(settings.rate, max(1, steps * settings.epochs))
    optimizer = tf_keras.optimizers.Adam(schedule)
    variables = pupil.student.trainable_variables
    optimizer.build(variables)
    everything = [*pupil.model.variables, *optimizer.variables]
    if state is not None:
        for variable, value in zip(everything, state.variables, strict=True):
            variable.assign(value)
    if state is not None and state.epoch >= settings.epochs:  # interrupted behind the last epoch
        yield _ended(job, pupil, state, (math.nan, math.nan), keep)
    step = _step(job, pupil, optimizer)
    for epoch in range(state.epoch if state is not None else 0, settings.epochs):
        random = np.random.default_rng((settings.seed, epoch))
        order = random.permutation(len(inputs[0]))
        losses, rights, weights = [], [], []
        for number, start in enumerate(range(0, len(order), settings.batch), 1):
            chosen = order[start : start + settings.batch]
            batch = [tf.constant(np.asarray(x[chosen], np.float32)) for x in inputs]
            y = None if labels is None else tf.constant(labels[chosen])
            share, partner = np.float32(random.uniform(0.5, 1.0)), random.permutation(len(chosen))
            loss, right = step(batch, y, tf.constant(share), tf.constant(partner))
            losses.append(float(loss))
            rights.append(float(right))
            weights.append(len(chosen))
            if not np.isfinite(losses[-1]):
                yield NotFinite(epoch + 1, number)
                return
            if number % _BLOCK == 0:
                yield Step(number, steps, *_means(losses, rights, weights))
        now = State(epoch + 1, tuple(np.array(v.numpy()) for v in everything))
        yield _ended(job, pupil, now, _means(losses, rights, weights), keep)


@dataclass(frozen=True)
class _Pupil:
    """What is trained: a network, its Keras model (with TF-MOT's wrappers, if there are any), and the loss's view."""

    network: networks.Network
    model: Any
    wrappers: tuple[Any, ...]
    student: Any


def _pupil(job: Job, steps: int) -> _Pupil:
    import tf_keras

    mixins = (compress.clusterable(),) if job.compression and job.compression.clusters is not None else ()
    network = networks.build(
        job.plan, job.parameters, job.method, structure=job.structure, rounding=bool(job.method), mixins=mixins
    )
    if job.compression is None:
        student = tf_keras.Model(network.model.inputs, network.values[job.task.tensor])
        return _Pupil(network, network.model, (), student)
    wrap = compress.wrapper(job.compression, steps)
    wrappers = {i: wrap(network.weighted[i]) for i in sorted(compress.compressible(job.plan))}
    values = networks.wrapped(network, job.plan, wrappers)
    model = tf_keras.Model(network.model.inputs, [values[t] for t in job.plan.planned.graph.outputs])
    for wrapped in wrappers.values():
        compress.start(wrapped)
    student = tf_keras.Model(network.model.inputs, values[job.task.tensor])
    return _Pupil(network, model, tuple(wrappers.values()), student)


def _means(losses: list[float], rights: list[float], weights: list[int]) -> tuple[float, float]:
    return float(np.average(losses, weights=weights)), float(np.average(rights, weights=weights))


def _ended(job: Job, pupil: _Pupil, state: State, means: tuple[float, float], keep: str | None) -> EpochEnd:
    """What is told at the end of an epoch; after the last one the Keras model is saved."""
    for wrapped in pupil.wrappers:
        compress.settle(wrapped)
    if state.epoch >= job.optimization.epochs and keep is not None and not pupil.wrappers:
        pupil.model.save(keep)
    return EpochEnd(state, networks.read(pupil.network, job.plan, job.parameters), *means)


def _step(job: Job, pupil: _Pupil, optimizer: Any) -> Callable[..., tuple[Any, Any]]:
    """A function that trains one batch: samples, labels, share of each sample in its mixture, and its partner."""
    import tensorflow as tf

    teach, mixes = _teacher(job), job.teacher is not None and job.task.kind in ("classes", "distill")
    variables, settings = pupil.student.trainable_variables, job.optimization

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(x: list[Any], y: Any, share: Any, partner: Any) -> tuple[Any, Any]:
        if mixes:
            x = [share * value + (1.0 - share) * tf.gather(value, partner) for value in x]
        taught = teach(x)
        with tf.GradientTape() as tape:
            predicted = pupil.student(x, training=True)

            def loss_towards(answers: Any) -> Any:
                return loss_of(job.task, answers, taught, predicted, settings.distill, settings.temperature)

            loss = loss_towards(y)
            if mixes and y is not None:  # each label counts as much as its sample
                loss = share * loss + (1.0 - share) * loss_towards(tf.gather(y, partner))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss, correct(job.task, y, predicted)

    trained: Callable[..., tuple[Any, Any]] = step
    return trained


def _teacher(job: Job) -> Callable[[list[Any]], Any]:
    """What the float model answers to a batch; nothing, if it does not teach."""
    if job.teacher is None:
        return lambda x: None
    graph, tensor = job.teacher
    return lambda x: differentiable.run(graph, dict(zip(graph.inputs, x, strict=True)))[0][tensor]
