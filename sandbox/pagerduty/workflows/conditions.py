"""Conditions of triggers and loops, in the PagerDuty Condition Language (PCL).

Of PCL there is ``matches``, ``matches part``, ``matches regex`` and ``exists``, joined by ``and`` and ``or``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.pagerduty.workflows.references import STEP, Values

_TEST = re.compile(
    rf"(?P<name>{STEP}|[\w.]+)\s+"
    r"(?:(?P<operator>matches part|matches regex|matches)\s+'(?P<value>(?:[^'\\]|\\.)*)'|exists)"
)
_JOIN = re.compile(r"\s+(and|or)\s+")


class ConditionError(ValueError):
    """The text is not a condition; the message says from where on."""


@dataclass(frozen=True)
class _Test:
    name: str
    operator: str | None
    """None is ``exists``."""
    wanted: str

    def holds(self, values: Values) -> bool:
        value = values.of(self.name) or ""
        match self.operator:
            case "matches":
                return value == self.wanted
            case "matches part":
                return self.wanted in value
            case "matches regex":
                return re.search(self.wanted, value) is not None
            case _:
                return value != ""


def holds(condition: str, values: Values) -> bool:
    """Whether the condition is true; ``and`` binds more than ``or``. Raises ConditionError."""
    return any(all(test.holds(values) for test in tests) for tests in _parsed(condition))


def check(condition: str) -> None:
    """Raise ConditionError unless this is a condition."""
    _parsed(condition)


def _parsed(condition: str) -> list[list[_Test]]:
    """The tests that ``and`` joins, in lists that ``or`` joins."""
    alternatives: list[list[_Test]] = [[]]
    for join, test in _tests(condition.strip()):
        if join == "or":
            alternatives.append([])
        alternatives[-1].append(test)
    return alternatives


def _tests(condition: str) -> Iterator[tuple[str, _Test]]:
    join, position = "and", 0
    while True:
        found = _TEST.match(condition, position)
        if found is None:
            raise ConditionError(f"no condition is known that begins with {condition[position:]!r}")
        wanted = re.sub(r"\\(['\\])", r"\1", found["value"] or "")
        if found["operator"] == "matches regex":
            _check_pattern(wanted)
        yield join, _Test(found["name"], found["operator"], wanted)
        if found.end() == len(condition):
            return
        joined = _JOIN.match(condition, found.end())
        if joined is None:
            raise ConditionError(f"neither 'and' nor 'or' follows in {condition[found.end() :]!r}")
        join, position = joined[1], joined.end()


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConditionError(f"{pattern!r} is no regular expression: {error}") from None
