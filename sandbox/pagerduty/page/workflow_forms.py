"""The forms that make something: a workflow, a Web API connection, a custom incident action."""

import uuid
from collections import defaultdict
from collections.abc import Iterable

from sandbox.company.automation import (
    CustomAction,
    HttpHeader,
    IncidentWorkflow,
    WebApiConnection,
    WorkflowStep,
    WorkflowTrigger,
)
from sandbox.pagerduty import errors
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.page.forms import Form
from sandbox.pagerduty.workflows.actions import ACTIONS, LOOP_UNTIL
from sandbox.pagerduty.workflows.connections import header_lines

INPUT = "input:"
"""Begins the name of a field that is an input of a step."""


def workflow_of(fields: Iterable[tuple[str, str]]) -> IncidentWorkflow:
    """The workflow of the builder, whose fields come in the order of the page: ``step`` begins a step."""
    form: Form = defaultdict(str)
    steps: list[tuple[Form, dict[str, str]]] = []
    for name, value in fields:
        if name == "step":
            steps.append((defaultdict(str, step=value), {}))
        elif not steps:
            form[name] = value
        elif name.startswith(INPUT):
            if value:
                steps[-1][1][name.removeprefix(INPUT)] = value
        else:
            steps[-1][0][name] = value
    return IncidentWorkflow(
        id=new_id("P"),
        name=form["name"],
        description=form["description"],
        triggers=(_trigger(form),),
        steps=_nested(steps),
    )


def connection_of(form: Form) -> WebApiConnection:
    """The connection of its dialog; raises error 2001 for headers that are none."""
    hosts = tuple(filter(None, map(str.strip, form["allowed_hostnames"].splitlines())))
    return WebApiConnection.model_validate(
        {
            "id": str(uuid.uuid4()),
            "name": form["name"],
            "headers": _headers(form),
            "allowed_hostnames": hosts,
            "health_check_url": form["health_check_url"],
            "health_check_method": form["health_check_method"],
        }
    )


def custom_action_of(form: Form) -> CustomAction:
    """The custom action of its dialog; raises error 2001 for headers that are none."""
    return CustomAction.model_validate(
        {
            "id": new_id("P"),
            "label": form["label"],
            "url": form["url"],
            "description": form["description"],
            "service": form["service"],
            "headers": _headers(form),
            "payload": form["payload"],
        }
    )


def _trigger(form: Form) -> WorkflowTrigger:
    kind = form["trigger"]
    return WorkflowTrigger.model_validate(
        {
            "id": str(uuid.uuid4()),
            "type": kind,
            "condition": form["condition"] if kind == "conditional" and form["condition"] else None,
            "incident_types": (form["incident_type"],) if kind == "incident_type" else (),
            "services": (form["service"],) if kind != "incident_type" and form["service"] else (),
        }
    )


def _nested(steps: list[tuple[Form, dict[str, str]]]) -> tuple[WorkflowStep, ...]:
    """The steps; one that is inside goes into the loop before it."""
    nested: list[WorkflowStep] = []
    for form, inputs in steps:
        action = ACTIONS.get(form["step"])
        name = form["step_name"] or (action.name if action else "")
        step = WorkflowStep(name=name, action=form["step"], inputs=inputs)
        if not form["inside"]:
            nested.append(step)
            continue
        if not nested or nested[-1].action != LOOP_UNTIL:
            raise errors.invalid_input(f"{name} is inside a loop, and no loop is before it")
        loop = nested[-1]
        nested[-1] = loop.model_copy(update={"steps": (*loop.steps, step)})
    return tuple(nested)


def _headers(form: Form) -> tuple[HttpHeader, ...]:
    try:
        return header_lines(form["headers"])
    except ValueError as error:
        raise errors.invalid_input(str(error)) from None
