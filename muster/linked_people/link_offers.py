"""``AccountLink`` is told that a person is to be offered a link, whoever found out."""

from muster.linked_people.signals import Signals
from muster.settings import Settings
from muster.store import people
from muster.store.pool import Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.account_link.messages import Deadlines, OfferLink, Start
from workflows.account_link.workflow_type import ACCOUNT_LINK, OFFER
from workflows.errors import ProviderUnavailable
from workflows.person import Person


class LinkOffers:
    """Signals the workflow that offers one person the link to one account, and starts it where none runs."""

    def __init__(self, signals: Signals, settings: Settings, pool: Pool) -> None:
        self._signals = signals
        self._settings = settings
        self._pool = pool

    async def ask(self, *, tenant: str, person: Person, account: str, offer: OfferLink) -> None:
        """Ask for the offer; the same key again changes nothing. Raises ``ProviderUnavailable``."""
        start = Start(
            tenant=tenant,
            person=person,
            account=account,
            deadlines=Deadlines(link=self._settings.link_life),
        )
        try:
            await self._signals.signal(ACCOUNT_LINK, start, OFFER.goes_on_as, offer)
        except (TemporalUnavailable, Rejected) as error:
            raise ProviderUnavailable(f"Temporal did not take an offer: {error}") from error

    async def ask_for(self, *, tenant: str, aad_object_id: str, account: str, offer: OfferLink) -> None:
        """``ask`` for somebody who did nothing just now: they are looked up among the people."""
        person = await people.find(self._pool, tenant, aad_object_id)
        if person is None:  # no activity of theirs has come yet; Teams takes either id
            person = Person(aad_object_id=aad_object_id, teams_id=aad_object_id, name="")
        await self.ask(tenant=tenant, person=person, account=account, offer=offer)
