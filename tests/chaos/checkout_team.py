"""The team in whose channel Checkout's incidents appear: what happens to it, and what is known of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import WorkflowExecutionStatus

from tests.chaos.company import ACCOUNT, ADA_EMAIL, Company, Incident
from tests.support.waiting import eventually

LIVES = [
    ("channelDeleted", "channelRestored"),
    ("teamArchived", "teamUnarchived"),
    ("teamDeleted", "teamRestored"),
    ("uninstall", "install"),
]
"""What takes the channel away, and what brings it back."""


async def happens(company: Company, what: str, **how: Any) -> list[int | None]:
    """Ada does this to the team or to the channel; what the bot answers to each telling."""
    teams = company.teams
    if what in ("install", "uninstall"):
        place = {"person": ADA_EMAIL, "team": await team_id(company)}
        return await (teams.install if what == "install" else teams.uninstall)(**place, **how)
    of_channel = {"channel": await channel_id(company)} if what.startswith("channel") else {}
    return await teams.happens(what, team=await team_id(company), person=ADA_EMAIL, **of_channel, **how)


@asynccontextmanager
async def away(company: Company, takes: str, brings: str) -> AsyncIterator[None]:
    """The channel is away until the block ends. Teams tells each event twice."""
    assert set(await happens(company, takes, repeat=2)) == {200}
    await is_suspended(company, True)
    try:
        yield
    finally:
        assert set(await happens(company, brings, repeat=2)) == {200}
        await is_suspended(company, False)


async def team_id(company: Company) -> str:
    """The id of its General channel."""
    return str((await row(company))["team"])


async def channel_id(company: Company) -> str:
    """The channel's."""
    return str((await row(company))["id"])


async def row(company: Company) -> Any:
    """Of the channel to which Checkout is connected, whatever it and its team are called."""
    (found,) = await company.rows(
        """SELECT c.*, t.name AS team_name, t.key AS team_key FROM conversation c
           JOIN team t ON t.id = c.team JOIN connection con ON con.conversation = c.id
           WHERE con.service = $1 AND con.ended_at IS NULL""",
        company.pagerduty.checkout,
    )
    return found


async def is_suspended(company: Company, wanted: bool) -> None:
    """Wait until the channel's row says that it is away, or that it is not."""

    async def true() -> bool:
        return ((await row(company))["suspended_at"] is not None) is wanted

    await eventually(true, within=30)


async def is_let_go(company: Company, incident: Incident) -> None:
    """Wait until the run that showed its card in the channel has ended."""
    key = (await row(company))["key"]
    handle = company.temporal.get_workflow_handle(f"incident/{ACCOUNT}/{incident.id}/{key}")

    async def ended() -> bool:
        return (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED

    await eventually(ended, within=30)
