"""Which run is told of an offer, and what: the set-up of a team, or the link of a person."""

from typing import Any, NamedTuple

from muster.logging import correlation_id
from muster.store import people, teams
from muster.store.link_offers import Offer
from muster.store.pool import Pool
from workflows.account_link import messages as account_link
from workflows.account_link.workflow_type import ACCOUNT_LINK, LINKED
from workflows.contract import Update, WorkflowType
from workflows.person import Person
from workflows.team_setup import messages as team_setup
from workflows.team_setup.workflow_type import AUTHORIZED, CONSENT_RETURNED, TEAM_SETUP
from workflows.values import Value


class Report(NamedTuple):
    """What a run is told of an offer, as its row is."""

    workflow_type: WorkflowType[Any]
    start: Value
    update: Update[Any, Any]
    message: Value
    id: str
    """Tells it from every other report."""


class Recipients:
    """Knows whom to tell; the deadlines are those of a run that the report starts."""

    def __init__(
        self, pool: Pool, *, of_teams: team_setup.Deadlines, of_people: account_link.Deadlines
    ) -> None:
        self._pool = pool
        self._of_teams = of_teams
        self._of_people = of_people

    async def report(self, offer: Offer) -> Report | None:
        """The report of an offer; ``None`` where its team is not there any more.

        A person always has a run, whether a row names them or not.
        """
        if offer.kind == "link_accounts":
            return await self._to_person(offer)
        team = await teams.find(self._pool, offer.team)
        if team is None:
            return None
        return _to_team(offer, team.start(self._of_teams))

    async def _to_person(self, offer: Offer) -> Report:
        known = await people.find(self._pool, offer.tenant, offer.person)
        start = account_link.Start(
            tenant=offer.tenant,
            # Without a row Teams knows them by their AAD object id too.
            person=known or Person(aad_object_id=offer.person, teams_id=offer.person, name=""),
            account=offer.account or "",
            deadlines=self._of_people,
        )
        linked = account_link.Linked(offer=offer.id, correlation=correlation_id.get())
        return Report(ACCOUNT_LINK, start, LINKED, linked, f"linked-{offer.id}")


def _to_team(offer: Offer, start: team_setup.Start) -> Report:
    correlation = correlation_id.get()
    if offer.kind == "authorize":
        authorized = team_setup.Authorized(offer=offer.id, correlation=correlation)
        return Report(TEAM_SETUP, start, AUTHORIZED, authorized, f"authorized-{offer.id}")
    returned = team_setup.ConsentReturned(
        offer=offer.id, refused=offer.return_refused is True, correlation=correlation
    )
    at = offer.returned_at.timestamp() if offer.returned_at else 0
    return Report(TEAM_SETUP, start, CONSENT_RETURNED, returned, f"consent-returned-{offer.id}-{at:.6f}")
