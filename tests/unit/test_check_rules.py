"""The rule language: what it computes, and that nothing else gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyq.hardware.rules import parse, power_of_two

FACTS = {"a": 3, "b": 4, "t": "int8", "zs": (0, 0), "many": (1, 2, 3, 4, 5, 6)}


def value(text: str) -> object:
    return parse(text, FACTS).evaluate(FACTS)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a < b <= 4", True),
        ("a == 3 and not b == 3", True),
        ("t in ('int8', 'int4')", True),
        ("(a, b) not in ((3, 4), (5, 6))", False),
        ("max(a, b) % 3 == 1 or a // 0 == 1", True),  # the second half is never reached
        ("only(zs, 0) and len(many) == 6", True),
        ("-a * 2 + b - 1 == -3", True),
        ("abs(-a) == min(3, 9)", True),
    ],
)
def test_values(text: str, result: bool) -> None:
    assert value(text) is result


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 9))
def test_arithmetic_is_pythons(a: int, b: int, c: int) -> None:
    facts = {"a": a, "b": b, "c": c}
    text = "(a + b) * c - a // c + b % c"
    assert parse(text, facts).evaluate(facts) == (a + b) * c - a // c + b % c


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a.__class__", "zs[0]", "[x for x in zs]", "lambda: 1", "a ** b", "a if b else t",
        "open('x')", "f'{a}'", "unknown == 1", "a = 1", "max(*zs)", "max(zs, key=a)", "b'x'", "a << 60", "{}", "None",
        "a == 1 " + "and a == 1 " * 60, "", "(",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not allowed|unknown fact|no expression|characters"):
        parse(text, FACTS)


@pytest.mark.parametrize("text", ["t * 1000000000", "'%99999999d' % a", "zs * 1000000000", "a // 0", "t < a"])
def test_what_does_not_fit_is_an_error_and_takes_no_memory(text: str) -> None:
    with pytest.raises(ValueError, match="cannot evaluate"):
        value(text)


def test_detail_shows_the_facts_in_question() -> None:
    assert parse("a == 1 and only(many, 0) and a < b", FACTS).detail(FACTS) == (
        "a = 3, many = (1, 2, 3, ... 6 in all), b = 4"
    )


def test_powers_of_two() -> None:
    assert power_of_two(0.25)
    assert power_of_two((1, 2, 0.0078125))
    assert not power_of_two((0.5, 0.3))
    assert not power_of_two(0)
    assert not power_of_two(-2)
