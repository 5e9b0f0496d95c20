"""``findIncident``: somebody looks for an incident in a message extension, as PagerDuty shows it to them."""

import asyncio
import html
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from api.bot.activity import InboundActivity
from api.bot.extension_answers import Result, message, results, sign_in
from api.bot.link_address import LinkAddresses
from api.bot.linking import Asked, Linking
from api.bot.not_read import is_unlinked, why_not_read
from api.bot.places import Crowded, Places
from api.bot.search_query import search_query
from api.bot.sender import person_of
from api.bot.shared_cards import SharedCards, picture_of
from muster.cards.commands import NO_PERSON
from muster.cards.links.sentences import NOBODY_SERVED, NOT_SERVED, choose_sentence
from muster.cards.search import (
    LINK_LABEL,
    NOTHING_FOUND,
    TOO_MANY,
    UNKNOWN_COMMAND,
    link_ended_sentence,
    not_searched,
    not_searched_card,
    preview_text,
    preview_title,
)
from muster.cards.sentences import UNREACHABLE, WORKS_NO_MORE
from muster.linked_people.identity import NoIdentity
from muster.linked_people.incident_search import FoundIncident, IncidentFinder, Sought
from muster.linked_people.together import all_of
from muster.logging import correlated
from muster.store import links, teams
from muster.store.pool import UNAVAILABLE, Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.errors import OutsideError
from workflows.person import Person

MOST = 10
"""Results of one search; there is no second page."""
_AT_ONCE, _OF_ONE_PERSON = 16, 4
"""Searches that PagerDuty is asked for at once: each brings two lists of a hundred incidents into the process
that answers clicks, and PagerDuty counts calls by person and account."""
_DRAWING_TAKES = 0.2
"""Seconds that are kept for drawing what was found."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

log = structlog.stdlib.get_logger(__name__)


class IncidentSearch:
    """Answers searches. What is found is what PagerDuty shows the person, by their own link."""

    def __init__(
        self,
        pool: Pool,
        finder: IncidentFinder,
        cards: SharedCards,
        linking: Linking,
        addresses: LinkAddresses,
        accounts_of: Callable[[str], tuple[str, ...]],
    ) -> None:
        """``accounts_of``: keys of the configured accounts that a tenant's teams may belong to."""
        self._pool = pool
        self._finder = finder
        self._cards = cards
        self._linking = linking
        self._addresses = addresses
        self._accounts_of = accounts_of
        self._places = Places(_AT_ONCE, _OF_ONE_PERSON)

    async def answer(self, activity: InboundActivity, *, answer_by: float) -> dict[str, Any]:
        """The body of the invoke's answer, at ``answer_by`` by the clock of the event loop at the latest."""
        with correlated(activity.id):
            try:
                return await self._answer(activity, answer_by)
            except (TemporalUnavailable, *UNAVAILABLE) as failure:
                log.warning("a search was not answered", reason=type(failure).__name__)
                return message(UNREACHABLE)
            except Crowded:
                log.warning("a search found no place")
                return message(TOO_MANY)
            except Rejected as failure:
                log.error("the link for a search was refused", reason=str(failure))
                return message(WORKS_NO_MORE)

    async def _answer(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        query, tenant, person = search_query(activity.value), activity.tenant, person_of(activity)
        if query is None:
            return message(UNKNOWN_COMMAND)
        if tenant is None or person is None:
            return message(NO_PERSON)
        if not query.is_first_page:
            return results(())
        async with asyncio.timeout_at(answer_by - _DRAWING_TAKES):
            here = await self._account_here(activity, tenant)
            own = await self._own_links(tenant, person, here)
        if not own:
            return await self._offer_link(activity, tenant, person, here, answer_by)
        async with self._places.one(person.aad_object_id, answer_by=answer_by):
            within = answer_by - _DRAWING_TAKES - asyncio.get_running_loop().time()
            found, failures = await self._find(Sought.of(query.text), own, within)
        log.info("a search was answered", accounts=len(own), found=len(found), failed=len(failures))
        if found:
            missing = [_missing(account, one) for account, one in failures.items()]
            shown = found[: max(MOST - len(missing), 1)]
            lines = [self._result(one, tenant, is_one_of_several=len(own) > 1) for one in shown]
            return results([*lines, *missing][:MOST])
        ended = next((account for account, one in failures.items() if is_unlinked(one)), None)
        if ended is not None:
            return await self._offer_link(activity, tenant, person, ended, answer_by)
        return message(_why_nothing(list(failures.values())))

    async def _account_here(self, activity: InboundActivity, tenant: str) -> str | None:
        """The account of the team in whose channel it is; ``None`` elsewhere."""
        team = await teams.find(self._pool, activity.team.id) if activity.team is not None else None
        if team is None or team.tenant != tenant or not team.is_authorized:
            return None
        return team.account if team.account in self._accounts_of(tenant) else None

    async def _own_links(self, tenant: str, person: Person, here: str | None) -> dict[str, int]:
        """The rows of the person's links, by account: that of the team, elsewhere all."""
        own = await links.of_person(self._pool, tenant=tenant, aad_object_id=person.aad_object_id)
        asked = self._accounts_of(tenant) if here is None else (here,)
        return {link.account: link.id for link in own if link.account in asked}

    async def _find(
        self, sought: Sought, own: Mapping[str, int], within: float
    ) -> tuple[list[FoundIncident], dict[str, Exception]]:
        """What is found, open ones first and the newest of each first; and which account could not tell.

        Raises an error of ``UNAVAILABLE``.
        """
        found: list[FoundIncident] = []
        failures: dict[str, Exception] = {}

        async def ask(account: str, link: int) -> None:
            try:
                found.extend(
                    await self._finder.find(sought, link=link, account=account, most=MOST, within=within)
                )
            except (NoIdentity, OutsideError) as failure:
                log.warning(
                    "PagerDuty was not searched",
                    account=account,
                    failure=type(failure).__name__,
                    reason=str(failure),
                )
                failures[account] = failure

        await all_of(*(ask(account, link) for account, link in own.items()))
        return sorted(found, key=lambda one: (one.is_open, _created_at(one)), reverse=True), failures

    def _result(self, found: FoundIncident, tenant: str, *, is_one_of_several: bool) -> Result:
        picture = picture_of(found, tenant=tenant)
        return Result(
            title=preview_title(picture.view),
            text=preview_text(picture.view, account=found.account if is_one_of_several else None),
            card=self._cards.card(picture),
        )

    async def _offer_link(
        self, activity: InboundActivity, tenant: str, person: Person, account: str | None, answer_by: float
    ) -> dict[str, Any]:
        """The person's own link to the account, or to the only one there is; no incident."""
        async with asyncio.timeout_at(answer_by - _DRAWING_TAKES):
            served = await self._linking.accounts(tenant)
            accounts = served if account is None else tuple(one for one in served if one == account)
            if len(accounts) != 1:
                return message(_why_no_link(accounts, account))
        asked = Asked(
            tenant=tenant,
            person=person,
            account=accounts[0],
            key=f"search-{activity.id}",
            correlation=activity.id,
        )
        address, told = await self._addresses.of(asked, answer_by=answer_by)
        log.info("a search was answered with a link", is_address=address is not None)
        return message(told) if address is None else sign_in(address, LINK_LABEL)


def _created_at(found: FoundIncident) -> datetime:
    return found.details.snapshot.created_at or _LONG_AGO


def _missing(account: str, failure: Exception) -> Result:
    """The line of an account that could not tell, under what others told."""
    why = link_ended_sentence(account) if is_unlinked(failure) else why_not_read(failure)
    return Result(title=not_searched(account), text=html.escape(why), card=not_searched_card(account, why))


def _why_nothing(failures: Sequence[Exception]) -> str:
    """Why there is no result, where an account could not tell or none of them has one."""
    return why_not_read(failures[0]) if failures else NOTHING_FOUND


def _why_no_link(accounts: Sequence[str], asked: str | None) -> str:
    if accounts:
        return choose_sentence(accounts)
    return NOBODY_SERVED if asked is None else NOT_SERVED
