"""From state to view: what a reader sees of it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.life import ADA, BO, CY, Life
from workflows.channel_incident.state import CardState, State
from workflows.channel_incident.view import View, build_view, fingerprint
from workflows.degradations import Degradation
from workflows.incident.events import IncidentEvent
from workflows.incident.reduce import fold_details, fold_event
from workflows.incident.stamps import Entry, Stamp, whole_second
from workflows.incident.values import Bridge, Comment, Escalation, MergedInto, Responder, Role, Status, Task

AT = datetime(2026, 1, 1, 10, 52, tzinfo=UTC)

EMPTY = State(card=CardState(marker="marker", nonce="nonce"))


@pytest.fixture
def life() -> Life:
    return Life("Q1")


def after(*events: IncidentEvent) -> State:
    incident = EMPTY.incident
    for event in events:
        incident = fold_event(incident, event)
    return EMPTY.replace(incident=incident)


def view_of(state: State) -> View:
    view = build_view(state, account="acme", incident_id="Q1")
    assert view is not None
    return view


def test_there_is_nothing_to_see_before_the_incident_is_known(life: Life) -> None:
    assert build_view(after(life.is_noted("a note alone")), account="acme", incident_id="Q1") is None


@pytest.mark.parametrize(
    ("status", "verbs"),
    [("triggered", ("acknowledge", "resolve")), ("acknowledged", ("resolve",)), ("resolved", ())],
)
def test_the_buttons_are_those_the_state_allows(life: Life, status: Status, verbs: tuple[str, ...]) -> None:
    assert view_of(after(life.becomes("reassigned", status))).verbs == verbs


def test_who_acknowledged_stays_on_the_card_of_a_resolved_incident(life: Life) -> None:
    events = (life.triggers(), life.is_acknowledged(by=BO), life.is_resolved(by=CY))
    view = view_of(after(*events))
    assert [held.person for held in view.acknowledgements] == [BO]
    assert (view.resolved_by, view.resolved_at) == ("Cy Lead", life.now.replace(microsecond=0))


def test_an_acknowledgement_that_ended_is_not_shown_any_more(life: Life) -> None:
    ended = (life.triggers(), life.is_acknowledged(by=BO), life.becomes("unacknowledged", "triggered"))
    again = life.is_acknowledged(by=CY)
    assert view_of(after(*ended)).acknowledgements == ()
    assert [held.person for held in view_of(after(*ended, again)).acknowledgements] == [CY]


def test_a_reopened_incident_says_so_until_it_is_resolved_again(life: Life) -> None:
    open_again = after(life.triggers(), life.is_resolved(), life.reopens())
    assert (view_of(open_again).reopened, view_of(open_again).resolved_at) == (True, None)
    resolved = fold_event(open_again.incident, life.is_resolved())
    assert not view_of(open_again.replace(incident=resolved)).reopened


def test_automation_resolves_in_nobodys_name(life: Life) -> None:
    view = view_of(after(life.triggers(), life.becomes("resolved", "resolved", agent=None)))
    assert (view.status, view.resolved_by) == ("resolved", None)


@pytest.mark.parametrize("bridge_first", [True, False])
def test_the_bridge_is_the_newest_that_was_told(life: Life, bridge_first: bool) -> None:
    old, new = Bridge(url="https://meet.example/old"), Bridge(url="https://meet.example/new")

    def by_its_own_event(bridge: Bridge) -> IncidentEvent:
        return life.tells("incident.conference_bridge.updated", bridge=bridge)

    def by_a_snapshot(bridge: Bridge) -> IncidentEvent:
        return life.becomes("reassigned", "triggered", bridge=bridge)

    first, second = (by_its_own_event, by_a_snapshot) if bridge_first else (by_a_snapshot, by_its_own_event)
    assert view_of(after(first(old), second(new))).bridge == new


def test_finished_tasks_and_roles_without_a_holder_are_left_out(life: Life) -> None:
    view = view_of(
        after(
            life.triggers(),
            life.tells("incident.task.created", task=Task(id="T1", name="call", status="todo")),
            life.tells("incident.task.completed", task=Task(id="T2", name="write", status="completed")),
            life.tells("incident.role.assigned", roles=(Role(id="R1", name="Commander", holder=ADA),)),
            life.tells("incident.role.assigned", roles=(Role(id="R2", name="Scribe"),)),
        )
    )
    assert [task.id for task in view.open_tasks] == ["T1"]
    assert [role.id for role in view.roles] == ["R1"]


def test_responders_stand_by_name_whoever_was_asked_first(life: Life) -> None:
    asked = [
        life.tells("incident.responder.added", responder=Responder(person=person, state="pending"))
        for person in (CY, ADA, BO)
    ]
    view = view_of(after(life.triggers(), *asked))
    assert [responder.person for responder in view.responders] == [ADA, BO, CY]


def test_a_reader_is_told_of_what_is_missing_and_not_of_what_operators_mend(life: Life) -> None:
    degradations = tuple(
        Degradation(name=name, reason="ProviderUnavailable")
        for name in ("card", "details", "private_messages")
    )
    state = after(life.triggers()).replace(degradations=degradations)
    assert view_of(state).degraded == ("details",)


def test_a_reader_is_not_told_of_what_a_limit_of_ours_holds_back(life: Life) -> None:
    held = Degradation(name="details", reason="send budget", until=life.now, held=True)
    assert view_of(after(life.triggers()).replace(degradations=(held,))).degraded == ()


def test_a_final_card_promises_nothing(life: Life) -> None:
    degradations = (Degradation(name="details", reason="ProviderUnavailable"),)
    state = after(life.triggers(), life.is_resolved()).replace(degradations=degradations)
    assert view_of(state).degraded == ()


def test_a_field_that_a_later_version_adds_changes_no_fingerprint(life: Life) -> None:
    class LaterView(View):
        weather: str = "fair"

    view = view_of(after(life.triggers()))
    assert fingerprint(LaterView(**dict(view))) == fingerprint(view)


def test_views_that_show_the_same_have_the_same_fingerprint(life: Life) -> None:
    view = view_of(after(life.triggers()))
    later = view.model_copy(update={"revision": 9, "as_of": life.now.replace(year=2030)})
    assert fingerprint(later) == fingerprint(view)
    assert fingerprint(view.model_copy(update={"title": "Checkout is down"})) != fingerprint(view)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("triggered", Escalation(level=1, at=AT, next_level=2)),
        ("acknowledged", Escalation(level=1)),
        ("resolved", None),
    ],
)
def test_only_a_triggered_incident_is_about_to_escalate(
    life: Life, status: Status, shown: Escalation | None
) -> None:
    state = after(life.becomes("reassigned", status))
    entry = Entry[Escalation](
        key="escalation",
        stamp=Stamp(at=life.now, event_id="01F"),
        value=Escalation(level=1, at=AT, next_level=2),
    )
    incident = state.incident.model_copy(update={"escalation": entry})
    assert view_of(state.replace(incident=incident)).escalation == shown


def test_a_merge_shows_until_the_incident_is_open_again(life: Life) -> None:
    taker = MergedInto(id="Q77", number=77, title="Payments down")
    merged = (life.triggers(), life.becomes("resolved", "resolved", merged_into=taker))
    assert view_of(after(*merged)).merged_into == taker
    assert view_of(after(*merged, life.reopens())).merged_into is None


def test_an_internal_name_of_a_type_is_not_shown(life: Life) -> None:
    state = after(life.becomes("triggered", "triggered", incident_type="major_default"))
    assert view_of(state).incident_type == "Major incident"


@pytest.mark.parametrize("order", ["event first", "rest first"])
def test_the_newest_note_is_shown_whoever_told_it(life: Life, order: str) -> None:
    """Events of notes may have passed the conversation by, which a REST answer then tells."""
    state, noted = after(life.triggers()), life.is_noted("The first")
    assert noted.note is not None
    heard, second = noted.note, whole_second(noted.occurred_at)

    def shown(read: Comment) -> str:
        details, incident = life.details(latest_note=read, notes_read=True), state.incident
        if order == "event first":
            incident = fold_details(fold_event(incident, noted), details)
        else:
            incident = fold_event(fold_details(incident, details), noted)
        note = view_of(state.replace(incident=incident)).latest_note
        assert note is not None
        return note.text

    other = heard.model_copy(update={"id": "N2", "text": "The second"})
    assert shown(other.model_copy(update={"at": second + timedelta(seconds=1)})) == "The second"
    assert shown(other.model_copy(update={"at": second})) == "The first", "its event came"
    assert shown(other.model_copy(update={"at": second - timedelta(seconds=1)})) == "The first"
    assert shown(heard.model_copy(update={"at": second, "text": "Edited"})) == "Edited"


CHAT = "Microsoft Teams chat: https://teams.example/chat"


def test_a_note_with_the_way_to_the_chat_leaves_what_people_wrote_to_be_shown(life: Life) -> None:
    state = after(life.triggers(), life.is_noted("Rolled back"), life.is_noted(CHAT))
    view = view_of(state)
    assert (said(view.latest_note), said(view.peoples_note)) == (CHAT, "Rolled back")
    view = view_of(state.replace(incident=fold_event(state.incident, life.is_noted("Fixed"))))
    assert (said(view.latest_note), said(view.peoples_note)) == ("Fixed", None)
    assert view_of(after(life.triggers(), life.is_noted(CHAT))).peoples_note is None


def test_a_note_in_the_place_of_the_latest_is_no_change_of_its_own(life: Life) -> None:
    """Runs that began when nothing took that place come to the same revisions."""
    view = view_of(after(life.triggers(), life.is_noted("Rolled back"), life.is_noted(CHAT)))
    assert fingerprint(view) == fingerprint(view.model_copy(update={"peoples_note": None}))
    assert fingerprint(view) != fingerprint(view.model_copy(update={"latest_note": view.peoples_note}))


def said(note: Comment | None) -> str | None:
    return note.text if note else None


def test_a_note_that_was_deleted_is_not_read_again(life: Life) -> None:
    incident, note = after(life.triggers()).incident, Comment(id="N1", text="Oops", at=AT)
    incident = fold_details(incident, life.details(latest_note=note, notes_read=True))
    assert view_of(EMPTY.replace(incident=incident)).latest_note == note
    incident = fold_details(incident, life.details())
    assert view_of(EMPTY.replace(incident=incident)).latest_note == note, "notes were not read"
    incident = fold_details(incident, life.details(notes_read=True))
    assert view_of(EMPTY.replace(incident=incident)).latest_note is None


def test_a_card_is_as_of_the_note_that_rest_told(life: Life) -> None:
    incident = after(life.triggers()).incident
    at = whole_second(life.now) + timedelta(minutes=5)
    note = Comment(id="N1", text="Later", at=at)
    incident = fold_details(incident, life.details(latest_note=note, notes_read=True))
    assert view_of(EMPTY.replace(incident=incident)).as_of == at
