"""The messages by which a channel hears of its connections."""

from collections.abc import Mapping
from typing import Any

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.notice_sends import Carrier, NoticeSends
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.cards.connections.card import connection_card, connection_summary
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateMessage
from muster.store import conversations
from muster.store.conversations import ConversationUnknown
from muster.store.pool import Pool
from workflows.connect_channel.activities import SHOW_CONNECTION, ConnectionShown, ShowConnection
from workflows.connect_channel.view import ConnectionView
from workflows.errors import RequestInvalid

_CARD = "application/vnd.microsoft.card.adaptive"


class ConnectionNoticeActivities:
    """Posts and edits the messages of connections."""

    def __init__(
        self, connector: ConnectorClient, pool: Pool, sends: Sends, refused_sends: RefusedSends
    ) -> None:
        self._connector = connector
        self._pool = pool
        self._notices = NoticeSends(pool, sends)
        self._refused_sends = refused_sends

    @implements(SHOW_CONNECTION)
    async def show_connection(self, request: ShowConnection) -> ConnectionShown:
        """Post or edit, and commit the outcome, one send of a message after the other."""
        content = _message(request.view)

        async def post() -> PrivateMessage:
            where = (await self._address(request), request.tenant, request.recipient)
            sent = await self._connector.send(*where, content)
            return PrivateMessage(request.recipient, sent, targeted=False)

        async def edit(message: PrivateMessage) -> None:
            where = (await self._address(request), request.tenant, message.conversation)
            await self._connector.update(*where, message.activity_id, content)

        async with heartbeats(), self._refused_sends.reporting(request.recipient):
            shown = await self._notices.show(
                request, Carrier(post, edit), asked_at=activity.info().scheduled_time
            )
        return ConnectionShown(certain=shown is not None)

    async def _address(self, request: ShowConnection) -> str:
        try:
            return await conversations.service_url_of(self._pool, request.recipient)
        except ConversationUnknown:
            raise RequestInvalid("nobody has told where the channel lives") from None


def _message(view: ConnectionView) -> Mapping[str, Any]:
    return {
        "type": "message",
        "summary": connection_summary(view),
        "attachments": [{"contentType": _CARD, "content": connection_card(view)}],
    }
