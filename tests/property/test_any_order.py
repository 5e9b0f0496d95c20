"""Whatever order the events of a life come in, and however often: the same card in the end."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.lives import (
    BEGAN,
    EMPTY,
    Reading,
    Step,
    deliveries,
    fold,
    lives,
    met_and_left,
    readings,
)
from workflows.channel_incident.state import CardState, State
from workflows.channel_incident.view import View, build_view
from workflows.incident.stamps import MOST_ENTRIES, Entry, Stamp, upsert
from workflows.incident.state import IncidentState
from workflows.incident.values import Comment

EXAMPLES = settings(max_examples=300, deadline=None)


def view_of(incident: IncidentState) -> View:
    state = State(incident=incident, card=CardState(marker="marker", nonce="nonce"))
    view = build_view(state, account="acme", incident_id="Q1")
    assert view is not None
    return view


@EXAMPLES
@given(st.data(), lives())
def test_events_in_any_order_and_number_give_the_same_view(data: st.DataObject, life: list[Step]) -> None:
    delivered = data.draw(deliveries(life, with_rest=False))
    assert view_of(fold(delivered)) == view_of(fold([step.event for step in life]))


@EXAMPLES
@given(st.data(), lives())
def test_rest_answers_at_any_point_change_nothing_in_the_end(data: st.DataObject, life: list[Step]) -> None:
    delivered = data.draw(deliveries(life, with_rest=True))
    assert view_of(fold(delivered)) == view_of(fold([step.event for step in life]))


@EXAMPLES
@given(st.data(), lives())
def test_the_status_shown_is_never_older_than_one_shown_before(data: st.DataObject, life: list[Step]) -> None:
    delivered = data.draw(deliveries(life, with_rest=True))
    stamps = [fold(delivered[: count + 1]).snapshot_stamp for count in range(len(delivered))]
    known = [stamp.at for stamp in stamps if stamp is not None]
    seconds = [moment.replace(microsecond=0) for moment in known]
    assert seconds == sorted(seconds)


@EXAMPLES
@given(st.data(), lives(hurried=True))
def test_events_of_one_second_in_any_order_and_number_give_the_same_view(
    data: st.DataObject, life: list[Step]
) -> None:
    delivered = data.draw(deliveries(life, with_rest=False))
    assert view_of(fold(delivered)) == view_of(fold([step.event for step in life]))


@EXAMPLES
@given(st.data(), lives(hurried=True))
def test_an_answer_on_its_way_never_replaces_a_newer_event(data: st.DataObject, life: list[Step]) -> None:
    state = EMPTY
    for item in data.draw(readings(life)):
        before = state
        state = fold([item], before)
        if isinstance(item, Reading):
            met, left = met_and_left(item, before)
            shown = met.snapshot_stamp
            if shown and not met.snapshot_from_rest and item.answer.event.stamp < shown:
                assert (left.snapshot, left.snapshot_stamp) == (met.snapshot, shown)


@EXAMPLES
@given(st.data(), lives(hurried=True))
def test_an_answer_that_nothing_overtook_tells_the_status_when_it_is_read_once_more(
    data: st.DataObject, life: list[Step]
) -> None:
    state = EMPTY
    for item in [*data.draw(readings(life)), Reading(meanwhile=(), answer=life[-1])]:
        state = fold([item], state)
        if isinstance(item, Reading) and not item.meanwhile:
            assert not (state.reread_wanted and item.of_a_click)
            again = fold([item], state) if state.reread_wanted else state
            assert not again.reread_wanted
            assert view_of(again).status == item.answer.details.snapshot.status


@EXAMPLES
@given(st.data(), lives(hurried=True))
def test_once_all_is_told_and_read_the_status_is_the_last_one(data: st.DataObject, life: list[Step]) -> None:
    state = fold(data.draw(readings(life)))
    if state.reread_wanted:
        state = fold([Reading(meanwhile=(), answer=life[-1])], state)
    assert view_of(state).status == view_of(fold([step.event for step in life])).status


ENTRIES = st.builds(
    lambda key, second, text: Entry[Comment](
        key=f"K{key}",
        stamp=Stamp(at=BEGAN.replace(minute=second // 60, second=second % 60), event_id=text),
        value=Comment(id=f"K{key}", text=text, at=BEGAN),
    ),
    st.integers(0, 80),
    st.integers(0, 3_599),
    st.text("ab", max_size=3),
)


@EXAMPLES
@given(st.data(), st.lists(ENTRIES, max_size=120, unique_by=lambda entry: (entry.key, entry.stamp.at)))
def test_a_keyed_list_keeps_the_newest_of_each_key_and_is_bounded(
    data: st.DataObject, entries: list[Entry[Comment]]
) -> None:
    kept: tuple[Entry[Comment], ...] = ()
    for entry in data.draw(st.permutations(entries)):
        kept = upsert(kept, entry)
    newest = {entry.key: entry for entry in sorted(entries, key=lambda e: (e.stamp.at, e.stamp.event_id))}
    assert {entry.key: entry for entry in kept}.items() <= newest.items()
    assert len(kept) == min(len(newest), MOST_ENTRIES)
    assert kept == upsert((), *entries)
