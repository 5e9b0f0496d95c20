"""What operators see of a room."""

import pytest
from temporalio.client import Client

from tests.support.life import CY
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, made, running
from workflows.errors import ConsentMissing, OutcomeUnknown, ProviderUnavailable
from workflows.incident_room.activities import CREATE_CHAT, FIND_CHAT, NOTE_CHAT

pytestmark = pytest.mark.anyio


async def test_a_run_is_named_by_its_incident_and_found_by_what_it_is_about(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        await run.hears(run.life.triggers())
        await run.ends()
        assert await (await run.handle.describe()).static_summary() == "#42 · Checkout · room"
        await run.ask()
        await run.is_idle()
        await run.until_attribute("TeamsConversation", run.outside.chats[0].id)
        expected = {
            "PdAccount": "acme",
            "PdIncident": run.life.incident_id,
            "PdService": "PSVC001",
            "TeamsTenant": "tenant",
            "IncidentStatus": "triggered",
            "Urgency": "high",
            "IncidentNumber": 42,
            "Attention": "ok",
        }
        assert {name: await run.attribute(name) for name in expected} == expected
        await run.hears(run.life.is_acknowledged())
        await run.until_attribute("IncidentStatus", "acknowledged")


async def test_the_details_tell_how_the_chat_stands_and_what_happened(client: Client) -> None:
    outside = FakeActivities()
    outside.absent = {CY.id: "no_account"}
    async with made(client, outside, timing=PATIENT) as run:
        await run.hears(run.life.is_acknowledged(), run.life.asks_for_help(CY))
        await outside.until(lambda: bool(outside.announced[-1].absent))
        details = await run.details()
    assert details.startswith("### #42 · Checkout · room\n")
    assert "**chat made** · 2 of 2 people in it" in details
    assert "- topic: Incident #42 Checkout latency" in details
    assert "- not in it: Cy Lead (no_account)" in details
    assert "| acknowledged | Ada Ops |" in details
    assert "| the chat is there: Incident #42 Checkout latency | Muster |" in details
    assert "| create\\_chat: done | Ada Ops in Teams |" in details


async def test_they_see_what_waits_and_what_needs_them(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(NOTE_CHAT, ProviderUnavailable("503"), ConsentMissing("no consent", code="A.B"))
    async with made(client, outside, timing=PATIENT) as run:
        await run.until_attribute("Attention", "waiting")
        assert "⚠ note: ProviderUnavailable, waiting until" in await run.details()
        await run.until_attribute("Attention", "degraded")
        assert "⚠ note: ConsentMissing" in await run.details()


async def test_they_see_that_a_chat_is_searched_for(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(CREATE_CHAT, OutcomeUnknown("lost"))
    async with running(client, outside, timing=PATIENT.model_copy(update={"search_for": 600})) as run:
        await run.hand_over(run.click())
        await outside.until(lambda: outside.count(FIND_CHAT) > 1)
        details = await run.details()
        assert "**chat in_doubt**" in details
        await run.until_attribute("Attention", "waiting")
        await run.handle.terminate()


async def test_every_activity_says_what_it_is_about(client: Client) -> None:
    async with made(client) as run:
        await run.hears(run.life.is_resolved())
        await run.ends()
        timeline = await run.timeline()
    assert {called.name: called.summary for called in timeline.activities} == {
        "store.recall_room": "what was done",
        "pagerduty.admit_to_room": "as Ada Ops",
        "graph.identify_people": "2 wanted",
        "graph.create_chat": "2 found",
        "graph.add_people": "read back, then those who lack",
        "graph.install_app": "the app",
        "workflow.show_in_chat": "the incident's card",
        "pagerduty.note_chat": "the chat's address",
        "workflow.announce_room": "made · number 1",
        "store.record_clicks": "done",
        "graph.rename_chat": "resolved",
        "teams.sum_up": "how it went",
    }
