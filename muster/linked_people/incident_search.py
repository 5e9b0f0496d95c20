"""Incidents that somebody looks for or names, as PagerDuty shows them to that person (docs/decisions/0054).

PagerDuty's REST API searches no text. So it is asked for one incident by its number, or for two lists, and
the words are looked for here: in the title, and in the names of the service and of the assignees. To read a
whole incident takes long, and two lists hold two hundred: only what is shown is read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from muster.clients.pagerduty.access import account_of, bounded
from muster.clients.pagerduty.rest import INTERACTIVE, OPEN, PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.identity import asked_as
from muster.linked_people.person_token import PersonTokens
from muster.linked_people.together import all_of
from muster.payloads.rest import details_of_incident
from muster.payloads.values import Body, EventUnusable, mapping, mappings, moment_or_none
from muster.store.links import LinkedUser
from muster.values import VALUE, identifier, one_line, written
from workflows.errors import Forbidden, NotFound, ProviderUnavailable
from workflows.incident.events import Details

_NUMBER = re.compile(r"#?([0-9]{1,15})")


@dataclass(frozen=True)
class Sought:
    """What somebody typed."""

    number: int | None
    """Of the incident, where it can be one."""
    words: tuple[str, ...]
    """Each is to be a part of what is found; without any, every incident is."""

    @classmethod
    def of(cls, text: str) -> "Sought":
        """As it was typed: ``42``, ``#42``, ``checkout ada``."""
        line = one_line(text, VALUE)
        number = _NUMBER.fullmatch(line)
        return cls(int(number[1]) if number else None, tuple(line.casefold().split()))

    def matches(self, incident: Body) -> bool:
        """Whether the incident, as the REST API lists it, holds every word."""
        text = "\n".join(_texts_of(incident)).casefold()
        return all(word in text for word in self.words)


class FoundIncident(NamedTuple):
    """An incident as PagerDuty showed it."""

    account: str
    id: str
    details: Details
    changed_at: datetime
    """When it changed last, in whole seconds."""

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.details.snapshot.status in OPEN


class IncidentFinder:
    """Asks PagerDuty for incidents as the people who look for them."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        accounts: Mapping[str, PagerDutyAccount],
        person_tokens: PersonTokens,
    ) -> None:
        self._client = pagerduty
        self._accounts = accounts
        self._tokens = person_tokens

    async def find(
        self, sought: Sought, *, link: int, account: str, most: int, within: float
    ) -> tuple[FoundIncident, ...]:
        """What is found in the account in ``within`` seconds, a refresh of the person's token among it.

        A number that PagerDuty shows the person is that incident alone. Otherwise it is asked twice: for the
        100 newest open incidents, and for the 100 newest resolved ones of the last month. Of what they hold
        the first ``most``: open ones, then the newest.

        Raises ``NoIdentity``, an ``OutsideError``, or an error of ``UNAVAILABLE``.
        """
        configured = account_of(self._accounts, account)
        async with bounded(within):
            return await asked_as(
                self._tokens,
                lambda user: self._found(sought, configured, user, most),
                link=link,
                account=configured.key,
            )

    async def read(self, incident_id: str, *, link: int, account: str, within: float) -> FoundIncident:
        """This incident, in ``within`` seconds, a refresh of the person's token among it.

        Raises ``NotFound`` or ``Forbidden`` where PagerDuty does not show it to the person, and what ``find``
        raises.
        """
        configured = account_of(self._accounts, account)
        async with bounded(within):
            incident = await asked_as(
                self._tokens,
                lambda user: self._client.get_incident(
                    configured, incident_id, token=user.access_token, within=INTERACTIVE
                ),
                link=link,
                account=configured.key,
            )
        read = next(iter(_read(configured, [incident])), None)
        if read is None:
            raise ProviderUnavailable("PagerDuty's answer holds no incident that can be used")
        return read

    async def _found(
        self, sought: Sought, account: PagerDutyAccount, user: LinkedUser, most: int
    ) -> tuple[FoundIncident, ...]:
        token = user.access_token
        if sought.number is not None:
            try:
                one = await self._client.get_incident_by_number(account, sought.number, token=token)
            except (NotFound, Forbidden):
                pass  # the number may stand in a title
            else:
                return tuple(_read(account, [one]))
        listed = await all_of(
            self._client.list_newest_incidents(account, OPEN, token=token, of_all_time=True),
            self._client.list_newest_incidents(account, ("resolved",), token=token, of_all_time=False),
        )
        matching = (incident for incidents in listed for incident in incidents if sought.matches(incident))
        return tuple(islice(_read(account, matching), most))


def _texts_of(incident: Body) -> Iterator[str]:
    """Its number, its title, and the names of its service and of its assignees."""
    assignees = (entry.get("assignee") for entry in mappings(incident.get("assignments")))
    yield "#" + written(incident.get("incident_number"))
    yield written(incident.get("title"))
    for named in (incident.get("service"), *assignees):
        yield written(mapping(named).get("summary"))


def _read(account: PagerDutyAccount, incidents: Iterable[Mapping[str, Any]]) -> Iterator[FoundIncident]:
    """Those that can be used, each read when it is asked for."""
    for incident in incidents:
        id = identifier(incident.get("id"))
        try:
            details = details_of_incident(incident)
        except EventUnusable:
            continue
        if id is not None:
            updated = moment_or_none(incident.get("updated_at")) or details.status_changed_at
            yield FoundIncident(account.key, id, details, max(updated, details.status_changed_at))
