"""The language of accelerator rules: one Python expression over the facts of an operator, checked, never executed.

Profiles are data and may come from anywhere, so an expression is parsed and walked here: names of facts, literals,
``and``/``or``/``not``, comparisons, integer arithmetic, and the few functions in :data:`FUNCTIONS`. Anything else is
refused when the profile is read.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

_MAX_LENGTH = 400


def power_of_two(value: float | Collection[float]) -> bool:
    """Whether a positive number, or every number of several, is 2 to some integer."""
    values = value if isinstance(value, Collection) else (value,)
    return all(v > 0 and math.frexp(v)[0] == 0.5 for v in values)


def only(values: Collection[Any], value: Any) -> bool:
    """Whether all of several values equal one."""
    return all(v == value for v in values)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs, "len": len, "max": max, "min": min, "only": only, "power_of_two": power_of_two,
}  # fmt: skip

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.Not: operator.not_, ast.USub: operator.neg}


@dataclass(frozen=True)
class Expression:
    """A checked expression.

    Attributes:
        text: As written.
        names: The facts that it uses, in order.
        tree: What is walked.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr

    def evaluate(self, facts: Mapping[str, Any]) -> Any:
        """The value for some facts.

        Raises:
            ValueError: The facts do not fit the expression: a division by zero, a comparison of unlike things.
        """
        try:
            return _value(self.tree, facts)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise ValueError(f"cannot evaluate {self.text!r}: {error}") from error

    def detail(self, facts: Mapping[str, Any]) -> str:
        """The facts that it uses, "kh = 5, kw = 5"."""
        return ", ".join(f"{name} = {_shown(facts[name])}" for name in self.names)


def parse(text: str, names: Collection[str]) -> Expression:
    """Check an expression.

    Args:
        text: Python syntax.
        names: The facts that there are.

    Raises:
        ValueError: It uses something that is not allowed, or a fact that there is not.
    """
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"expression of {len(text)} characters")
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{text!r} is no expression: {error.msg}") from error
    found: dict[str, None] = {}
    _check(tree, names, found)
    return Expression(text, tuple(found), tree)


def _check(node: ast.expr, names: Collection[str], found: dict[str, None]) -> None:
    match node:
        case ast.Constant(value=value) if isinstance(value, bool | int | float | str):
            return
        case ast.Name(id=name):
            if name not in names:
                raise ValueError(f"unknown fact {name!r}")
            found[name] = None
            return
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            children = parts
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            children = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            children = [left, right]
        case ast.Compare(left=left, ops=ops, comparators=rest) if all(type(o) in _COMPARISONS for o in ops):
            children = [left, *rest]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            children = args
        case _:
            raise ValueError(f"{ast.unparse(node)!r} is not allowed in a rule")
    for child in children:
        _check(child, names, found)


def _value(node: ast.expr, facts: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - one for each form
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return facts[name]
        case ast.BoolOp(op=op, values=values):
            return (all if isinstance(op, ast.And) else any)(_value(v, facts) for v in values)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(_value(p, facts) for p in parts)
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, facts))
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, facts), _value(right, facts)
            if not (isinstance(a, int | float) and isinstance(b, int | float)):
                raise TypeError("arithmetic is for numbers")  # a string times a number would fill the memory
            return _BINARY[type(op)](a, b)
        case ast.Compare(left=left, ops=ops, comparators=rest):
            values = [_value(v, facts) for v in (left, *rest)]
            return all(_COMPARISONS[type(o)](a, b) for o, a, b in zip(ops, values[:-1], values[1:], strict=True))
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(_value(a, facts) for a in args))
    raise AssertionError(ast.dump(node))  # parse() lets nothing else through


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        if len(value) == 1:
            return _shown(value[0])
        if len(value) > 4:
            return f"({', '.join(map(_shown, value[:3]))}, ... {len(value)} in all)"
        return f"({', '.join(map(_shown, value))})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
