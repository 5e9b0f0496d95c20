"""What of an event is news, and under which key."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.life import BO, CY, Life, under_another_id
from workflows.incident.events import IncidentEvent
from workflows.incident.news import Announcement, announcement_of
from workflows.incident.reduce import fold_details, fold_event
from workflows.incident.state import IncidentState
from workflows.incident.values import Comment, Responder


@dataclass
class Heard:
    """What is known of an incident, and what each event adds to the news."""

    state: IncidentState

    def hears(self, event: IncidentEvent) -> Announcement | None:
        before, self.state = self.state, fold_event(self.state, event)
        return announcement_of(before, self.state, event)


@pytest.fixture
def life() -> Life:
    return Life("Q1")


@pytest.fixture
def heard(life: Life) -> Heard:
    return Heard(fold_event(IncidentState(), life.triggers()))


def test_only_a_transition_to_the_newest_state_is_news(heard: Heard, life: Life) -> None:
    escalated, resolved = life.escalates(), life.is_resolved()
    late = Heard(heard.state)
    news = heard.hears(escalated)
    assert news is not None
    assert (news.news, news.by) == ("escalated", "Ada Ops")
    assert heard.hears(escalated) is None
    assert late.hears(resolved) is not None
    assert late.hears(escalated) is None


def test_one_transition_under_two_event_ids_has_one_key(heard: Heard, life: Life) -> None:
    once = life.escalates()
    first, second = heard.hears(once), heard.hears(under_another_id(once))
    assert first is not None
    assert second is not None
    assert first.key == second.key


@pytest.mark.parametrize("happens", [Life.is_noted, Life.gets_status_update])
def test_what_somebody_wrote_is_news_once_however_late_it_comes(
    heard: Heard, life: Life, happens: Callable[[Life, str], IncidentEvent]
) -> None:
    written, resolved = happens(life, "on it"), life.is_resolved()
    heard.hears(resolved)
    news = heard.hears(written)
    assert news is not None
    assert news.comment is not None
    assert news.comment.text == "on it"
    assert heard.hears(under_another_id(written)) is None


def test_two_notes_of_one_second_have_keys_of_their_own(heard: Heard, life: Life) -> None:
    one = life.is_noted("one")
    two = life.is_noted("two").model_copy(update={"occurred_at": one.occurred_at})
    first, second = heard.hears(one), heard.hears(two)
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_a_note_that_rest_told_before_its_event_came_is_news(heard: Heard, life: Life) -> None:
    written = life.is_noted("on it")
    heard.state = fold_details(heard.state, life.details(latest_note=written.note, notes_read=True))
    news = heard.hears(written)
    assert news is not None
    assert news.comment == written.note


def test_a_note_without_visible_text_is_no_news(heard: Heard, life: Life) -> None:
    empty = Comment(id="N1", text="", at=life.now)
    assert heard.hears(life.tells("incident.annotated", note=empty)) is None


def test_an_answer_is_news_of_each_person_and_a_call_for_help_is_none(heard: Heard, life: Life) -> None:
    events = (
        life.asks_for_help(CY),
        life.asks_for_help(BO),
        life.is_answered(CY),
        life.is_answered(BO, "declined"),
    )
    news = [heard.hears(event) for event in events]
    assert [(one.news, one.about) for one in news if one is not None] == [
        ("responder_replied", CY.id),
        ("responder_replied", BO.id),
    ]
    assert [heard.hears(event) for event in events] == [None] * 4


def test_an_older_answer_than_the_one_that_is_known_is_no_news(heard: Heard, life: Life) -> None:
    joined, declined = life.is_answered(CY), life.is_answered(CY, "declined")
    assert heard.hears(declined) is not None
    assert heard.hears(joined) is None


def test_an_answer_that_rest_told_before_its_event_came_is_news(heard: Heard, life: Life) -> None:
    triggered = heard.state.details_wanted
    joined = life.is_answered(CY)
    assert joined.responder == Responder(person=CY, state="joined")
    heard.state = fold_details(heard.state, life.details(read_for=triggered, responders=(joined.responder,)))
    assert heard.hears(joined) is not None
