"""Asking ``ConnectChannel`` for something, by a command or a button."""

from dataclasses import dataclass
from datetime import UTC, datetime

from api.bot.linking import Asked as AskedForLink
from api.bot.linking import Linking
from api.gateway import Gateway
from muster.cards.connections.sentences import Again, sentence_of, unlinked_sentence
from muster.store import links
from muster.store.conversations import Channel
from muster.store.pool import Pool
from workflows.connect_channel.messages import Asked, ConnectAnswer, Start
from workflows.connect_channel.state import Request
from workflows.connect_channel.workflow_type import CONNECT_CHANNEL, UPDATES
from workflows.person import Person


@dataclass(frozen=True)
class Asker:
    """Somebody who asks, and how they would ask again."""

    tenant: str
    person: Person
    key: str
    """Tells this request from every other, and is the update's id."""
    correlation: str | None
    again: Again
    answer_by: float
    """By the clock of the event loop."""


@dataclass(frozen=True)
class Pair:
    """A service and the channel that it is connected to, or is to be."""

    account: str
    service: str
    channel: Channel
    service_name: str = ""
    """As far as it is known."""


class Connecting:
    """Asks in the name of people, by their link; who has none is offered one."""

    def __init__(self, pool: Pool, gateway: Gateway, linking: Linking) -> None:
        self._pool = pool
        self._gateway = gateway
        self._linking = linking

    async def link_of(self, asker: Asker, account: str) -> int | None:
        """The row of the person's link."""
        return await links.link_of(
            self._pool, tenant=asker.tenant, aad_object_id=asker.person.aad_object_id, account=account
        )

    async def offer_link(self, kind: Request, asker: Asker, account: str) -> str:
        """Offer the person a link, and say so in plain text; nothing else is done for them."""
        asked = AskedForLink(
            tenant=asker.tenant,
            person=asker.person,
            account=account,
            key=asker.key,
            correlation=asker.correlation,
        )
        told = await self._linking.ask(asked, answer_by=asker.answer_by)
        return unlinked_sentence(account, told, kind, again=asker.again)

    async def ask(
        self, kind: Request, asker: Asker, pair: Pair, link: int, *, message: str | None = None
    ) -> ConnectAnswer | None:
        """What the workflow answers; ``None``: not in time, and it goes on.

        ``message``: the card that was pressed, which goes on as the connection's.
        Raises ``TemporalUnavailable`` or ``Rejected``.
        """
        return await self._gateway.ask(
            CONNECT_CHANNEL,
            Start(
                tenant=asker.tenant,
                account=pair.account,
                service=pair.service,
                service_name=pair.service_name,
                conversation=pair.channel.id,
                key=pair.channel.key,
                channel_name=pair.channel.label,
            ),
            UPDATES[kind],
            Asked(
                key=asker.key,
                person=asker.person,
                link=link,
                message=message,
                received_at=datetime.now(UTC),
                correlation=asker.correlation,
            ),
            update_id=asker.key,
            answer_by=asker.answer_by,
        )

    async def outcome(
        self, kind: Request, asker: Asker, pair: Pair, *, message: str | None = None
    ) -> tuple[str, str]:
        """What the person is told, in plain text, and its code, for the log."""
        link = await self.link_of(asker, pair.account)
        if link is None:
            return await self.offer_link(kind, asker, pair.account), "unlinked"
        answer = await self.ask(kind, asker, pair, link, message=message)
        return sentence_of(answer, kind, again=asker.again), answer.reply if answer else "working"
