"""What is asked for and what the rows say, folded into the state by pure functions."""

from collections.abc import Callable, Mapping
from datetime import datetime

from workflows.bringing_in.activities import BroughtIn
from workflows.connect_channel.activities import ConnectionRecorded, RightsRead
from workflows.connect_channel.state import (
    BRINGING_IN,
    MOST_ANSWERS,
    Answered,
    Bringing,
    Brought,
    ConnectAnswer,
    Connection,
    Followed,
    Notice,
    Offer,
    Reply,
    Request,
    State,
    Unheard,
    Wanted,
)
from workflows.rights import Denial, Rights, why_not_bring_in, why_not_connect, why_not_disconnect
from workflows.subscription.activities import Converged

_WHY_NOT: Mapping[Request, Callable[[Rights], Denial | None]] = {
    "connect": why_not_connect,
    "disconnect": why_not_disconnect,
    "bring_in": why_not_bring_in,
}


_TOLD_IN_THE_CHANNEL: frozenset[Reply] = frozenset(
    ("connected", "disconnected", "brought_in", "bringing_in", "nothing_open", "working")
)
"""The connection's own messages say how these go on."""


def refused(state: State, kind: Request, read: RightsRead) -> ConnectAnswer | None:
    """Why nothing is to be done for the person; ``None``: they may, and there is something to do."""
    rights = read.rights
    if rights is None:
        return ConnectAnswer(reply=read.unread or "forbidden")
    denial = _WHY_NOT[kind](rights)
    if denial is not None:
        teams = rights.service.teams if rights.service else ()
        return ConnectAnswer(reply=denial, service_name=name_of(rights), teams=teams)
    if kind == "bring_in":
        return _why_not_now(state)
    if state.wanted:
        return None  # what is asked for before it decides, by the row
    if kind == "disconnect":
        return None if state.live else ConnectAnswer(reply="not_connected", service_name=name_of(rights))
    if state.live is not None:
        return _already(state.live.connection)
    if rights.service is not None and rights.service.is_disabled:
        return ConnectAnswer(reply="service_disabled", service_name=rights.service.name)
    return None


def _why_not_now(state: State) -> ConnectAnswer | None:
    """Why no incidents are brought in for whoever asks; ``None``: they are."""
    if state.live is None:
        return ConnectAnswer(reply="not_connected")
    if state.bringing is not None:
        return _with_name(state.live.connection, reply="bringing_in")
    if state.live.brought is not None:
        return _told(state.live.connection, state.live.brought)
    return None


def name_of(rights: Rights) -> str:
    """The service's name; a text of no letters where the person does not see it."""
    return rights.service.name if rights.service else ""


def asked(state: State, wanted: Wanted) -> State:
    """Its row is to be written, after those before it."""
    return state.replace(wanted=(*state.wanted, wanted))


def recorded(state: State, wanted: Wanted, result: ConnectionRecorded, now: datetime) -> State:
    """The row of a connection was written, or was not."""
    row = result.connection
    if row is None or result.unrecorded == "already_connected":
        answer = _already(row) if row else ConnectAnswer(reply=result.unrecorded or "channel_gone")
        if row is not None and state.of(row.id) is None:
            state = state.with_followed(Followed(connection=row, recorded_at=now, is_ready=True))
        return _answered(state, wanted, answer)
    notices = [Notice(name=f"connection/{row.id}", is_posted=wanted.message is not None)]
    if row.is_first:
        notices.append(Notice(name=f"welcome/{row.id}"))
    state = state.with_followed(Followed(connection=row, recorded_at=now)).replace(
        changes=state.changes + 1, notices=(*state.notices, *notices)
    )
    return _answered(state, wanted, _of(row, "connected"))


def ended(state: State, wanted: Wanted, row: Connection | None) -> State:
    """The connection that there was has ended; ``None``: there was none, or its row is not there any more.

    One that this run has not met was ended by the same request in an earlier run, which brought it in step.
    """
    if row is None:
        state = state.replace(followed=tuple(one for one in state.followed if not one.is_live))
        return _answered(
            state, wanted, ConnectAnswer(reply="not_connected", service_name=wanted.service_name)
        )
    followed = state.of(row.id)
    if followed is not None:
        state = state.with_followed(followed.model_copy(update={"connection": row})).replace(
            changes=state.changes + 1
        )
    return _answered(state, wanted, _of(row, "disconnected"))


def converged(state: State, result: Converged, changes: int) -> State:
    """The subscription is in step with the rows as they were after so many changes."""
    is_left = result.again_in is not None
    state = state.replace(converged=changes, waits_for=result.waits_for if is_left else None)
    live = state.live
    if live is None or changes < state.changes or result.state != "subscribed":
        return state
    return state.with_followed(live.model_copy(update={"is_ready": True, "is_late": False}))


def offered(state: State, connection: int, offer: Offer) -> State:
    """PagerDuty told how many incidents are open, or did not."""
    followed = state.of(connection)
    return state if followed is None else state.with_followed(followed.model_copy(update={"offer": offer}))


def asked_to_bring_in(state: State, bringing: Bringing) -> State:
    """Open incidents are to be brought in, whatever came of it before."""
    return state.recovered(BRINGING_IN).replace(bringing=bringing, asked_to_bring=state.asked_to_bring + 1)


def brought_in(state: State, bringing: Bringing, result: BroughtIn, now: datetime) -> State:
    """What became of it. A connection that has ended keeps what it says."""
    followed = state.of(bringing.connection)
    if followed is None or result.outcome in ("not_connected", "channel_suspended", "channel_gone"):
        return with_bringing_answered(state, bringing, ConnectAnswer(reply=result.outcome))
    brought = Brought(count=result.count, more=result.more, by=bringing.person.name, at=now, page=result.page)
    state = state.with_followed(followed.model_copy(update={"brought": brought}))
    return with_bringing_answered(state, bringing, _told(followed.connection, brought))


def with_bringing_answered(state: State, bringing: Bringing, answer: ConnectAnswer) -> State:
    """Whoever asked is answered."""
    return _with_answer(state.replace(bringing=None), bringing.key, answer)


def answered(state: State, key: str, answer: ConnectAnswer) -> State:
    """The same click gets this answer from now on; one that was answered keeps its answer."""
    return state if state.answer(key) else _with_answer(state, key, answer)


def with_unheard(state: State, unheard: Unheard) -> State:
    """Its person is to be told, once, where no message in the channel tells it."""
    key = unheard.key
    is_told = key in state.told or any(one.key == key for one in state.unheard)
    if is_told or unheard.answer.reply in _TOLD_IN_THE_CHANNEL:
        return state
    return state.replace(unheard=(*state.unheard, unheard))


def told(state: State, unheard: Unheard) -> State:
    """The person was told, or is not to be told any more."""
    waiting = tuple(one for one in state.unheard if one != unheard)
    return state.replace(unheard=waiting, told=(*state.told, unheard.key)[-MOST_ANSWERS:])


def late(state: State) -> State:
    """Connecting takes longer than people are let wait without a word."""
    live = state.live
    if live is None or live.is_ready:
        return state
    return state.with_followed(live.model_copy(update={"is_late": True}))


def _of(row: Connection, reply: str) -> ConnectAnswer:
    return ConnectAnswer.model_validate(
        {"reply": reply, "service_name": row.service_name, "by": row.by, "since": row.since}
    )


def _with_name(row: Connection, *, reply: str) -> ConnectAnswer:
    return ConnectAnswer.model_validate({"reply": reply, "service_name": row.service_name})


def _told(row: Connection, brought: Brought) -> ConnectAnswer:
    return ConnectAnswer(
        reply="brought_in" if brought.count else "nothing_open",
        service_name=row.service_name,
        by=brought.by,
        since=brought.at,
        count=brought.count,
        more=brought.more,
    )


def _already(row: Connection) -> ConnectAnswer:
    return _of(row, "already_connected")


def _answered(state: State, wanted: Wanted, answer: ConnectAnswer) -> State:
    state = state.replace(wanted=tuple(one for one in state.wanted if one != wanted))
    return _with_answer(state, wanted.key, answer)


def _with_answer(state: State, key: str, answer: ConnectAnswer) -> State:
    return state.replace(answered=(*state.answered, Answered(key=key, answer=answer))[-MOST_ANSWERS:])
