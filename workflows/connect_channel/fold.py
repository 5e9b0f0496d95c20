"""What is asked for and what the rows say, folded into the state by pure functions."""

from datetime import datetime

from workflows.connect_channel.activities import ConnectionRecorded, RightsRead
from workflows.connect_channel.state import (
    MOST_ANSWERS,
    Answered,
    ConnectAnswer,
    Connection,
    Followed,
    Kind,
    Notice,
    State,
    Wanted,
)
from workflows.rights import Rights, why_not_connect, why_not_disconnect
from workflows.subscription.activities import Converged


def refused(state: State, kind: Kind, read: RightsRead) -> ConnectAnswer | None:
    """Why nothing is to be done for the person; ``None``: they may, and there is something to do."""
    rights = read.rights
    if rights is None:
        return ConnectAnswer(reply=read.unread or "forbidden")
    denial = why_not_connect(rights) if kind == "connect" else why_not_disconnect(rights)
    if denial is not None:
        teams = rights.service.teams if rights.service else ()
        return ConnectAnswer(reply=denial, service_name=name_of(rights), teams=teams)
    if state.wanted:
        return None  # what is asked for before it decides, by the row
    if kind == "disconnect":
        return None if state.live else ConnectAnswer(reply="not_connected", service_name=name_of(rights))
    if state.live is not None:
        return _already(state.live.connection)
    if rights.service is not None and rights.service.is_disabled:
        return ConnectAnswer(reply="service_disabled", service_name=rights.service.name)
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
    """The connection that there was has ended; ``None``: there was none.

    One that this run has not met was ended by the same request in an earlier run, which brought it in step.
    """
    if row is None:
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


def _already(row: Connection) -> ConnectAnswer:
    return _of(row, "already_connected")


def _answered(state: State, wanted: Wanted, answer: ConnectAnswer) -> State:
    answered = (*state.answered, Answered(key=wanted.key, answer=answer))[-MOST_ANSWERS:]
    return state.replace(wanted=tuple(one for one in state.wanted if one != wanted), answered=answered)
