"""What is asked for and what the rows say, folded into the state by pure functions."""

from datetime import datetime, timedelta

from workflows.account_link.messages import OfferLink
from workflows.account_link.state import (
    MOST_CLICKS,
    Answered,
    ClickEnding,
    KeptClick,
    KnownLink,
    Link,
    MetClick,
    Notice,
    State,
    Why,
)
from workflows.account_link.view import TELL_OF_LINK
from workflows.verbs.outcomes import Outcome

_URGENCY: tuple[Why, ...] = ("teams_gone", "asked", "clicked", "year", "ended", "user_gone")
"""Of two reasons for one offer the later one of these is told."""


def asked(state: State, request: OfferLink, *, now: datetime, within: timedelta) -> tuple[State, Answered]:
    """Somebody asks for an offer, or for another one; ``within`` is how long a click waits for its link."""
    state = state.replace(cause=request.correlation or state.cause)
    if request.why == "asked" and state.known is not None and state.known.is_told_of_year:
        # They ask for what they were told of: the link before the year is over.
        request = request.model_copy(update={"why": "year"})
    if state.known is not None and request.why != "year":
        answer = Answered(key=request.key, reply="already_linked", name=state.known.name)
        return _with_click_of_linked(state, state.known, request, within), answer
    live = state.live
    is_open = state.step == "open" and state.link is not None and not state.link.is_over
    if is_open and live is not None and not live.is_blocked and not live.given_up:
        why = max(state.why, request.why, key=_URGENCY.index)
        state = _with_click(state.replace(why=why), request.met)
        return state, Answered(key=request.key, reply="waiting", place=live.place)
    if is_open:
        state = _with_click(state, request.met)
    else:
        fresh = _with_new_link(state, now).replace(why=request.why, clicks=(), left_out=False)
        state = _with_click(fresh, request.met)
    state = _with_new_notice(state, request.conversation)
    return state, Answered(key=request.key, reply="sent", place="here" if request.conversation else "private")


def spent(state: State, link: int | None, user: str | None, *, within: timedelta) -> State:
    """The offer was spent: the person is linked, unless they were unlinked again meanwhile."""
    if state.step == "linked":
        return state
    return _with_endings(_without_offer(state).replace(step="linked", came=link, user=user), within)


def expired(state: State) -> State:
    """The offer is not open any more, and nobody used it."""
    if state.step != "open":
        return state
    return _without_offer(state).replace(step="expired", clicks=(), left_out=False)


def waiting_for_doing(state: State) -> tuple[MetClick, ...]:
    """The clicks that met no link and have not come to their end, now that the person was linked."""
    if state.step != "linked":
        return ()
    return tuple(click.met for click in state.clicks if click.ending is None)


def _without_offer(state: State) -> State:
    link = None if state.link is None else state.link.model_copy(update={"is_over": True})
    return state.replace(link=link)


def _with_new_link(state: State, now: datetime) -> State:
    """Another offer is wanted: the one before dies with it."""
    requests = state.requests + 1
    link = Link(request=f"{state.origin}/{requests}", asked_at=now)
    return state.replace(step="open", requests=requests, link=link, came=None, user=None)


def _with_new_notice(state: State, asked_in: str | None) -> State:
    """One more message in the place of those before it; one that tells of a link goes on telling it."""
    for notice in state.notices:
        if notice.ended is None:
            ended = "kept" if notice.showing in TELL_OF_LINK else "replaced"
            state = state.changed(notice, ended=ended, given_up=False)
    number = state.number + 1
    notice = Notice(name=f"link/{number}", asked_in=asked_in)
    return state.replace(number=number, notices=(*state.notices, notice))


def _with_click(state: State, met: MetClick | None) -> State:
    """Of each card the newest click is the one that is done.

    Of too many cards the oldest click falls out. Once the person is linked it may be under way, and the one
    too many is left out instead.
    """
    if met is None:
        return state
    of_card = next((click for click in state.clicks if click.met.card == met.card), None)
    if of_card is not None and met.click.received_at <= of_card.met.click.received_at:
        return state
    others = [click for click in state.clicks if click is not of_card]
    if len(others) == MOST_CLICKS and state.step == "linked":
        return state.replace(left_out=True)
    clicks = sorted((*others, KeptClick(met=met)), key=lambda click: click.met.click.received_at)
    left_out = state.left_out or len(clicks) > MOST_CLICKS
    return state.replace(clicks=tuple(clicks[-MOST_CLICKS:]), left_out=left_out)


def _with_click_of_linked(state: State, known: KnownLink, request: OfferLink, within: timedelta) -> State:
    """A click that found no link arrives after the link was made: it is done, and told."""
    met = request.met
    if met is None or state.step == "open":
        return state
    newer = _with_click(state, met)
    if newer is state:
        return state
    state = newer.replace(step="linked", came=known.id, user=known.name)
    if state.live is None:
        state = _with_new_notice(state, request.conversation)
    return _with_endings(state, within)


def _with_endings(state: State, within: timedelta) -> State:
    """The clicks whose end needs nobody's answer."""
    return state.replace(clicks=tuple(_ended(state, click, within) for click in state.clicks))


def _ended(state: State, click: KeptClick, within: timedelta) -> KeptClick:
    if click.ending is not None:
        return click
    if not state.is_linked or state.known is None:
        removed = Outcome(kind="refused", reason="link_removed")
        return click.model_copy(update={"ending": ClickEnding(kind="outcome", outcome=removed)})
    if state.known.linked_at - click.met.click.received_at > within:
        return click.model_copy(update={"ending": ClickEnding(kind="later")})
    return click
