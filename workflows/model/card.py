"""How the one message of a run moves: what is wanted, what was sent, what became of it. All pure."""

from datetime import datetime
from typing import Any

from workflows.messages import Remembered, ShowCard, Shown
from workflows.model.incident import Acknowledgement, Reference, Responder, Role, Stamp, Task, Value, Word
from workflows.model.priority import raises
from workflows.model.reduce import end_of_second, upsert, whole_second
from workflows.model.state import (
    MOST_ENTRIES,
    Card,
    Degradable,
    Entry,
    Highlight,
    PrivateWord,
    State,
    Trouble,
)
from workflows.model.view import View

_MOST_NOTIFIED = 20
_SUPERSEDE_ALL = frozenset({"resolved", "reopened"})


def is_due(card: Card) -> bool:
    """Whether the message does not show what is wanted, or may not."""
    return card.activity_id is None or card.content != card.shown_content or card.resend


def is_settled(state: State) -> bool:
    """Whether everything that is wanted in the conversation is there, as far as anybody knows."""
    return state.detached or not (is_due(state.card) or state.highlights)


def revised(state: State, content: str, *, nonce: str, cause: str) -> State:
    """New content is wanted: the next revision, with a nonce of its own."""
    card = state.card.model_copy(
        update={"content": content, "revision": state.card.revision + 1, "nonce": nonce}
    )
    return state.model_copy(update={"card": card, "cause": cause})


def with_nonce(state: State, nonce: str, *, show: bool) -> State:
    """A recorded outcome draws a new nonce; ``show`` where the same button is meant to be pressed again."""
    return _card(state, nonce=nonce, resend=state.card.resend or show)


def sending(state: State) -> State:
    """A send begins: whatever is asked for from here on is asked for anew.

    A new message is news itself, so what waits to be said in the thread is not said after it.
    """
    if state.card.activity_id is None:
        for highlight in state.highlights:
            state = without_highlight(state, highlight)
        state = with_trouble(state, "highlights", None, None)
    return _card(state, resend=False)


def shown(state: State, request: ShowCard, outcome: Shown) -> State:
    """The message shows what ``request`` held."""
    return _card(
        state,
        activity_id=outcome.activity_id,
        shown_revision=request.view.revision,
        shown_content=request.content,
        orphans=outcome.orphans,
        resend=state.card.resend or not outcome.recorded,
    )


def not_shown(state: State, kind: str, *, marker: str, late_edit: datetime) -> State:
    """A send failed. A lost answer to a post asks for a new marker, one to an edit for a second look."""
    card = state.card
    if kind == "CardGone":
        return card_gone(state, marker=marker)
    if kind == "OutcomeUnknown" and card.activity_id is None:
        return _card(state, marker=marker)
    if kind == "OutcomeUnknown":
        return _card(state, resend=True, settle_at=late_edit)
    return _card(state, resend=card.activity_id is not None)


def card_gone(state: State, *, marker: str) -> State:
    """The message is not there any more: the next one is posted."""
    return _card(state, activity_id=None, shown_content=None, marker=marker)


def settled(state: State, settle_at: datetime) -> State:
    """The time in which an edit lost then could land is over: show the latest once more."""
    if state.card.settle_at != settle_at:
        return state
    return _card(state, settle_at=None, resend=True)


def with_trouble(state: State, part: Degradable, reason: str | None, until: datetime | None) -> State:
    """A part cannot go on (``reason``), or can again (``None``)."""
    held = next((trouble for trouble in state.troubles if trouble.part == part), None)
    wanted = Trouble(part=part, reason=reason, until=until) if reason is not None else None
    if held == wanted:
        return state
    others = tuple(trouble for trouble in state.troubles if trouble.part != part)
    return state.model_copy(update={"troubles": (*others, wanted) if wanted else others})


def with_highlight(state: State, highlight: Highlight) -> State:
    """Something is news. What was said is not said again, and old news gives way: a resolve or a
    reopening makes everything that still waits pointless.
    """
    if highlight.key in state.notified or any(h.key == highlight.key for h in state.highlights):
        return state
    waiting = tuple(
        h
        for h in state.highlights
        if highlight.transition not in _SUPERSEDE_ALL and h.transition != highlight.transition
    )
    return state.model_copy(update={"highlights": (*waiting, highlight)})


def without_highlight(state: State, highlight: Highlight) -> State:
    """It was said, may have been said, or is too old to be said."""
    return state.model_copy(
        update={
            "highlights": tuple(h for h in state.highlights if h.key != highlight.key),
            "notified": (*state.notified, highlight.key)[-_MOST_NOTIFIED:],
        }
    )


def with_private(state: State, word: PrivateWord) -> State:
    """Somebody is to be told how their press ended; once for each press."""
    waiting = (other.click.key for other in state.private)
    if word.click.key in state.told or word.click.key in waiting:
        return state
    return state.model_copy(update={"private": (*state.private, word)})


def without_private(state: State, word: PrivateWord) -> State:
    """They were told, may have been, or cannot be."""
    return state.model_copy(
        update={
            "private": tuple(other for other in state.private if other.click.key != word.click.key),
            "told": (*state.told, word.click.key)[-MOST_ENTRIES:],
        }
    )


def recalled(state: State, remembered: Remembered, *, marker: str) -> State:
    """The row of an ended run, under what this run has already been told.

    ``marker`` replaces the old one where a post was attempted and its outcome is not known.
    """
    unknown = remembered.unknown or remembered.marker is None
    card = state.card.model_copy(
        update={
            "marker": marker if unknown else remembered.marker,
            "nonce": remembered.nonce or state.card.nonce,
            "revision": remembered.revision,
            "content": remembered.content,
            "activity_id": remembered.activity_id,
            "shown_revision": remembered.revision,
            "shown_content": remembered.content,
            "orphans": remembered.orphans,
        }
    )
    known = {click.key for click in remembered.clicks}
    folded = state.model_copy(
        update={
            "card": card,
            "notified": remembered.notified,
            "clicks": (*remembered.clicks, *(c for c in state.clicks if c.key not in known)),
        }
    )
    return _under(_without_old_facts(folded, remembered.view), remembered.view) if remembered.view else folded


def without_old_news(state: State) -> State:
    """After a recall: keep only highlights that were not said and are not older than the incident's state."""
    held = state.snapshot_stamp
    fresh = tuple(
        h
        for h in state.highlights
        if h.key not in state.notified and (held is None or whole_second(held.at) <= h.second)
    )
    return state.model_copy(update={"highlights": fresh})


def _without_old_facts(state: State, view: View) -> State:
    """Late and repeated events: the card has shown what they tell, or something newer.

    Without them nothing is shown before PagerDuty has told the status, which never comes from the view.
    """
    update: dict[str, Any] = {
        "acknowledgements": tuple(a for a in state.acknowledgements if a.stamp.at > view.as_of),
        "highlights": tuple(
            h
            for h in state.highlights
            if h.stamp.at > view.as_of and (h.transition != "priority_raised" or _raises(view, state))
        ),
    }
    if state.snapshot_stamp is not None and state.snapshot_stamp.at <= view.as_of:
        update |= {"snapshot": None, "snapshot_stamp": None}
    return state.model_copy(update=update)


def _raises(view: View, state: State) -> bool:
    before = Reference(id="", name=view.priority) if view.priority else None
    return state.heard is not None and raises(before, state.heard.priority)


def _under(state: State, view: View) -> State:
    """What the card last showed and nobody tells again, or not while PagerDuty is down.

    Each enters as an old fact: anything newer that is already known stands.
    """
    old, began = Stamp(at=view.as_of), Stamp(at=view.opened_at or view.as_of)
    acknowledgements = (
        Entry[Acknowledgement](key=a.person.id, stamp=Stamp(at=end_of_second(a.at)), value=a)
        for a in view.acknowledgements
    )
    responders = (Entry[Responder](key=r.person.id, stamp=began, value=r) for r in view.responders)
    update: dict[str, Any] = {
        "acknowledgements": upsert(state.acknowledgements, *acknowledgements),
        "responders": upsert(state.responders, *responders),
        "notes": upsert(state.notes, *_entries(view.latest_note)),
        "status_updates": upsert(state.status_updates, *_entries(view.latest_status_update)),
        "roles": upsert(state.roles, *(Entry[Role](key=r.id, stamp=old, value=r) for r in view.roles)),
        "tasks": upsert(state.tasks, *(Entry[Task](key=t.id, stamp=old, value=t) for t in view.open_tasks)),
    }
    if state.fields_stamp is None:
        update["fields"] = view.fields
    if view.reopened and state.reopened is None:
        update["reopened"] = old
    return state.model_copy(update=update)


def _entries(word: Word | None) -> tuple[Entry[Word], ...]:
    return (Entry[Word](key=word.id, stamp=Stamp(at=word.at), value=word),) if word else ()


def _card(state: State, **changes: Value | str | int | bool | datetime | None) -> State:
    return state.model_copy(update={"card": state.card.model_copy(update=changes)})
