"""A chat in which incidents are followed: it has no thread, and the bot leaves it and comes back."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from muster.store.pool import Pool
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.waiting import eventually
from tests.workflows.chat import Chat, a_chat

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chat(
    database_url: str,
    pool: Pool,
    client: Client,
    temporal: EmbeddedTemporal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Chat]:
    async with a_chat(database_url, pool, client, temporal, tmp_path, monkeypatch) as chat:
        yield chat


async def test_what_is_a_reply_in_a_channel_is_a_message_of_its_own_in_a_chat(chat: Chat) -> None:
    incident = await chat.follows()
    await chat.tells_of(incident, status="acknowledged")
    await eventually(lambda: chat.shows(incident, "Acknowledged"), within=30)
    assert await chat.said() == []
    await chat.tells_of(incident, status="resolved")
    await eventually(partial(chat.is_over, incident), within=30)
    assert await chat.shows(incident, "Resolved")
    ((text, root),) = await chat.said()
    assert re.match(r"🟢 #\d+ · Resolved by Bo Call", text), "no thread tells which incident"
    assert root is None


async def test_operators_find_the_run_by_the_chats_key_and_name(chat: Chat) -> None:
    incident = await chat.follows()
    handle = chat.client.get_workflow_handle(f"incident/acme/{incident}/{chat.key}")
    described = await handle.describe()
    assert "chat “Incident 42”" in str(await described.static_summary())
    found = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert (found["TeamsConversation"], found["PdIncident"]) == (chat.id, incident)


async def test_a_chat_that_the_bot_left_shows_nothing_until_the_bot_is_back(chat: Chat) -> None:
    kept, over = await chat.follows("Kept"), await chat.follows("Over")
    before = await chat.messages()
    assert await chat.loses_the_bot() == [200, 200]
    for incident in (kept, over):
        await eventually(partial(chat.is_over, incident), within=30)
    await chat.tells_of(kept, status="acknowledged")
    await chat.tells_of(over, status="resolved")
    assert await chat.is_over(kept), "nothing starts a run where nothing can be shown"
    assert await chat.messages() == before

    assert await chat.gets_the_bot() == [200, 200]
    await eventually(lambda: chat.shows(kept, "Acknowledged"), within=30)
    await eventually(lambda: chat.shows(over, "Resolved"), within=30)
    await eventually(partial(chat.is_over, over), within=30)
    assert [one["id"] for one in await chat.messages()] == [one["id"] for one in before], "the same cards"
    assert await chat.said() == [], "nothing that happened meanwhile is announced"
    assert await chat.status(kept) is WorkflowExecutionStatus.RUNNING


async def test_what_was_followed_without_a_card_gets_it_when_the_bot_is_there(chat: Chat) -> None:
    await chat.loses_the_bot()
    incident = str((await chat.pagerduty.trigger(title="Early"))["id"])
    await chat.pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', $1, $2)",
        *(incident, chat.id),
    )
    await chat.gets_the_bot()
    await eventually(lambda: chat.shows(incident, "Early"), within=30)


async def test_a_run_that_ended_needs_nothing(chat: Chat) -> None:
    incident = await chat.follows()
    await chat.tells_of(incident, status="resolved")
    await eventually(partial(chat.is_over, incident), within=30)
    before = await chat.messages()
    await chat.loses_the_bot()
    await chat.gets_the_bot()
    assert await chat.is_over(incident)
    assert await chat.messages() == before


async def test_a_refused_send_tells_that_the_bot_left(chat: Chat) -> None:
    """Teams does not always tell by an event."""
    incident = await chat.follows()
    await chat.loses_the_bot(only="none")
    await chat.tells_of(incident, status="acknowledged")
    await eventually(chat.is_suspended, within=30)
    await eventually(partial(chat.is_over, incident), within=30)
    await chat.gets_the_bot()
    await eventually(lambda: chat.shows(incident, "Acknowledged"), within=30)
    assert not await chat.is_suspended()


async def test_a_send_that_is_refused_at_random_suspends_nothing(chat: Chat) -> None:
    incident = await chat.follows()
    refusal = {"error": {"code": "ConversationNotFound", "message": "…"}}
    asked = len(chat.teams.calls("GET", "/pagedmembers"))
    await chat.teams.fault("edit", "status", status=404, body=refusal)
    await chat.tells_of(incident, status="acknowledged")
    await chat.teams.until(lambda: len(chat.teams.calls("GET", "/pagedmembers")) > asked)
    await chat.tells_of(incident, status="resolved")
    await eventually(lambda: chat.shows(incident, "Resolved"), within=30)
    assert not await chat.is_suspended()


async def test_a_chat_that_is_renamed_is_called_so_by_the_next_run(chat: Chat) -> None:
    await chat.is_called("War room")
    incident = await chat.follows()
    described = await chat.client.get_workflow_handle(f"incident/acme/{incident}/{chat.key}").describe()
    assert "chat “War room”" in str(await described.static_summary())
