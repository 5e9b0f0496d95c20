"""The outside as workflows meet it: fake activities at the contract's rows."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity

from tests.support.life import Life
from tests.support.waiting import Changes
from workflows import contract
from workflows.channel_incident import activities as rows
from workflows.channel_incident.activities import (
    DeleteMessage,
    DoVerb,
    JudgedClick,
    OfferToClicker,
    ReadDetails,
    RecordClicks,
    Replied,
    Reply,
    ShowCard,
    Shown,
    StoredCard,
    TellPerson,
    VerbDone,
)
from workflows.channel_incident.messages import CardKey
from workflows.errors import OutsideError
from workflows.following import Following, Stopped
from workflows.incident.events import Details
from workflows.incident.values import Reference
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION, Converged, OfAccount
from workflows.verbs.judging import done
from workflows.verbs.outcomes import Outcome, RecordedOutcome
from workflows.verbs.registry import VERBS

Row = contract.Activity[Any, Any]


class FakeActivities:
    """PagerDuty, Teams and the store around one incident. By default everything works at once.

    ``fails`` makes the next calls of a row fail, ``answers`` replaces its answer, ``holds`` makes it wait.
    """

    def __init__(self, life: Life | None = None) -> None:
        self.life = life or Life()
        self.shown: list[ShowCard] = []
        self.replies: list[Reply] = []
        self.told: list[TellPerson] = []
        self.offered: list[OfferToClicker] = []
        self.changes: list[DoVerb] = []
        self.reads: list[ReadDetails] = []
        self.recalls: list[ReadDetails] = []
        self.recorded: list[RecordClicks] = []
        self.deleted: list[DeleteMessage] = []
        self.stops: list[DoVerb] = []
        self.subscribed: list[OfAccount] = []
        self.following: Following | None = None
        """As the card's row has it."""
        self.stored = StoredCard()
        self.activity_id: str | None = None
        self._numbers = itertools.count(1)
        self._failures: dict[str, list[OutsideError]] = {}
        self._answers: dict[str, Callable[[Any], Awaitable[Any]]] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._calls = Changes()

    # What a test says about the outside

    def fails(self, row: Row, *errors: OutsideError) -> None:
        self._failures.setdefault(row.name, []).extend(errors)

    def works_again(self, row: Row) -> None:
        """No further call of this row fails."""
        self._failures.pop(row.name, None)

    def answers(self, row: Row, answer: Callable[[Any], Awaitable[Any]]) -> None:
        self._answers[row.name] = answer

    def holds(self, row: Row) -> asyncio.Event:
        """Calls of this row wait until the event is set."""
        self._held[row.name] = asyncio.Event()
        return self._held[row.name]

    async def until(self, condition: Callable[[], bool], *, within: float = 20) -> None:
        """Wait until an activity's call has made the condition true."""
        await self._calls.until(condition, within=within)

    # What a test asks of the outside

    @property
    def posts(self) -> list[ShowCard]:
        return [request for request in self.shown if request.activity_id is None]

    @property
    def edits(self) -> list[ShowCard]:
        return [request for request in self.shown if request.activity_id is not None]

    @property
    def said(self) -> list[str]:
        return [reply.announcement.news for reply in self.replies]

    def store(self, **more: Any) -> None:
        """The card's row as it is after what was shown, said and clicked so far."""
        last = self.shown[-1]
        given = {
            "activity_id": self.activity_id,
            "marker": last.identity.marker,
            "revision": last.view.revision,
            "nonce": last.identity.nonce,
            "content": last.content,
            "view": last.view,
            "notified": tuple(reply.announcement.key for reply in self.replies),
            "clicks": tuple(
                RecordedOutcome(key=judged.click.key, outcome=judged.outcome) for judged in self.judged()
            ),
            **more,
        }
        self.stored = StoredCard(**given)

    # The activities

    async def _answer(self, row: Row, argument: Any, answer: Callable[[Any], Any]) -> Any:
        self._calls.add()
        if row.name in self._held:
            await self._held[row.name].wait()
        if failures := self._failures.get(row.name):
            raise failures.pop(0).to_application_error()
        if row.name in self._answers:
            return await self._answers[row.name](argument)
        return answer(argument)

    @activity.defn(name=rows.SHOW_CARD.name)
    async def show_card(self, request: ShowCard) -> Shown:
        self.shown.append(request)
        shown: Shown = await self._answer(rows.SHOW_CARD, request, self._show)
        return shown

    def _show(self, request: ShowCard) -> Shown:
        self.activity_id = request.activity_id or f"17000000{next(self._numbers):05}"
        return Shown(activity_id=self.activity_id, orphans=0)

    @activity.defn(name=rows.REPLY.name)
    async def reply(self, request: Reply) -> Replied:
        self.replies.append(request)
        replied: Replied = await self._answer(rows.REPLY, request, lambda _: Replied(said=True))
        return replied

    @activity.defn(name=rows.TELL_PERSON.name)
    async def tell_person(self, request: TellPerson) -> contract.Done:
        self.told.append(request)
        done: contract.Done = await self._answer(rows.TELL_PERSON, request, lambda _: contract.Done())
        return done

    @activity.defn(name=rows.OFFER_LINK.name)
    async def offer_link(self, request: OfferToClicker) -> contract.Done:
        self.offered.append(request)
        done: contract.Done = await self._answer(rows.OFFER_LINK, request, lambda _: contract.Done())
        return done

    @activity.defn(name=rows.CHANGE_STATUS.name)
    async def change_status(self, request: DoVerb) -> VerbDone:
        self.changes.append(request)
        changed: VerbDone = await self._answer(rows.CHANGE_STATUS, request, self._change)
        return changed

    def _change(self, request: DoVerb) -> VerbDone:
        by = Reference(id=request.click.person.aad_object_id, name=request.click.person.name)
        verb = VERBS[request.click.verb]
        assert verb.target is not None
        self.life.set_status(verb.target, by=by)
        return VerbDone(outcome=done(verb), details=self.life.details())

    @activity.defn(name=rows.READ_DETAILS.name)
    async def read_details(self, request: ReadDetails) -> Details:
        self.reads.append(request)
        details: Details = await self._answer(
            rows.READ_DETAILS, request, lambda r: self.life.details(read_for=r.wanted)
        )
        return details

    @activity.defn(name=rows.RESTORE_INCIDENT.name)
    async def restore_incident(self, request: ReadDetails) -> Details:
        self.recalls.append(request)
        details: Details = await self._answer(
            rows.RESTORE_INCIDENT, request, lambda r: self.life.details(read_for=r.wanted)
        )
        return details

    @activity.defn(name=rows.RESTORE_CARD.name)
    async def restore_card(self, card: CardKey) -> StoredCard:
        stored: StoredCard = await self._answer(
            rows.RESTORE_CARD, card, lambda _: self.stored.model_copy(update={"following": self.following})
        )
        return stored

    @activity.defn(name=rows.RECORD_CLICKS.name)
    async def record_clicks(self, request: RecordClicks) -> contract.Done:
        self.recorded.append(request)
        done: contract.Done = await self._answer(rows.RECORD_CLICKS, request, lambda _: contract.Done())
        return done

    @activity.defn(name=rows.DELETE_MESSAGE.name)
    async def delete_message(self, request: DeleteMessage) -> contract.Done:
        self.deleted.append(request)
        done: contract.Done = await self._answer(rows.DELETE_MESSAGE, request, lambda _: contract.Done())
        return done

    @activity.defn(name=rows.STOP_FOLLOWING.name)
    async def stop_following(self, request: DoVerb) -> VerbDone:
        self.stops.append(request)
        stopped: VerbDone = await self._answer(rows.STOP_FOLLOWING, request, self._stop)
        return stopped

    def _stop(self, request: DoVerb) -> VerbDone:
        if self.following is None:
            return VerbDone(outcome=Outcome(kind="refused", reason="by_connection"))
        if self.following.stopped is not None:
            outcome = Outcome(kind="already", by=self.following.stopped.by)
            return VerbDone(outcome=outcome, stopped=self.following)
        click = request.click
        stopped = Stopped(by=click.person.name, at=click.received_at)
        self.following = self.following.model_copy(update={"stopped": stopped})
        return VerbDone(outcome=Outcome(kind="done"), stopped=self.following)

    @activity.defn(name=CONVERGE_SUBSCRIPTION.name)
    async def converge_subscription(self, request: OfAccount) -> Converged:
        self.subscribed.append(request)
        converged: Converged = await self._answer(
            CONVERGE_SUBSCRIPTION, request, lambda _: Converged(state="subscribed")
        )
        return converged

    def judged(self) -> list[JudgedClick]:
        """The clicks whose outcome was recorded without a call to PagerDuty, in order."""
        return [judged for request in self.recorded for judged in request.clicks]

    def activities(self) -> list[Callable[..., Any]]:
        return [
            self.show_card,
            self.reply,
            self.tell_person,
            self.offer_link,
            self.change_status,
            self.read_details,
            self.restore_incident,
            self.restore_card,
            self.record_clicks,
            self.delete_message,
            self.stop_following,
            self.converge_subscription,
        ]
