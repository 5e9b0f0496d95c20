"""**Follow here**: somebody wants an incident's live card in the conversation where they see its picture.

What the button says is a hint: anybody can send it. PagerDuty decides, asked as whoever pressed, whether they
may see the incident (docs/decisions/0051 and 0055); nothing is written before it has.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import card, sentence
from api.bot.card_actions import ActionMalformed, CardActionHandler
from api.bot.following_places import FollowingPlaces, Place
from api.bot.linking import Asked, Linking
from api.bot.not_read import is_unlinked, why_not_read
from api.bot.pressed_button import PressedButton, pressed_button
from api.bot.shared_cards import SharedCards, picture_of
from api.gateway import Gateway
from muster.cards.incident.following import (
    FOLLOWED_HERE,
    FOLLOWS,
    NOT_IN_CHAT,
    NOT_SHOWN,
    SUSPENDED,
    unlinked_sentence,
)
from muster.cards.incident.shared import ACCOUNT, INCIDENT
from muster.cards.sentences import INCOMPLETE_BUTTON, NOT_OUR_CARD
from muster.identifiers import subdomain_of
from muster.linked_people.identity import NoIdentity
from muster.linked_people.incident_search import FoundIncident, IncidentFinder
from muster.message_links import message_link
from muster.store import following, links
from muster.store.chats import ChatOfAnotherTenant
from muster.store.following import Followed
from muster.store.pool import Pool
from muster.values import identifier
from workflows.channel_incident.messages import Followed as FollowedMessage
from workflows.channel_incident.messages import Timing
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, FOLLOW
from workflows.errors import Forbidden, NotFound, OutsideError

_STARTING_TAKES = 0.6
"""Seconds that are kept for the rows and for Temporal."""
_PLACING_TAKES = 0.3
"""Seconds that are kept for Teams, which is asked whether the bot is in a chat."""
_ANSWERING_TAKES = 0.1

log = structlog.stdlib.get_logger(__name__)


class _Named(NamedTuple):
    """Which incident the button names."""

    account: str
    incident_id: str


class FollowHandler(CardActionHandler):
    """Answers **Follow here**: registers a card in the conversation and starts its run, once for all."""

    def __init__(
        self,
        pool: Pool,
        gateway: Gateway,
        finder: IncidentFinder,
        linking: Linking,
        places: FollowingPlaces,
        cards: SharedCards,
        accounts_of: Callable[[str], tuple[str, ...]],
        timing: Timing,
    ) -> None:
        """``accounts_of``: keys of the configured accounts that a tenant's teams may belong to."""
        self._pool = pool
        self._gateway = gateway
        self._finder = finder
        self._linking = linking
        self._places = places
        self._cards = cards
        self._accounts_of = accounts_of
        self._timing = timing

    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        pressed = pressed_button(activity)
        named = _named(pressed)
        if named.account not in self._accounts_of(pressed.tenant):
            return _said(NOT_SHOWN, "no account")
        async with asyncio.timeout_at(answer_by - _STARTING_TAKES):
            link = await links.link_of(
                self._pool,
                tenant=pressed.tenant,
                aad_object_id=pressed.person.aad_object_id,
                account=named.account,
            )
        if link is None:
            return await self._offer_link(pressed, named.account, answer_by)
        within = answer_by - _STARTING_TAKES - _PLACING_TAKES - asyncio.get_running_loop().time()
        try:
            found = await self._finder.read(
                named.incident_id, link=link, account=named.account, within=within
            )
        except (NotFound, Forbidden) as failure:
            return _said(NOT_SHOWN, type(failure).__name__)
        except (NoIdentity, OutsideError) as failure:
            if is_unlinked(failure):
                return await self._offer_link(pressed, named.account, answer_by)
            return _said(why_not_read(failure), type(failure).__name__)
        # Only now: to find out where it is may write a channel's row, and revives a chat that the bot left.
        async with asyncio.timeout_at(answer_by - _STARTING_TAKES):
            place = await self._places.of(pressed)
        if isinstance(place, str):
            return _said(place, "no place")
        async with asyncio.timeout_at(answer_by - _ANSWERING_TAKES):
            return await self._follow(pressed, found, place)

    async def _offer_link(self, pressed: PressedButton, account: str, answer_by: float) -> dict[str, Any]:
        """Offer the person a link to an account of their organization; no other is told from none."""
        async with asyncio.timeout_at(answer_by - _STARTING_TAKES):
            served = await self._linking.accounts(pressed.tenant)
        if account not in served:
            return _said(NOT_SHOWN, "not served")
        asked = Asked(
            tenant=pressed.tenant,
            person=pressed.person,
            account=account,
            key=pressed.delivery_key(notice="", account=account),
            correlation=pressed.id,
        )
        told = await self._linking.ask(asked, answer_by=answer_by)
        return _said(unlinked_sentence(account, told), "unlinked")

    async def _follow(self, pressed: PressedButton, found: FoundIncident, place: Place) -> dict[str, Any]:
        """Raises ``TemporalUnavailable``, ``Rejected``, or what says that the database was not reached."""
        snapshot = found.details.snapshot
        try:
            await self._places.make(place, pressed, account=found.account, number=snapshot.number or found.id)
        except ChatOfAnotherTenant as error:
            raise ActionMalformed(NOT_OUR_CARD) from error
        followed = await following.follow(
            self._pool,
            account=found.account,
            incident_id=found.id,
            service=snapshot.service.id if snapshot.service else None,
            conversation=pressed.activity.conversation_id,
            tenant=pressed.tenant,
            by=pressed.person.aad_object_id,
            name=pressed.person.name,
        )
        if followed is None:
            return _said(SUSPENDED if place.kind is None else NOT_IN_CHAT, "suspended")
        if followed.message is None:
            await self._start(pressed, found, followed)
            return _said(FOLLOWS, "followed")
        if found.is_open:  # what the card shows may be over, its run too: nobody told that it was reopened
            await self._start(pressed, found, followed)
        return self._live_card(pressed, found, place, followed, followed.message)

    async def _start(self, pressed: PressedButton, found: FoundIncident, followed: Followed) -> None:
        """Tell the run, or have one restore the card; what is no news to a run changes nothing."""
        target = followed.target
        told = FollowedMessage(
            by=pressed.person.name,
            following=target.following,
            is_open=found.is_open,
            correlation=pressed.id,
        )
        await self._gateway.signal(CHANNEL_INCIDENT, target.start(self._timing), FOLLOW, told)

    def _live_card(
        self, pressed: PressedButton, found: FoundIncident, place: Place, followed: Followed, message: str
    ) -> dict[str, Any]:
        """The picture as it is now, with a link to the live card instead of **Follow here**."""
        if not place.has_links:
            return _said(FOLLOWED_HERE, "followed already")
        log.info("click answered", verb=pressed.verb, reply="followed already")
        picture = picture_of(found, tenant=pressed.tenant)
        live = message_link(
            conversation=pressed.activity.conversation_id,
            message=message,
            tenant=pressed.tenant,
            is_channel=place.kind is None,
            group=followed.team_group,
        )
        return card(self._cards.card(picture, live=live))


def _named(pressed: PressedButton) -> _Named:
    """Raises ``ActionMalformed``."""
    account, incident_id = subdomain_of(pressed.data.get(ACCOUNT)), identifier(pressed.data.get(INCIDENT))
    if account is None or incident_id is None:
        raise ActionMalformed(INCOMPLETE_BUTTON)
    return _Named(account, incident_id)


def _said(text: str, reply: str) -> dict[str, Any]:
    log.info("click answered", verb="follow", reply=reply)
    return sentence(text)
