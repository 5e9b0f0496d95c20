"""PagerDuty's events name priorities and do not order them."""

import pytest

from workflows.incident.priority import raises
from workflows.incident.values import Reference


def named(name: str | None) -> Reference | None:
    return Reference(id=f"id-{name}", name=name) if name else None


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "P5"), ("P2", "P1"), ("SEV-10", "SEV-2"), ("P3", "Major"), ("Minor", "Major"), ("Low", "P1")],
)
def test_it_goes_up_or_may_have(before: str | None, after: str) -> None:
    assert raises(named(before), named(after))


@pytest.mark.parametrize(
    ("before", "after"), [(None, None), ("P1", None), ("P1", "P2"), ("P1", "P1"), ("SEV-2", "SEV-10")]
)
def test_it_goes_down_or_stays(before: str | None, after: str | None) -> None:
    assert not raises(named(before), named(after))


def test_the_same_name_is_the_same_priority() -> None:
    """What a card showed last is known by name alone."""
    assert not raises(Reference(id="", name="Major"), Reference(id="PRIO1", name="Major"))


def test_the_same_priority_under_a_new_name_did_not_go_up() -> None:
    assert not raises(Reference(id="PRIO1", name="P2"), Reference(id="PRIO1", name="P1"))
