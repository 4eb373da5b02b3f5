"""Training seen from outside: a child process does it, this side hears how far it is and keeps its states."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import FailedError, MissingToolError
from tinyq.frontend.extra import ENVIRONMENT
from tinyq.qat.methods import method
from tinyq.qat.plan import Parameters
from tinyq.qat.train import EpochEnd, Job, NotFinite, State, Step, train

OnEpoch = Callable[[EpochEnd], None]
OnStep = Callable[[int, Step], None]
"""Called with the epoch, counted from 1, and how far it is."""

# the reference's rounding needs no oneDNN here, which makes convolutions several times faster
_ENVIRONMENT = {**ENVIRONMENT, "TF_ENABLE_ONEDNN_OPTS": "1"}


def require(*packages: str) -> None:
    """Check that training's packages are there, without importing them.

    Raises:
        MissingToolError: Some are not.
    """
    missing = [name for name in ("tensorflow", "tf_keras", *packages) if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingToolError(
            f"Training needs {' and '.join(missing)}, which this installation lacks.",
            "Install it with: pip install 'tinyq[keras]'",
        )


def fit(
    job: Job,
    inputs: Sequence[NDArray[Any]],
    labels: NDArray[Any] | None,
    *,
    state: State | None = None,
    keep: str | None = None,
    on_epoch: OnEpoch = lambda end: None,
    on_step: OnStep = lambda epoch, step: None,
) -> Parameters:
    """Train in a child process, which is gone when this returns, whatever happens.

    Args:
        job: What to do.
        inputs: For each input of the model real values ``[samples, ...]``.
        labels: What the loss compares with, or None.
        state: To go on from, or None to start.
        keep: A file that the Keras model is saved to when all epochs are done.
        on_epoch, on_step: Told how far it is.

    Returns:
        The values after the last epoch.

    Raises:
        MissingToolError: TensorFlow is not installed.
        FailedError: The loss became NaN or infinite; says where. ``on_epoch`` has seen the last good state.
    """
    require(*(method(job.method).needs if job.method else ()))
    epoch = state.epoch if state is not None else 0
    begun = epoch
    arrays = tuple(np.asarray(x) for x in inputs)
    requests: Iterator[None] = repeat(None)
    answers = isolation.stream(
        train, requests, job, arrays, labels, state, keep, subject="the training", memory_bytes=None, env=_ENVIRONMENT
    )
    with closing(answers):
        while True:
            told = next(answers)
            if isinstance(told, NotFinite):
                raise FailedError(
                    f"The loss became NaN or infinite at step {told.step} of epoch {told.epoch}.",
                    "Train with a smaller learning rate (--lr), and check the labels and the scaling of the data.",
                )
            if isinstance(told, Step):
                on_step(epoch + 1, told)
            else:
                epoch = told.state.epoch
                if epoch > begun:  # it is told of each epoch once
                    on_epoch(told)
                if epoch >= job.optimization.epochs:
                    return told.parameters
