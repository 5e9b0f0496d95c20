"""How the one message moves: what is wanted, sent, lost, found again."""

from datetime import timedelta

import pytest

from tests.workflows.life import BO, Life
from workflows.channel_incident import card_state as cards
from workflows.channel_incident.activities import ShowCard, Shown, StoredCard
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.state import CardState, Highlight, State
from workflows.channel_incident.view import CardIdentity, View, build_view, fingerprint
from workflows.incident.reduce import fold_event, highlight_of

EMPTY = State(card=CardState(marker="marker", nonce="nonce"))
LIFE = Life("Q1")
TRIGGERED = fold_event(EMPTY, LIFE.triggers())
LATER = LIFE.now + timedelta(seconds=25)


def view_of(state: State) -> View:
    view = build_view(state, account="acme", incident_id="Q1")
    assert view is not None
    return view


def wanted(state: State = TRIGGERED) -> State:
    return cards.revised(state, fingerprint(view_of(state)), nonce="nonce-1", cause="E1")


def request_of(state: State) -> ShowCard:
    return ShowCard(
        card=CardKey(account="acme", incident_id="Q1", conversation="19:ops"),
        service_url="https://teams.example/",
        tenant="T1",
        activity_id=state.card.activity_id,
        view=view_of(state),
        stamped=CardIdentity(marker=state.card.marker, nonce=state.card.nonce),
        content=state.card.content or "",
        correlation="E1",
    )


def there(state: State | None = None, *, recorded: bool = True) -> State:
    state = cards.sending(state or wanted())
    return cards.shown(state, request_of(state), Shown(activity_id="17", orphans=0, recorded=recorded))


def failed(state: State, kind: str) -> CardState:
    return cards.not_shown(cards.sending(state), kind, marker="marker-2", late_edit=LATER).card


def highlight_after(state: State) -> Highlight:
    facts = LIFE.escalates()
    highlight = highlight_of(state, fold_event(state, facts), facts)
    assert highlight is not None
    return highlight


def test_a_revision_draws_a_nonce_and_is_due_until_it_is_shown() -> None:
    state = wanted()
    assert (state.card.revision, state.card.nonce, state.cause) == (1, "nonce-1", "E1")
    assert cards.is_due(state.card)
    assert not cards.is_due(there(state).card)


def test_what_changes_while_a_send_is_under_way_is_due_after_it() -> None:
    sending = cards.sending(wanted())
    request = request_of(sending)
    changed = cards.revised(sending, "other content", nonce="nonce-2", cause="E2")
    after = cards.shown(changed, request, Shown(activity_id="17", orphans=0))
    assert cards.is_due(after.card)
    assert (after.card.shown_revision, after.card.revision) == (1, 2)


def test_a_card_whose_row_does_not_know_it_is_due_again() -> None:
    assert cards.is_due(there(recorded=False).card)


@pytest.mark.parametrize("show", [True, False])
def test_an_outcome_draws_a_nonce_and_shows_it_only_where_the_button_may_be_pressed_again(show: bool) -> None:
    after = cards.with_nonce(there(), "nonce-2", show=show)
    assert after.card.nonce == "nonce-2"
    assert cards.is_due(after.card) is show


@pytest.mark.parametrize(
    ("kind", "marker"), [("OutcomeUnknown", "marker-2"), ("RateLimited", "marker"), ("BotRemoved", "marker")]
)
def test_a_post_gets_a_new_marker_only_if_it_may_exist(kind: str, marker: str) -> None:
    card = failed(wanted(), kind)
    assert (card.activity_id, card.marker, card.settle_at) == (None, marker, None)
    assert cards.is_due(card)


def test_a_lost_edit_is_due_again_and_to_be_settled_later() -> None:
    card = failed(there(), "OutcomeUnknown")
    assert (card.activity_id, card.marker, card.settle_at) == ("17", "marker", LATER)
    assert cards.is_due(card)


def test_a_failed_edit_is_due_again() -> None:
    card = failed(there(), "ProviderUnavailable")
    assert (card.activity_id, card.settle_at) == ("17", None)
    assert cards.is_due(card)


def test_a_message_that_is_gone_is_forgotten() -> None:
    card = failed(there(), "CardGone")
    assert (card.activity_id, card.shown_content, card.marker) == (None, None, "marker-2")


def test_a_lost_edit_is_settled_by_the_timer_that_was_set_for_it() -> None:
    lost = cards.not_shown(there(), "OutcomeUnknown", marker="unused", late_edit=LATER)
    again = there(lost)
    assert cards.settled(again, LATER - timedelta(seconds=1)) == again
    settled = cards.settled(again, LATER)
    assert settled.card.settle_at is None
    assert cards.is_due(settled.card)


def test_a_new_message_takes_along_what_waits_to_be_said() -> None:
    highlight = highlight_after(TRIGGERED)
    sending = cards.sending(cards.with_highlight(wanted(), highlight))
    assert sending.highlights == ()
    assert cards.with_highlight(sending, highlight).highlights == ()


def test_an_edit_does_not() -> None:
    highlight = highlight_after(TRIGGERED)
    assert cards.sending(cards.with_highlight(there(), highlight)).highlights == (highlight,)


def test_trouble_is_held_by_part_and_the_same_trouble_changes_nothing() -> None:
    troubled = cards.with_trouble(EMPTY, "card", "RateLimited", LATER)
    assert cards.with_trouble(troubled, "card", "RateLimited", LATER) is troubled
    assert cards.with_trouble(troubled, "details", None, None) is troubled
    assert [t.reason for t in cards.with_trouble(troubled, "card", "BotRemoved", None).troubles] == [
        "BotRemoved"
    ]
    assert cards.with_trouble(troubled, "card", None, None).troubles == ()


def remembered(state: State) -> StoredCard:
    return StoredCard(
        activity_id="17",
        marker="marker-0",
        revision=4,
        nonce="nonce-0",
        content=fingerprint(view_of(state)),
        view=view_of(state),
        orphans=2,
    )


def test_a_recalled_card_is_the_one_that_was_shown() -> None:
    card = cards.recalled(EMPTY, remembered(TRIGGERED), marker="marker-9").card
    assert (card.activity_id, card.marker, card.nonce) == ("17", "marker-0", "nonce-0")
    assert (card.revision, card.shown_revision, card.orphans) == (4, 4, 2)
    assert not cards.is_due(card)


def test_a_post_of_unknown_outcome_is_recalled_as_none() -> None:
    lost = StoredCard(marker="marker-0", unknown=True)
    assert cards.recalled(EMPTY, lost, marker="marker-9").card.marker == "marker-9"


def test_an_event_that_the_card_has_shown_is_no_news_and_no_state() -> None:
    life = Life("Q1")
    first = fold_event(EMPTY, life.triggers())
    acknowledged, escalated = life.is_acknowledged(by=BO), life.escalates()
    before = fold_event(fold_event(first, acknowledged), escalated)
    again = fold_event(fold_event(EMPTY, acknowledged), escalated)
    news = highlight_of(EMPTY, fold_event(EMPTY, escalated), escalated)
    assert news is not None
    state = cards.recalled(cards.with_highlight(again, news), remembered(before), marker="marker-9")
    assert (state.snapshot, state.highlights, state.acknowledgements) == (None, (), ())


def test_an_event_after_what_the_card_has_shown_stands() -> None:
    life = Life("Q1")
    before = fold_event(fold_event(EMPTY, life.triggers()), life.is_resolved())
    reopened = life.reopens()
    started = fold_event(EMPTY, reopened)
    news = highlight_of(EMPTY, started, reopened)
    assert news is not None
    state = cards.recalled(cards.with_highlight(started, news), remembered(before), marker="marker-9")
    assert state.snapshot == reopened.snapshot
    assert cards.without_old_news(state).highlights == (news,)
