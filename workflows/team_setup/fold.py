"""What happens to a set-up, folded into its state by pure functions."""

from datetime import datetime

from workflows.person import Person
from workflows.team_setup.changes import RETURNS_WITHIN
from workflows.team_setup.life import with_change, with_heard
from workflows.team_setup.messages import ChannelHeard, TeamEvent
from workflows.team_setup.state import CONNECTED, LINK_KINDS, Away, Link, Notice, State

INSTALLED, RESTORED, HARD_DELETED = "installed", "teamRestored", "teamHardDeleted"
REMOVED = frozenset({"removed", "teamDeleted", HARD_DELETED})
NAMED = frozenset({"teamRenamed", "channelCreated", "channelRenamed", "channelDeleted", "channelRestored"})

_FAILURES_UNTIL_BLOCKED = 3


def fold_event(state: State, event: TeamEvent, now: datetime) -> State:
    """Something happened to the team."""
    if event.event == INSTALLED:
        return _installed(state, event, now)
    if event.event == RESTORED and state.step == "removed":
        # The app is in the team again. Whoever restored the team is not who installed it.
        return _installed(state, event.model_copy(update={"person": state.holder}), now)
    if event.event == RESTORED:  # an older deletion that comes later is over already
        newest = max(event.at, state.membership_at) if state.membership_at else event.at
        state = state.replace(membership_at=newest)
    if event.event in REMOVED:
        return _removed(state, event)
    state = with_change(state, event)
    if event.event in NAMED:
        is_renamed = event.event == "teamRenamed" and event.name
        state = state.replace(name=event.name if is_renamed else state.name, names_wanted=True)
    return begun(state, now) if state.step == "new" else state


def fold_heard(state: State, heard: ChannelHeard, now: datetime) -> State:
    """Something arrived from a channel: by then the app was in the team, whoever had added it."""
    if state.step == "removed":
        event = TeamEvent(event=INSTALLED, activity="", at=heard.at, person=state.holder)
        state = _installed(state, event, now)
    return with_heard(state, heard)


def begun(state: State, now: datetime) -> State:
    """The set-up begins, begins anew after the app was away, or goes on after nobody had gone on."""
    if state.step in CONNECTED or state.is_under_way:
        return state
    state = state.replace(moved_at=now)
    if state.is_authorized:
        state = state.replace(step="consenting", roles_wanted=True)
        return with_consent_card(state, state.holder)
    if len(state.accounts) > 1:
        state = state.replace(step="choosing", account=None, link=None)
    else:
        account = state.accounts[0] if state.accounts else None
        state = with_new_link(state.replace(step="authorizing", account=account))
    return with_way_on(with_card(state))


def with_accounts(state: State, accounts: tuple[str, ...]) -> State:
    """What is configured now, for a team that could belong to no account."""
    if not state.lacks_account or not accounts:
        return state
    state = state.replace(accounts=accounts)
    if len(accounts) > 1:
        return state.replace(step="choosing", link=None)
    return with_new_link(state.replace(account=accounts[0]))


def with_new_link(state: State) -> State:
    """Another link to authorize the team is wanted: the one before dies with it."""
    requests = state.requests + 1
    link = Link(request=f"{state.origin}/{requests}", account=state.account)
    return state.replace(requests=requests, link=link)


def with_consent_link(state: State) -> State:
    """A link to Microsoft's consent page is wanted, unless one is there."""
    if state.consent_link is not None and state.consent_link.is_usable:
        return state
    requests = state.requests + 1
    return state.replace(requests=requests, consent_link=Link(request=f"{state.origin}/{requests}"))


def with_card(state: State) -> State:
    """Whoever holds the set-up gets a card of their own; earlier ones say that it is theirs no more."""
    if state.holder is None:
        return state
    for notice in state.live(*LINK_KINDS):
        is_own = notice.recipient == state.holder.aad_object_id
        state = state.changed(notice, ended="replaced" if is_own else "handed_over", given_up=False)
    return state.with_new_notice("installer", state.holder)


def with_way_on(state: State) -> State:
    """Where nobody can be written to, the channel that was chosen is told how to go on, once."""
    if state.step not in ("choosing", "authorizing") or state.live("way-on"):
        return state
    if any(not is_blocked(notice) for notice in state.live(*LINK_KINDS)):
        return state
    return state.with_new_notice("way-on", None, state.chosen_channel)


def is_blocked(notice: Notice) -> bool:
    """Its recipient cannot be written to, as far as one can tell."""
    return notice.given_up or notice.failures >= _FAILURES_UNTIL_BLOCKED


def with_consent_card(state: State, person: Person | None) -> State:
    """A person gets the consent card, unless they have one that is alive."""
    if person is None or any(one.recipient == person.aad_object_id for one in state.live("consent")):
        return state
    return state.with_new_notice("consent", person)


def authorized(state: State, account: str, name: str | None, now: datetime) -> State:
    """The team belongs to an account: General is greeted, and the consent is looked for."""
    if state.step in CONNECTED:
        return state
    state = state.replace(
        step="consenting",
        account=account,
        is_authorized=True,
        authorized_name=name,
        moved_at=now,
        roles_wanted=True,
    )
    if state.link is not None:
        state = state.replace(link=state.link.model_copy(update={"is_over": True}))
    if state.away is not None:  # it came back too late, and its channels have waited for this
        back = TeamEvent(event=INSTALLED, activity="", at=state.membership_at or now)
        state = with_change(state, back).replace(away=None)
    return with_consent_card(with_welcome(state), state.holder)


def with_welcome(state: State) -> State:
    """General is greeted, once."""
    return state if state.live("welcome") else state.with_new_notice("welcome", None)


def with_roles(state: State, missing: tuple[str, ...] | None, now: datetime) -> State:
    """A token has told what is missing, or has not (``None``)."""
    state = state.replace(roles_wanted=False, roles_unread=missing is None)
    if missing is None:
        return with_consent_link(state)
    state = state.replace(missing=missing)
    if missing:
        if state.step == "complete":  # what was granted has been taken back
            state = with_consent_card(state.replace(step="consenting", moved_at=now), state.holder)
        return with_consent_link(state)
    state = state.replace(
        reading=None, consent_refused=False, organization_wanted=True, neighbours_wanted=True
    )
    return state.replace(step="complete", moved_at=now) if state.step == "consenting" else state


def abandoned(state: State) -> State:
    """Nobody has done anything for so long that nobody will."""
    return state.replace(
        step="abandoned",
        link=_over(state.link),
        consent_link=_over(state.consent_link),
        reading=None,
        roles_wanted=False,
    )


def _installed(state: State, event: TeamEvent, now: datetime) -> State:
    if _is_old(state, event):
        return state
    before, was_removed = state.holder, state.step == "removed"
    is_back = was_removed and _is_back_in_time(state, event)
    if is_back or state.step in CONNECTED:  # of the latter the removal may have been lost
        state = with_change(state, event).replace(away=None)
    state = state.replace(
        membership_at=event.at,
        chosen_channel=event.channel or state.chosen_channel,
        names_wanted=state.names_wanted or was_removed,
    )
    if event.person is not None:
        state = state.replace(holder=event.person, installer=event.person.aad_object_id)
    elif was_removed and not is_back:
        state = state.replace(holder=None, installer=None)
    if state.step not in CONNECTED and not state.is_under_way:
        if is_back:
            return begun(_back(state), now)
        return begun(_forgotten(state, event.at) if was_removed else state, now)
    if event.person is None or (before and before.aad_object_id == event.person.aad_object_id):
        return with_way_on(state)
    return _handed_over(state.replace(moved_at=now))


def _handed_over(state: State) -> State:
    """Somebody else has installed the app: they get what its step asks for."""
    if state.step == "consenting":
        return with_consent_card(state, state.holder)
    if state.step == "complete":
        return _told_again(state)
    if state.step == "authorizing":
        state = with_new_link(state)
    return with_card(state)


def _told_again(state: State) -> State:
    """Whoever installed the app gets a card that says how it stands, in the place of an older one."""
    if state.holder is None:
        return state
    for notice in state.live("installer"):
        if notice.recipient == state.holder.aad_object_id:
            state = state.changed(notice, ended="replaced")
    return state.with_new_notice("installer", state.holder)


def _removed(state: State, event: TeamEvent) -> State:
    if _is_old(state, event):
        return state
    away: Away = "for_good" if event.event == HARD_DELETED else "for_now"
    if state.step == "removed":  # of a team that is away the rows are told that nothing brings it back
        return with_change(state, event).replace(away=away) if away == "for_good" else state
    return with_change(state, event).replace(
        step="removed",
        away=away,
        membership_at=event.at,
        link=_over(state.link),
        consent_link=_over(state.consent_link),
        reading=None,
        roles_wanted=False,
        names_wanted=False,
        row_asks=0,
    )


def _is_back_in_time(state: State, event: TeamEvent) -> bool:
    """What the team was authorized for still counts."""
    left_at = state.membership_at
    if state.away == "for_good":
        return False
    return state.is_authorized and left_at is not None and event.at - left_at <= RETURNS_WITHIN


def _back(state: State) -> State:
    """The team belongs to its account as before; what the tenant grants is read again."""
    return state.replace(
        link=None, consent_link=None, missing=None, roles_unread=False, consent_refused=False
    )


def _forgotten(state: State, at: datetime) -> State:
    """What was before the app was away counts no more, but for the account (docs/decisions/0043)."""
    for notice in state.live(*LINK_KINDS, "consent", "way-on"):
        state = state.changed(notice, ended="replaced")
    return state.replace(
        accounts=(state.account,) if state.is_authorized and state.account else state.accounts,
        anew_at=at,
        is_authorized=False,
        authorized_name=None,
        link=None,
        consent_link=None,
        missing=None,
        consent_refused=False,
    )


def _is_old(state: State, event: TeamEvent) -> bool:
    return state.membership_at is not None and event.at < state.membership_at


def _over(link: Link | None) -> Link | None:
    return None if link is None else link.model_copy(update={"is_over": True})
