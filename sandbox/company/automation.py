"""What a PagerDuty account runs by itself or at a click: incident workflows and custom incident actions."""

from typing import Literal

from pydantic import Field

from sandbox.company.model import Value

TriggerType = Literal["manual", "conditional", "incident_type"]


class HttpHeader(Value):
    """A header of the requests to somebody else's server."""

    name: str
    value: str


class WebApiConnection(Value):
    """A connection of the integration *Web API* (PagerDuty: *Workflow Integrations*, Web API)."""

    id: str
    name: str
    headers: tuple[HttpHeader, ...]
    """The *Authentication Headers*: secret."""
    allowed_hostnames: tuple[str, ...] = Field(min_length=1)
    """Where the headers may go; ``*.example.com`` is every subdomain."""
    health_check_url: str
    health_check_method: Literal["HEAD", "GET"] = "HEAD"


class WorkflowTrigger(Value):
    """When a workflow starts (schema: ``IncidentWorkflowTrigger``)."""

    id: str
    type: TriggerType
    condition: str | None = None
    """PagerDuty Condition Language, of a conditional trigger; without one it starts at each creation."""
    incident_types: tuple[str, ...] = ()
    """Names of the types that start it, for an incident of any service."""
    services: tuple[str, ...] = ()
    """The services to which a manual or conditional trigger applies; none is all."""
    team: str | None = None
    """The team whose members alone may start it by hand."""


class WorkflowStep(Value):
    """One action of a workflow, with its inputs by name (schema: ``action_configuration``)."""

    name: str
    action: str
    """PagerDuty's id of the action, ``pagerduty.com:<package>:<function>:<version>``."""
    inputs: dict[str, str] = Field(default_factory=dict)
    steps: tuple["WorkflowStep", ...] = ()
    """The actions inside a loop."""


class IncidentWorkflow(Value):
    """A published workflow: its steps run one after the other."""

    id: str
    name: str
    description: str = ""
    triggers: tuple[WorkflowTrigger, ...]
    steps: tuple[WorkflowStep, ...]


class CustomAction(Value):
    """A custom incident action: a button on the incidents of one service that posts them to an address."""

    id: str
    label: str
    url: str
    description: str = ""
    service: str
    headers: tuple[HttpHeader, ...] = ()
    payload: Literal["v3", "v2"] = "v3"
    """The webhook version of its payload; the older one has ``messages``."""


class Automation(Value):
    """Everything of the kind that an account has at its start."""

    connections: tuple[WebApiConnection, ...] = ()
    workflows: tuple[IncidentWorkflow, ...] = ()
    custom_actions: tuple[CustomAction, ...] = ()
