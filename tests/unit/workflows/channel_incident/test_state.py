"""What a run's state keeps once, and what it keeps apart."""

from datetime import UTC, datetime

from workflows.channel_incident.state import CardState, PrivateMessage, State
from workflows.degradations import Degradation
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome, RecordedOutcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EMPTY = State(card=CardState(marker="marker", nonce="nonce"))


def test_a_reconciler_has_one_degradation_and_the_same_one_changes_nothing() -> None:
    limited = Degradation(name="card", reason="RateLimited", until=NOW)
    degraded = EMPTY.degraded(limited)
    assert degraded.degraded(limited) is degraded
    assert degraded.recovered("details") is degraded
    assert degraded.degraded(Degradation(name="card", reason="BotRemoved")).degradations == (
        Degradation(name="card", reason="BotRemoved"),
    )
    assert degraded.recovered("card").degradations == ()


def test_other_content_is_a_new_revision_with_a_nonce_and_a_cause() -> None:
    revised = EMPTY.revised("content", nonce="nonce-1", cause="E1")
    assert (revised.card.revision, revised.card.nonce, revised.card.content) == (1, "nonce-1", "content")
    assert revised.cause == "E1"
    again = revised.revised("other", nonce="nonce-2", cause=None)
    assert (again.card.revision, again.cause) == (2, "E1"), "what nobody caused keeps the last cause"


def test_the_first_outcome_of_a_click_stands() -> None:
    first = RecordedOutcome(key="K", outcome=Outcome(kind="done", status="resolved"))
    second = RecordedOutcome(key="K", outcome=Outcome(kind="failed", reason="unavailable"))
    assert EMPTY.with_outcome(first).with_outcome(second).clicks == (first,)


def test_a_person_is_told_once_for_each_click() -> None:
    person = Clicker(aad_object_id="ada", teams_id="29:ada", name="Ada Ops", link=7)
    click = Click(key="K", verb="resolve", person=person, message="17", received_at=NOW, correlation="c")
    message = PrivateMessage(click=click, outcome=Outcome(kind="failed", reason="unavailable"))
    waiting = EMPTY.private_messages.with_waiting(message)
    assert waiting.with_waiting(message) is waiting
    sent = waiting.with_sent(message)
    assert (sent.waiting, sent.sent) == ((), ("K",))
    assert sent.with_waiting(message) is sent
