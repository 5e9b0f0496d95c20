"""``pagerduty.change_status``: told once, as the person who pressed, and never undoing a resolve."""

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.pagerduty import PagerDutyActivities
from muster.store import clicks, people
from muster.store.details import lock_incident
from muster.store.pool import Pool, transaction
from tests.support.pagerduty_account import ADA, BO, COMPANY, DI
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from workflows.messages import CardKey, ChangeStatus, Click, Clicker, Outcome, StatusChanged
from workflows.model.verbs import VerbName

pytestmark = pytest.mark.anyio

Press = Callable[..., Any]


@pytest.fixture
async def incident(pagerduty_side: PagerDuty) -> str:
    """The id of an incident that was just triggered."""
    return str((await pagerduty_side.trigger())["id"])


class Desk:
    """Presses buttons of an incident's card, and looks at what PagerDuty was told."""

    def __init__(self, activities: PagerDutyActivities, side: PagerDuty, pool: Pool, incident: str) -> None:
        self.activities = activities
        self.side = side
        self.pool = pool
        self.incident = incident
        self.card = CardKey(account=COMPANY.account, incident_id=incident, conversation="19:ops")

    async def request(
        self, verb: VerbName, *, user: str = ADA, key: str = "k1", linked: bool = True
    ) -> ChangeStatus:
        person = self.side.person(user)
        link = await people.link_of(
            self.pool, tenant=COMPANY.tenant_id, aad_object_id=person.aad_object_id, account=COMPANY.account
        )
        return ChangeStatus(
            card=self.card,
            click=Click(
                key=key,
                verb=verb,
                person=Clicker(
                    aad_object_id=person.aad_object_id,
                    teams_id=person.teams_id,
                    name=person.name,
                    link=link if linked else None,
                ),
                message="1700000000001",
                received_at=datetime(2026, 1, 1, 10, tzinfo=UTC),
                correlation="f:1",
            ),
        )

    async def press(self, verb: VerbName, *, attempt: int = 1, **who: Any) -> StatusChanged:
        return await self.run(await self.request(verb, **who), attempt=attempt)

    async def run(self, request: ChangeStatus, *, attempt: int = 1) -> StatusChanged:
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, attempt=attempt)
        return await environment.run(self.activities.change_status, request)

    async def fails(self, verb: VerbName, **who: Any) -> ApplicationError:
        with pytest.raises(ApplicationError) as failed:
            await self.press(verb, **who)
        return failed.value

    async def told(self) -> list[tuple[str, str, int]]:
        """Every change of status that reached PagerDuty: user, status, its answer."""
        return [
            (write["user"], write["body"]["incident"]["status"], write["status"])
            for write in (await self.side.records())["writes"]
            if write["method"] == "PUT" and write["path"] == f"/incidents/{self.incident}"
        ]

    async def read(self) -> int:
        """How often PagerDuty was asked for the incident."""
        reads = (await self.side.records())["reads"]
        return len([one for one in reads if one["path"] == f"/incidents/{self.incident}"])

    async def recorded(self, key: str = "k1") -> Outcome | None:
        return await clicks.outcome_of(self.pool, key)


@pytest.fixture
def desk(pagerduty: PagerDutyActivities, pagerduty_side: PagerDuty, pool: Pool, incident: str) -> Desk:
    return Desk(pagerduty, pagerduty_side, pool, incident)


# Done


async def test_an_acknowledge_is_told_as_the_person_and_recorded(desk: Desk) -> None:
    changed = await desk.press("acknowledge")
    assert changed.outcome == Outcome(kind="done", text="You acknowledged this incident.")
    assert changed.details is not None
    assert changed.details.snapshot.status == "acknowledged"
    assert [a.person.id for a in changed.details.acknowledgements] == [ADA]
    assert await desk.told() == [(ADA, "acknowledged", 200)]
    assert await desk.read() == 1, "it is read right before it is told"
    assert await desk.recorded() == changed.outcome


async def test_a_resolve_is_told_without_a_look(desk: Desk) -> None:
    changed = await desk.press("resolve", user=BO)
    assert changed.outcome.kind == "done"
    assert changed.details is not None
    assert changed.details.status_changed_by is not None
    assert changed.details.status_changed_by.id == BO
    assert await desk.told() == [(BO, "resolved", 200)]
    assert await desk.read() == 0


async def test_a_click_that_comes_again_gets_the_recorded_outcome(desk: Desk) -> None:
    """Whatever happened since: it is one press."""
    first = await desk.press("acknowledge")
    await desk.side.put(desk.incident, user=BO, status="triggered")
    again = await desk.press("acknowledge", attempt=2)
    assert again.outcome == first.outcome
    assert await desk.told() == [(ADA, "acknowledged", 200), (BO, "triggered", 200)]
    assert await desk.pool.fetchval("SELECT count(*) FROM click") == 1


# Settled without a write


async def test_an_acknowledge_of_what_is_acknowledged_already(desk: Desk) -> None:
    await desk.side.put(desk.incident, user=BO, status="acknowledged")
    changed = await desk.press("acknowledge")
    assert changed.outcome == Outcome(kind="already", text="Already acknowledged by Bo Call.")
    assert await desk.told() == [(BO, "acknowledged", 200)]
    assert await desk.recorded() == changed.outcome


async def test_what_the_person_did_in_pagerduty_is_not_this_presss_work(desk: Desk) -> None:
    await desk.side.put(desk.incident, user=ADA, status="acknowledged")
    changed = await desk.press("acknowledge")
    assert changed.outcome == Outcome(kind="already", text="Already acknowledged by Ada Ops.")


async def test_a_stale_acknowledge_does_not_reopen_what_is_resolved(desk: Desk) -> None:
    await desk.side.put(desk.incident, user=BO, status="resolved")
    changed = await desk.press("acknowledge")
    assert changed.outcome == Outcome(kind="stale", text="Already resolved by Bo Call; nothing was changed.")
    assert await desk.told() == [(BO, "resolved", 200)]
    assert (await desk.side.get(desk.incident))["status"] == "resolved"


async def test_a_resolve_of_what_is_resolved_already(desk: Desk) -> None:
    """PagerDuty's 1001 is no failure."""
    await desk.side.put(desk.incident, user=BO, status="resolved")
    changed = await desk.press("resolve")
    assert changed.outcome == Outcome(kind="already", text="Already resolved by Bo Call.")
    assert await desk.told() == [(BO, "resolved", 200), (ADA, "resolved", 400)]


async def test_pagerdutys_word_that_it_is_acknowledged_already(desk: Desk) -> None:
    """1002, when somebody was quicker between our look and our write."""
    fault = {"match": {"method": "PUT"}, "status": 400, "body": {"error": {"code": 1002}}}
    await desk.side.fault("rest", "status", **fault)
    changed = await desk.press("acknowledge")
    assert changed.outcome.kind == "refused"
    assert "PagerDuty says it is settled already" in changed.outcome.text
    assert await desk.read() == 2


# Refused


async def test_a_link_that_was_revoked_meanwhile(desk: Desk) -> None:
    request = await desk.request("acknowledge")
    await desk.pool.execute("DELETE FROM user_link")
    changed = await desk.run(request)
    assert changed.outcome.kind == "refused"
    assert "link to PagerDuty was removed" in changed.outcome.text
    assert await desk.told() == []
    assert await desk.recorded() == changed.outcome


async def test_somebody_without_a_link_changes_nothing(desk: Desk) -> None:
    changed = await desk.press("acknowledge", linked=False)
    assert changed.outcome.kind == "refused"
    assert (await desk.told(), await desk.read()) == ([], 0)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, 2006, "link your accounts again"),
        (403, 2010, "does not allow Ada Ops"),
        (400, 1018, "does not allow Ada Ops"),
    ],
)
async def test_what_pagerduty_refuses_the_person(desk: Desk, status: int, code: int, words: str) -> None:
    fault = {"match": {"method": "PUT"}, "status": status, "body": {"error": {"code": code}}}
    await desk.side.fault("rest", "status", **fault)
    changed = await desk.press("resolve")
    assert changed.outcome.kind == "refused"
    assert changed.outcome.text.startswith("Resolve was not done: ")
    assert words in changed.outcome.text
    assert await desk.recorded() == changed.outcome


# Not done yet: Temporal tries again


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
@pytest.mark.parametrize("do", [{"do": "lose_answer"}, {"do": "status_after", "status": 502}])
async def test_a_lost_answer_is_settled_by_a_look_and_nothing_is_told_twice(
    desk: Desk, verb: VerbName, do: dict[str, Any]
) -> None:
    await desk.side.fault("rest", match={"method": "PUT"}, **do)
    failed = await desk.fails(verb)
    assert (failed.type, failed.non_retryable) == ("ProviderUnavailable", False)
    assert await desk.recorded() is None

    changed = await desk.press(verb, attempt=2)
    assert changed.outcome.kind == "done"
    assert len(await desk.told()) == 1
    assert await desk.recorded() == changed.outcome


async def test_a_write_that_did_not_happen_is_made_at_the_second_try(desk: Desk) -> None:
    await desk.side.fault("rest", "status", status=500, match={"method": "PUT"})
    assert (await desk.fails("resolve")).type == "ProviderUnavailable"
    assert (await desk.press("resolve", attempt=2)).outcome.kind == "done"
    assert await desk.told() == [(ADA, "resolved", 500), (ADA, "resolved", 200)]
    assert await desk.read() == 1, "every retry begins with a read"


async def test_a_second_try_that_finds_another_change_does_not_undo_it(desk: Desk) -> None:
    await desk.side.fault("rest", "status", status=500, match={"method": "PUT"})
    await desk.fails("acknowledge")
    await desk.side.put(desk.incident, user=BO, status="resolved")
    assert (await desk.press("acknowledge", attempt=2)).outcome.kind == "stale"
    assert (await desk.side.get(desk.incident))["status"] == "resolved"


@pytest.mark.parametrize(
    ("fault", "expected", "retryable"),
    [
        ({"status": 429, "retry_after": 9}, "RateLimited", True),
        ({"status": 404, "body": {"error": {"code": 2100}}}, "NotFound", False),
        ({"status": 400, "body": {"error": {"code": 2001}}}, "RequestInvalid", False),
        ({"status": 400, "body": {"error": {"code": 1005}}}, "Conflict", True),
    ],
)
async def test_a_failure_is_told_by_its_kind_and_not_recorded(
    desk: Desk, fault: dict[str, Any], expected: str, retryable: bool
) -> None:
    await desk.side.fault("rest", "status", match={"method": "PUT"}, **fault)
    failed = await desk.fails("resolve")
    assert (failed.type, not failed.non_retryable) == (expected, retryable)
    assert await desk.recorded() is None


async def test_a_look_that_fails_writes_nothing(desk: Desk) -> None:
    await desk.side.fault("rest", "status", status=503, match={"method": "GET"})
    assert (await desk.fails("acknowledge")).type == "ProviderUnavailable"
    assert await desk.told() == []


async def test_an_account_that_is_not_configured(desk: Desk) -> None:
    request = await desk.request("resolve")
    elsewhere = request.model_copy(update={"card": desk.card.model_copy(update={"account": "emca"})})
    changed = await desk.run(elsewhere)
    assert changed.outcome.kind == "refused", "the link is not one of that account"
    assert await desk.told() == []


async def test_a_link_whose_key_is_gone_is_not_taken_for_no_link(desk: Desk) -> None:
    await desk.pool.execute("UPDATE user_link SET access_token = 'x'")
    failed = await desk.fails("acknowledge")
    assert (failed.type, failed.non_retryable) == ("ProviderUnavailable", False)
    assert "MUSTER_KEYS" in failed.message


# Several at once


async def test_two_people_at_once_are_served_one_after_the_other(desk: Desk) -> None:
    """Without the lock both would have looked before either wrote."""
    await desk.side.fault("rest", "slow", seconds=0.3, times=2, match={"method": "PUT"})
    changed = await asyncio.gather(
        desk.press("acknowledge", user=ADA, key="k1"), desk.press("acknowledge", user=DI, key="k2")
    )
    assert sorted(one.outcome.kind for one in changed) == ["already", "done"]
    assert len(await desk.told()) == 1
    assert await desk.pool.fetchval("SELECT count(*) FROM click") == 2


async def test_an_acknowledge_that_meets_a_resolve_never_undoes_it(desk: Desk) -> None:
    acknowledged, resolved = await asyncio.gather(
        desk.press("acknowledge", user=ADA, key="k1"), desk.press("resolve", user=BO, key="k2")
    )
    assert resolved.outcome.kind == "done"
    assert acknowledged.outcome.kind in ("done", "stale")
    assert (await desk.side.get(desk.incident))["status"] == "resolved"


async def test_the_same_click_at_once_is_told_once(desk: Desk) -> None:
    await desk.side.fault("rest", "slow", seconds=0.3, times=4, match={"method": "PUT"})
    changed = await asyncio.gather(*(desk.press("acknowledge") for _ in range(4)))
    assert {one.outcome.kind for one in changed} == {"done"}
    assert len(await desk.told()) == 1


async def test_a_background_read_does_not_hold_up_a_click(desk: Desk) -> None:
    async with transaction(desk.pool) as connection, asyncio.timeout(2):
        await lock_incident(connection, "read", COMPANY.account, desk.incident)
        assert (await desk.press("acknowledge")).outcome.kind == "done"
