"""The people of a chat follow those of the incident."""

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO, CY, Life
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, QUICK, Run, made
from workflows.channel_incident.activities import RESTORE_INCIDENT
from workflows.errors import ConsentMissing, ProviderUnavailable, RequestInvalid
from workflows.incident.events import IncidentEvent
from workflows.incident.values import Reference, Role
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    CREATE_CHAT,
    IDENTIFY_PEOPLE,
    INSTALL_APP,
    REMOVE_PEOPLE,
)
from workflows.incident_room.messages import Policy
from workflows.wanted import ASKED, ASKER, ASSIGNEE, ROLE

pytestmark = pytest.mark.anyio

DI, ED, FLO = (Reference(id=f"PUSER0{n}", name=name) for n, name in ((4, "Di"), (5, "Ed"), (6, "Flo")))
LEAVES = Policy(declined_leave=True)
ALL_LEAVE = Policy(leave_after=0.2)


def _leads(life: Life, person: Reference | None) -> IncidentEvent:
    role = Role(id="R1", name="Commander", holder=person)
    return life.tells("incident.role.assigned", roles=(role,))


async def _brought(run: Run, *people: Reference) -> None:
    """Wait until they are in the chat."""
    await run.outside.until(lambda: {one.id for one in people} <= run.outside.members)
    await run.is_idle()


# Who is wanted


async def test_assignees_come_first_then_roles_then_responders_then_whoever_asked(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        life = run.life
        await run.hears(
            life.asks_for_help(DI),
            life.is_answered(ED, "declined"),
            _leads(life, FLO),
            life.asks_for_help(BO),
        )
        await _brought(run, DI, FLO)
    wanted = run.outside.of(IDENTIFY_PEOPLE)[-1].wanted
    assert [(one.user, one.rank) for one in wanted] == [
        (BO.id, ASSIGNEE),
        (FLO.id, ROLE),
        (DI.id, ASKED),
        (ADA.id, ASKER),
    ]
    assert ED.id not in run.outside.members


async def test_a_responder_who_is_added_later_is_identified_and_brought_in(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await run.hears(run.life.asks_for_help(CY))
        await _brought(run, CY)
        outside = run.outside
        assert (outside.count(IDENTIFY_PEOPLE), outside.count(ADD_PEOPLE)) == (2, 2)
        assert "3 of 3 people in it" in await run.details()
    assert outside.chats[0].joined == [BO.id, ADA.id, CY.id]


async def test_a_new_assignee_is_brought_in_and_the_old_one_stays(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        event = run.life.becomes("reassigned", "triggered", assignees=(CY,))
        await run.hears(event)
        await _brought(run, CY)
    assert run.outside.members == {BO.id, ADA.id, CY.id}


async def test_events_that_name_nobody_new_ask_nobody(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        life = run.life
        await run.hears(
            life.is_acknowledged(),
            life.is_noted("on it"),
            life.asks_for_help(BO),
            _leads(life, ADA),
            _leads(life, None),
            life.is_answered(CY, "declined"),
            life.is_answered(CY, "cancelled"),
        )
        await run.is_idle()
        await run.details()
    assert [run.outside.count(row) for row in (IDENTIFY_PEOPLE, ADD_PEOPLE, REMOVE_PEOPLE)] == [1, 1, 0]


async def test_of_a_burst_of_responders_everybody_is_brought_in(client: Client) -> None:
    """The state of an incident keeps the newest fifty; the search for the first of them takes a while."""
    outside = FakeActivities()
    crowd = [Reference(id=f"PMANY{number:03}", name=f"Many {number}") for number in range(120)]
    async with made(client, outside, timing=PATIENT) as run:
        held = outside.holds(IDENTIFY_PEOPLE)
        await run.hears(*(run.life.asks_for_help(one) for one in crowd))
        await run.hears(run.life.is_answered(crowd[0], "declined"))
        held.set()
        await _brought(run, *crowd[60:])
        await outside.until(lambda: len(outside.members) >= 121)
        await run.is_idle()
    assert {one.id for one in crowd[1:]} <= outside.members


async def test_whom_no_permission_lets_be_found_is_looked_for_again_and_brought_in_once_it_is_granted(
    client: Client,
) -> None:
    outside = FakeActivities()
    outside.lacks, outside.absent = ("User.Read.All",), {CY.id: "not_granted"}
    timing = PATIENT.model_copy(update={"people_again": 0.2})
    async with made(client, outside, timing=timing) as run:
        await run.hears(run.life.asks_for_help(CY))
        await outside.until(lambda: outside.count(IDENTIFY_PEOPLE) > 3)
        assert [one.permission for one in outside.announced[-1].lacks] == ["User.Read.All"]
        outside.lacks, outside.absent = (), {}
        await _brought(run, CY)
        assert outside.announced[-1].lacks == ()


async def test_who_is_asked_for_meanwhile_is_looked_for_at_once(client: Client) -> None:
    outside = FakeActivities()
    outside.lacks = ("User.Read.All",)
    async with made(client, outside, timing=PATIENT) as run:
        await run.hears(run.life.asks_for_help(CY))
        await _brought(run, CY)
        await run.hears(run.life.is_resolved())
    assert outside.count(IDENTIFY_PEOPLE) == 2


# Bringing them in


async def test_whom_microsoft_left_out_of_the_create_is_added(client: Client) -> None:
    outside = FakeActivities()
    outside.dropped = {BO.id}
    async with made(client, outside, timing=PATIENT):
        pass
    assert outside.chats[0].joined == [ADA.id, BO.id]


async def test_those_whom_one_call_does_not_bring_in_are_brought_in_by_the_next(client: Client) -> None:
    outside = FakeActivities()
    outside.places = 2
    async with made(client, outside, timing=PATIENT) as run:
        people = [Reference(id=f"PUSER{number}", name=f"Person {number}") for number in range(20, 27)]
        held = outside.holds(IDENTIFY_PEOPLE)
        await run.hears(*(run.life.asks_for_help(person) for person in people))
        held.set()
        await _brought(run, *people)
    joined = outside.chats[0].joined
    assert len(joined) == len(set(joined)) == 9


async def test_who_cannot_be_there_is_told_to_the_cards_and_holds_up_nobody(client: Client) -> None:
    outside = FakeActivities()
    outside.absent = {CY.id: "no_account"}
    async with made(client, outside, timing=PATIENT) as run:
        await run.hears(run.life.asks_for_help(CY), run.life.asks_for_help(DI))
        await _brought(run, DI)
        assert "- not in it: Cy Lead (no_account)" in await run.details()
    (absent,) = outside.announced[-1].absent
    assert (absent.name, absent.why, outside.announced[-1].absent_count) == ("Cy Lead", "no_account", 1)


async def test_a_search_that_is_refused_keeps_those_who_are_there(client: Client) -> None:
    async with made(client, timing=QUICK) as run:
        run.outside.breaks(IDENTIFY_PEOPLE, RequestInvalid("nonsense"))
        await run.hears(run.life.asks_for_help(CY))
        await run.until_attribute("Attention", "degraded")
        await run.hears(run.life.is_resolved())
        end = await run.ends()
    assert (end.chat, end.people) == ("made", 2)


async def test_without_the_permission_a_chat_keeps_its_first_people(client: Client) -> None:
    outside = FakeActivities()
    outside.breaks(ADD_PEOPLE, ConsentMissing("no consent", code="ChatMember.ReadWrite.All"))
    async with made(client, outside) as run:
        await run.hears(run.life.asks_for_help(CY), run.life.is_resolved())
        end = await run.ends()
        assert end.chat == "made"
        assert outside.members == {ADA.id, BO.id}
        assert len(outside.summaries) == 1
        outside.recovers(ADD_PEOPLE)
        await run.hears(run.life.reopens())
        await outside.until(lambda: CY.id in outside.members and not outside.announced[-1].lacks)


# Who declines


async def test_who_declines_stays(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await run.hears(run.life.asks_for_help(CY))
        await _brought(run, CY)
        await run.hears(run.life.is_answered(CY, "declined"))
        await run.details()
        await run.is_idle()
    assert CY.id in run.outside.members
    assert run.outside.count(REMOVE_PEOPLE) == 0


async def test_who_declines_leaves_where_the_policy_says_so_and_comes_back(client: Client) -> None:
    async with made(client, timing=PATIENT, policy=LEAVES) as run:
        life, outside = run.life, run.outside
        await run.hears(life.asks_for_help(CY))
        await _brought(run, CY)
        await run.hears(life.is_answered(CY, "declined"))
        await outside.until(lambda: CY.id not in outside.members)
        await run.is_idle()
        await run.hears(life.is_answered(CY, "joined"))
        await _brought(run, CY)
        await run.hears(life.is_answered(CY, "declined"))
        await outside.until(lambda: CY.id not in outside.members)
        await run.is_idle()
    assert [one.users for one in outside.of(REMOVE_PEOPLE)] == [(CY.id,), (CY.id,)]
    assert outside.count(IDENTIFY_PEOPLE) == 2


async def test_who_declines_and_is_wanted_for_another_reason_stays(client: Client) -> None:
    async with made(client, timing=PATIENT, policy=LEAVES) as run:
        life = run.life
        await run.hears(life.is_answered(BO, "declined"), life.is_answered(ADA, "declined"))
        await run.details()
        await run.is_idle()
    assert run.outside.members == {ADA.id, BO.id}
    assert run.outside.count(REMOVE_PEOPLE) == 0


@pytest.mark.parametrize("policy", [LEAVES, ALL_LEAVE], ids=["declined", "everybody"])
async def test_who_cannot_be_taken_out_keeps_no_run_alive(client: Client, policy: Policy) -> None:
    async with made(client, policy=policy) as run:
        run.outside.breaks(REMOVE_PEOPLE, ConsentMissing("no consent", code="ChatMember.ReadWrite.All"))
        await run.hears(run.life.is_answered(CY, "declined"), run.life.is_resolved())
        await run.ends()
    assert run.outside.count(REMOVE_PEOPLE) >= 1
    assert run.outside.announced[-1].lacks[0].step == "leaving"


# Everybody leaves


async def test_everybody_leaves_some_time_after_the_resolve_and_a_reopening_brings_them_back(
    client: Client,
) -> None:
    async with made(client, policy=ALL_LEAVE) as run:
        life, outside = run.life, run.outside
        await run.hears(life.is_resolved())
        end = await run.ends()
        assert (end.people, outside.members) == (0, set())
        assert len(outside.summaries) == 1
        await run.hears(life.reopens())
        await _brought(run, ADA, BO)
        await run.hears(life.is_resolved())
        await run.ends()
    assert outside.members == set()
    assert outside.count(REMOVE_PEOPLE) == 2
    assert outside.chats[0].joined == [BO.id, ADA.id, BO.id, ADA.id]


async def test_a_reopening_before_anybody_left_keeps_them(client: Client) -> None:
    async with made(client, policy=Policy(leave_after=86400)) as run:
        life, outside = run.life, run.outside
        await run.hears(life.is_resolved())
        await outside.until(lambda: bool(outside.summaries))
        await run.is_idle()
        waits = [timer.summary for timer in (await run.timeline()).timers]
        assert waits[-1] == "until everybody leaves"
        await run.hears(life.reopens())
        await run.is_idle()
    assert outside.count(REMOVE_PEOPLE) == 0
    assert (outside.count(CREATE_CHAT), outside.count(INSTALL_APP), outside.count(ADD_PEOPLE)) == (1, 1, 1)


async def test_an_event_after_everybody_left_adds_nobody(client: Client) -> None:
    async with made(client, policy=ALL_LEAVE) as run:
        life, outside = run.life, run.outside
        await run.hears(life.is_resolved())
        await run.ends()
        await run.hears(life.asks_for_help(CY))
        await run.ends()
        assert outside.members == set()
        assert (outside.count(ADD_PEOPLE), outside.count(REMOVE_PEOPLE)) == (1, 1)
        await run.hears(life.reopens())
        await _brought(run, ADA, BO, CY)


async def test_nobody_is_brought_back_while_it_is_not_known_how_the_incident_stands(client: Client) -> None:
    async with made(client, policy=ALL_LEAVE) as run:
        life, outside = run.life, run.outside
        await run.hears(life.is_resolved())
        await run.ends()
        outside.fails(RESTORE_INCIDENT, ProviderUnavailable("503"))
        await run.hears(life.is_noted("post-mortem on Monday"))
        await run.ends()
    assert (outside.members, outside.count(ADD_PEOPLE)) == (set(), 1)


async def test_three_hundred_people_leave_a_history_that_an_operator_can_open(client: Client) -> None:
    people = [Reference(id=f"PMANY{number:03}", name=f"Person {number}") for number in range(300)]
    async with made(client, timing=PATIENT) as run:
        for first in range(0, len(people), 30):
            group = people[first : first + 30]
            await run.hears(*(run.life.asks_for_help(one) for one in group))
            await _brought(run, *group)
        history = await run.handle.fetch_history()
    assert len(history.events) <= 10_240
    assert {one.id for one in people} <= run.outside.members
    searches = [one.wanted for one in run.outside.of(IDENTIFY_PEOPLE)]
    assert max(map(len, searches)) > 20
    assert max(sum(one.name != "" for one in wanted) for wanted in searches) == 20
