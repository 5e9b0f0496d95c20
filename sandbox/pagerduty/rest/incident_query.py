"""The query of ``GET /incidents``: filters, order and page."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from sandbox.pagerduty import errors
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.model import Incident, Status, Urgency
from sandbox.pagerduty.rest.paging import Page
from sandbox.pagerduty.times import parse_time

_DEFAULT_RANGE = timedelta(days=30)
_LONGEST_RANGE = timedelta(days=184)
_MOST_ORDERS = 2


def _resolved_at(incident: Incident) -> float:
    return incident.resolved_at.timestamp() if incident.resolved_at else float("inf")


_ORDERS: dict[str, Callable[[Incident], Any]] = {
    "incident_number": lambda incident: incident.number,
    "created_at": lambda incident: incident.created_at,
    "resolved_at": _resolved_at,
    "urgency": lambda incident: incident.urgency == "high",
}


class IncidentQuery(Page):
    """An incident must match every filter given."""

    date_range: Literal["all"] | None = None
    since: str | None = None
    until: str | None = None
    incident_key: str | None = None
    service_ids: list[str] = Field(default=[], alias="service_ids[]")
    team_ids: list[str] = Field(default=[], alias="team_ids[]")
    user_ids: list[str] = Field(default=[], alias="user_ids[]")
    urgencies: list[Urgency] = Field(default=[], alias="urgencies[]")
    statuses: list[Status] = Field(default=[], alias="statuses[]")
    sort_by: list[str] = Field(default=[])

    def select(self, incidents: Iterable[Incident], directory: Directory, now: datetime) -> list[Incident]:
        """The incidents that match, of those that the directory's reader may see, in the order asked for."""
        since, until = self._range(now)
        return self._sorted(
            incident
            for incident in incidents
            if since <= incident.created_at <= until
            and directory.sees_incidents_of(incident.service)
            and (self.incident_key is None or incident.incident_key == self.incident_key)
            and _among(incident.status, self.statuses)
            and _among(incident.urgency, self.urgencies)
            and _among(incident.service, self.service_ids)
            and _shares(directory.teams_of_service(incident.service), self.team_ids)
            and _shares(incident.assignees, self.user_ids)
        )

    def _range(self, now: datetime) -> tuple[datetime, datetime]:
        if self.date_range == "all":
            return datetime.min.replace(tzinfo=now.tzinfo), now
        try:
            until = parse_time(self.until) if self.until else now
            since = parse_time(self.since) if self.since else until - _DEFAULT_RANGE
        except ValueError:
            raise errors.invalid_input("since and until must be ISO 8601 times") from None
        if until - since > _LONGEST_RANGE:
            raise errors.invalid_input("since and until can be at most 6 months apart")
        return since, until

    def _sorted(self, incidents: Iterable[Incident]) -> list[Incident]:
        ordered = sorted(incidents, key=_ORDERS["incident_number"])
        wanted = [part for value in self.sort_by for part in value.split(",")]
        if len(wanted) > _MOST_ORDERS:
            raise errors.invalid_input(f"sort_by takes at most {_MOST_ORDERS} fields")
        for part in reversed(wanted):
            field, _, direction = part.partition(":")
            if field not in _ORDERS or direction not in ("", "asc", "desc"):
                raise errors.invalid_input(f"sort_by does not know {part!r}")
            ordered.sort(key=_ORDERS[field], reverse=direction == "desc")
        return ordered


def _among(value: str, wanted: Iterable[str]) -> bool:
    wanted = tuple(wanted)
    return not wanted or value in wanted


def _shares(values: Iterable[str], wanted: Iterable[str]) -> bool:
    wanted = set(wanted)
    return not wanted or not wanted.isdisjoint(values)
