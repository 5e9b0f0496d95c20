"""One incident, one meeting: in the name of the first who can, in the first way that works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RPCError

from tests.support.life import ADA, BO, CY
from tests.workflows.incident_room.calls import Moment, Row
from tests.workflows.incident_room.cutting_off import FAULTS, KILLS, are_missed_soon, beside_each_other
from tests.workflows.incident_room.meetings import CONFIGURED, Meeting
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import NO_CACHE, PATIENT, Run, made, running
from workflows.errors import ConsentMissing, Forbidden, OutsideError, RateLimited, RequestInvalid
from workflows.incident.values import Bridge, Reference
from workflows.incident_meeting.activities import (
    CHOOSE_ORGANISER,
    CREATE_MEETING,
    FIND_ORGANISER,
    NOTE_MEETING,
    SET_BRIDGE,
    UPDATE_ENTRY,
)
from workflows.incident_room.activities import ADMIT, ANNOUNCE, CREATE_CHAT, IDENTIFY_PEOPLE
from workflows.incident_room.messages import Timing
from workflows.incident_room.workflow_type import OPEN_CHAT, OPEN_MEETING
from workflows.meeting import Hindrance, ToldMeeting, Way, WhyNot
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

QUICK = Timing(
    search_for=1.5, search_every=0.2, grace=0.1, invite_every=0.1, policy_again=0.2, policy_lasts=0.5
)
STEPS: dict[str, Row] = {
    "people": IDENTIFY_PEOPLE,
    "choose": CHOOSE_ORGANISER,
    "create": CREATE_MEETING,
    "bridge": SET_BRIDGE,
    "note": NOTE_MEETING,
    "mark": UPDATE_ENTRY,
    "organiser": FIND_ORGANISER,
}
OF_ONE_WAY = {"mark": "calendar", "organiser": "meeting"}
"""Steps that the other way does not have."""
NO_CALENDAR = Hindrance(who="Ada Ops", why="not_granted", permission="Calendars.ReadWrite")
NO_POLICY = Hindrance(who="Ada Ops", why="no_policy")
WAYS: dict[str, dict[tuple[Way, str], Hindrance]] = {
    "calendar": {},
    "meeting": {("calendar", "PUSER01"): NO_CALENDAR},
}
"""What Microsoft refuses, for a meeting that is made in each of the ways."""


BRIDGE_SET, ZOOM = "incident.conference_bridge.updated", "https://zoom.example/j/1"


def only(outside: FakeActivities) -> Meeting:
    (meeting,) = outside.meetings
    return meeting


async def test_a_click_makes_a_meeting_that_is_the_incidents_bridge(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        answer = await run.ask_for_meeting()
        await run.is_idle()
        assert "calendar of Ada Ops" in await run.details()
    outside = run.outside
    meeting = only(outside)
    assert (answer.outcome, answer.url) == (Outcome(kind="done"), meeting.url)
    assert (answer.invited, answer.invited_count) == (("PUSER02",), 1)
    assert (meeting.organiser, meeting.way) == ("PUSER01", "calendar")
    assert outside.bridges == [meeting.url]
    assert [(one.url, one.standing) for one in outside.meeting_notes] == [(meeting.url, "ours")]
    rows = (ADMIT, IDENTIFY_PEOPLE, CHOOSE_ORGANISER, CREATE_MEETING, SET_BRIDGE, NOTE_MEETING)
    assert [outside.count(row) for row in rows] == [1] * len(rows)
    assert outside.count(CREATE_CHAT) == outside.count(ANNOUNCE) == 0


async def test_an_entry_links_the_chat_that_is_made_at_the_same_time(client: Client) -> None:
    outside = FakeActivities()
    making = outside.holds(CREATE_CHAT)
    async with running(client, outside, timing=PATIENT) as run:
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(run.ask()), group.create_task(run.ask_for_meeting())]
            await outside.until(lambda: outside.count(CREATE_CHAT) == 1)
            assert outside.count(CHOOSE_ORGANISER) == 0
            making.set()
        assert {one.result().outcome.kind for one in asking} == {"done"}
        await run.is_idle()
    (choice,) = outside.of(CHOOSE_ORGANISER)
    assert choice.chat_url
    assert choice.chat_url == outside.announced[-1].url
    only(outside)


async def test_a_chat_that_takes_long_holds_up_no_meeting(client: Client) -> None:
    outside = FakeActivities()
    making = outside.holds(CREATE_CHAT)
    timing = PATIENT.model_copy(update={"chat_first": 0.1})
    async with running(client, outside, timing=timing) as run:
        async with asyncio.TaskGroup() as group:
            group.create_task(run.ask())
            await outside.until(lambda: outside.count(CREATE_CHAT) == 1)
            answer = await run.ask_for_meeting()
            making.set()
        await run.is_idle()
    assert (answer.outcome.kind, answer.url) == ("done", only(outside).url)
    assert [one.chat_url for one in outside.of(CHOOSE_ORGANISER)] == [""]


async def test_a_permission_that_is_taken_back_after_a_lost_answer_is_named(client: Client) -> None:
    """The meeting may be there; whoever presses again, once it is granted, finds it."""
    outside = FakeActivities()
    outside.breaks(CREATE_MEETING, ConsentMissing("not granted", code="Calendars.ReadWrite"))
    async with running(client, outside, timing=PATIENT) as run:
        answer = await run.ask_for_meeting()
        assert answer.outcome == Outcome(
            kind="refused", reason="no_organiser", by=answer.outcome.by, hindrances=(NO_CALENDAR,)
        )
        outside.recovers(CREATE_MEETING)
        assert (await run.ask_for_meeting()).url == only(outside).url


# Whatever goes wrong


every_step_of_each_way = pytest.mark.parametrize(
    ("way", "row"),
    [
        pytest.param(way, row, id=f"{way}-{name}")
        for way in WAYS
        for name, row in STEPS.items()
        if OF_ONE_WAY.get(name, way) == way
    ],
)


@pytest.mark.soak
@every_step_of_each_way
async def test_a_step_that_goes_wrong_at_any_moment_is_done_once(client: Client, way: str, row: Row) -> None:
    async def live(moment: Moment, error: OutsideError) -> None:
        outside = FakeActivities()
        outside.fails(row, error, at=moment)
        await _lives(client, outside, way)
        assert outside.count(row) > 1

    await beside_each_other(live, FAULTS)


@every_step_of_each_way
async def test_a_step_that_is_asked_to_wait_is_done_once(client: Client, way: str, row: Row) -> None:
    outside = FakeActivities()
    outside.fails(row, RateLimited("429", retry_after=0.1))
    await _lives(client, outside, way)
    assert outside.count(row) > 1


@pytest.mark.soak
@every_step_of_each_way
async def test_a_step_whose_worker_is_killed_at_any_moment_is_done_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, way: str, row: Row
) -> None:
    """The next worker knows the run by its history alone."""
    are_missed_soon(monkeypatch, row)

    async def live(moment: Moment) -> None:
        outside = FakeActivities()
        outside.dies(row, moment)
        await _lives(client, outside, way, cached=NO_CACHE)

    await beside_each_other(live, KILLS)


async def _lives(client: Client, outside: FakeActivities, way: str, *, cached: int = 100) -> None:
    """From a click to the end, which is a resolve: one meeting, one bridge, one note."""
    outside.hindered = dict(WAYS[way])
    async with running(client, outside, timing=QUICK, cached=cached) as run:
        answer = await run.ask_for_meeting()
        assert answer.outcome.kind == "done"
        await run.hears(run.life.is_resolved())
        assert (await run.ends()).meeting == "made"
    meeting = only(outside)
    assert (meeting.way, outside.bridges) == (way, [meeting.url])
    assert [one.url for one in outside.meeting_notes] == [meeting.url]
    assert meeting.is_marked is (way == "calendar"), "the resolve is written into the entry"


async def test_a_run_that_follows_asks_again_for_what_was_begun_in_the_same_name(client: Client) -> None:
    """Its predecessor was lost between the intent and the answer."""
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        answers = outside.holds(CREATE_MEETING)
        asked = asyncio.create_task(run.ask_for_meeting())
        await outside.until(lambda: outside.count(CREATE_MEETING) == 1)
        await run.handle.terminate("an operator did")
        answers.set()
        with pytest.raises((WorkflowUpdateFailedError, RPCError)):
            await asked
        outside.passed_over = {"PUSER01": "disabled"}
        answer = await run.ask_for_meeting("Bo Call")
        await run.is_idle()
    assert answer.outcome.kind == "already"
    assert only(outside).organiser == "PUSER01"


# Whoever organises it


def _refused(why: WhyNot) -> dict[tuple[Way, str], Hindrance]:
    """Ada has no calendar, and no meeting is made for her for this reason."""
    return {
        ("calendar", "PUSER01"): Hindrance(who="Ada Ops", why="no_mailbox"),
        ("meeting", "PUSER01"): Hindrance(who="Ada Ops", why=why),
    }


@pytest.mark.parametrize(
    ("passed_over", "hindered", "organiser"),
    [
        ({}, {}, "PUSER01"),
        ({"PUSER01": "guest"}, {}, "PUSER02"),
        ({"PUSER01": "disabled", "PUSER02": "guest"}, {}, CONFIGURED),
        ({}, _refused("no_licence"), "PUSER02"),
        ({"PUSER02": "guest"}, _refused("no_policy"), CONFIGURED),
    ],
)
async def test_the_first_candidate_who_can_organises_it(
    client: Client,
    passed_over: dict[str, WhyNot],
    hindered: dict[tuple[Way, str], Hindrance],
    organiser: str,
) -> None:
    outside = FakeActivities()
    outside.has_configured = True
    outside.passed_over, outside.hindered = passed_over, hindered
    async with running(client, outside, timing=PATIENT) as run:
        assert (await run.ask_for_meeting()).outcome.kind == "done"
        await run.is_idle()
    assert only(outside).organiser == organiser


@pytest.mark.parametrize(("owner", "organiser"), [("PUSER01", "PUSER01"), (None, "PUSER02")])
async def test_a_program_names_who_organises_it_else_the_first_assignee_does(
    client: Client, owner: str | None, organiser: str
) -> None:
    async with running(client, timing=PATIENT) as run:
        program = run.program(owner=owner)
        first = await run.ask(program, update=OPEN_MEETING.name)
        again = await run.ask(program, update=OPEN_MEETING.name)
        await run.is_idle()
    assert (first.outcome.kind, again) == ("done", first)
    assert only(run.outside).organiser == organiser


async def test_where_nobody_is_left_all_reasons_are_told_and_another_click_asks_anew(client: Client) -> None:
    outside = FakeActivities()
    outside.passed_over = {"PUSER01": "disabled", "PUSER02": "guest"}
    async with running(client, outside, timing=PATIENT) as run:
        refused = (await run.ask_for_meeting()).outcome
        await run.ends()
        outside.passed_over = {}
        assert (await run.ask_for_meeting()).outcome.kind == "done"
        await run.is_idle()
    assert (refused.kind, refused.reason) == ("refused", "no_organiser")
    assert [(one.who, one.why) for one in refused.hindrances] == [
        ("Ada Ops", "disabled"),
        ("Bo Call", "guest"),
    ]
    assert only(outside).organiser == "PUSER01"


async def test_another_click_has_those_looked_for_again_whom_no_permission_let_be_found(
    client: Client,
) -> None:
    outside = FakeActivities()
    outside.lacks, outside.absent = ("User.Read.All",), {BO.id: "not_granted"}
    outside.passed_over = {"PUSER01": "disabled", "PUSER02": "not_granted"}
    async with running(client, outside, timing=PATIENT) as run:
        assert (await run.ask_for_meeting()).outcome.reason == "no_organiser"
        outside.lacks, outside.absent = (), {}
        outside.passed_over = {"PUSER01": "disabled"}
        searched = outside.holds(IDENTIFY_PEOPLE)
        asking = asyncio.create_task(run.ask_for_meeting())
        await outside.until(lambda: outside.count(IDENTIFY_PEOPLE) == 2)
        assert outside.count(CHOOSE_ORGANISER) == 1, "nobody is judged before"
        searched.set()
        assert (await asking).outcome.kind == "done"
        await run.is_idle()
    assert only(outside).organiser == "PUSER02"


async def test_while_a_policy_is_waited_for_people_are_looked_for_again(client: Client) -> None:
    outside = FakeActivities()
    outside.lacks, outside.absent = ("User.Read.All",), {BO.id: "not_granted"}
    outside.passed_over = {"PUSER02": "not_granted"}
    outside.hindered = {("calendar", "PUSER01"): NO_CALENDAR, ("meeting", "PUSER01"): NO_POLICY}
    timing = PATIENT.model_copy(update={"policy_again": 0.5, "policy_lasts": 30, "people_again": 0.2})
    async with running(client, outside, timing=timing) as run:
        await run.ask_for_meeting()
        await outside.until(lambda: outside.count(IDENTIFY_PEOPLE) > 2)
        outside.lacks, outside.absent, outside.passed_over = (), {}, {}
        await outside.until(lambda: outside.meeting_noted)
        await run.is_idle()
    assert only(outside).organiser == "PUSER02"


async def test_an_access_policy_that_was_granted_is_waited_for(client: Client) -> None:
    outside = FakeActivities()
    outside.passed_over = {"PUSER02": "guest"}
    outside.hindered = {("calendar", "PUSER01"): NO_CALENDAR, ("meeting", "PUSER01"): NO_POLICY}
    timing = PATIENT.model_copy(update={"policy_again": 1, "policy_lasts": 30})
    async with running(client, outside, timing=timing) as run:
        refused = (await run.ask_for_meeting()).outcome
        guest = Hindrance(who="Bo Call", why="guest")
        assert refused.hindrances == (NO_CALENDAR, NO_POLICY, guest)
        assert "until an access policy counts" in await run.details()
        await outside.until(lambda: outside.count(CREATE_MEETING) >= 4)
        outside.hindered = {("calendar", "PUSER01"): NO_CALENDAR}
        await outside.until(lambda: outside.meeting_noted)
        await run.is_idle()
    assert only(outside).way == "meeting"


async def test_while_a_policy_is_waited_for_nobody_is_invited_again(client: Client) -> None:
    """An entry without a meeting was mailed to everybody, and so was its deletion. A click tries it again."""
    outside = FakeActivities()
    outside.hindered = {
        ("calendar", "PUSER01"): Hindrance(who="Ada Ops", why="no_meeting"),
        ("meeting", "PUSER01"): NO_POLICY,
        ("calendar", "PUSER02"): Hindrance(who="Bo Call", why="no_meeting"),
        ("meeting", "PUSER02"): Hindrance(who="Bo Call", why="no_policy"),
    }
    timing = PATIENT.model_copy(update={"policy_again": 1, "policy_lasts": 30})

    def entries() -> int:
        return [one.way for one in outside.of(CREATE_MEETING)].count("calendar")

    async with running(client, outside, timing=timing) as run:
        refused = (await run.ask_for_meeting()).outcome.hindrances
        await outside.until(lambda: outside.count(CHOOSE_ORGANISER) == 6)  # the second round is over
        assert entries() == 2
        assert (await run.ask_for_meeting()).outcome.hindrances == refused
        assert entries() == 4
        outside.hindered = {}
        await outside.until(lambda: outside.meeting_noted)
        await run.is_idle()
    assert (entries(), only(outside).way) == (4, "meeting")


async def test_nobody_waits_for_a_policy_for_ever(client: Client) -> None:
    outside = FakeActivities()
    outside.passed_over = {"PUSER02": "guest"}
    outside.hindered = {("calendar", "PUSER01"): NO_CALENDAR, ("meeting", "PUSER01"): NO_POLICY}
    async with running(client, outside, timing=QUICK) as run:
        await run.ask_for_meeting()
        assert (await run.ends()).meeting == "none"
    assert outside.meetings == []
    assert 2 <= outside.count(CHOOSE_ORGANISER) // 2 <= 5


# There is one already


async def test_two_clicks_and_a_program_make_one_meeting(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        answers = await asyncio.gather(
            run.ask_for_meeting(),
            run.ask_for_meeting("Bo Call"),
            run.ask(run.program(), update=OPEN_MEETING.name),
        )
        await run.is_idle()
    meeting = only(run.outside)
    assert sorted(one.outcome.kind for one in answers) == ["already", "already", "done"]
    assert {one.url for one in answers} == {meeting.url}


async def test_a_click_that_is_delivered_again_gets_the_same_answer(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        click = run.click(verb="create_meeting")
        assert await run.ask(click) == await run.ask(click)
        await run.is_idle()
    assert run.outside.count(ADMIT) == 1
    only(run.outside)


async def test_where_the_incident_has_a_bridge_there_is_nothing_to_make(client: Client) -> None:
    outside = FakeActivities()
    outside.bridge = Bridge(url=ZOOM)
    async with running(client, outside, timing=PATIENT) as run:
        answer = await run.ask_for_meeting()
        await run.ends()
    assert (answer.outcome.kind, answer.url) == ("already", ZOOM)
    assert (outside.meetings, outside.count(CHOOSE_ORGANISER)) == ([], 0)


async def test_a_bridge_that_is_set_before_anybody_is_chosen_is_the_answer(client: Client) -> None:
    outside = FakeActivities()
    search = outside.holds(IDENTIFY_PEOPLE)
    async with running(client, outside, timing=PATIENT) as run:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(run.ask_for_meeting())
            await outside.until(lambda: outside.count(IDENTIFY_PEOPLE) == 1)
            await run.hears(run.life.tells(BRIDGE_SET, bridge=Bridge(url=ZOOM)))
            search.set()
        answer = asking.result()
        assert (answer.outcome.kind, answer.url) == ("already", ZOOM)
        assert (await run.ends()).meeting == "none"
    assert outside.count(CHOOSE_ORGANISER) == 0


async def test_a_bridge_that_is_set_while_a_policy_is_waited_for_ends_the_wait(client: Client) -> None:
    outside = FakeActivities()
    outside.passed_over = {"PUSER02": "guest"}
    outside.hindered = {("calendar", "PUSER01"): NO_CALENDAR, ("meeting", "PUSER01"): NO_POLICY}
    timing = PATIENT.model_copy(update={"policy_again": 0.5, "policy_lasts": 30})
    async with running(client, outside, timing=timing) as run:
        await run.ask_for_meeting()
        await run.hears(run.life.tells(BRIDGE_SET, bridge=Bridge(url=ZOOM)))
        outside.hindered = {}
        assert (await run.ends()).meeting == "none"
        assert "the incident has a bridge" in await run.details()
    assert (outside.meetings, outside.bridges) == ([], [])


@pytest.mark.parametrize(
    "refused",
    [
        Outcome(kind="refused", reason="may_not_write", by="Ada Ops"),
        Outcome(kind="failed", reason="not_found"),
    ],
    ids=["a role that reads only", "an unknown incident"],
)
async def test_what_speaks_against_it_is_said_before_anything_is_made(
    client: Client, refused: Outcome
) -> None:
    outside = FakeActivities()
    outside.refused = refused
    async with running(client, outside) as run:
        assert (await run.ask_for_meeting()).outcome == refused
        await run.ends()
    assert outside.count(IDENTIFY_PEOPLE) == outside.count(CHOOSE_ORGANISER) == 0


async def test_a_refusal_that_nobody_waited_for_is_told_privately_with_its_reasons(client: Client) -> None:
    outside = FakeActivities()
    outside.passed_over = {"PUSER01": "disabled", "PUSER02": "guest"}
    async with running(client, outside, timing=PATIENT) as run:
        click = run.click(verb="create_meeting")
        await run.hand_over(click)
        await outside.until(lambda: bool(outside.informed))
        await run.ends()
    (informed,) = outside.informed
    assert (informed.click, informed.outcome.reason) == (click.click, "no_organiser")
    assert [one.why for one in informed.outcome.hindrances] == ["disabled", "guest"]


async def test_for_an_incident_that_is_over_a_meeting_is_made_and_its_entry_marked(client: Client) -> None:
    async with running(client, timing=QUICK) as run:
        run.life.set_status("resolved", by=BO)
        answer = await run.ask_for_meeting()
        assert (answer.outcome.kind, (await run.ends()).meeting) == ("done", "made")
    meeting = only(run.outside)
    assert (meeting.is_marked, run.outside.bridges) == (True, [meeting.url])


async def test_chat_and_meeting_are_made_side_by_side(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        chat, meeting = await asyncio.gather(run.ask(), run.ask_for_meeting("Bo Call"))
        await run.is_idle()
        assert (chat.outcome.kind, meeting.outcome.kind) == ("done", "done")
    assert (len(run.outside.chats), only(run.outside).organiser) == (1, "PUSER02")
    assert run.outside.members == {"PUSER01", "PUSER02"}


async def test_bridge_and_note_are_written_as_who_pressed_for_the_meeting(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        await run.ask()
        await run.ask_for_meeting("Bo Call")
        await run.is_idle()
    writes = [*run.outside.of(SET_BRIDGE), *run.outside.of(NOTE_MEETING)]
    assert [(one.pressed_by, one.by_program) for one in writes] == [("PUSER02", False)] * 2


async def test_whom_a_program_asks_for_organises_its_meeting_last_and_lends_nothing(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        await run.ask(run.program(owner="PUSER01"), update=OPEN_MEETING.name)
        await run.is_idle()
    assert [one.candidates for one in run.outside.of(CHOOSE_ORGANISER)] == [("PUSER01", "PUSER02", CY.id)]
    assert [(one.pressed_by, one.by_program) for one in run.outside.of(SET_BRIDGE)] == [("", True)]


async def test_whom_a_program_asked_for_a_chat_organises_no_meeting_of_a_click(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        await run.ask(run.program(), update=OPEN_CHAT.name)
        await run.ask_for_meeting()
        await run.is_idle()
    assert [one.candidates for one in run.outside.of(CHOOSE_ORGANISER)] == [("PUSER01", "PUSER02")]


@pytest.mark.parametrize("has_chats", [True, False], ids=["chats granted", "chats not granted"])
@pytest.mark.parametrize("alone", [None, "no_policy", "not_granted"])
@pytest.mark.parametrize("has_calendars", [True, False], ids=["calendars granted", "no calendars"])
async def test_what_the_chat_lacks_keeps_no_meeting_from_being_made_and_the_other_way_round(
    client: Client, has_calendars: bool, alone: WhyNot | None, has_chats: bool
) -> None:
    outside = FakeActivities()
    outside.passed_over = {"PUSER02": "guest"}
    if not has_chats:
        outside.breaks(CREATE_CHAT, ConsentMissing("not granted", code="Chat.Create"))
    if not has_calendars:
        outside.hindered[("calendar", "PUSER01")] = NO_CALENDAR
    if alone is not None:
        outside.hindered[("meeting", "PUSER01")] = Hindrance(who="Ada Ops", why=alone)
    async with running(client, outside, timing=PATIENT) as run:
        chat, meeting = await asyncio.gather(run.ask(), run.ask_for_meeting())
        await run.is_idle()
    can_meet = has_calendars or alone is None
    assert (chat.outcome.reason, len(outside.chats)) == ((None, 1) if has_chats else ("not_granted", 0))
    assert (meeting.outcome.reason, len(outside.meetings)) == ((None, 1) if can_meet else ("no_organiser", 0))
    if not can_meet:
        told = [one.why for one in meeting.outcome.hindrances]
        assert told == ["not_granted", alone, "guest"]


# The bridge


async def test_a_bridge_that_somebody_wrote_meanwhile_stays_and_ours_is_told(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        writing = outside.holds(SET_BRIDGE)
        await run.ask_for_meeting()
        outside.bridge = Bridge(url=ZOOM)
        writing.set()
        await outside.until(lambda: outside.announced != [])
        await run.is_idle()
    meeting = only(outside)
    assert outside.bridges == []
    assert [one.standing for one in outside.meeting_notes] == ["theirs"]
    assert outside.announced[-1].meeting == ToldMeeting(url=meeting.url, standing="theirs")


async def test_who_asked_hears_of_ours_and_who_asks_next_of_the_bridge_with_nobody_invited(
    client: Client,
) -> None:
    outside = FakeActivities()
    making = outside.holds(CREATE_MEETING)
    async with running(client, outside, timing=PATIENT) as run:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(run.ask_for_meeting())
            await outside.until(lambda: outside.count(CREATE_MEETING) == 1)
            await run.hears(run.life.tells(BRIDGE_SET, bridge=Bridge(url=ZOOM)))
            outside.bridge = Bridge(url=ZOOM)
            making.set()
        first, next_ = asking.result(), await run.ask_for_meeting("Bo Call")
    assert (first.outcome.kind, first.url) == ("done", only(outside).url)
    assert first.invited
    assert (next_.outcome.kind, next_.url, next_.invited, next_.invited_count) == ("already", ZOOM, (), 0)


@pytest.mark.parametrize("refusal", [Forbidden("403"), RequestInvalid("402")])
async def test_a_bridge_that_pagerduty_refuses_leaves_the_meeting_and_is_said(
    client: Client, refusal: Forbidden | RequestInvalid
) -> None:
    outside = FakeActivities()
    outside.breaks(SET_BRIDGE, refusal)
    async with running(client, outside, timing=QUICK) as run:
        await run.ask_for_meeting()
        await outside.until(lambda: outside.meeting_noted and outside.announced != [])
        assert outside.announced[-1].meeting == ToldMeeting(url=only(outside).url, standing="refused")
        await run.until_attribute("Attention", "degraded")
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert [one.standing for one in outside.meeting_notes] == ["refused"]


# People, and the end


async def test_people_who_come_later_are_invited_with_the_whole_list(client: Client) -> None:
    async with running(client, timing=PATIENT.model_copy(update={"invite_every": 0.1})) as run:
        await run.ask_for_meeting()
        await run.hears(run.life.asks_for_help())
        await run.outside.until(lambda: run.outside.count(UPDATE_ENTRY) == 1)
        await run.is_idle()
    assert only(run.outside).invited == ["PUSER02", "PUSER03"]


async def test_people_are_invited_once_a_minute_at_most(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        await run.ask_for_meeting()
        await run.hears(run.life.asks_for_help())
        await run.outside.until(lambda: run.outside.count(UPDATE_ENTRY) == 1)
        await run.hears(run.life.asks_for_help(Reference(id="PUSER04", name="Di Pager")))
        await run.outside.until(lambda: run.outside.count(IDENTIFY_PEOPLE) == 3)
        await run.is_idle()
    assert run.outside.count(UPDATE_ENTRY) == 1


async def test_a_call_that_fails_counts_for_the_minute_too(client: Client) -> None:
    """It may have been done, and people would be mailed twice in a second."""
    outside = FakeActivities()
    every = 2.5
    async with running(client, outside, timing=PATIENT.model_copy(update={"invite_every": every})) as run:
        await run.ask_for_meeting()
        outside.loses(UPDATE_ENTRY)
        await run.hears(run.life.asks_for_help())
        await outside.until(lambda: outside.count(UPDATE_ENTRY) == 1)
        began = asyncio.get_running_loop().time()
        await outside.until(lambda: outside.count(UPDATE_ENTRY) == 2)
        assert asyncio.get_running_loop().time() - began > every - 0.5
        await run.is_idle()
    assert only(outside).invited == ["PUSER02", "PUSER03"]


async def test_whom_an_ended_run_had_not_invited_yet_is_invited_by_the_next(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        await run.ask_for_meeting()
        await run.hears(run.life.asks_for_help())
        await run.outside.until(lambda: run.outside.count(UPDATE_ENTRY) == 1)
        await run.hears(run.life.asks_for_help(Reference(id="PUSER04", name="Di Pager")))
        await run.outside.until(lambda: run.outside.count(IDENTIFY_PEOPLE) == 3)
        await run.is_idle()
        await run.handle.terminate("an operator did")
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: run.outside.count(UPDATE_ENTRY) == 2)
        await run.is_idle()
    assert only(run.outside).invited == ["PUSER02", "PUSER03", "PUSER04"]


async def test_who_is_found_once_a_permission_is_granted_is_invited(client: Client) -> None:
    outside = FakeActivities()
    outside.lacks, outside.absent = ("User.Read.All",), {BO.id: "not_granted"}
    timing = PATIENT.model_copy(update={"invite_every": 0.1, "people_again": 0.2})
    async with running(client, outside, timing=timing) as run:
        await run.ask_for_meeting()
        assert only(outside).invited == []
        outside.lacks, outside.absent = (), {}
        await outside.until(lambda: only(outside).invited == ["PUSER02"])
        await run.is_idle()


async def test_people_for_whom_an_entry_has_no_place_are_counted_for_operators(client: Client) -> None:
    outside = FakeActivities()
    outside.most_invited = 1
    async with running(client, outside, timing=PATIENT.model_copy(update={"invite_every": 0.1})) as run:
        await run.ask_for_meeting()
        await run.is_idle()
        assert "· 1 invited\n" in await run.details()
        await run.hears(run.life.asks_for_help())
        await outside.until(lambda: outside.count(UPDATE_ENTRY) == 1)
        await run.is_idle()
        assert "· 1 invited, 1 more than an entry takes\n" in await run.details()
    assert only(outside).invited == ["PUSER02"]


async def test_a_reopened_incidents_entry_loses_its_mark(client: Client) -> None:
    async with running(client, timing=QUICK) as run:
        await run.ask_for_meeting()
        await run.hears(run.life.is_resolved())
        await run.ends()
        assert only(run.outside).is_marked
        await run.hears(run.life.reopens())
        await run.outside.until(lambda: not only(run.outside).is_marked)
        await run.is_idle()


@asynccontextmanager
async def without_organiser(client: Client, way: str = "calendar") -> AsyncIterator[Run]:
    """The meeting is there, the account of whoever organised it is not, and the cards have heard of it."""
    outside = FakeActivities()
    outside.hindered = dict(WAYS[way])
    async with running(client, outside, timing=PATIENT.model_copy(update={"invite_every": 0.1})) as run:
        await run.ask_for_meeting()
        await outside.until(lambda: outside.meeting_noted)
        outside.organiser_is_gone = True
        await run.hears(run.life.asks_for_help())
        await outside.until(lambda: outside.announced != [])
        yield run


async def test_what_is_gone_is_told_of_also_where_another_meeting_cannot_be_made(client: Client) -> None:
    """The bridge leads to a meeting that nobody organises: cards offer another one until it is there."""
    async with without_organiser(client) as run:
        outside = run.outside
        told = ToldMeeting(url=only(outside).url, standing="gone")
        outside.passed_over = dict.fromkeys((ADA.id, BO.id), "no_licence")
        answer = await run.ask_for_meeting("Bo Call")
        await run.is_idle()
        assert (answer.outcome.kind, answer.outcome.reason) == ("refused", "no_organiser")
        assert [one.meeting for one in outside.announced] == [told], "nothing else was said meanwhile"
        await run.until_attribute("Attention", "degraded")
        outside.organiser_is_gone, outside.passed_over = False, {}
        answer = await run.ask_for_meeting("Bo Call")
        assert (answer.outcome.kind, answer.url) == ("done", outside.meetings[-1].url)
        await outside.until(lambda: outside.announced[-1].meeting is None)


async def test_whoever_asks_beside_a_chat_is_looked_for_before_they_are_judged(client: Client) -> None:
    outside = FakeActivities()
    async with made(client, outside) as run:
        searched = outside.holds(IDENTIFY_PEOPLE)
        asking = asyncio.create_task(run.ask_for_meeting(CY.name))
        await outside.until(lambda: outside.count(IDENTIFY_PEOPLE) == 2)
        assert outside.count(CHOOSE_ORGANISER) == 0
        searched.set()
        assert (await asking).outcome.kind == "done"
    assert outside.of(CHOOSE_ORGANISER)[0].candidates[0] == CY.id


@pytest.mark.parametrize("way", WAYS)
async def test_a_meeting_whose_organiser_is_gone_is_told_and_made_anew(client: Client, way: str) -> None:
    async with without_organiser(client, way) as run:
        outside = run.outside
        first = only(outside)
        assert outside.announced[-1].meeting == ToldMeeting(url=first.url, standing="gone")
        await run.until_attribute("Attention", "degraded")
        outside.organiser_is_gone = False
        answer = await run.ask_for_meeting("Bo Call")
        await outside.until(lambda: len(outside.bridges) == 2)
        await run.is_idle()
    _, second = outside.meetings
    assert (answer.outcome.kind, answer.url, outside.attempt) == ("done", second.url, 2)
    assert outside.bridge == Bridge(url=second.url)
