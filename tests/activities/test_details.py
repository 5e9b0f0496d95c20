"""``pagerduty.read_details``: one question for all channels of an incident, and only when it is needed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.pagerduty.incidents import IncidentActivities
from tests.support.pagerduty_account import BO_USER, COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from workflows.channel_incident.activities import ReadDetails
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp
from workflows.incident.values import Alerts, TypeName

pytestmark = pytest.mark.anyio


class Reader:
    """Reads one incident's details as workflows do."""

    def __init__(self, activities: IncidentActivities, side: PagerDuty, incident: str) -> None:
        self.activities = activities
        self.side = side
        self.incident = incident
        self.began = datetime.now(UTC)

    def request(self, *, seconds: float = 0, **more: Any) -> ReadDetails:
        given: dict[str, Any] = {
            "account": COMPANY.account,
            "incident_id": self.incident,
            "wanted": Stamp(at=self.began + timedelta(seconds=seconds), event_id="01E"),
            "correlation": "01E",
            **more,
        }
        return ReadDetails(**given)

    async def read(self, **how: Any) -> Details:
        return await ActivityEnvironment().run(self.activities.read_details, self.request(**how))

    async def fails(self, **how: Any) -> ApplicationError:
        with pytest.raises(ApplicationError) as failed:
            await self.read(**how)
        return failed.value

    async def asked(self, below: str = "") -> list[int]:
        """PagerDuty's answers to the question, or to one about what is ``below`` the incident."""
        reads = (await self.side.records())["reads"]
        return [one["status"] for one in reads if one["path"] == f"/incidents/{self.incident}{below}"]


@pytest.fixture
async def reader(incident_activities: IncidentActivities, pagerduty_side: PagerDuty) -> Reader:
    return Reader(incident_activities, pagerduty_side, str((await pagerduty_side.trigger())["id"]))


@pytest.fixture
async def monitored(incident_activities: IncidentActivities, pagerduty_side: PagerDuty) -> Reader:
    """Reads an incident that monitoring triggered, with four alerts."""
    alert = {
        "summary": "p99 above 2 s",
        "severity": "critical",
        "source": "checkout-7d9f",
        "custom_details": {"pod": "checkout-7d9f8b6c5d-x2x7q"},
        "links": [{"href": "https://wiki.example/rb", "text": "Runbook"}],
    }
    incident = await pagerduty_side.monitored(alerts=[alert] * 4)
    return Reader(incident_activities, pagerduty_side, str(incident["id"]))


@pytest.mark.pooler_too
async def test_details_are_the_incident_as_rest_tells_it(reader: Reader) -> None:
    await reader.side.put(reader.incident, user=BO_USER, status="acknowledged")
    details = await reader.read()
    assert details.snapshot.status == "acknowledged"
    assert details.snapshot.service is not None
    assert details.snapshot.service.name == "Checkout"
    assert [entry.person.name for entry in details.acknowledgements] == ["Bo Call"]
    assert details.read_for == reader.request().wanted


@pytest.mark.pooler_too
async def test_two_channels_at_once_ask_once(reader: Reader) -> None:
    await reader.side.fault("rest", "slow", seconds=0.2, match={"method": "GET"})
    first, second = await asyncio.gather(reader.read(), reader.read())
    assert first == second
    assert await reader.asked() == [200]


async def test_an_answer_serves_for_what_it_includes(reader: Reader) -> None:
    await reader.read()
    await reader.read()
    await reader.read(seconds=-5)
    assert await reader.asked() == [200]


async def test_a_newer_event_needs_a_newer_answer(reader: Reader) -> None:
    await reader.read()
    await reader.side.put(reader.incident, user=BO_USER, status="acknowledged")
    assert (await reader.read(seconds=1)).snapshot.status == "acknowledged"
    assert await reader.asked() == [200, 200]


async def test_a_fresh_answer_is_asked_for_whatever_is_stored(reader: Reader) -> None:
    await reader.read()
    await reader.side.put(reader.incident, user=BO_USER, status="resolved")
    assert (await reader.read(fresh=True)).snapshot.status == "resolved"
    assert (await reader.read()).snapshot.status == "resolved", "and kept for the others"
    assert await reader.asked() == [200, 200]


async def test_what_fires_is_told_with_the_incident(monitored: Reader) -> None:
    details = await monitored.read()
    assert details.alerts is not None
    first = details.alerts.first[0]
    assert (first.summary, first.source, first.severity) == ("p99 above 2 s", "checkout-7d9f", "critical")
    assert [(link.text, link.url) for link in first.links] == [("Runbook", "https://wiki.example/rb")]
    assert (len(details.alerts.first), details.alerts.count) == (3, 4)
    assert details.description == "pod: checkout-7d9f8b6c5d-x2x7q"
    assert details.escalation is not None
    assert details.escalation.at is not None


async def test_alerts_are_read_once_in_a_life(monitored: Reader) -> None:
    first = await monitored.read()
    second = await monitored.read(seconds=1)
    fresh = await monitored.read(fresh=True)
    assert first.alerts == second.alerts == fresh.alerts
    assert await monitored.asked("/alerts") == [200]


async def test_an_incident_without_alerts_is_not_asked_for_them(reader: Reader) -> None:
    assert (await reader.read()).alerts == Alerts()
    assert await reader.asked("/alerts") == []


async def test_alerts_that_cannot_be_read_are_asked_for_again(monitored: Reader) -> None:
    path = f"/incidents/{monitored.incident}/alerts"
    await monitored.side.fault("rest", "status", status=503, match={"path": path})
    assert (await monitored.read()).alerts is None
    assert (await monitored.read(seconds=1)).alerts is not None
    assert await monitored.asked("/alerts") == [503, 200]


async def test_a_fresh_answer_tells_the_newest_note(reader: Reader) -> None:
    """Its event may have come while the card was away, or before anybody followed the incident."""
    for text in ("The first", "The second"):
        await reader.side.add_note(reader.incident, text)
    assert (await reader.read()).latest_note is None
    assert await reader.asked("/notes") == [], "an event tells its own note"
    for details in (await reader.read(fresh=True), await reader.read(seconds=1)):
        assert details.latest_note is not None
        assert (details.latest_note.text, details.latest_note.author) == ("The second", "Bo Call")
    assert await reader.asked("/notes") == [200], "kept for the others"


async def test_restoring_an_incident_tells_its_newest_note(reader: Reader) -> None:
    await reader.side.add_note(reader.incident, "Meanwhile")
    details = await ActivityEnvironment().run(reader.activities.restore_incident, reader.request())
    assert details.latest_note is not None
    assert details.latest_note.text == "Meanwhile"


@pytest.mark.parametrize("status", [503, 404, 403, 429])
async def test_where_notes_cannot_be_read_the_incident_is_told_without(reader: Reader, status: int) -> None:
    path = f"/incidents/{reader.incident}/notes"
    await reader.side.fault("rest", "status", status=status, times=2, match={"path": path})
    details = await reader.read(fresh=True)
    restored = await ActivityEnvironment().run(reader.activities.restore_incident, reader.request())
    for told in (details, restored):
        assert (told.snapshot.status, told.latest_note, told.notes_read) == ("triggered", None, False)
    assert (await reader.read(fresh=True)).notes_read


async def test_notes_that_hang_hold_up_nothing(reader: Reader) -> None:
    path = f"/incidents/{reader.incident}/notes"
    await reader.side.fault("rest", "slow", seconds=3, match={"path": path})
    restored = await ActivityEnvironment().run(reader.activities.restore_incident, reader.request())
    assert not restored.notes_read


async def test_a_type_is_called_as_the_account_calls_it(reader: Reader) -> None:
    typed = await reader.side.trigger(incident_type={"name": "security_breach"})
    reader.incident = str(typed["id"])
    assert (await reader.read()).type_name == TypeName(name="security_breach", shown="Security breach")
    await reader.read(seconds=1)
    reads = [one["path"] for one in (await reader.side.records())["reads"]]
    assert reads.count("/incidents/types") == 1, "kept for all incidents"


async def test_without_the_names_of_types_the_details_are_there(reader: Reader) -> None:
    typed = await reader.side.trigger(incident_type={"name": "security_breach"})
    reader.incident = str(typed["id"])
    forbidden = {"error": {"code": 2010, "message": "Access Denied"}}
    await reader.side.fault("rest", "status", status=403, body=forbidden, match={"path": "/incidents/types"})
    details = await reader.read()
    assert (details.snapshot.incident_type, details.type_name) == ("security_breach", None)


async def test_restoring_an_incident_always_asks(reader: Reader) -> None:
    await reader.read()
    await ActivityEnvironment().run(reader.activities.restore_incident, reader.request())
    assert await reader.asked() == [200, 200]


async def test_a_token_that_died_before_its_time_is_renewed(reader: Reader) -> None:
    await reader.read()
    await reader.side.fault("rest", "status", status=401, body={"error": {"code": 2006}})
    await reader.read(seconds=1)
    assert await reader.asked() == [200, 401, 200]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"do": "status", "status": 500}, "ProviderUnavailable"),
        ({"do": "lose_answer"}, "ProviderUnavailable"),
        ({"do": "status", "status": 429, "retry_after": 9}, "RateLimited"),
        ({"do": "status", "status": 404, "body": {"error": {"code": 2100}}}, "NotFound"),
        ({"do": "status", "status": 200, "body": {"incident": {"id": "another"}}}, "ProviderUnavailable"),
    ],
)
async def test_a_failure_is_told_by_its_kind_and_the_next_one_asks(
    reader: Reader, fault: dict[str, Any], expected: str
) -> None:
    await reader.side.fault("rest", **fault)
    assert (await reader.fails()).type == expected
    await reader.read()
    assert len(await reader.asked()) == 2


async def test_an_answer_without_a_time_tells_how_it_is_now(reader: Reader) -> None:
    began = datetime.now(UTC)
    incident = {"id": reader.incident, "status": "triggered", "acknowledgements": [{"at": None}]}
    await reader.side.fault("rest", "status", status=200, body={"incident": incident})
    details = await reader.read()
    assert details.snapshot.status == "triggered"
    assert details.status_changed_at >= began
    assert details.acknowledgements == ()


async def test_an_answer_without_a_status_breaks_the_contract(reader: Reader) -> None:
    incident = {"id": reader.incident, "status": None}
    await reader.side.fault("rest", "status", status=200, body={"incident": incident})
    failed = await reader.fails()
    assert failed.type == "ProviderUnavailable"
    assert "broke its contract: an incident without a known status" in failed.message


async def test_an_account_that_is_not_configured_is_a_wrong_request(reader: Reader) -> None:
    failed = await reader.fails(account="emca")
    assert (failed.type, failed.non_retryable) == ("RequestInvalid", True)
