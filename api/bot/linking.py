"""Asking for a personal link, by a command or a button: to which accounts, and what the person is told."""

from collections.abc import Callable
from dataclasses import dataclass

from api.gateway import Gateway
from muster.cards.links.sentences import NOT_SERVED, linked_sentence, sentence_of
from muster.store import links
from muster.store.pool import Pool
from workflows.account_link.messages import Deadlines, LinkAnswer, OfferLink, Start
from workflows.account_link.workflow_type import ACCOUNT_LINK, OFFER
from workflows.contract import Update
from workflows.person import Person


@dataclass(frozen=True)
class Asked:
    """Somebody asks for a link of their own."""

    tenant: str
    person: Person
    account: str
    key: str
    """Tells it from every other request, and is the update's id."""
    correlation: str | None
    conversation: str | None = None
    """Where only they are to see it; ``None``: in the private chat."""


class Linking:
    """Asks ``AccountLink`` for links."""

    def __init__(
        self,
        pool: Pool,
        gateway: Gateway,
        accounts_of: Callable[[str], tuple[str, ...]],
        deadlines: Deadlines,
    ) -> None:
        """``accounts_of``: keys of the configured accounts that a tenant's teams may belong to."""
        self._pool = pool
        self._gateway = gateway
        self._accounts_of = accounts_of
        self._deadlines = deadlines

    async def accounts(self, tenant: str) -> tuple[str, ...]:
        """What the tenant's people may be linked to: the configured accounts to which a team belongs."""
        configured = self._accounts_of(tenant)
        served = await links.accounts_served(self._pool, tenant)
        return tuple(account for account in served if account in configured)

    async def standing(self, tenant: str, person: Person, account: str) -> str | None:
        """Why no link is to be asked for, in plain text: there is one, or there can be none.

        Who was told that the year of their authorization ends gets another link before it does.
        """
        if account not in await self.accounts(tenant):
            return NOT_SERVED
        own = await links.of_person(self._pool, tenant=tenant, aad_object_id=person.aad_object_id)
        for link in own:
            if link.account == account and link.told_of_year_at is None:
                return linked_sentence(account=account, name=link.pagerduty_name, since=link.linked_at)
        return None

    async def ask(
        self,
        asked: Asked,
        *,
        answer_by: float,
        update: Update[OfferLink, LinkAnswer] = OFFER,
    ) -> str:
        """What the offer's workflow answers, in plain text.

        Raises ``TemporalUnavailable`` or ``Rejected``.
        """
        answer = await self._gateway.ask(
            ACCOUNT_LINK,
            Start(
                tenant=asked.tenant,
                person=asked.person,
                account=asked.account,
                deadlines=self._deadlines,
            ),
            update,
            OfferLink(
                key=asked.key,
                why="asked",
                conversation=asked.conversation,
                correlation=asked.correlation,
            ),
            update_id=asked.key,
            answer_by=answer_by,
        )
        return sentence_of(answer)
