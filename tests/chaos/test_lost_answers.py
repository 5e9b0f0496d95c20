"""Teams did it and the answer was lost: there may be one message too many, and never two live ones."""

import pytest

from tests.chaos.company import DI_EMAIL, Company, Incident, QuietPlace
from tests.chaos.invariants import in_sync
from tests.chaos.room import made_for
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


async def test_an_orphan_is_counted_and_its_click_deletes_it_and_goes_on(
    company: Company, place: QuietPlace
) -> None:
    await company.teams.fault("create", "lose_answer", match={"conversation": place.conversation})
    incident = await place.begins()
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


async def test_a_lost_reply_is_not_said_again(company: Company, place: QuietPlace) -> None:
    incident = await place.begins()
    await incident.shown_and_recorded()
    kind = "create" if incident.chats else "reply"
    await company.teams.fault(kind, "lose_answer", match={"conversation": place.conversation})
    await in_sync(incident)
    calls = (await company.teams.records())["calls"]
    assert "lose_answer" in [call["fault"] for call in calls if call["conversation"] == place.conversation]


async def test_a_chat_of_which_every_answer_is_lost_once_is_one_chat_with_everything_in_it(
    company: Company,
) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    before = len((await company.teams.records())["graph_calls"])
    await company.teams.fault("chat", "lose_answer", match={"method": "POST"})
    for step in ("member", "install", "create"):
        await company.teams.fault(step, "lose_answer")
    room = await made_for(incident)
    calls = (await company.teams.records())["graph_calls"][before:]
    made, *searches = [one for one in calls if one["path"].endswith("/chats")]
    assert (made["method"], made["fault"]) == ("POST", "lose_answer"), "it was made, and nobody heard so"
    assert {one["method"] for one in searches} == {"GET"}
    assert len([one for one in calls if one["fault"] == "lose_answer"]) == 3
    await incident.click("acknowledge", by=DI_EMAIL, place=incident.chats[0])
    await incident.agrees("Acknowledged by Di Pager")
    await in_sync(incident)
    assert await room.violations() == []


async def test_a_card_that_a_person_deleted_is_posted_anew_and_forgotten(company: Company) -> None:
    """Teams answers its edit with 403, not 404."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    gone = (await incident.card())["id"]
    body = {"error": {"code": "ServiceError", "message": "Unknown"}}
    await company.teams.fault("edit", "status", status=403, body=body, times=50, match={"message": gone})
    await incident.note("Where is the card?")
    await eventually(lambda: _is_another(incident, gone))
    await incident.shows("Where is the card?")


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "BadArgument"), (400, "BadSyntax"), (404, "ConversationNotFound"), (403, "BotDisabledByAdmin")],
)
async def test_a_first_card_that_is_refused_at_random_comes_seconds_later(
    company: Company, status: int, code: str
) -> None:
    await company.teams.fault("create", "status", status=status, body={"error": {"code": code}})
    incident = await company.incident()
    await incident.shows("Triggered", within=10)
    await in_sync(incident)


async def test_a_reply_that_does_not_find_its_card_is_said_once_and_the_card_stays(company: Company) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    card = (await incident.card())["id"]
    body = {"error": {"code": "ActivityNotFoundInConversation"}}
    await company.teams.fault("reply", "status", status=404, body=body)
    await incident.becomes("resolved")
    await eventually(lambda: _is_said(incident, card))
    assert (await incident.card())["id"] == card
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


async def _is_another(incident: Incident, message: str) -> bool:
    """The row names a message, and not this one."""
    return all(row["activity_id"] not in (None, message) for row in await incident.row())


async def _is_said(incident: Incident, card: str) -> bool:
    """There is a reply in the card's thread."""
    conversations = (await incident.company.teams.records())["conversations"]
    return any(m["reply_to"] == card for conversation in conversations for m in conversation["messages"])


async def _messages(incident: Incident, count: int) -> bool:
    return len(await incident.messages()) == count


async def _shows(incident: Incident, text: str) -> bool:
    return text in str((await incident.card())["versions"][-1])
