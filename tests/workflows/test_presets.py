"""What is said beside a card under each preset, what is not, and what a change of it in the middle does."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest
from temporalio.client import Client

from tests.support.life import BO, Life, under_another_id
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, shown
from workflows.channel_incident.activities import CHANGE_STATUS, REPLY, DoVerb, VerbDone
from workflows.channel_incident.messages import PresetChosen
from workflows.channel_incident.workflow_type import CHOOSE_PRESET
from workflows.errors import RateLimited
from workflows.incident.events import IncidentEvent
from workflows.link_notes import CHAT_NOTE, MEETING_NOTE
from workflows.presets import ChosenPreset, Preset
from workflows.verbs.judging import done
from workflows.verbs.registry import VERBS

pytestmark = pytest.mark.anyio

EVENTS: Mapping[str, Callable[[Life], IncidentEvent]] = {
    "priority_raised": lambda life: life.gets_priority("P1"),
    "escalated": Life.escalates,
    "status_update": lambda life: life.gets_status_update("We are on it."),
    "note": lambda life: life.is_noted("It is the database."),
    "responder asked": Life.asks_for_help,
    "responder_replied": Life.is_answered,
    "acknowledged": Life.is_acknowledged,
    "resolved": Life.is_resolved,
    "reopened": Life.reopens,
}
"""Every kind of news, and two changes that are none."""

HIGHLIGHTS = ("priority_raised", "escalated", "resolved", "reopened")


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("no_updates", ()),
        ("status_updates_only", ("status_update",)),
        ("highlights_only", HIGHLIGHTS),
        ("all_updates", tuple(news for news in EVENTS if news not in ("acknowledged", "responder asked"))),
    ],
)
async def test_each_preset_says_its_news_once_and_the_card_shows_all_of_it(
    client: Client, preset: Preset, expected: Sequence[str]
) -> None:
    async with shown(client, preset=ChosenPreset(preset=preset)) as run:
        events = await _lives(run, expected)
        await run.hears(run.life.is_resolved(by=BO))
        await run.is_stored()
        said, shows = list(run.outside.said), len(run.outside.shown)
        for event in events:
            await run.hears(event, under_another_id(event))
            await run.ends()
    assert said == [*expected, *(["resolved"] if "resolved" in expected else [])]
    assert (run.outside.said, len(run.outside.shown)) == (said, shows), "a later run repeats nothing"
    last = run.outside.shown[-1].view
    assert (last.status, last.priority) == ("resolved", "P1")
    assert last.latest_note is not None
    assert last.latest_status_update is not None
    assert [one.state for one in last.responders] == ["joined"]


async def _lives(run: Run, expected: Sequence[str]) -> list[IncidentEvent]:
    """Every event, each shown and said before the next; it tells which they were."""
    events = []
    so_far: list[str] = []
    for name, happens in EVENTS.items():
        events.append(happens(run.life))
        await run.hears(events[-1])
        if name in expected:
            so_far.append(name)
        await run.outside.until(lambda: len(run.outside.said) >= len(so_far))
        await run.is_idle()
        assert run.outside.said == so_far
    return events


async def test_people_answer_and_write_in_their_own_words(client: Client) -> None:
    async with shown(client, preset=ChosenPreset(preset="all_updates")) as run:
        await run.hears(run.life.is_noted("one"), run.life.is_noted("two"), run.life.is_answered(BO))
        await run.outside.until(lambda: len(run.outside.said) == 3)
    one, two, answer = (reply.announcement for reply in run.outside.replies)
    assert [said.comment.text for said in (one, two) if said.comment] == ["one", "two"]
    assert answer.responder is not None
    assert answer.responder.person == BO


@pytest.mark.parametrize("note", [CHAT_NOTE, MEETING_NOTE])
async def test_where_chat_and_meeting_are_is_no_news(client: Client, note: str) -> None:
    """The notes with their addresses are Muster's own. What people write of them is news."""
    async with shown(client, preset=ChosenPreset(preset="all_updates")) as run:
        await run.hears(run.life.is_noted(f"{note}https://teams.example/1"))
        await run.hears(run.life.is_noted(f"{note}is at https://teams.example/1"))
        await run.outside.until(lambda: len(run.outside.said) == 1)
        await run.is_idle()
    (said,) = (reply.announcement.comment for reply in run.outside.replies)
    assert said is not None
    assert said.text == f"{note}is at https://teams.example/1"


async def test_what_people_wrote_is_said_although_the_incident_was_resolved_meanwhile(client: Client) -> None:
    """An older change and an answer to a call for help are pointless by then."""
    async with shown(client, preset=ChosenPreset(preset="all_updates")) as run:
        run.outside.fails(REPLY, RateLimited("too many", retry_after=1))
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: len(run.outside.replies) == 1)
        life = run.life
        await run.hears(life.is_answered(), life.is_noted("Rolled back."), life.is_resolved())
        await run.ends()
    assert run.outside.said == ["escalated", "note", "resolved"]


# Another preset in the middle


async def chosen(run: Run, preset: Preset, number: int) -> None:
    """As the row has it and the edge tells it."""
    message = PresetChosen(chosen=ChosenPreset(preset=preset, number=number), by="Ada Ops")
    await run.signal(CHOOSE_PRESET.name, message)


async def test_from_the_choice_on_the_new_preset_says_what_is_said_and_nothing_of_before(
    client: Client,
) -> None:
    async with shown(client, preset=ChosenPreset(preset="no_updates")) as run:
        await run.hears(run.life.is_noted("before"), run.life.escalates())
        await run.is_idle()
        await chosen(run, "all_updates", 1)
        assert "preset: all\\_updates | Ada Ops in Teams" in await run.details()
        await run.hears(run.life.is_noted("after"))
        await run.outside.until(lambda: bool(run.outside.said))
        await chosen(run, "status_updates_only", 2)
        await run.hears(run.life.is_noted("too much"), run.life.gets_status_update("We are on it."))
        await run.outside.until(lambda: len(run.outside.said) == 2)
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert run.outside.said == ["note", "status_update"]


async def test_a_choice_that_arrives_after_a_later_one_changes_nothing(client: Client) -> None:
    async with shown(client, preset=ChosenPreset(preset="no_updates", number=1)) as run:
        await chosen(run, "all_updates", 3)
        await chosen(run, "no_updates", 2)
        await run.hears(run.life.is_noted("on it"))
        await run.outside.until(lambda: run.outside.said == ["note"])


async def test_what_waits_and_is_not_to_be_said_any_more_is_dropped(client: Client) -> None:
    async with shown(client, preset=ChosenPreset(preset="all_updates")) as run:
        run.outside.fails(REPLY, RateLimited("too many", retry_after=60))
        await run.hears(run.life.is_noted("on it"))
        await run.until_attribute("Attention", "waiting")
        await chosen(run, "no_updates", 1)
        await run.until_attribute("Attention", "ok")
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert run.outside.said == ["note"], "which was refused"


async def test_what_is_refused_after_it_was_dropped_is_in_the_way_of_nothing(client: Client) -> None:
    async with shown(client, preset=ChosenPreset(preset="all_updates")) as run:
        run.outside.fails(REPLY, RateLimited("too many", retry_after=60))
        sent = run.outside.holds(REPLY)
        await run.hears(run.life.is_noted("on it"))
        await run.outside.until(lambda: bool(run.outside.replies))
        await chosen(run, "no_updates", 1)
        await run.details()
        sent.set()
        await run.is_idle()
        assert "announcements" not in await run.details()


async def test_a_choice_for_an_incident_that_is_over_shows_and_says_nothing(client: Client) -> None:
    async with shown(client) as run:
        await run.hears(run.life.is_resolved())
        await run.is_stored()
        shows = len(run.outside.shown)
        await chosen(run, "all_updates", 1)
        assert (await run.ends()).status == "resolved"
    assert (len(run.outside.shown), run.outside.said) == (shows, ["resolved"])


# What a click on this card did


async def test_what_a_click_on_this_card_did_is_not_said_and_what_others_do_is(client: Client) -> None:
    async with shown(client) as run:
        await run.ask(run.click("resolve"))
        await run.hears(run.life.tells_what_a_click_did())
        await run.is_idle()
        await run.hears(run.life.reopens())
        await run.outside.until(lambda: run.outside.said == ["reopened"])
        await run.hears(run.life.is_resolved(by=BO))
        await run.ends()
    assert run.outside.said == ["reopened", "resolved"]
    assert run.outside.replies[-1].announcement.by == "Bo Call"


async def test_what_a_click_did_is_not_said_where_its_event_has_the_second_after_the_answers(
    client: Client,
) -> None:
    async with shown(client) as run:
        await run.ask(run.click("resolve"))
        await run.hears(run.life.tells_what_a_click_did(off_by=timedelta(seconds=1)))
        await run.ends()
    assert run.outside.said == []


async def test_the_same_change_by_somebody_else_two_seconds_later_is_said(client: Client) -> None:
    async with shown(client) as run:
        await run.ask(run.click("resolve"))
        await run.hears(run.life.tells_what_a_click_did(off_by=timedelta(seconds=2)))
        await run.ends()
    assert run.outside.said == ["resolved"]


async def test_a_later_run_does_not_say_it_either(client: Client) -> None:
    async with shown(client) as run:
        await run.ask(run.click("resolve"))
        resolved = run.life.tells_what_a_click_did()
        await run.hears(resolved)
        await run.is_stored()
        await run.hears(under_another_id(resolved))
        await run.ends()
    assert run.outside.said == []


async def test_what_waits_when_a_click_here_resolves_the_incident_is_pointless(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(REPLY, RateLimited("too many", retry_after=2))
        await run.hears(run.life.escalates())
        await run.until_attribute("Attention", "waiting")
        await run.ask(run.click("resolve"))
        await run.hears(run.life.tells_what_a_click_did())
        await run.ends()
        assert "announcements" not in await run.details()
    assert run.outside.said == ["escalated"], "which was refused"


@pytest.mark.parametrize("earlier", [0, 1])
async def test_it_is_not_said_where_its_event_overtakes_pagerdutys_answer(
    client: Client, earlier: int
) -> None:
    """Its second may be the one before the answer's."""
    outside = FakeActivities()
    async with shown(client, outside) as run:

        async def answers_late(request: DoVerb) -> VerbDone:
            outside.life.set_status("resolved")
            await run.hears(outside.life.tells_what_a_click_did(off_by=-timedelta(seconds=earlier)))
            await outside.until(lambda: outside.shown[-1].view.status == "resolved")
            await run.hears(outside.life.is_noted("shown later than the resolve"))
            await outside.until(lambda: outside.shown[-1].view.latest_note is not None)
            return VerbDone(outcome=done(VERBS[request.click.verb]), details=outside.life.details())

        outside.answers(CHANGE_STATUS, answers_late)
        await run.ask(run.click("resolve"))
        await run.ends()
    assert outside.said == []


async def test_it_is_not_said_where_the_answer_was_lost_and_the_outcome_found_in_its_row(
    client: Client,
) -> None:
    outside = FakeActivities()
    async with shown(client, outside) as run:

        async def knows_the_outcome_alone(request: DoVerb) -> VerbDone:
            outside.life.set_status("resolved")
            return VerbDone(outcome=done(VERBS[request.click.verb]))

        outside.answers(CHANGE_STATUS, knows_the_outcome_alone)
        await run.ask(run.click("resolve"))
        await run.hears(outside.life.tells_what_a_click_did())
        await run.ends()
    assert outside.said == []


async def test_what_somebody_else_did_before_the_click_is_said(client: Client) -> None:
    outside = FakeActivities()
    async with shown(client, outside) as run:
        resolved = outside.life.is_resolved(by=BO)

        async def finds_it_resolved(request: DoVerb) -> VerbDone:
            outcome = done(VERBS[request.click.verb]).model_copy(update={"kind": "already", "by": "Bo Call"})
            return VerbDone(outcome=outcome, details=outside.life.details())

        outside.answers(CHANGE_STATUS, finds_it_resolved)
        await run.ask(run.click("resolve"))
        await run.hears(resolved)
        await run.ends()
    assert outside.said == ["resolved"]
