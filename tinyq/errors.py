"""The errors that a user sees: what is wrong, how to mend it, and the exit code that goes with it."""

from __future__ import annotations


class TinyqError(Exception):
    """An error with a message for people.

    Args:
        message: One sentence that says what is wrong.
        hint: One sentence that says how to mend it.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class FailedError(TinyqError):
    """A valid request that could not be carried out (exit code 1)."""


class BadInputError(TinyqError):
    """The user's model, data or options are not usable (exit code 2)."""

    exit_code = 2


class UnsupportedError(BadInputError):
    """The model uses something that the chosen runtime or scheme lacks (exit code 2)."""


class ShortfallError(TinyqError):
    """Done, but below what was asked: does not fit, not accurate enough, not bit-exact (exit code 3)."""

    exit_code = 3


class MissingToolError(FailedError):
    """An external program or an optional package is not installed (exit code 1)."""
