"""The message by which one person links their accounts. The link is added here and stands in no history."""

from collections.abc import Mapping
from typing import Any

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.notice_sends import Carrier, NoticeSends
from activities.teams.sends import Sends
from muster.cards.links.card import link_card, link_summary
from muster.private_sends import PrivateMessage, PrivateSends
from muster.security.sealing import KeyRing
from muster.security.signed_links import SignedLinks, link_url
from muster.settings import Settings
from muster.store.pool import Pool
from workflows.account_link.activities import SHOW_LINK, LinkShown, ShowLink
from workflows.account_link.view import LinkView
from workflows.errors import OutcomeUnknown

_CARD = "application/vnd.microsoft.card.adaptive"


class LinkNoticeActivities:
    """Posts and edits the messages of personal links."""

    def __init__(
        self, pool: Pool, private: PrivateSends, sends: Sends, keys: KeyRing, settings: Settings
    ) -> None:
        self._private = private
        self._notices = NoticeSends(pool, sends)
        self._keys = keys
        self._settings = settings

    @implements(SHOW_LINK)
    async def show_link(self, request: ShowLink) -> LinkShown:
        """Post or edit, and commit the outcome, one send of a message after the other."""
        tenant, person, content = request.tenant, request.person, self._message(request.view)

        async def post() -> PrivateMessage:
            told = {**content, "text": content["summary"], "textFormat": "plain"}
            return await self._private.send(tenant, person, told, asked_in=request.asked_in)

        async def edit(message: PrivateMessage) -> None:
            await self._private.edit(tenant, person, message, content)

        async with heartbeats():
            shown = await self._notices.show(
                request, Carrier(post, edit), asked_at=activity.info().scheduled_time
            )
        if shown is None:
            raise OutcomeUnknown("a message to one person is never given up")
        return LinkShown(targeted=shown.targeted)

    def _message(self, view: LinkView) -> Mapping[str, Any]:
        link = None
        if view.offer is not None and view.showing == "open":
            link = link_url(self._settings.public_url, SignedLinks(self._keys).token(view.offer))
        return {
            "type": "message",
            "summary": link_summary(view),
            "attachments": [{"contentType": _CARD, "content": link_card(view, link=link)}],
        }
