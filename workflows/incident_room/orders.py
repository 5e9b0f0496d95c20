"""Orders: what programs want done with the chat that is there, one after the other."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.contract import call
from workflows.errors import ConsentMissing, CredentialRejected, Failure, NeedsPerson, failure_of
from workflows.incident_room.activities import (
    ADD_MEMBERS,
    ARCHIVE_ROOM,
    DELETE_CHAT,
    END_CARD,
    MARK_ARCHIVED,
    REMOVE_MEMBERS,
    REMOVE_PEOPLE,
    SET_TOPIC,
    Admitted,
    ChangeMembersOf,
    MarkArchived,
    MembersChanged,
    OfChat,
    RemovePeople,
    SetTopicOf,
)
from workflows.incident_room.asking import Asking
from workflows.incident_room.chat import MicrosoftReconciler, with_chat_archived, with_chat_gone
from workflows.incident_room.messages import RoomAnswer
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import ORDER, EndedOrder, Order, OrderStep, Stage, State
from workflows.incident_room.wishes import lasting
from workflows.room import Lack
from workflows.verbs.outcomes import Outcome

MOST_ENDED = 10
"""Orders whose answers are kept for whoever asks again."""
DONE = Outcome(kind="done")


def may_be_done(order: Order, stage: Stage) -> bool:
    """Whether there is a chat for it. One that is archived can be deleted still."""
    return stage == "made" or (stage == "archived" and order.kind == "delete_chat")


class OrderReconciler(MicrosoftReconciler):
    """Does what a program wants. Every call may be repeated: what is done already is found so."""

    name = ORDER

    def is_due(self) -> bool:
        """A program waits."""
        order, stage = self._run.state.order, self._run.state.chat.stage
        return order is not None and order.outcome is None and may_be_done(order, stage)

    def urgencies(self) -> int:
        """Another order has nothing to do with why the one before failed."""
        return self._run.orders

    async def reconcile(self) -> None:
        """Do the one order there is, or go on with it."""
        order = self._run.state.order
        if order is None:
            return
        match order.kind:
            case "delete_chat":
                await self._delete(order)
            case "archive_chat":
                await self._archive(order)
            case "set_topic":
                await self._set_topic(order)
            case "add_members" | "remove_members":
                await self._change_members(order)

    async def _delete(self, order: Order) -> None:
        run = self._run
        await call(DELETE_CHAT, OfChat(**self.of_chat()), "as a program asked")
        if self.is_same():
            run.tells("the chat was deleted")
            self._end(order, with_chat_gone(run.state))

    async def _set_topic(self, order: Order) -> None:
        run = self._run
        request = SetTopicOf(**self.of_chat(), name=order.topic, is_over=run.wants_mark)
        done = await call(SET_TOPIC, request, "as a program asked")
        if not done.name:
            self._end(order, run.state, Outcome(kind="refused", reason="empty_name"))
        elif self.is_same():
            plan = run.state.plan.model_copy(update={"name": done.name})
            named = run.state.replace(plan=plan).with_chat(topic=done.name, shown_topic=done.topic)
            self._end(order, named)

    async def _archive(self, order: Order) -> None:
        """The card first, while the bot can still edit it. What Microsoft refuses for good is left out."""
        run = self._run
        steps: tuple[tuple[OrderStep, Callable[[Order], Awaitable[None]]], ...] = (
            ("card", self._end_card),
            ("names", self._mark),
            ("leaving", self._take_everybody_out),
        )
        for step, take in steps:
            if step not in order.steps:
                order = await self._taken(order, step, take)
        await call(ARCHIVE_ROOM, OfChat(**self.of_chat()), "nothing is done in it any more")
        if self.is_same():
            run.tells("the chat was archived")
            self._end(order, with_chat_archived(run.state))

    async def _taken(self, order: Order, step: OrderStep, take: Callable[[Order], Awaitable[None]]) -> Order:
        """The order with the step behind it."""
        lacks = order.lacks
        try:
            await take(order)
        except ActivityError as error:
            failure = failure_of(error)
            if step == "card" or not _is_lasting_refusal(failure):
                raise
            permission = failure.code if issubclass(failure.kind, ConsentMissing) else None
            lacks = (*lacks, Lack(step=step, permission=permission or ""))
        taken = order.model_copy(update={"steps": (*order.steps, step), "lacks": lacks})
        self._run.apply(self._run.state.with_order(taken))
        return taken

    async def _end_card(self, _: Order) -> None:
        await call(END_CARD, OfChat(**self.of_chat()), "its last state, without buttons")

    async def _mark(self, _: Order) -> None:
        request = MarkArchived(**self.of_chat(), topic=self._run.state.chat.topic)
        await call(MARK_ARCHIVED, request, "archived")

    async def _take_everybody_out(self, order: Order) -> None:
        if not order.people_leave:
            return
        run = self._run
        request = RemovePeople(**self.of_chat(), users=(), everybody=True)
        async with run.members_turn:
            await call(REMOVE_PEOPLE, request, "everybody")
        run.apply(run.state.with_people(left=True))

    async def _change_members(self, order: Order) -> None:
        run, summary = self._run, f"{len(order.people)} named"
        request = ChangeMembersOf(**self.of_chat(), people=order.people)
        async with run.members_turn:
            if order.kind == "add_members":
                changed = await call(ADD_MEMBERS, request, summary)
            else:
                changed = await call(REMOVE_MEMBERS, request, summary)
        if self.is_same():
            changed_by = with_brought_in if order.kind == "add_members" else with_taken_out
            state = changed_by(run.state, changed).with_people(present=changed.present)
            self._end(order.model_copy(update={"members": changed.change}), state)

    def _end(self, order: Order, state: State, outcome: Outcome = DONE) -> None:
        """The order has come to this, which leaves this state."""
        self._run.apply(state.with_order(order.model_copy(update={"outcome": outcome})))


def _is_lasting_refusal(failure: Failure) -> bool:
    """Microsoft will not do it until somebody does something; a dead token is renewed."""
    return issubclass(failure.kind, NeedsPerson) and not issubclass(failure.kind, CredentialRejected)


def with_brought_in(state: State, changed: MembersChanged) -> State:
    """A program has brought them in: they stay, whatever they answer to PagerDuty."""
    people, keys = state.people, set(changed.keys)
    searched_for = tuple(sorted({*people.searched_for, *keys}))
    is_all_there = people.brought == len(people.searched_for)
    return state.with_people(
        asked_for=tuple(sorted({*people.asked_for, *keys})),
        searched_for=searched_for,
        brought=len(searched_for) if is_all_there else people.brought,
        taken_out=tuple(user for user in people.taken_out if user not in keys),
        waiting=tuple(one for one in people.waiting if one.user not in keys),
    )


def with_taken_out(state: State, changed: MembersChanged) -> State:
    """A program has taken them out: as those who left by themselves, they come when they ask."""
    asked_for = tuple(user for user in state.people.asked_for if user not in changed.keys)
    return state.with_people(asked_for=asked_for)


class OrderWish:
    """One order. They wait for each other: what is deleted has no topic any more."""

    def __init__(self, run: RunState, order: Order, turns: asyncio.Lock) -> None:
        self._run = run
        self._order = order
        self._turns = turns
        self.name: str = order.kind
        self.turn = asyncio.Lock()

    def want(self, asking: Asking, admitted: Admitted) -> bool:
        """It is done once those before it are."""
        self._run.apply(self._run.state, cause=asking.correlation)
        return True

    async def decided(self, *, is_first: bool) -> Outcome:
        """Wait for its turn, then until it is done, or until it is certain that it will not be for now."""
        async with self._turns:
            return await self._done()

    def answer(self, outcome: Outcome) -> RoomAnswer:
        """What came of it."""
        state = self._run.state
        answer = RoomAnswer(
            outcome=outcome, url=state.chat.url, name=state.chat.shown_topic or state.chat.topic
        )
        ended = next((one for one in state.ended_orders if one.key == self._order.key), None)
        if ended is None:
            return answer
        return answer.model_copy(update={"members": ended.members, "lacks": ended.lacks})

    async def _done(self) -> Outcome:
        run, stage = self._run, self._run.state.chat.stage
        if not may_be_done(self._order, stage):
            is_done = stage == "archived" and self._order.kind == "archive_chat"
            return Outcome(kind="already") if is_done else Outcome(kind="failed", reason="no_chat")
        run.orders += 1
        run.apply(run.state.recovered(ORDER).replace(order=self._order))

        while (outcome := self._outcome()) is None:
            await workflow.wait_condition(lambda: self._outcome() is not None)
        state, order = run.state.recovered(ORDER), run.state.order
        if order is not None and order.outcome is not None:
            ended = EndedOrder(key=self._order.key, members=order.members, lacks=order.lacks)
            state = state.replace(ended_orders=(*state.ended_orders, ended)[-MOST_ENDED:])
        run.apply(state.replace(order=None))
        return outcome

    def _outcome(self) -> Outcome | None:
        """How it ended; ``None``: it goes on."""
        run = self._run
        order = run.state.order
        if order is not None and order.outcome is not None:
            return order.outcome
        if not may_be_done(self._order, run.state.chat.stage):  # somebody found it gone
            is_deleted = self._order.kind == "delete_chat" and run.state.chat.stage == "gone"
            return DONE if is_deleted else Outcome(kind="failed", reason="no_chat")
        hindrance = lasting(run, (ORDER,))
        if hindrance is None:
            return None
        if hindrance.reason == ConsentMissing.__name__:
            return Outcome(kind="refused", reason="not_granted", says=hindrance.code)
        return Outcome(kind="failed", reason="not_changed", says=hindrance.reason)
