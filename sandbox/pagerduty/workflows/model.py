"""Runs of incident workflows, and checks of connections, as the account keeps them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from sandbox.company.automation import TriggerType
from sandbox.pagerduty.model import Value

StartedBy = TriggerType | Literal["api"]


class SentRequest(Value):
    """What a step sent, without its headers, which may be secret."""

    method: str
    url: str
    body: str = ""


class StepRun(Value):
    """One step of a run; ``ended_at`` and the outputs are missing while it runs."""

    name: str
    action: str
    loop: int | None = None
    """Which time of a loop it belongs to, from 1; None outside of loops."""
    started_at: datetime
    ended_at: datetime | None = None
    request: SentRequest | None = None
    outputs: dict[str, str] = Field(default_factory=dict)
    """By PagerDuty's names, such as ``Result`` and ``Response Status Code``."""

    @property
    def has_failed(self) -> bool:
        """Whether its result is *Failed*."""
        return self.outputs.get("Result") == "Failed"


class WorkflowRun(Value):
    """One run of a workflow on an incident (PagerDuty: an instance)."""

    id: str
    workflow: str
    name: str
    """The workflow's name then."""
    incident: str
    trigger: str | None
    """None where the REST API started it."""
    started_by: StartedBy
    user: str | None
    """Who started it; of an automatic run the incident's first assignee."""
    started_at: datetime
    ended_at: datetime | None = None
    steps: tuple[StepRun, ...] = ()

    @property
    def state(self) -> Literal["running", "completed"]:
        """By the words of the schema's ``IncidentWorkflowTriggerInstance``."""
        return "running" if self.ended_at is None else "completed"

    @property
    def has_error(self) -> bool:
        """Whether a step outside of loops failed: *Incident Workflow completed with error*."""
        return any(step.has_failed for step in self.steps if step.loop is None)


class ConnectionCheck(Value):
    """What the health address of a connection answered last (schema: ``health``)."""

    at: datetime
    is_healthy: bool
    message: str
