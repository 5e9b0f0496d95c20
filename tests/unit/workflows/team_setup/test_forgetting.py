"""A state stays small, whatever people ask for."""

from workflows.person import Person
from workflows.team_setup.fold import with_card, with_consent_card
from workflows.team_setup.forgetting import MOST_GOING_ON, without_done
from workflows.team_setup.state import Link, Notice, State
from workflows.team_setup.view import fingerprint, view_of


def person(number: int) -> Person:
    return Person(aad_object_id=f"person-{number}", teams_id=f"29:{number}", name=f"Person {number}")


ADA = person(0)
CONSENTING = State(
    step="consenting",
    holder=ADA,
    account="acme",
    missing=("Chat.Create",),
    consent_link=Link(request="run/1", id=1),
)


def shown(state: State) -> State:
    """Every message shows what is wanted."""
    for notice in state.notices:
        if view := view_of(state, notice):
            state = state.changed(notice, shown=fingerprint(view), is_posted=True)
    return state


def test_a_message_that_says_that_another_has_replaced_it_is_forgotten_and_its_number_is_not() -> None:
    authorizing = State(step="authorizing", holder=ADA, account="acme", link=Link(request="run/1", id=1))
    state = shown(with_card(with_card(authorizing)))
    state = without_done(state, ("installer",))
    assert [one.name for one in state.notices] == ["installer/2"]
    assert [one.name for one in with_card(state).live("installer")] == ["installer/3"]


def test_a_message_that_does_not_say_so_yet_is_kept() -> None:
    authorizing = State(step="authorizing", holder=ADA, account="acme", link=Link(request="run/1", id=1))
    state = with_card(shown(with_card(authorizing)))
    assert [one.name for one in without_done(state, ("installer",)).notices] == ["installer/1", "installer/2"]


def test_a_replaced_message_to_somebody_who_cannot_be_written_to_is_forgotten() -> None:
    gone = Notice(name="consent/1", recipient="gone", person=person(1), ended="replaced", failures=3)
    assert without_done(CONSENTING.with_notice(gone), ("consent",)).notices == ()


def test_messages_of_other_kinds_are_left_alone() -> None:
    ended = Notice(name="consent/1", recipient="gone", person=person(1), ended="replaced", given_up=True)
    assert without_done(CONSENTING.with_notice(ended), ("installer", "admin")).notices == (ended,)


def test_so_many_people_ask_that_the_oldest_messages_end() -> None:
    state = with_consent_card(CONSENTING, ADA)
    for number in range(1, MOST_GOING_ON + 4):
        state = with_consent_card(state, person(number))
    state = without_done(shown(state), ("consent",))
    assert len(state.live("consent")) == MOST_GOING_ON + 1
    ended = [one.recipient for one in state.notices if one.ended]
    assert ended == ["person-1", "person-2", "person-3"], "whoever holds the set-up keeps theirs"
    assert len(without_done(shown(state), ("consent",)).notices) == MOST_GOING_ON + 1


def test_what_everybody_reads_is_never_forgotten() -> None:
    way_on = Notice(name="way-on/1", recipient="19:ops", ended="replaced")
    assert without_done(CONSENTING.with_notice(way_on), ("way-on",)).notices == (way_on,)
