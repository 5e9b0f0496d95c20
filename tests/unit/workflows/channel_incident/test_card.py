"""How the one message moves: what is wanted, sent, lost, found again."""

from datetime import timedelta

import pytest

from tests.support.life import Life
from workflows.channel_incident import card as cards
from workflows.channel_incident.activities import ShowCard, Shown
from workflows.channel_incident.announcements import announcement_of, with_announcement
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.state import Announcement, CardState, State
from workflows.channel_incident.view import CardIdentity, View, build_view, fingerprint
from workflows.errors import (
    BotRemoved,
    CardGone,
    Failure,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
)
from workflows.incident.reduce import fold_event

LIFE = Life("Q1")
EMPTY = State(card=CardState(marker="marker", nonce="nonce"))
TRIGGERED = EMPTY.replace(incident=fold_event(EMPTY.incident, LIFE.triggers()))
LATER = LIFE.now + timedelta(seconds=25)


def view_of(state: State) -> View:
    view = build_view(state, account="acme", incident_id="Q1")
    assert view is not None
    return view


def wanted(state: State = TRIGGERED, content: str | None = None) -> State:
    return state.revised(content or fingerprint(view_of(state)), nonce="nonce-1", cause="E1")


def request_of(state: State) -> ShowCard:
    return ShowCard(
        card=CardKey(account="acme", incident_id="Q1", conversation="19:ops"),
        tenant="T1",
        activity_id=state.card.activity_id,
        view=view_of(state),
        identity=CardIdentity(marker=state.card.marker, nonce=state.card.nonce),
        content=state.card.content or "",
        correlation="E1",
    )


def there(state: State | None = None, *, recorded: bool = True) -> State:
    state = cards.sending(state or wanted())
    return cards.with_shown(state, request_of(state), Shown(activity_id="17", orphans=0, recorded=recorded))


def failed(state: State, kind: type[OutsideError]) -> CardState:
    sending = cards.sending(state)
    return cards.with_failure(sending, Failure(kind), marker="marker-2", late_edit_until=LATER).card


def announcement() -> Announcement:
    return announcement_of(LIFE.escalates(), "escalated")


def with_news(state: State, news: Announcement) -> State:
    return state.replace(announcements=with_announcement(state.announcements, news))


def test_a_new_revision_is_due_until_it_is_shown() -> None:
    state = wanted()
    assert (state.card.revision, state.card.nonce, state.cause) == (1, "nonce-1", "E1")
    assert state.card.is_due
    assert not there().card.is_due


def test_what_changes_while_a_send_is_under_way_is_due_after_it() -> None:
    sending = cards.sending(wanted())
    request = request_of(sending)
    changed = wanted(sending, content="other content")
    after = cards.with_shown(changed, request, Shown(activity_id="17", orphans=0))
    assert after.card.is_due
    assert (after.card.shown_revision, after.card.revision) == (1, 2)


def test_while_a_send_is_under_way_nobody_knows_what_is_shown() -> None:
    assert cards.sending(there()).card.is_due
    assert not there(cards.with_resend(there())).card.is_due


def test_a_card_whose_row_does_not_know_it_is_due_again() -> None:
    assert there(recorded=False).card.is_due


def test_an_outcome_draws_a_nonce_and_leaves_the_message_as_it_is() -> None:
    after = cards.with_nonce(there(), "nonce-2")
    assert after.card.nonce == "nonce-2"
    assert not after.card.is_due


def test_a_message_is_edited_where_that_is_asked_for() -> None:
    assert cards.with_resend(there()).card.is_due


@pytest.mark.parametrize(
    ("kind", "marker"), [(OutcomeUnknown, "marker-2"), (RateLimited, "marker"), (BotRemoved, "marker")]
)
def test_a_post_gets_a_new_marker_only_if_it_may_exist(kind: type[OutsideError], marker: str) -> None:
    card = failed(wanted(), kind)
    assert (card.activity_id, card.marker, card.late_edit_until) == (None, marker, None)
    assert card.is_due


def test_a_lost_edit_is_due_again_and_once_more_when_it_cannot_land_any_more() -> None:
    card = failed(there(), OutcomeUnknown)
    assert (card.activity_id, card.marker, card.late_edit_until) == ("17", "marker", LATER)
    assert card.is_due


def test_a_failed_edit_is_due_again() -> None:
    card = failed(there(), ProviderUnavailable)
    assert (card.activity_id, card.late_edit_until) == ("17", None)
    assert card.is_due


def test_a_message_that_is_gone_is_forgotten() -> None:
    card = failed(there(), CardGone)
    assert (card.activity_id, card.shown_content, card.marker) == (None, None, "marker-2")


def test_only_the_timer_that_was_set_for_a_lost_edit_ends_its_time() -> None:
    lost = cards.with_failure(there(), Failure(OutcomeUnknown), marker="unused", late_edit_until=LATER)
    again = there(lost)
    assert cards.late_edit_over(again, LATER - timedelta(seconds=1)) == again
    over = cards.late_edit_over(again, LATER)
    assert over.card.late_edit_until is None
    assert over.card.is_due


def test_a_new_message_takes_along_what_waited_to_be_said_when_it_was_sent() -> None:
    news = announcement()
    after = cards.announced(with_news(there(), news), (news,))
    assert after.announcements.waiting == ()
    assert with_news(after, news).announcements.waiting == ()


def test_a_send_that_begins_leaves_waiting_announcements() -> None:
    news = announcement()
    assert cards.sending(with_news(wanted(), news)).announcements.waiting == (news,)
