"""What a run keeps in step with its state: the card, the details that only REST knows, the highlights.

Each part says whether anything is due and does it once; ``workflows.reconcile`` drives it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.contract import READ_DETAILS, REPLY, SHOW_CARD, TELL_PERSON, call
from workflows.errors import failure_of
from workflows.ledger import Ledger
from workflows.messages import Reply, ShowCard, TellPerson
from workflows.model import card as cards
from workflows.model.state import Degradable
from workflows.options import STALE_HIGHLIGHT
from workflows.story import showing

_WORTH_WAITING = frozenset({"ProviderUnavailable", "RateLimited", "Conflict"})


class CardPart:
    """The one message: shown at once, later changes not closer than the edit interval."""

    name: ClassVar[Degradable] = "card"
    gives_way: ClassVar[bool] = False

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.interval = timedelta(seconds=ledger.start.timing.edit_interval)
        self.showed = False
        """This run has shown something."""

    def due(self) -> bool:
        """The message does not show what is wanted, or may not."""
        ledger = self._ledger
        return not ledger.state.detached and ledger.view is not None and cards.is_due(ledger.state.card)

    async def act(self) -> None:
        """Show the view of this moment."""
        ledger = self._ledger
        view, card = ledger.view, ledger.state.card
        if view is None:
            return
        request = ShowCard(
            card=ledger.key,
            service_url=ledger.place.service_url,
            tenant=ledger.place.tenant,
            activity_id=card.activity_id,
            view=view,
            stamped=ledger.stamped(),
            content=card.content or "",
            correlation=ledger.state.cause,
        )
        ledger.state = cards.sending(ledger.state)
        shown = await call(SHOW_CARD, request, showing(request, ledger.because))
        ledger.state = cards.shown(ledger.state, request, shown)
        self.showed = True

    def failed(self, kind: str) -> None:
        """Note what the failure leaves unknown."""
        ledger = self._ledger
        late_edit = workflow.now() + timedelta(seconds=ledger.start.timing.late_edit)
        ledger.state = cards.not_shown(ledger.state, kind, marker=ledger.draw(), late_edit=late_edit)

    async def settle_late_edits(self, draining: Callable[[], bool]) -> None:
        """A lost edit may land after a later one: once it cannot any more, the latest is shown again."""
        ledger = self._ledger
        while True:
            await workflow.wait_condition(lambda: draining() or ledger.state.card.settle_at is not None)
            settle_at = ledger.state.card.settle_at
            if draining() or settle_at is None:
                return
            try:
                await workflow.wait_condition(
                    draining,
                    timeout=max(settle_at - workflow.now(), timedelta(0)),
                    timeout_summary="a lost edit may land late",
                )
            except TimeoutError:
                ledger.state = cards.settled(ledger.state, settle_at)


class DetailsPart:
    """What webhooks do not carry. It follows the first card, and never competes with a press."""

    name: ClassVar[Degradable] = "details"
    gives_way: ClassVar[bool] = True
    interval = timedelta(0)

    def __init__(self, ledger: Ledger, changing: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._changing = changing
        """A press is telling PagerDuty something: its answer brings the details."""

    def due(self) -> bool:
        """Something happened of which REST knows more."""
        ledger, state = self._ledger, self._ledger.state
        wanted = state.details_wanted is not None and (
            state.details_read is None or state.details_read < state.details_wanted
        )
        missing = state.snapshot is None or ledger.in_trouble("recall")
        ready = missing or state.card.activity_id is not None or bool(state.troubles)
        return (
            not state.detached
            and not self._changing()
            and ready
            and (wanted or missing or state.reread_wanted)
        )

    async def act(self) -> None:
        """Ask PagerDuty, or take what was asked for another channel.

        A second reading counts against an event of its second, unless that event came while it was read.
        """
        ledger = self._ledger
        again, before = ledger.state.reread_wanted, ledger.state.snapshot_stamp
        fresh = again or ledger.state.details_wanted is None or ledger.in_trouble("recall")
        request = ledger.details_request(fresh=fresh)
        details = await call(READ_DETAILS, request, "responders, acknowledgers")
        undisturbed = ledger.state.snapshot_stamp == before
        ledger.fold_details(details.model_copy(update={"reread": again and undisturbed}))
        ledger.trouble("recall")

    def failed(self, kind: str) -> None:
        """Nothing is left unknown: it is read again."""


class HighlightsPart:
    """Short replies in the card's thread, once the card shows what they tell."""

    name: ClassVar[Degradable] = "highlights"
    gives_way: ClassVar[bool] = False
    interval = timedelta(0)

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def due(self) -> bool:
        """Something is news, and the card shows it."""
        state = self._ledger.state
        return (
            bool(state.highlights)
            and not state.detached
            and state.card.activity_id is not None
            and not cards.is_due(state.card)
        )

    async def act(self) -> None:
        """Say it at most once: an unknown outcome is not repeated, and is no reason to wait."""
        ledger = self._ledger
        view, highlight = ledger.view, ledger.state.highlights[0]
        activity_id = ledger.state.card.activity_id
        if view is None or activity_id is None:
            return
        if workflow.now() - highlight.stamp.at <= STALE_HIGHLIGHT:
            request = Reply(
                card=ledger.key,
                service_url=ledger.place.service_url,
                tenant=ledger.place.tenant,
                activity_id=activity_id,
                transition=highlight.transition,
                at=highlight.second,
                view=view,
                by=highlight.by,
                correlation=highlight.stamp.event_id,
            )
            try:
                await call(REPLY, request, highlight.transition.replace("_", " "))
            except ActivityError as error:
                kind, _ = failure_of(error)
                if kind == "CardGone":  # the card that follows is news itself
                    ledger.state = cards.card_gone(ledger.state, marker=ledger.draw())
                    return
                if kind != "OutcomeUnknown":
                    raise
                workflow.logger.warning("a highlight's outcome is unknown; it is not repeated")
        ledger.state = cards.without_highlight(ledger.state, highlight)

    def failed(self, kind: str) -> None:
        """Nothing is left unknown: it was certainly not said."""


class PrivatePart:
    """What one person is to know alone: how their press ended, where its answer could not tell it."""

    name: ClassVar[Degradable] = "private"
    gives_way: ClassVar[bool] = False
    interval = timedelta(0)

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def due(self) -> bool:
        """Somebody waits to be told."""
        return bool(self._ledger.state.private)

    async def act(self) -> None:
        """Tell it at most once; what certainly was not said is tried again while it is of use."""
        ledger = self._ledger
        word = ledger.state.private[0]
        request = TellPerson(
            service_url=ledger.place.service_url,
            tenant=ledger.place.tenant,
            click=word.click,
            outcome=word.outcome,
            view=ledger.view,
        )
        try:
            await call(TELL_PERSON, request, f"{word.click.person.name} · {word.outcome.kind}")
        except ActivityError as error:
            kind, _ = failure_of(error)
            hopeless = kind not in _WORTH_WAITING and kind != "OutcomeUnknown"
            if hopeless:
                ledger.state = cards.without_private(ledger.state, word)
            stale = workflow.now() - word.click.received_at > STALE_HIGHLIGHT
            if hopeless or (kind != "OutcomeUnknown" and not stale):
                raise
            workflow.logger.warning("somebody may not have been told how their press ended: %s", kind)
        ledger.state = cards.without_private(ledger.state, word)

    def failed(self, kind: str) -> None:
        """Nothing is left unknown: it was certainly not said."""
