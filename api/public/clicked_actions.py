"""What PagerDuty posts when somebody clicks a custom incident action: a webhook of version 3, or 2.

Sources: PagerDuty, *Custom Incident Actions*, which calls the payload that of webhooks; *Webhooks Overview*
(version 3: one ``event`` about the incident, whose ``agent`` clicked); *v2 Overview* (``messages``, whose
log entry names the agent). Neither names the event, so that it is not asked for.
"""

from typing import Annotated, NamedTuple

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from api.public.bodies import PagerDutyBody, pagerduty_id
from muster.values import identifier

_NEITHER = "it has neither an event nor messages, as PagerDuty's webhooks have"
_INCIDENTS = ("incident", "incident_reference")


class Click(NamedTuple):
    """Somebody clicked the button of an action."""

    incident_id: str
    number: int | None
    service: str | None
    user: str | None
    """PagerDuty's id of who clicked; ``None``: the payload names nobody."""


class Named(PagerDutyBody):
    """A reference to something else."""

    id: str | None = None
    type: str | None = None
    summary: str | None = None


class Incident(PagerDutyBody):
    """The incident on which the button was."""

    id: Annotated[str, AfterValidator(pagerduty_id)]
    type: str = "incident"
    number: int | None = None
    incident_number: int | None = None
    service: Named | None = None

    @model_validator(mode="after")
    def _is_an_incident(self) -> "Incident":
        if self.type not in _INCIDENTS:
            raise PydanticCustomError("incident", "it is no incident")
        return self


class Event(PagerDutyBody):
    """Version 3."""

    agent: Named | None = None
    data: Incident


class LogEntry(PagerDutyBody):
    """Who did it, in version 2."""

    agent: Named | None = None


class Message(PagerDutyBody):
    """Version 2."""

    incident: Incident
    log_entries: list[LogEntry] | None = None


class ClickedAction(PagerDutyBody):
    """Either version: an ``event``, or one of the ``messages``."""

    event: Event | None = None
    messages: list[Message] | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> "ClickedAction":
        if self.event is None and not self.messages:
            raise PydanticCustomError("payload", _NEITHER)
        return self

    @property
    def click(self) -> Click:
        """What it tells, whichever version it is; of several messages the first."""
        if self.event is not None:
            return _click(self.event.data, self.event.agent)
        message = (self.messages or [])[0]
        agents = [entry.agent for entry in message.log_entries or () if entry.agent is not None]
        return _click(message.incident, agents[0] if agents else None)


def _click(incident: Incident, agent: Named | None) -> Click:
    is_user = agent is not None and agent.type in ("user", "user_reference")
    return Click(
        incident_id=incident.id,
        number=incident.number if incident.number is not None else incident.incident_number,
        service=incident.service.summary if incident.service else None,
        user=identifier(agent.id) if agent is not None and is_user else None,
    )
