"""Messages of set-ups. Link and KEY are added here and stand in no history."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.notice_sends import Carrier, NoticeSends
from activities.teams.private import PrivateMessage
from activities.teams.sends import Sends
from muster.cards.setup.card import setup_card, setup_summary
from muster.clients.teams.connector import ConnectorClient
from muster.security.sealing import KeyRing, SealBroken
from muster.security.signed_links import SignedLinks, link_url
from muster.settings import Settings
from muster.store import link_offers, people, teams
from muster.store.pool import Pool
from workflows.errors import RequestInvalid
from workflows.person import Person
from workflows.team_setup.activities import SHOW_NOTICE, NoticeShown, ShowNotice

_CARD = "application/vnd.microsoft.card.adaptive"


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
        self._notices = NoticeSends(pool, sends)
        self._keys = keys
        self._settings = settings

    @implements(SHOW_NOTICE)
    async def show_notice(self, request: ShowNotice) -> NoticeShown:
        """Post or edit, and commit the outcome, one send of a message after the other."""

        async def post() -> PrivateMessage:
            content = await self._message(request)
            place = await self._place(request)
            activity_id = await self._connector.send(
                *place, {**content, "text": content["summary"], "textFormat": "plain"}
            )
            return PrivateMessage(place.conversation, activity_id, targeted=False)

        async def edit(message: PrivateMessage) -> None:
            service_url, _ = await self._address(request)
            place = _Place(service_url, request.tenant, message.conversation)
            await self._connector.update(*place, message.activity_id, await self._message(request))

        async with heartbeats():
            shown = await self._notices.show(
                request, Carrier(post, edit), asked_at=activity.info().scheduled_time
            )
        return NoticeShown(certain=shown is not None)

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
