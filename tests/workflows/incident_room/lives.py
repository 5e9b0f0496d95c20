"""Whole lives of rooms that between them meet every command a run can give.

They are lived with a worker that forgets the run after every step, and their histories are committed
(tests/replay), so that a later version of the code is known to replay them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from temporalio.client import Client

from tests.support.life import ADA, BO, CY, Life
from tests.support.waiting import eventually
from tests.workflows.incident_room.calls import LOST
from tests.workflows.incident_room.lives_of_orders import room_orders
from tests.workflows.incident_room.lives_of_presence import room_presence, room_presence_continued
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import QUICK, Run
from workflows.channel_incident.activities import READ_DETAILS, RESTORE_INCIDENT
from workflows.errors import (
    ConsentMissing,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
)
from workflows.incident.values import Bridge, Reference
from workflows.incident_meeting.activities import CREATE_MEETING, FIND_ORGANISER, SET_BRIDGE, UPDATE_ENTRY
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    ANNOUNCE,
    CREATE_CHAT,
    FIND_CHAT,
    IDENTIFY_PEOPLE,
    INSTALL_APP,
    NOTE_CHAT,
    RENAME_CHAT,
    RESTORE_ROOM,
    SUM_UP,
)
from workflows.incident_room.messages import Policy, Timing
from workflows.incident_room.workflow_type import OPEN_MEETING
from workflows.meeting import Hindrance
from workflows.verbs.outcomes import Outcome

Live = Callable[[Run], Awaitable[None]]
DOWN = ProviderUnavailable("503")
POLICY = Policy(declined_leave=True, leave_after=0.5)


async def room_standard(run: Run) -> None:
    """A chat, a responder, a resolve, a reopening, another resolve; and a note after the end."""
    outside, life = run.outside, run.life
    await run.ask()
    await run.is_idle()
    await run.hears(life.is_acknowledged(by=BO), life.asks_for_help(CY))
    await outside.until(lambda: CY.id in outside.members)
    await run.is_idle()
    await run.hears(life.is_resolved(by=BO))
    await outside.until(lambda: bool(outside.summaries) and outside.count(RENAME_CHAT) == 1)
    await run.ends()
    await run.hears(life.reopens())
    await outside.until(lambda: outside.count(RENAME_CHAT) == 2)
    await run.ask(run.click("Bo Call"))
    await run.is_idle()
    await run.hears(life.is_resolved(by=BO))
    await run.ends()
    await run.hears(life.is_noted("post-mortem on Monday"))
    await run.ends()


async def room_people(run: Run) -> None:
    """Several at once ask; people decline, come back, are absent, leave, and are brought back."""
    outside, life = run.outside, run.life
    outside.absent = {"PUSER09": "no_account"}
    outside.places = 1
    clicks = [run.click("Ada Ops"), run.click("Cy Lead")]
    await asyncio.gather(*(run.ask(click) for click in clicks), run.hand_over(clicks[0]))
    await run.hears(life.asks_for_help(CY), life.asks_for_help(Reference(id="PUSER09", name="Nobody")))
    eve = Reference(id="PUSER08", name="Eve")
    await run.hears(life.asks_for_help(eve))
    await outside.until(lambda: eve.id in outside.members)
    await run.hears(life.is_answered(eve, "declined"))
    await outside.until(lambda: eve.id not in outside.members)
    await run.hears(life.is_answered(eve, "joined"))
    await outside.until(lambda: eve.id in outside.members)
    await run.is_idle()
    await run.hears(life.is_resolved())
    await run.ends()
    await run.hears(life.reopens())
    await outside.until(lambda: eve.id in outside.members)
    await run.is_idle()
    await run.hears(life.is_resolved())
    await run.ends()


async def room_lost(run: Run) -> None:
    """Answers are lost: the chat is found; another is not, and one is begun anew; one is deleted."""
    outside = run.outside
    outside.loses(CREATE_CHAT)
    outside.fails(INSTALL_APP, NotFound("no such chat"))
    held = outside.holds(INSTALL_APP)
    await run.ask()
    await outside.until(lambda: outside.count(INSTALL_APP) == 1)
    outside.delete_chat()
    held.set()
    await run.ends()
    outside.fails(CREATE_CHAT, OutcomeUnknown("lost on the way"))
    outside.fails(FIND_CHAT, DOWN)
    await run.ask()
    await run.is_idle()
    outside.loses(ADD_PEOPLE)
    outside.loses(NOTE_CHAT)
    outside.loses(ANNOUNCE)
    await run.ask()
    await outside.until(lambda: outside.count(NOTE_CHAT) >= 2 and outside.count(ADD_PEOPLE) >= 2)
    await run.is_idle()
    outside.fails(SUM_UP, LOST)
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_refused(run: Run) -> None:
    """Refusals and outages of all kinds, and clicks that make nothing."""
    outside, life = run.outside, run.life
    await run.ask(run.click(link=None))
    await run.ends()
    outside.refused = Outcome(kind="refused", reason="may_not_write", by="Ada Ops")
    await run.hand_over(run.click())
    await run.ends()
    outside.refused = None
    outside.fails(CREATE_CHAT, ConsentMissing("no consent", code="Chat.Create"))
    await run.ask()
    await run.ends()
    outside.fails(RESTORE_ROOM, NotFound("odd"))
    outside.fails(IDENTIFY_PEOPLE, DOWN)
    outside.fails(CREATE_CHAT, RateLimited("429", retry_after=0.2))
    outside.breaks(INSTALL_APP, ConsentMissing("no consent", code="Teams.Install"))
    await run.ask()
    await outside.until(lambda: bool(outside.announced) and bool(outside.announced[-1].lacks))
    outside.breaks(RENAME_CHAT, ConsentMissing("no consent", code="Chat.ReadWrite.All"))
    await run.hears(life.is_resolved())
    await run.ends()
    outside.fails(RESTORE_INCIDENT, DOWN)
    outside.fails(READ_DETAILS, DOWN)
    await run.hears(life.is_noted("post-mortem on Monday"))
    await run.ends()


async def room_without_app(run: Run) -> None:
    """Microsoft refuses to bring the app into the chat."""
    run.outside.breaks(INSTALL_APP, Forbidden("no"))
    await run.ask()
    await run.outside.until(lambda: bool(run.outside.announced) and bool(run.outside.announced[-1].lacks))
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_clicked_again(run: Run) -> None:
    """A click that is refused beside a meeting, and the same button clicked again."""
    outside = run.outside
    await run.ask_for_meeting()
    await run.is_idle()
    outside.fails(CREATE_CHAT, ConsentMissing("no consent", code="Chat.Create"))
    refused = run.click()
    await run.ask(refused)
    await run.ask(run.click(key=refused.click.key))
    await run.is_idle()
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_programs(run: Run) -> None:
    """Programs ask: in vain, beside a chat that nobody knows of, with a click, and where it is there."""
    outside = run.outside
    outside.refused = Outcome(kind="failed", reason="owner_unknown")
    await run.ask(run.program(owner="PNOBODY"))
    await run.ends()
    outside.refused = None
    outside.can_search = False
    outside.fails(CREATE_CHAT, LOST)
    program = run.program(owner=ADA.id)
    await run.ask(program)
    await run.ask(program)
    await asyncio.gather(run.ask(), run.ask(run.program()))
    await run.is_idle()
    await run.hand_over(run.program(owner=CY.id))
    await outside.until(lambda: CY.id in outside.members)
    await run.is_idle()
    await run.hears(run.life.is_resolved())
    await run.ends()
    await run.ask(run.program(owner=CY.id))
    await run.ends()


async def room_meeting(run: Run) -> None:
    """A meeting that is refused, then made in the second way by the second candidate, beside a chat."""
    outside = run.outside
    outside.passed_over = {ADA.id: "disabled", BO.id: "guest"}
    await run.ask_for_meeting()
    await run.ends()
    outside.passed_over = {ADA.id: "disabled"}
    outside.hindered = {("calendar", BO.id): Hindrance(who=BO.name, why="no_mailbox")}
    outside.loses(CREATE_MEETING)
    outside.loses(SET_BRIDGE)
    await asyncio.gather(run.ask_for_meeting(), run.ask(run.program(), update=OPEN_MEETING.name))
    await run.ask()
    await run.is_idle()
    await run.hears(run.life.asks_for_help())
    await run.hears(run.life.is_resolved())
    await run.ends()
    await run.hears(run.life.reopens())
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_left_to_a_bridge(run: Run) -> None:
    """Somebody sets a bridge while a meeting waits for the search for people."""
    search = run.outside.holds(IDENTIFY_PEOPLE)
    asking = asyncio.create_task(run.ask_for_meeting())
    await run.outside.until(lambda: run.outside.count(IDENTIFY_PEOPLE) == 1)
    bridge = Bridge(url="https://zoom.example/j/1")
    await run.hears(run.life.tells("incident.conference_bridge.updated", bridge=bridge))
    search.set()
    await asking
    await run.ask()
    await run.is_idle()
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_meeting_anew(run: Run) -> None:
    """Somebody new makes a meeting beside a chat, and is gone; another is refused, and then made."""
    outside = run.outside
    await run.ask()
    await run.is_idle()
    await run.ask_for_meeting(CY.name)
    await outside.until(lambda: outside.meeting_noted)
    outside.organiser_is_gone = True
    await run.hears(run.life.asks_for_help(Reference(id="PUSER04", name="Di Pager")))
    await outside.until(lambda: outside.announced[-1].meeting is not None)
    outside.passed_over = dict.fromkeys((ADA.id, BO.id, CY.id), "no_licence")
    await run.ask_for_meeting()
    await run.is_idle()
    outside.organiser_is_gone, outside.passed_over = False, {}
    await run.ask_for_meeting()
    await run.is_idle()
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_meeting_alone(run: Run) -> None:
    """Whoever organises a meeting without an entry is looked for, and gone once the incident is over."""
    outside = run.outside
    outside.hindered = {("calendar", ADA.id): Hindrance(who=ADA.name, why="no_mailbox")}
    await run.ask()
    await run.is_idle()
    await run.ask_for_meeting()
    await outside.until(lambda: outside.meeting_noted)
    await run.hears(run.life.asks_for_help())
    await outside.until(lambda: outside.count(FIND_ORGANISER) == 1)
    await run.is_idle()
    outside.organiser_is_gone = True
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_found_later(run: Run) -> None:
    """Whom no permission lets be found is invited once it is granted; an entry fails; a run is restored."""
    outside, life = run.outside, run.life
    outside.lacks, outside.absent = ("User.Read.All",), {CY.id: "not_granted"}
    await run.ask()
    await run.is_idle()
    await run.hears(life.asks_for_help(CY))
    await outside.until(lambda: outside.count(IDENTIFY_PEOPLE) > 1)
    outside.passed_over = {BO.id: "guest"}
    outside.hindered = {
        ("calendar", ADA.id): Hindrance(who=ADA.name, why="no_mailbox"),
        ("meeting", ADA.id): Hindrance(who=ADA.name, why="no_policy"),
    }
    await run.ask_for_meeting()
    searches = outside.count(IDENTIFY_PEOPLE)
    await outside.until(lambda: outside.count(IDENTIFY_PEOPLE) > searches)
    outside.hindered = {}
    await outside.until(lambda: outside.meeting_noted)
    outside.loses(UPDATE_ENTRY)
    outside.lacks, outside.absent = (), {}
    await outside.until(lambda: CY.id in outside.meetings[0].invited)
    await run.is_idle()
    await run.hears(life.is_resolved())
    await run.ends()
    await run.hears(life.reopens())
    await run.is_idle()
    await run.hears(life.is_resolved())
    await run.ends()


async def room_brought_later(run: Run) -> None:
    """People who cannot be added are added by a later run."""
    outside = run.outside
    await run.ask()
    await run.is_idle()
    outside.breaks(ADD_PEOPLE, ConsentMissing("no consent", code="ChatMember.ReadWrite.All"))
    await run.hears(run.life.asks_for_help(CY), run.life.is_resolved())
    await run.ends()
    outside.recovers(ADD_PEOPLE)
    await run.hears(run.life.reopens())
    await outside.until(lambda: CY.id in outside.members)
    await run.hears(run.life.is_resolved())
    await run.ends()


async def room_both_at_once(run: Run) -> None:
    """Somebody asks for the chat and at once for the meeting, whose entry links it."""
    making = run.outside.holds(CREATE_CHAT)
    async with asyncio.TaskGroup() as group:
        group.create_task(run.ask())
        await run.outside.until(lambda: run.outside.count(CREATE_CHAT) == 1)
        group.create_task(run.ask_for_meeting())
        await eventually(partial(_has_begun_to_wait, run))
        making.set()
    await run.hears(run.life.is_resolved())
    await run.ends()


async def _has_begun_to_wait(run: Run) -> bool:
    """Whether a timer runs, which is the first."""
    return any(
        [
            event.HasField("timer_started_event_attributes")
            async for event in run.handle.fetch_history_events()
        ]
    )


async def room_continued(run: Run) -> None:
    """So many notes and clicks that it goes on in a new run; the server must be an impatient one."""
    await run.ask()
    await run.is_idle()
    first, number = run.runs[0], 0
    while await run.run_id() == first:
        number += 1
        await run.ask(run.click(f"Person {number}"))
        await run.hears(run.life.is_noted(f"note {number}"))
    await run.is_idle()
    await run.ask(run.click("Cy Lead"))
    await run.outside.until(lambda: CY.id in run.outside.members)
    await run.hears(run.life.is_resolved())
    await run.ends()


LIVES: Mapping[str, Live] = {
    live.__name__: live
    for live in (
        room_standard,
        room_people,
        room_lost,
        room_refused,
        room_without_app,
        room_clicked_again,
        room_programs,
        room_presence,
        room_meeting,
        room_left_to_a_bridge,
        room_meeting_anew,
        room_meeting_alone,
        room_found_later,
        room_brought_later,
        room_both_at_once,
        room_orders,
    )
}
LONG_LIVES: Mapping[str, Live] = {live.__name__: live for live in (room_continued, room_presence_continued)}
"""Lives for a server on which runs are long very soon."""

_POLICIES: Mapping[str, Policy] = {room_people.__name__: POLICY}
_SOON_AGAIN = QUICK.model_copy(update={"people_again": 0.3, "policy_again": 0.5, "invite_every": 0.3})
_TIMINGS: Mapping[str, Timing] = {
    live.__name__: _SOON_AGAIN for live in (room_found_later, room_meeting_alone)
}


def policy_of(life: Live) -> Policy:
    """The policy that a life is lived with."""
    return _POLICIES.get(life.__name__, Policy())


def timing_of(life: Live) -> Timing:
    """How long a run waits in it."""
    return _TIMINGS.get(life.__name__, QUICK)


async def live_through(client: Client, *, life: Live) -> Run:
    """Live it to be recorded: the incident's id tells which life it is."""
    name = life.__name__.replace("_", "-")
    incident = Life(f"Q{name.upper()}", began=datetime.now(UTC) - timedelta(hours=1))
    run = Run(client, FakeActivities(incident), timing_of(life), policy_of(life), queue="recorded")
    async with run.working():
        await life(run)
    return run
