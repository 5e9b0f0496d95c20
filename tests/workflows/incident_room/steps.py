"""Each step of a room, and a short life in which it is taken once, from a click to the end of the run."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from tests.support.life import ADA, BO, CY
from tests.workflows.incident_room.calls import Row
from tests.workflows.incident_room.running import THEY_STAY, Run
from workflows.channel_incident.activities import RECORD_CLICKS
from workflows.errors import OutcomeUnknown
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    ADMIT,
    ANNOUNCE,
    BEGIN_ANEW,
    CREATE_CHAT,
    FIND_CHAT,
    IDENTIFY_PEOPLE,
    INSTALL_APP,
    NOTE_CHAT,
    OPEN_ROOM,
    REMOVE_PEOPLE,
    RENAME_CHAT,
    RESTORE_ROOM,
    SHOW_IN_CHAT,
)
from workflows.incident_room.messages import AskedByClick, AskedByProgram, Policy

GoWrong = Callable[[], None]
"""From here on the step's next call goes wrong."""
Live = Callable[[Run, GoWrong], Awaitable[None]]
DECLINED_LEAVE = Policy(declined_leave=True)
ALL_LEAVE = Policy(leave_after=0.2)
CLICKED_AGAIN = ("answer_lost", "chat_unknown")
"""After these the card tells the person to click once more."""


class Step(NamedTuple):
    row: Row
    live: Live
    joined: tuple[str, ...] = (ADA.id, BO.id)
    """Everybody who was ever brought in, as often as they were."""
    removed: tuple[str, ...] = ()
    policy: Policy = THEY_STAY


async def _first_click(run: Run, go_wrong: GoWrong) -> None:
    go_wrong()
    await _is_let_in(run, run.click)


async def _click_while_it_is_there(run: Run, go_wrong: GoWrong) -> None:
    await _is_made(run)
    go_wrong()
    await _is_let_in(run, lambda: run.click("Cy Lead"))
    await _is_in(run, CY.id)


async def _program_while_it_is_there(run: Run, go_wrong: GoWrong) -> None:
    await _is_made(run)
    go_wrong()
    await _is_let_in(run, lambda: run.program(owner=CY.id))
    await _is_in(run, CY.id)


async def _answer_of_the_create_is_lost(run: Run, go_wrong: GoWrong) -> None:
    run.outside.loses(CREATE_CHAT)
    go_wrong()
    await _is_made(run)


async def _click_on_an_unknown_chat(run: Run, go_wrong: GoWrong) -> None:
    """Nobody can look, and there is none."""
    run.outside.can_search = False
    run.outside.fails(CREATE_CHAT, OutcomeUnknown("lost on the way"))
    assert (await run.ask()).outcome.reason == "chat_unknown"
    go_wrong()
    await _is_made(run)


async def _responder_declines(run: Run, go_wrong: GoWrong) -> None:
    await _is_made(run)
    await run.hears(run.life.asks_for_help(CY))
    await _is_in(run, CY.id)
    go_wrong()
    await run.hears(run.life.is_answered(CY, "declined"))
    await run.outside.until(lambda: CY.id not in run.outside.members)


async def _responder_declines_and_comes_back(run: Run, go_wrong: GoWrong) -> None:
    await _responder_declines(run, lambda: None)
    await run.is_idle()
    go_wrong()
    await run.hears(run.life.is_answered(CY, "joined"))
    await _is_in(run, CY.id)


async def _made_until_the_end(run: Run, go_wrong: GoWrong) -> None:
    await _is_made(run)
    go_wrong()


async def _is_made(run: Run) -> None:
    assert (await run.ask()).outcome.kind == "done"
    await run.is_idle()


async def _is_let_in(run: Run, asked: Callable[[], AskedByClick | AskedByProgram]) -> None:
    outcome = (await run.ask(asked())).outcome
    if outcome.reason in CLICKED_AGAIN:
        outcome = (await run.ask(asked())).outcome
    assert outcome.kind in ("done", "already")


async def _is_in(run: Run, user: str) -> None:
    await run.outside.until(lambda: user in run.outside.members)
    await run.is_idle()


WITH_CY = (ADA.id, BO.id, CY.id)
STEPS: Mapping[str, Step] = {
    "restore": Step(RESTORE_ROOM, _first_click),
    "admit": Step(ADMIT, _first_click),
    "admit to a chat that is there": Step(ADMIT, _click_while_it_is_there, joined=WITH_CY),
    "admit a program": Step(OPEN_ROOM, _program_while_it_is_there, joined=WITH_CY),
    "record the click": Step(RECORD_CLICKS, _first_click),
    "people": Step(IDENTIFY_PEOPLE, _first_click),
    "create": Step(CREATE_CHAT, _first_click),
    "find": Step(FIND_CHAT, _answer_of_the_create_is_lost),
    "begin anew": Step(BEGIN_ANEW, _click_on_an_unknown_chat),
    "add": Step(ADD_PEOPLE, _click_while_it_is_there, joined=WITH_CY),
    "bot": Step(INSTALL_APP, _first_click),
    "card": Step(SHOW_IN_CHAT, _first_click),
    "note": Step(NOTE_CHAT, _first_click),
    "announce": Step(ANNOUNCE, _first_click),
    "leave": Step(REMOVE_PEOPLE, _responder_declines, WITH_CY, (CY.id,), DECLINED_LEAVE),
    "come back": Step(
        ADD_PEOPLE, _responder_declines_and_comes_back, (*WITH_CY, CY.id), (CY.id,), DECLINED_LEAVE
    ),
    "all leave": Step(REMOVE_PEOPLE, _made_until_the_end, removed=(ADA.id, BO.id), policy=ALL_LEAVE),
    "rename": Step(RENAME_CHAT, _made_until_the_end),
}
