"""Whole lives that between them meet every command a run can give.

They are lived with a worker that forgets the run after every step, and their histories are committed
(tests/replay), so that a later version of the code is known to replay them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from tests.support.life import ADA, BO, Life
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run
from workflows.channel_incident.activities import (
    CHANGE_STATUS,
    READ_DETAILS,
    REPLY,
    RESTORE_INCIDENT,
    SHOW_CARD,
)
from workflows.channel_incident.messages import Attached, Followed, PresetChosen, Timing
from workflows.errors import (
    CardGone,
    Forbidden,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
)
from workflows.following import Following
from workflows.incident.values import Role
from workflows.link_notes import CHAT_NOTE, MEETING_NOTE
from workflows.presets import ChosenPreset

Live = Callable[[Run], Awaitable[None]]

TIMING = Timing(edit_interval=0.05, grace=0.7, late_edit=1.5)
_ALL_UPDATES = ChosenPreset(preset="all_updates", number=1)
LOST = OutcomeUnknown("the answer was lost")
DOWN = ProviderUnavailable("PagerDuty is down")


async def standard(run: Run) -> None:
    """Trigger, clicked acknowledge, note, clicked resolve, one channel; every event follows its press."""
    life = run.life
    await _triggered(run)
    await run.ask(run.click("acknowledge", name="Ada Ops"))
    await run.hears(life.tells_what_a_click_did())
    await run.outside.until(lambda: len(run.outside.shown) == 2)
    await run.hears(life.is_noted("it is the database"))
    await run.outside.until(lambda: len(run.outside.shown) == 3)
    await run.ask(run.click("resolve", name="Bo Call"))
    await run.hears(life.tells_what_a_click_did())
    await run.ends()


async def lost_answers(run: Run) -> None:
    """Of the post, of an edit, of an announcement; the message is deleted, and an orphan is pressed."""
    outside, life = run.outside, run.life
    outside.fails(SHOW_CARD, LOST)
    await _triggered(run)
    outside.fails(SHOW_CARD, LOST)
    await run.hears(life.is_acknowledged(by=BO))
    await outside.until(lambda: len(outside.edits) == 3)
    await run.is_idle()
    outside.fails(SHOW_CARD, CardGone("no such message"))
    outside.fails(REPLY, LOST)
    await run.hears(life.escalates())
    await outside.until(lambda: len(outside.posts) == 3)
    await run.is_idle()
    await run.ask(run.click().model_copy(update={"message": "1700000099999", "orphan_marker": "lost"}))
    await outside.until(lambda: bool(outside.deleted))
    await run.hears(life.is_resolved())
    await run.ends()


async def reopened(run: Run) -> None:
    """Resolved, reopened within the grace, resolved again; then notes are said, too."""
    outside, life = run.outside, run.life
    await _triggered(run)
    await run.hears(life.gets_priority("P2"), life.is_resolved())
    await outside.until(lambda: "resolved" in outside.said)
    await run.hears(life.reopens())
    await outside.until(lambda: "reopened" in outside.said)
    await run.signal("choose_preset", PresetChosen(chosen=_ALL_UPDATES, by="Ada Ops"))
    commander = Role(id="R1", name="Commander", holder=ADA)
    await run.hears(life.tells("incident.role.assigned", roles=(commander,)), life.is_noted("again"))
    await outside.until(lambda: "note" in outside.said)
    await run.is_idle()
    await run.hears(life.is_resolved(by=BO))
    await run.ends()


async def link_noted(run: Run) -> None:
    """Muster's own notes with addresses are no news where all updates are said; what people write is."""
    outside, life = run.outside, run.life
    await _triggered(run)
    await run.signal("choose_preset", PresetChosen(chosen=_ALL_UPDATES, by="Ada Ops"))
    notes = [life.is_noted(f"{note}https://teams.example/1") for note in (CHAT_NOTE, MEETING_NOTE)]
    await run.hears(*notes, life.is_noted("Rolled back."))
    await outside.until(lambda: "note" in outside.said)
    await run.is_idle()
    await run.hears(life.is_resolved(by=BO))
    await run.ends()


async def later_runs(run: Run) -> None:
    """After the end: a late duplicate, a note, a press, and a reopening while PagerDuty is down."""
    outside, life = run.outside, run.life
    await _triggered(run)
    acknowledged = life.is_acknowledged(by=BO)
    await run.hears(acknowledged, life.is_resolved())
    await run.is_stored()
    await run.hears(acknowledged)
    await run.is_stored()
    await run.hears(life.is_noted("post-mortem on Monday"))
    await run.is_stored()
    await run.ask(run.click("acknowledge"))
    await run.is_stored()
    outside.fails(RESTORE_INCIDENT, DOWN)
    await run.hears(life.reopens())
    await outside.until(lambda: "reopened" in outside.said)
    await run.handle.signal("detach")
    await run.ends()


async def attached(run: Run) -> None:
    """Brought in, let go, there again with a card that was there, and once more when it is over."""
    outside, life = run.outside, run.life
    life.is_acknowledged(by=BO)
    await run.signal("attach", Attached(by="Ada Ops", correlation="f:1"))
    await run.is_idle()
    reads = len(outside.reads)
    await run.signal("attach", Attached(by="Bo Call", correlation="f:2"))
    await outside.until(lambda: len(outside.reads) > reads)
    await run.is_idle()
    await run.handle.signal("detach")
    await run.is_stored()
    life.escalates()
    await run.signal("attach", Attached())
    await run.is_idle()
    await run.hears(life.is_resolved(by=BO))
    await run.ends()
    run.stored = False  # in another conversation, say
    await run.signal("attach", Attached(by="Ada Ops", correlation="f:3"))
    await run.ends()


async def followed(run: Run) -> None:
    """Followed, acted on and stopped; followed again, and resolved."""
    outside, life = run.outside, run.life
    await _follows(run, 1)
    await outside.until(lambda: bool(outside.posts and outside.subscribed))
    await run.is_idle()
    await run.ask(run.click("acknowledge"))
    await run.hears(life.tells_what_a_click_did())
    await run.is_idle()
    await run.ask(run.click("stop_following", name="Bo Call"))
    await run.ends()
    outside.store(activity_id=None, marker=None)
    run.stored = True
    await _follows(run, 2)
    await outside.until(lambda: len(outside.posts) == 2)
    await run.is_idle()
    await run.hears(life.is_resolved(by=BO))
    await run.ends()


async def _follows(run: Run, number: int) -> None:
    run.outside.following = Following(number=number, by="Ada Ops")
    message = Followed(by="Ada Ops", following=run.outside.following, is_open=True, correlation="f:1")
    await run.signal("follow", message)


async def twenty_clicks(run: Run) -> None:
    """Twenty people at once, one of them twice."""
    await _triggered(run)
    clicks = [run.click(name=f"Person {number:02}") for number in range(20)]
    await asyncio.gather(*(run.ask(click) for click in clicks), run.hands_over(clicks[0]))
    await run.hears(run.life.tells_what_a_click_did(), run.life.is_resolved())
    await run.ends()


async def degraded(run: Run) -> None:
    """Refusals and outages of all kinds, and presses that change nothing."""
    outside, life = run.outside, run.life
    outside.fails(SHOW_CARD, RateLimited("too many", retry_after=0.5))
    outside.fails(READ_DETAILS, DOWN)
    await _triggered(run)
    await run.ask(run.click(name="Stranger", link=None))
    await run.ask(run.click(name="Sleeper", received_at=datetime.now(UTC) - timedelta(minutes=6)))
    await outside.until(lambda: outside.shown[-1].identity.nonce != outside.posts[-1].identity.nonce)
    await run.is_idle()
    outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
    await run.hands_over(run.click(name="Guest"))
    await outside.until(lambda: bool(outside.told and outside.offered))
    await run.is_idle()
    outside.fails(SHOW_CARD, ProviderUnavailable("no connection"))
    outside.fails(REPLY, ProviderUnavailable("no connection"))
    await run.hears(life.escalates())
    await outside.until(lambda: len(outside.replies) == 2)
    await run.hears(life.is_resolved())
    await run.ends()


async def continued(run: Run) -> None:
    """So many notes and presses that it goes on in a new run; the server must be an impatient one."""
    await _triggered(run)
    first = run.runs[0]
    number = 0
    while (await run.describe()).run_id == first:
        number += 1
        await asyncio.gather(
            run.ask(run.click(name=f"Person {number}")), run.hears(run.life.is_noted(f"note {number}"))
        )
    await run.is_idle()
    await run.ask(run.click("resolve"))
    await run.hears(run.life.tells_what_a_click_did())
    await run.ends()


async def _triggered(run: Run) -> None:
    await run.hears(run.life.triggers())
    await run.outside.until(lambda: bool(run.outside.reads))
    await run.is_idle()


LIVES: Mapping[str, Live] = {
    live.__name__: live
    for live in (
        standard,
        lost_answers,
        reopened,
        link_noted,
        later_runs,
        attached,
        followed,
        twenty_clicks,
        degraded,
    )
}

LONG_LIVES: Mapping[str, Live] = {continued.__name__: continued}
"""Lives for a server on which runs are long very soon."""


async def live_through(client: Client, *, life: Live) -> Run:
    """Live it to be recorded: the incident's id tells which life it is."""
    name = life.__name__.replace("_", "-")
    run = Run(client, FakeActivities(Life(f"Q{name.upper()}")), TIMING, queue="recorded")
    async with run.working():
        await life(run)
    return run
