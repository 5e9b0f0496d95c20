"""What a run that follows an ended one knows: what was shown, under what it has been told already."""

from datetime import UTC, datetime

import pytest

from tests.support.life import BO, Life
from workflows.channel_incident.activities import StoredCard
from workflows.channel_incident.announcements import with_news
from workflows.channel_incident.restore import restored, without_old_news
from workflows.channel_incident.state import CardState, State
from workflows.channel_incident.view import View, build_view, fingerprint
from workflows.following import Following, Stopped
from workflows.incident.events import IncidentEvent
from workflows.incident.news import Announcement
from workflows.incident.reduce import fold_event

AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
EMPTY = State(card=CardState(marker="marker", nonce="nonce"))


def after(*events: IncidentEvent, news: Announcement | None = None) -> State:
    incident = EMPTY.incident
    for event in events:
        incident = fold_event(incident, event)
    state = EMPTY.replace(incident=incident)
    return with_news(state, news)


def view_of(state: State) -> View:
    view = build_view(state, account="acme", incident_id="Q1")
    assert view is not None
    return view


def stored(state: State) -> StoredCard:
    return StoredCard(
        activity_id="17",
        marker="marker-0",
        revision=4,
        nonce="nonce-0",
        content=fingerprint(view_of(state)),
        view=view_of(state),
        orphans=2,
    )


def test_a_restored_card_is_the_one_that_was_shown() -> None:
    card = restored(EMPTY, stored(after(Life("Q1").triggers())), marker="marker-9").card
    assert (card.activity_id, card.marker, card.nonce) == ("17", "marker-0", "nonce-0")
    assert (card.revision, card.shown_revision, card.orphans) == (4, 4, 2)
    assert not card.is_due


def test_what_people_wrote_before_the_note_with_the_way_to_the_chat_is_not_forgotten() -> None:
    life = Life("Q1")
    link = "Microsoft Teams chat: https://teams.example/chat"
    shown = stored(after(life.triggers(), life.is_noted("Rolled back"), life.is_noted(link)))
    view = view_of(
        restored(EMPTY.replace(incident=after(life.triggers()).incident), shown, marker="marker-9")
    )
    assert view.latest_note is not None
    assert view.peoples_note is not None
    assert (view.latest_note.text, view.peoples_note.text) == (link, "Rolled back")


def test_a_post_of_unknown_outcome_is_restored_as_none() -> None:
    lost = StoredCard(marker="marker-0", unknown=True)
    assert restored(EMPTY, lost, marker="marker-9").card.marker == "marker-9"


ADAS = Following(number=1, by="Ada Ops")
STOPPED = ADAS.model_copy(update={"stopped": Stopped(by="Bo Call", at=AT)})
BOS = Following(number=2, by="Bo Call")


@pytest.mark.parametrize(
    ("told", "row", "known"),
    [
        (ADAS, STOPPED, STOPPED),
        (BOS, STOPPED, BOS),
        (STOPPED, BOS, BOS),
        (ADAS, None, None),
        (None, ADAS, None),
    ],
    ids=["stopped-since", "begun-anew-since", "begun-anew", "taken-over", "taken-over-since"],
)
def test_of_the_start_and_the_row_the_newer_one_says_who_follows(
    told: Following | None, row: Following | None, known: Following | None
) -> None:
    shown = stored(after(Life("Q1").triggers())).model_copy(update={"following": row})
    state = restored(EMPTY.replace(following=told), shown, marker="marker-9")
    assert state.following == known
    is_anew = row == STOPPED and known != STOPPED
    assert state.card.activity_id == (None if is_anew else "17")
    assert state.card.marker == ("marker-9" if is_anew else "marker-0")


def test_nothing_is_said_where_somebody_has_stopped_it() -> None:
    life = Life("Q1")
    triggered, escalated = life.triggers(), life.escalates()
    told = after(escalated, news=Announcement(news="escalated", stamp=escalated.stamp))
    shown = stored(after(triggered)).model_copy(update={"following": STOPPED})
    state = restored(told.replace(following=ADAS), shown, marker="marker-9")
    assert state.announcements.waiting == ()


def test_an_event_that_the_card_has_shown_is_no_news_and_no_state() -> None:
    life = Life("Q1")
    triggered, acknowledged, escalated = life.triggers(), life.is_acknowledged(by=BO), life.escalates()
    before = after(triggered, acknowledged, escalated)
    again = after(acknowledged, escalated, news=Announcement(news="escalated", stamp=escalated.stamp))
    state = restored(again, stored(before), marker="marker-9")
    assert (state.incident.snapshot, state.announcements.waiting) == (None, ())
    assert state.incident.acknowledgements == ()


def test_an_event_after_what_the_card_has_shown_stands() -> None:
    life = Life("Q1")
    before = after(life.triggers(), life.is_resolved())
    reopened = life.reopens()
    news = Announcement(news="reopened", stamp=reopened.stamp)
    state = restored(after(reopened, news=news), stored(before), marker="marker-9")
    assert state.incident.snapshot == reopened.snapshot
    assert without_old_news(state).announcements.waiting == (news,)
