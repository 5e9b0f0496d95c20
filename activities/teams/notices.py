"""Messages of set-ups: the commits around each send, and the send itself.

A private message is sent at least once: both copies work, since a button names its message. What everybody
reads is posted at most once. Link and KEY are added here and stand in no history.
"""

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog
from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.sends import Sends
from muster.cards.setup.card import setup_card, setup_summary
from muster.clients.teams.connector import ConnectorClient
from muster.security.sealing import KeyRing, SealBroken
from muster.security.signed_links import SignedLinks, link_url
from muster.settings import Settings
from muster.store import link_offers, notices, people, teams
from muster.store.notices import key_of
from muster.store.pool import UNAVAILABLE, Pool
from workflows.errors import CardGone, Conflict, OutcomeUnknown, OutsideError, RequestInvalid
from workflows.person import Person
from workflows.team_setup.activities import SHOW_NOTICE, NoticeShown, ShowNotice

_CARD = "application/vnd.microsoft.card.adaptive"

log = structlog.stdlib.get_logger(__name__)


class _Place(NamedTuple):
    service_url: str
    tenant: str
    conversation: str


class NoticeActivities:
    """Posts and edits the messages of set-ups."""

    def __init__(
        self, connector: ConnectorClient, pool: Pool, sends: Sends, keys: KeyRing, settings: Settings
    ) -> None:
        self._connector = connector
        self._pool = pool
        self._sends = sends
        self._keys = keys
        self._settings = settings

    @implements(SHOW_NOTICE)
    async def show_notice(self, request: ShowNotice) -> NoticeShown:
        """Post or edit, and commit the outcome, one send of a message after the other."""
        asked_at = activity.info().scheduled_time
        key = key_of(request)

        async def show() -> NoticeShown:
            # A message that is there and is being recorded is not posted again.
            await self._sends.until_free(("record", key))
            known = await notices.message(self._pool, key)
            if known is None:
                return await self._post(request, asked_at)
            if known.content != request.content:
                await self._edit(request, known)
            return NoticeShown(certain=True)

        async with heartbeats():
            shown = await self._sends.run(("notice", key), show)
        log.info("notice shown", notice=request.name, showing=request.view.showing, certain=shown.certain)
        return shown

    async def _post(self, request: ShowNotice, asked_at: Any) -> NoticeShown:
        marker = secrets.token_hex(8)
        content = await self._message(request)
        if not await notices.intend(self._pool, request, marker=marker, asked_at=asked_at):
            if request.person is None:
                return NoticeShown(certain=False)
            raise Conflict("a later call has begun to post this message")
        try:
            place = await self._place(request)
            activity_id = await self._connector.send(
                *place, {**content, "text": content["summary"], "textFormat": "plain"}
            )
        except OutcomeUnknown:
            raise
        except OutsideError:
            await notices.withdraw(self._pool, key_of(request), marker)
            raise
        await self._record(request, place, activity_id, marker)
        return NoticeShown(certain=True)

    async def _edit(self, request: ShowNotice, known: notices.Message) -> None:
        service_url, _ = await self._address(request)
        place = _Place(service_url, request.tenant, known.conversation)
        try:
            await self._connector.update(*place, known.activity_id, await self._message(request))
        except CardGone:
            await notices.forget_message(self._pool, key_of(request), known.activity_id)
            raise
        await self._record(request, place, known.activity_id, None)

    async def _record(self, request: ShowNotice, place: _Place, activity_id: str, marker: str | None) -> None:
        async def record() -> None:
            await notices.record(
                self._pool,
                request,
                conversation=place.conversation,
                activity_id=activity_id,
                marker=marker,
            )

        try:
            await record()
        except UNAVAILABLE:
            self._sends.record_later(("record", key_of(request)), record, notice=request.name)

    # Where it goes

    async def _place(self, request: ShowNotice) -> _Place:
        service_url, conversation = await self._address(request)
        if conversation is None and request.person is not None:
            conversation = await self._open_chat(request, request.person, service_url)
        return _Place(service_url, request.tenant, conversation or request.recipient)

    async def _address(self, request: ShowNotice) -> tuple[str, str | None]:
        """Where the recipient's conversation lives now, and the private chat that is known."""
        private = None
        if request.person is not None:
            private = await people.private_chat(self._pool, request.tenant, request.person.aad_object_id)
        team = await teams.find(self._pool, request.team)
        service_url = (private.service_url if private else None) or (team.service_url if team else None)
        if service_url is None:
            raise RequestInvalid("nobody has told where the team lives")
        return service_url, private.conversation if private else None

    async def _open_chat(self, request: ShowNotice, person: Person, service_url: str) -> str:
        whom = person.teams_id or person.aad_object_id
        conversation = await self._connector.open_personal(service_url, request.tenant, whom)
        known = person.model_copy(update={"teams_id": whom})
        await people.keep_private_conversation(self._pool, request.tenant, known, conversation)
        return conversation

    # What it says

    async def _message(self, request: ShowNotice) -> Mapping[str, Any]:
        view = request.view
        link = key = None
        if view.offer is not None and view.showing == "open":
            link = link_url(self._settings.public_url, SignedLinks(self._keys).token(view.offer))
            if view.expanded:
                key = await self._key(view.offer)
        return {
            "type": "message",
            "summary": setup_summary(view),
            "attachments": [{"contentType": _CARD, "content": setup_card(view, link=link, key=key)}],
        }

    async def _key(self, offer: int) -> str | None:
        try:
            return await link_offers.open_key(self._pool, self._keys, offer)
        except SealBroken:
            raise RequestInvalid("the KEY of an offer cannot be opened with our keys") from None
