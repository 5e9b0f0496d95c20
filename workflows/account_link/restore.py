"""What the rows know, under what a run has been told: the first thing that every run reads."""

from datetime import datetime, timedelta

from workflows.account_link.activities import RESTORE_LINK, RestoreLink, StoredLink, StoredOffer
from workflows.account_link.fold import expired, spent
from workflows.account_link.run_state import RunState
from workflows.account_link.state import Link, Notice, State
from workflows.account_link.view import TELL_OF_LINK
from workflows.contract import call
from workflows.notice import StoredNotice
from workflows.restoring import until_read

_A_MOMENT = timedelta(seconds=1)


async def restore(run: RunState) -> None:
    """Read the rows, however long that takes, and fold them; a run that continues another asks them too."""
    stored = await until_read(run, lambda: _read_link(run, "what the rows know"))
    if run.continues:
        run.apply(with_row(run.state, stored, now=run.now, within=run.click_waits))
    else:
        run.apply(restored(run.state, stored, now=run.now, within=run.click_waits))


async def follow_row(run: RunState, summary: str) -> None:
    """Read the rows once and take what they decide; raises ActivityError."""
    read_for = run.state.link and run.state.link.id
    stored = await _read_link(run, summary)
    if (run.state.link and run.state.link.id) == read_for:
        run.apply(with_row(run.state, stored, now=run.now, within=run.click_waits))
    else:  # an offer that was made during the reading may be missing in it
        run.apply(run.state.replace(known=stored.known))


async def _read_link(run: RunState, summary: str) -> StoredLink:
    start = run.start
    request = RestoreLink(
        tenant=start.tenant, person=start.person.aad_object_id, account=start.account, subject=run.subject
    )
    return await call(RESTORE_LINK, request, summary)


def with_row(state: State, stored: StoredLink, *, now: datetime, within: timedelta) -> State:
    """What the rows decide: whether the person is linked, and whether the offer is open."""
    state = state.replace(known=stored.known)
    link, row = state.link, stored.offer
    if state.step != "open" or link is None or link.id is None:
        return state
    if row is None or row.id != link.id:
        # A row that is missing has a newer one, or is gone: either way the offer is over.
        return expired(state)
    return _as_row_says(state, row, now=now, within=within)


def restored(state: State, stored: StoredLink, *, now: datetime, within: timedelta) -> State:
    """The state of a new run, as far as the rows know it."""
    state = state.replace(known=stored.known, number=stored.number, notices=_notices(stored.notices))
    row = stored.offer
    if row is None:
        return state
    link = Link(request="", asked_at=now, id=row.id, expires_at=row.expires_at)
    return _as_row_says(state.replace(step="open", link=link), row, now=now, within=within)


def _as_row_says(state: State, row: StoredOffer, *, now: datetime, within: timedelta) -> State:
    if row.state == "spent":
        return spent(state, row.link, row.spent_name, within=within)
    if row.state != "open" or state.link is None:
        return expired(state)
    # Where its time is over by our clock alone, the row is asked again in a moment.
    link = state.link.model_copy(update={"expires_at": max(row.expires_at, now + _A_MOMENT)})
    return state.replace(link=link)


def _notices(rows: tuple[StoredNotice, ...]) -> tuple[Notice, ...]:
    """Those that may change yet: the newest, and older ones to be replaced. What tells of a link stays."""
    notices = sorted(
        (_notice(one) for one in rows if one.showing not in TELL_OF_LINK),
        key=lambda one: one.number,
    )
    newest = max((one.number for one in notices), default=0)
    return tuple(
        one if one.number == newest else one.model_copy(update={"ended": "replaced"}) for one in notices
    )


def _notice(row: StoredNotice) -> Notice:
    return Notice(
        name=row.name,
        shown=row.content,
        showing=row.showing,
        is_posted=row.is_posted,
        targeted=row.targeted,
    )
