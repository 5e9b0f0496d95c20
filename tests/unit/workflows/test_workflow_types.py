"""A row and its workflow agree: what is sent by the row is what the class takes."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from temporalio import workflow

from workflows.contract import WorkflowType
from workflows.discovery import passed_through, workflow_classes
from workflows.incident.event_types import INCIDENT_EVENTS
from workflows.verbs.registry import VERBS


def rows() -> Iterator[WorkflowType[Any]]:
    for name in passed_through():
        if name.endswith(".workflow_type"):
            yield from (row for row in vars(import_module(name)).values() if isinstance(row, WorkflowType))


ROWS = list(rows())
CLASSES = {workflow._Definition.must_from_class(found).name: found for found in workflow_classes()}


def definition_of(row: WorkflowType[Any]) -> workflow._Definition:
    return workflow._Definition.must_from_class(CLASSES[row.name])


def test_every_workflow_has_one_row() -> None:
    assert sorted(row.name for row in ROWS) == sorted(str(name) for name in CLASSES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_workflow_is_started_by_what_its_row_says(row: WorkflowType[Any]) -> None:
    assert definition_of(row).arg_types == [row.start]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_workflow_takes_the_signals_of_its_row_with_what_they_carry(row: WorkflowType[Any]) -> None:
    taken = {name: signal.arg_types for name, signal in definition_of(row).signals.items()}
    sent = {name: [signal.argument] if signal.argument else [] for name, signal in row.signals.items()}
    assert {name: types or [] for name, types in taken.items()} == sent


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_workflow_answers_the_updates_of_its_row(row: WorkflowType[Any]) -> None:
    taken = {name: (update.arg_types, update.ret_type) for name, update in definition_of(row).updates.items()}
    assert taken == {name: ([update.argument], update.answer) for name, update in row.updates.items()}
    for update in row.updates.values():
        assert row.signals[update.goes_on_as.name] is update.goes_on_as
        assert update.goes_on_as.argument is update.argument


@pytest.mark.parametrize("verb", list(VERBS.values()), ids=lambda verb: verb.name)
def test_a_verb_is_confirmed_by_events_that_there_are(verb: Any) -> None:
    assert verb.confirmed_by <= set(INCIDENT_EVENTS)


@pytest.mark.parametrize("verb", list(VERBS.values()), ids=lambda verb: verb.name)
def test_a_verb_that_changes_the_status_is_alone_and_found_out_by_the_status(verb: Any) -> None:
    if verb.target is not None:
        assert (verb.exclusive, verb.find_out) == (True, "state")
