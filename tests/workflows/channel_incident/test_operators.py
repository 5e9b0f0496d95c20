"""What an operator reads of a run: its list entry, its details, its Timeline, and what it costs."""

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.lives import standard
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import running, shown
from workflows.channel_incident.activities import SHOW_CARD
from workflows.errors import OutcomeUnknown, RateLimited

pytestmark = pytest.mark.anyio


async def test_a_run_is_found_by_what_operators_know(client: Client) -> None:
    async with shown(client) as run:
        await run.hears(run.life.gets_priority("P1"), run.life.is_acknowledged())
        await run.until_attribute("IncidentStatus", "acknowledged")
        description = await run.describe()
    found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    expected = {
        "PdAccount": "acme",
        "PdIncident": run.life.incident_id,
        "PdService": "PSVC001",
        "TeamsTenant": "tenant",
        "TeamsConversation": "19:ops@thread.tacv2",
        "IncidentStatus": "acknowledged",
        "Urgency": "high",
        "Priority": "P1",
        "Attention": "ok",
        "IncidentNumber": 42,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert description.id == f"incident/acme/{run.life.incident_id}/payments-ops"
    assert await description.static_summary() == "#42 · Checkout · Payments/#ops"


async def test_attributes_are_written_with_the_card_and_not_for_every_event_on_the_way(
    client: Client,
) -> None:
    async with shown(client) as run:
        sending = run.outside.holds(SHOW_CARD)
        await run.hears(run.life.is_noted("it is the database"))
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        await run.hears(run.life.gets_priority("P1"))
        await run.hears(run.life.is_acknowledged())
        assert "**acknowledged**" in await run.details()
        assert await run.attribute("IncidentStatus") == "triggered"
        sending.set()
        await run.until_attribute("IncidentStatus", "acknowledged")
        timeline = await run.timeline()
    assert timeline.upserts == 1


async def test_attributes_do_not_wait_for_a_card_that_cannot_be_shown(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(SHOW_CARD, RateLimited("too many", retry_after=600))
        await run.hears(run.life.is_acknowledged())
        await run.until_attribute("Attention", "waiting")
        await run.hears(run.life.gets_priority("P1"))
        await run.until_attribute("Priority", "P1")


async def test_the_details_tell_how_things_stand_and_what_happened(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_CARD, OutcomeUnknown("the answer was lost"))
    async with running(client, outside) as run:
        await run.hears(run.life.triggers(), run.life.is_noted("a | b"))
        await run.is_idle()
        await run.ask(run.click("acknowledge", name="Ada | Ops"))
        await run.is_idle()
        lines = (await run.details()).splitlines()
    assert lines[0] == "### #42 · Checkout · Payments/#ops"
    assert lines[2].startswith("**acknowledged** · rev 3 shown of rev 3")
    table = [[cell.strip() for cell in line.split(" | ")] for line in lines if line.startswith("| 2")]
    assert [row[1:] for row in table] == [
        ["triggered", "PagerDuty |"],
        ["note added", "Ada Ops |"],
        ["acknowledge: done", "Ada \\| Ops in Teams |"],
    ]


async def test_the_timeline_reads_like_the_incidents_life(client: Client) -> None:
    async with running(client) as run:
        await standard(run)
        timeline = await run.timeline()
    assert timeline.signals == [
        "incident.triggered",
        "incident.acknowledged",
        "incident.annotated",
        "incident.resolved",
    ]
    assert timeline.updates == ["acknowledge", "resolve"]
    assert timeline.activities == [
        ("teams.show_card", "rev 1 · triggered"),
        ("pagerduty.read_details", "responders, acknowledgers"),
        ("pagerduty.change_status", "as Ada Ops"),
        ("teams.show_card", "rev 2 · acknowledged"),
        ("teams.show_card", "rev 3 · note added"),
        ("pagerduty.change_status", "as Bo Call"),
        ("teams.show_card", "rev 4 · resolved"),
    ]
    assert {timer.summary for timer in timeline.timers} <= {"edit interval", "grace"}


async def test_a_standard_incident_costs_at_most_what_is_promised(client: Client) -> None:
    """promises.md, invariant 11: 200 events and 28 actions; 10 calls to Teams, 5 to PagerDuty."""
    async with running(client) as run:
        await standard(run)
        timeline = await run.timeline()
    assert len(timeline) <= 200
    assert timeline.actions <= 28
    assert timeline.count("teams.show_card") + timeline.count("teams.reply") <= 10
    # A change is a read and a write at most; details are one read.
    assert 2 * timeline.count("pagerduty.change_status") + timeline.count("pagerduty.read_details") <= 5
