"""Messages of set-ups. Link and KEY are added here and stand in no history."""

from collections.abc import Mapping
from typing import Any

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.notice_sends import Carrier, NoticeSends
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.cards.setup.card import setup_card, setup_summary
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateMessage, PrivateSends
from muster.security.sealing import KeyRing, SealBroken
from muster.security.signed_links import SignedLinks, link_url
from muster.settings import Settings
from muster.store import link_offers, teams
from muster.store.pool import Pool
from workflows.errors import RequestInvalid
from workflows.team_setup.activities import SHOW_NOTICE, NoticeShown, ShowNotice

_CARD = "application/vnd.microsoft.card.adaptive"


class NoticeActivities:
    """Posts and edits the messages of set-ups."""

    def __init__(
        self,
        connector: ConnectorClient,
        private: PrivateSends,
        pool: Pool,
        sends: Sends,
        refused_sends: RefusedSends,
        keys: KeyRing,
        settings: Settings,
    ) -> None:
        self._connector = connector
        self._private = private
        self._pool = pool
        self._notices = NoticeSends(pool, sends)
        self._refused_sends = refused_sends
        self._keys = keys
        self._settings = settings

    @implements(SHOW_NOTICE)
    async def show_notice(self, request: ShowNotice) -> NoticeShown:
        """Post or edit, and commit the outcome, one send of a message after the other."""

        async def post() -> PrivateMessage:
            content = await self._message(request)
            return await self._post(request, {**content, "text": content["summary"], "textFormat": "plain"})

        async def edit(message: PrivateMessage) -> None:
            await self._edit(request, message, await self._message(request))

        # What a private chat refuses says nothing of the team: a report of it finds no channel.
        async with heartbeats(), self._refused_sends.reporting(request.recipient):
            shown = await self._notices.show(
                request, Carrier(post, edit), asked_at=activity.info().scheduled_time
            )
        return NoticeShown(certain=shown is not None)

    # Where it goes: to a person in their private chat, or into a channel for all

    async def _post(self, request: ShowNotice, content: Mapping[str, Any]) -> PrivateMessage:
        if request.person is not None:
            return await self._private.send(request.tenant, request.person, content, asked_in=None)
        where = (await self._address(request), request.tenant, request.recipient)
        return PrivateMessage(request.recipient, await self._connector.send(*where, content), targeted=False)

    async def _edit(self, request: ShowNotice, message: PrivateMessage, content: Mapping[str, Any]) -> None:
        if request.person is not None:
            await self._private.edit(request.tenant, request.person, message, content)
            return
        where = (await self._address(request), request.tenant, message.conversation, message.activity_id)
        await self._connector.update(*where, content)

    async def _address(self, request: ShowNotice) -> str:
        team = await teams.find(self._pool, request.team)
        if team is None or team.service_url is None:
            raise RequestInvalid("nobody has told where the team lives")
        return team.service_url

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
