"""Teams did it and the answer was lost: there may be one message too many, and never two live ones."""

import pytest

from tests.chaos.company import DI_EMAIL, Company, Incident
from tests.chaos.invariants import in_sync
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


async def test_an_orphan_is_counted_and_its_click_deletes_it_and_goes_on(company: Company) -> None:
    await company.teams.fault("create", "lose_answer")
    incident = await company.incident()
    await incident.shown_and_recorded()
    await eventually(lambda: _messages(incident, 2))
    (row,) = await incident.row()
    orphan = next(m for m in await incident.messages() if m["id"] != row["activity_id"])
    assert row["orphans"] == 1

    (answer,) = await incident.click("acknowledge", message=orphan, by=DI_EMAIL)
    assert "Acknowledged by Di Pager" in str(answer["body"])
    await eventually(lambda: _is_deleted(incident, orphan["id"]))
    await incident.shows("Acknowledged by Di Pager")
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_a_lost_reply_is_not_said_again(company: Company) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    await company.teams.fault("reply", "lose_answer")
    await in_sync(incident)


@pytest.mark.slow
async def test_an_edit_that_lands_late_is_followed_by_the_latest(company: Company) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    message = (await incident.card())["id"]
    await company.teams.fault("edit", "late", seconds=6, match={"message": message})
    await incident.note("Overtaken")
    await incident.shows("Overtaken")
    await incident.note("The latest")
    await incident.shows("The latest")
    await eventually(lambda: _shows(incident, "Overtaken"))
    await eventually(lambda: _shows(incident, "The latest"), within=30)
    await in_sync(incident)


async def _is_deleted(incident: Incident, message: str) -> bool:
    return any(m["id"] == message and m["deleted_at"] for m in await incident.messages())


async def _messages(incident: Incident, count: int) -> bool:
    return len(await incident.messages()) == count


async def _shows(incident: Incident, text: str) -> bool:
    return text in str((await incident.card())["versions"][-1])
