"""What the rows know: the first thing that every run reads."""

from datetime import datetime

from workflows.connect_channel.activities import RESTORE_CONNECTION, RestoreConnection, StoredConnection
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import Followed, Notice, State
from workflows.contract import call
from workflows.restoring import until_read


async def restore(run: RunState) -> None:
    """Read the rows, however long that takes; a run that continues another knows them."""
    if run.continues:
        return
    start = run.start
    request = RestoreConnection(
        account=start.account, service=start.service, conversation=start.conversation, subject=run.subject
    )
    stored = await until_read(run, lambda: call(RESTORE_CONNECTION, request, "what the rows know"))
    run.apply(restored(run.state, stored, run.now))


def restored(state: State, stored: StoredConnection, now: datetime) -> State:
    """The state of a new run. The run before it may have died between the row and the subscription.

    So the subscription is brought in step once more with a connection that there is.
    """
    if stored.connection is None:
        return state
    names = {f"{kind}/{stored.connection.id}" for kind in ("connection", "welcome")}
    followed = Followed(connection=stored.connection, recorded_at=now, is_ready=_was_told(stored))
    # A card that was deleted is not posted again: it has said what it had to say.
    notices = (
        Notice(
            name=one.name,
            shown=one.content,
            left_as=one.showing if one.content is not None else None,
            is_posted=one.is_posted,
            given_up=not one.is_posted,
        )
        for one in stored.notices
        if one.name in names
    )
    return state.with_followed(followed).replace(changes=state.changes + 1, notices=tuple(notices))


def _was_told(stored: StoredConnection) -> bool:
    """Its card has said that incidents arrive; a connection that was seeded has no card."""
    row = stored.connection
    if row is None or row.by is None:
        return row is not None
    card = f"connection/{row.id}"
    return any(one.name == card and one.showing == "connected" for one in stored.notices)
