"""The rows of personal links, and what other runs are told and asked for one."""

from datetime import timedelta

import structlog

from activities.registration import implements
from activities.signals import Rejected, WorkflowSignals
from muster.cards.links.clicks import title_of
from muster.linked_people.link_offers import LinkOffers
from muster.settings import Settings
from muster.store import link_offers, links, notices, targets
from muster.store.links import Link
from muster.store.pool import Pool
from workflows.account_link.activities import (
    DO_MET_CLICK,
    MAKE_PERSONAL_OFFER,
    RESTORE_LINK,
    DoMetClick,
    MakePersonalOffer,
    PersonalOffer,
    RestoreLink,
    StoredLink,
    StoredOffer,
)
from workflows.account_link.messages import MetClick, OfferLink
from workflows.account_link.state import ClickEnding, KnownLink
from workflows.account_link.workflow_type import ACCOUNT_LINK
from workflows.channel_incident.activities import OFFER_LINK, OfferToClicker
from workflows.channel_incident.messages import Timing
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICKS
from workflows.contract import Done
from workflows.ids import click_key, delivery_key
from workflows.person import Person

_ANSWERED_WITHIN = 6.0
"""Seconds: longer than PagerDuty may take twice."""
_KIND = "link"
"""Of the messages: ``link/2``."""

log = structlog.stdlib.get_logger(__name__)


class LinkActivities:
    """Restores personal links, makes their offers, has the click done that met no link."""

    def __init__(self, pool: Pool, settings: Settings, signals: WorkflowSignals) -> None:
        self._pool = pool
        self._settings = settings
        self._signals = signals
        self._offers = LinkOffers(signals, settings, pool)

    @implements(RESTORE_LINK)
    async def restore_link(self, request: RestoreLink) -> StoredLink:
        """What the rows know of a person's link, and of the offers of one."""
        offer = await link_offers.newest_personal(
            self._pool, tenant=request.tenant, person=request.person, account=request.account
        )
        # After the offer: whoever spent it is linked in the same transaction.
        known = await links.of_person(self._pool, tenant=request.tenant, aad_object_id=request.person)
        return StoredLink(
            offer=offer
            and StoredOffer(
                id=offer.id,
                state=offer.state,
                expires_at=offer.expires_at,
                spent_name=offer.spent_name,
                link=offer.link,
            ),
            known=next((_known(link) for link in known if link.account == request.account), None),
            notices=await notices.of_subject(self._pool, request.subject),
            number=(await notices.numbers(self._pool, request.subject)).get(_KIND, 0),
        )

    @implements(MAKE_PERSONAL_OFFER)
    async def make_personal_offer(self, request: MakePersonalOffer) -> PersonalOffer:
        """Make the offer, or find the one that this request has made."""
        offer = await link_offers.make_personal(
            self._pool,
            tenant=request.tenant,
            person=request.person,
            account=request.account,
            request=request.request,
            life=timedelta(seconds=request.life),
        )
        return PersonalOffer(id=offer.id, expires_at=offer.expires_at, is_open=offer.state == "open")

    @implements(OFFER_LINK)
    async def offer_link(self, request: OfferToClicker) -> Done:
        """Tell the workflow that offers whoever clicked a link; told again it changes nothing."""
        click, card = request.click, request.card
        clicker = click.person
        person = Person(aad_object_id=clicker.aad_object_id, teams_id=clicker.teams_id, name=clicker.name)
        offer = OfferLink(
            key=click.key,
            why="clicked",
            conversation=card.conversation,
            met=MetClick(card=card, title=title_of(request.view, card.incident_id), click=click),
            correlation=click.correlation,
        )
        await self._offers.ask(tenant=request.tenant, person=person, account=card.account, offer=offer)
        return Done()

    @implements(DO_MET_CLICK)
    async def do_met_click(self, request: DoMetClick) -> ClickEnding:
        """Ask the card's run for the click, as one by the link that came of it.

        Its key is the same whenever it is asked, so that the click is done once. Raises
        ``ProviderUnavailable`` where there is no answer in time.
        """
        met, card = request.met.click, request.met.card
        target = await targets.find_card_of_incident(
            self._pool, conversation=card.conversation, account=card.account, incident_id=card.incident_id
        )
        if target is None:
            return ClickEnding(kind="card_gone")
        key = click_key(
            person=met.person.aad_object_id,
            message=met.message,
            verb=met.verb,
            nonce=met.nonce,
            link=request.link,
        )
        click = met.model_copy(
            update={
                "key": key,
                "person": met.person.model_copy(update={"link": request.link}),
                "orphan_marker": None,  # the click that met no link has had the orphan deleted
            }
        )
        if (update := CLICKS.get(click.verb)) is None:
            return ClickEnding(kind="rejected")
        timing = Timing(edit_interval=self._settings.edit_interval, grace=self._settings.grace)
        try:
            answer = await self._signals.ask(
                CHANNEL_INCIDENT,
                target.start(timing),
                update,
                click,
                update_id=delivery_key(key, ACCOUNT_LINK.name),
                within=_ANSWERED_WITHIN,
            )
        except Rejected as error:
            log.warning("a click that met no link was rejected", verb=click.verb, error=str(error))
            return ClickEnding(kind="rejected")
        log.info("a click that met no link was done", verb=click.verb, outcome=answer.outcome.kind)
        return ClickEnding(kind="outcome", outcome=answer.outcome)


def _known(link: Link) -> KnownLink:
    return KnownLink(
        id=link.id,
        name=link.pagerduty_name,
        linked_at=link.linked_at,
        authorized_at=link.authorized_at,
        is_told_of_year=link.told_of_year_at is not None,
    )
