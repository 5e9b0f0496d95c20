"""Lives of rooms whose bot is removed from the chat and comes back; ``lives`` lists them."""

from tests.support.life import BO, CY
from tests.workflows.incident_room.running import Run
from workflows.incident_room.activities import ADD_PEOPLE, RESTORE_ROOM


async def room_presence(run: Run) -> None:
    """The bot is removed and back, also before a later run knows its row; who left is brought back."""
    outside, life = run.outside, run.life
    await run.ask()
    await run.is_idle()
    await _hears_of_bot(run, is_away=True)
    await _hears_of_bot(run, is_away=False)
    outside.members.discard(BO.id)
    await run.hears(life.asks_for_help(CY))
    await outside.until(lambda: CY.id in outside.members)
    await run.is_idle()
    await run.ask(run.click("Bo Call"))
    await outside.until(lambda: BO.id in outside.members)
    await run.is_idle()
    await run.hears(life.is_resolved())
    await run.ends()
    held = outside.holds(RESTORE_ROOM)
    await run.hears(life.reopens())
    await outside.until(lambda: outside.count(RESTORE_ROOM) == 2)
    await run.hears_of_bot(is_away=True)
    held.set()
    await outside.until(lambda: outside.announced[-1].bot_removed)
    await run.is_idle()
    await run.hears(life.is_resolved())
    await run.ends()


async def room_presence_continued(run: Run) -> None:
    """The bot is removed while a run that is long waits for a call, and is back in the next."""
    outside, life = run.outside, run.life
    await run.ask()
    await run.is_idle()
    held = outside.holds(ADD_PEOPLE)
    await run.hears(life.asks_for_help(CY))
    await outside.until(lambda: outside.count(ADD_PEOPLE) == 2)
    long = await run.run_id()
    await run.hears(*(life.is_noted(f"note {number}") for number in range(60)))
    await run.hears_of_bot(is_away=True)
    held.set()
    await outside.until(lambda: outside.announced[-1].bot_removed)
    while await run.run_id() == long:
        await run.hears(life.is_noted("one more"))
    await _hears_of_bot(run, is_away=False)
    await run.hears(life.is_resolved())
    await run.ends()


async def _hears_of_bot(run: Run, *, is_away: bool) -> None:
    await run.hears_of_bot(is_away=is_away)
    await run.outside.until(lambda: run.outside.announced[-1].bot_removed is is_away)
    await run.is_idle()
