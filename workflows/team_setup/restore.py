"""What the rows know, under what a run has been told: the first thing that every run reads."""

from datetime import datetime, timedelta

from workflows.contract import call
from workflows.notice import StoredNotice
from workflows.person import Person
from workflows.restoring import until_read
from workflows.team_setup.activities import RESTORE_SETUP, RestoreSetup, StoredLink, StoredSetup
from workflows.team_setup.fold import authorized, with_new_link, with_welcome
from workflows.team_setup.row import fingerprint_of_row
from workflows.team_setup.run_state import RunState
from workflows.team_setup.state import CONNECTED, PUBLIC_KINDS, UNDER_WAY, Link, Notice, State, Step

_A_MOMENT = timedelta(seconds=1)


async def restore(run: RunState) -> None:
    """Read the rows, however long that takes, and fold them; a run that continues another asks them too."""
    stored = await until_read(run, lambda: read_setup(run, "what the rows know"))
    if run.continues:
        run.apply(with_row(run.state, stored, run.now, _rows_of(run.state)))
    else:
        run.apply(restored(run.state, stored, run.now))


async def read_setup(run: RunState, summary: str) -> StoredSetup:
    """Read the rows once; raises ActivityError."""
    start = run.start
    request = RestoreSetup(
        tenant=start.tenant, team=start.team, key=start.key, name=start.name, subject=run.subject
    )
    return await call(RESTORE_SETUP, request, summary)


async def follow_row(run: RunState, summary: str) -> None:
    """Read the rows once and take what they decide; raises ActivityError."""
    known = _rows_of(run.state)
    stored = await read_setup(run, summary)
    run.apply(with_row(run.state, stored, run.now, known))


def _rows_of(state: State) -> frozenset[int]:
    """Of the links whose rows are there already: one that is made during a reading may be missing in it."""
    links = (state.link, state.consent_link)
    return frozenset(link.id for link in links if link is not None and link.id is not None)


def with_row(state: State, stored: StoredSetup, now: datetime, known: frozenset[int]) -> State:
    """What the rows decide: whether the team is authorized, and whether a link is open.

    ``known`` are the links whose rows were there when these were read.
    """
    # A row that is missing has a newer one of its kind, or is gone: either way its link is over.
    found: dict[int, StoredLink | None] = dict.fromkeys(known)
    found.update({one.id: one for one in stored.links})
    state = state.replace(
        link=_as_row_says(state.link, found, now), consent_link=_as_row_says(state.consent_link, found, now)
    )
    return _authorized_by_row(state, stored, now)


def _authorized_by_row(state: State, stored: StoredSetup, now: datetime) -> State:
    """Whichever link was spent: what was authorized before the app came back counts no more."""
    if (
        stored.account is None
        or stored.authorized_at is None
        or state.step not in ("choosing", "authorizing")
    ):
        return state
    if state.anew_at is not None and stored.authorized_at <= state.anew_at:
        return state
    return authorized(state, stored.account, stored.authorized_name, now)


def _as_row_says(link: Link | None, rows: dict[int, StoredLink | None], now: datetime) -> Link | None:
    if link is None or link.id not in rows:
        return link
    row = rows[link.id]
    if row is None or row.state != "open":
        is_shown = row is not None and row.state == "shown"
        return link.model_copy(update={"is_over": True, "is_shown": is_shown})
    # Where its time is over by our clock alone, the row is asked again in a moment.
    return link.model_copy(update={"expires_at": max(row.expires_at, now + _A_MOMENT)})


def restored(state: State, stored: StoredSetup, now: datetime) -> State:
    """The state of a new run, as far as the rows know it."""
    newest = {one.kind: one for one in stored.links}
    step = _step(stored)
    link = newest.get("authorize")
    is_alone = len(stored.accounts) == 1
    account = stored.account if step in CONNECTED else None
    if account is None:
        account = stored.accounts[0] if is_alone else link.account if link else None
    state = state.replace(
        step=step,
        name=stored.name or state.name,
        is_authorized=stored.is_authorized,
        accounts=stored.accounts,
        account=account,
        authorized_name=stored.authorized_name,
        installer=stored.installer.aad_object_id if stored.installer else None,
        holder=_holder(stored),
        chosen_channel=stored.chosen_channel,
        membership_at=stored.membership_at,
        away=stored.away,
        moved_at=now,
        link=_link_of(link),
        consent_link=_link_of(newest.get("consent")),
        notices=_notices(stored),
        numbers=stored.numbers,
        missing=stored.missing,
        roles_wanted=step == "consenting",
        names_wanted=step == "new" or step in UNDER_WAY,
    )
    if stored.step == step or stored.step is None:
        state = state.replace(recorded=fingerprint_of_row(state))
    if step == "authorizing" and state.link is None:
        # Where there was no account to choose, several may be configured by now.
        is_chosen = state.account is not None or len(state.accounts) < 2
        state = with_new_link(state) if is_chosen else state.replace(step="choosing")
    if step in CONNECTED and stored.authorized_at is not None:
        state = with_welcome(state)  # unless a run before this one has begun it
    return _authorized_by_row(state, stored, now)


def _step(stored: StoredSetup) -> Step:
    if stored.removed:  # perhaps the row alone knows it yet
        return "removed"
    if stored.step is not None:
        return stored.step
    return "new" if stored.account is None else "complete"


def _link_of(row: StoredLink | None) -> Link | None:
    if row is None:
        return None
    return Link(
        request=row.request,
        account=row.account,
        id=row.id,
        expires_at=row.expires_at,
        is_over=row.state != "open",
        is_shown=row.state == "shown",
    )


def _holder(stored: StoredSetup) -> Person | None:
    """Whose card is the newest; else who installed the app."""
    cards = [one for one in stored.notices if one.name.startswith("installer/") and one.person]
    newest = max(cards, key=lambda one: int(one.name.partition("/")[2]), default=None)
    return newest.person if newest else stored.installer


def _notices(stored: StoredSetup) -> tuple[Notice, ...]:
    """What was told of channels is told, and stays as it is."""
    found = (_notice(one) for one in stored.notices)
    return tuple(one for one in found if one.kind != "life")


def _notice(row: StoredNotice) -> Notice:
    notice = Notice(
        name=row.name,
        recipient=row.recipient,
        ended=row.showing if row.showing in ("replaced", "handed_over") else None,
        expanded=row.expanded,
        shown=row.content,
        is_posted=row.is_posted,
    )
    if notice.kind in PUBLIC_KINDS:
        # Where it was begun and nobody knows how that ended, it may be there.
        return notice.model_copy(update={"given_up": not row.is_posted})
    person = row.person or Person(aad_object_id=row.recipient, teams_id="", name="")
    return notice.model_copy(update={"person": person})
