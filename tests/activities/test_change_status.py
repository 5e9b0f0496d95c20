"""``pagerduty.change_status``: told once, as the person who clicked, and never undoing a resolve."""

import asyncio
from typing import Any

import pytest

from muster.security.sealing import KeyRing
from muster.store import links
from muster.store.details import lock_incident
from muster.store.pool import transaction
from tests.activities.buttons import Buttons
from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY, DI_USER
from tests.support.settings import KEYS
from workflows.verbs.outcomes import Outcome, Reason
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import VerbName

pytestmark = pytest.mark.anyio


# Done


@pytest.mark.pooler_too
async def test_an_acknowledge_is_told_as_the_person_and_recorded(buttons: Buttons) -> None:
    changed = await buttons.click("acknowledge")
    assert changed.outcome == Outcome(kind="done", status="acknowledged")
    assert changed.details is not None
    assert changed.details.snapshot.status == "acknowledged"
    assert [a.person.id for a in changed.details.acknowledgements] == [ADA_USER]
    assert await buttons.told() == [(ADA_USER, "acknowledged", 200)]
    assert await buttons.read() == 1, "it is read right before it is told"
    assert await buttons.recorded() == changed.outcome


async def test_a_resolve_is_told_without_reading_first(buttons: Buttons) -> None:
    changed = await buttons.click("resolve", user=BO_USER)
    assert changed.outcome.kind == "done"
    assert changed.details is not None
    assert changed.details.status_changed_by is not None
    assert changed.details.status_changed_by.id == BO_USER
    assert await buttons.told() == [(BO_USER, "resolved", 200)]
    assert await buttons.read() == 0


async def test_a_click_that_comes_again_gets_the_recorded_outcome(buttons: Buttons) -> None:
    """Whatever happened since: it is one click."""
    first = await buttons.click("acknowledge")
    await buttons.side.put(buttons.incident, user=BO_USER, status="triggered")
    again = await buttons.click("acknowledge", attempt=2)
    assert again.outcome == first.outcome
    assert await buttons.told() == [(ADA_USER, "acknowledged", 200), (BO_USER, "triggered", 200)]
    assert await buttons.pool.fetchval("SELECT count(*) FROM click") == 1


async def test_the_persons_token_stands_in_no_output_and_no_result(
    buttons: Buttons, capfd: pytest.CaptureFixture[str]
) -> None:
    """The result stands in the workflow's history, the output in the worker's log."""
    changed = await buttons.click("acknowledge")
    assert changed.outcome.kind == "done"
    printed = capfd.readouterr()
    assert (
        buttons.side.person(ADA_USER).access_token
        not in changed.model_dump_json() + printed.out + printed.err
    )


# An outcome without a write


async def test_an_acknowledge_of_what_is_acknowledged_already_writes_nothing(buttons: Buttons) -> None:
    await buttons.side.put(buttons.incident, user=BO_USER, status="acknowledged")
    changed = await buttons.click("acknowledge")
    assert changed.outcome == Outcome(kind="already", by="Bo Call", status="acknowledged")
    assert await buttons.told() == [(BO_USER, "acknowledged", 200)]
    assert await buttons.recorded() == changed.outcome


async def test_what_the_person_did_in_pagerduty_is_not_this_clicks_work(buttons: Buttons) -> None:
    await buttons.side.put(buttons.incident, user=ADA_USER, status="acknowledged")
    changed = await buttons.click("acknowledge")
    assert changed.outcome == Outcome(kind="already", by="Ada Ops", status="acknowledged")


async def test_a_stale_acknowledge_does_not_reopen_what_is_resolved(buttons: Buttons) -> None:
    await buttons.side.put(buttons.incident, user=BO_USER, status="resolved")
    changed = await buttons.click("acknowledge")
    assert changed.outcome == Outcome(kind="stale", by="Bo Call", status="resolved")
    assert await buttons.told() == [(BO_USER, "resolved", 200)]
    assert (await buttons.side.get(buttons.incident))["status"] == "resolved"


async def test_a_resolve_of_what_is_resolved_already_is_no_failure(buttons: Buttons) -> None:
    """PagerDuty says so under 2001, in words."""
    await buttons.side.put(buttons.incident, user=BO_USER, status="resolved")
    changed = await buttons.click("resolve")
    assert changed.outcome == Outcome(kind="already", by="Bo Call", status="resolved")
    assert await buttons.told() == [(BO_USER, "resolved", 200), (ADA_USER, "resolved", 400)]


async def test_an_acknowledge_that_pagerduty_says_is_done_already_is_refused_with_that_reason(
    buttons: Buttons,
) -> None:
    """1002, when somebody was quicker between our look and our write."""
    fault = {"match": {"method": "PUT"}, "status": 400, "body": {"error": {"code": 1002}}}
    await buttons.side.fault("rest", "status", **fault)
    changed = await buttons.click("acknowledge")
    assert changed.outcome == Outcome(kind="refused", reason="already_changed")
    assert await buttons.read() == 2


@pytest.mark.parametrize(
    "error",
    [
        {"code": 2001, "message": "Invalid Input Provided", "errors": ["Incident Already Resolved"]},
        {"code": 2001, "errors": ["the incident is already resolved"]},
        {"code": 1001},
    ],
)
async def test_already_in_whatever_words_is_looked_up(buttons: Buttons, error: dict[str, Any]) -> None:
    await buttons.side.put(buttons.incident, user=BO_USER, status="resolved")
    fault = {"match": {"method": "PUT"}, "status": 400, "body": {"error": error}}
    await buttons.side.fault("rest", "status", **fault)
    changed = await buttons.click("resolve")
    assert changed.outcome == Outcome(kind="already", by="Bo Call", status="resolved")
    assert await buttons.read() == 1


# Refused


async def test_pagerdutys_words_for_what_a_person_may_not_do_are_recorded(buttons: Buttons) -> None:
    error = {"code": 2010, "message": "Access Denied", "errors": ["Observers\x00 may not\nresolve"]}
    fault = {"match": {"method": "PUT"}, "status": 403, "body": {"error": error}}
    await buttons.side.fault("rest", "status", **fault)
    changed = await buttons.click("resolve")
    assert changed.outcome.says == "Observers may not resolve"
    assert await buttons.recorded() == changed.outcome


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"code": 2001, "errors": ["Title cannot be empty"]}),
        (402, {"code": 2014, "message": "Title cannot be empty"}),
        (422, {"errors": ["Title cannot be empty"]}),
    ],
)
async def test_a_refusal_of_whoever_asks_travels_in_pagerdutys_words(
    buttons: Buttons, status: int, error: dict[str, Any]
) -> None:
    fault = {"match": {"method": "PUT"}, "status": status, "body": {"error": error}}
    await buttons.side.fault("rest", "status", **fault)
    failed = await buttons.fails("resolve")
    assert (failed.type, failed.non_retryable) == ("RequestInvalid", True)
    code = error.get("code")
    assert failed.details == (str(code) if code else None, None, "Title cannot be empty")


@pytest.mark.parametrize("email", ["jörg@acme.example", "🔥@acme.example", "ada\n@acme.example", ""])
async def test_an_email_that_no_header_carries_stops_nobody(buttons: Buttons, email: str) -> None:
    await buttons.pool.execute("UPDATE user_link SET pagerduty_email = $1", email)
    assert (await buttons.click("resolve")).outcome == Outcome(kind="done", status="resolved")
    assert await buttons.told() == [(ADA_USER, "resolved", 200)]


@pytest.mark.parametrize("token", ["t0k\r\nen", "tökén", "🔥"])
async def test_a_token_that_no_header_carries_is_sent_to_nobody(buttons: Buttons, token: str) -> None:
    sealed = KeyRing.parse(KEYS).seal(
        token,
        links.token_place(
            COMPANY.tenant_id, buttons.side.person(ADA_USER).aad_object_id, COMPANY.account, "access_token"
        ),
    )
    await buttons.pool.execute("UPDATE user_link SET access_token = $1", sealed)
    failed = await buttons.fails("resolve")
    assert (failed.type, failed.non_retryable) == ("RequestInvalid", True)
    assert token not in failed.message
    assert await buttons.told() == []


async def test_a_name_that_postgres_does_not_take_is_recorded_as_it_can_be(buttons: Buttons) -> None:
    request = await buttons.request("resolve")
    person = request.click.person.model_copy(update={"name": "Ada\x00 Ops"})
    changed = await buttons.run(
        request.model_copy(update={"click": request.click.model_copy(update={"person": person})})
    )
    assert changed.outcome.kind == "done"
    assert await buttons.recorded() == changed.outcome
    assert await buttons.pool.fetchval("SELECT person_name FROM click") == "Ada Ops"


async def test_a_link_that_was_revoked_meanwhile_is_refused_and_nothing_is_written(buttons: Buttons) -> None:
    request = await buttons.request("acknowledge")
    await buttons.pool.execute("DELETE FROM user_link")
    changed = await buttons.run(request)
    assert changed.outcome == Outcome(kind="refused", reason="link_removed")
    assert await buttons.told() == []
    assert await buttons.recorded() == changed.outcome


async def test_somebody_without_a_link_changes_nothing(buttons: Buttons) -> None:
    changed = await buttons.click("acknowledge", linked=False)
    assert changed.outcome.kind == "refused"
    assert (await buttons.told(), await buttons.read()) == ([], 0)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, 2006, "link_rejected"),
        (403, 2010, "forbidden"),
        (400, 1018, "forbidden"),
    ],
)
async def test_what_pagerduty_refuses_the_person_is_recorded_with_its_reason(
    buttons: Buttons, status: int, code: int, reason: Reason
) -> None:
    fault = {"match": {"method": "PUT"}, "status": status, "body": {"error": {"code": code}}}
    await buttons.side.fault("rest", "status", **fault)
    changed = await buttons.click("resolve")
    assert changed.outcome == Outcome(kind="refused", reason=reason, by="Ada Ops", code=str(code))
    assert await buttons.recorded() == changed.outcome


# Not done yet: Temporal tries again


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
@pytest.mark.parametrize("do", [{"do": "lose_answer"}, {"do": "status_after", "status": 502}])
async def test_a_lost_answer_is_found_out_by_reading_and_nothing_is_told_twice(
    buttons: Buttons, verb: VerbName, do: dict[str, Any]
) -> None:
    await buttons.side.fault("rest", match={"method": "PUT"}, **do)
    failed = await buttons.fails(verb)
    assert (failed.type, failed.non_retryable) == ("ProviderUnavailable", False)
    assert await buttons.recorded() is None

    changed = await buttons.click(verb, attempt=2)
    assert changed.outcome.kind == "done"
    assert len(await buttons.told()) == 1
    assert await buttons.recorded() == changed.outcome


async def test_a_write_that_did_not_happen_is_made_at_the_second_try(buttons: Buttons) -> None:
    await buttons.side.fault("rest", "status", status=500, match={"method": "PUT"})
    assert (await buttons.fails("resolve")).type == "ProviderUnavailable"
    assert (await buttons.click("resolve", attempt=2)).outcome.kind == "done"
    assert await buttons.told() == [(ADA_USER, "resolved", 500), (ADA_USER, "resolved", 200)]
    assert await buttons.read() == 1, "every retry begins with a read"


async def test_a_second_try_that_finds_another_change_does_not_undo_it(buttons: Buttons) -> None:
    await buttons.side.fault("rest", "status", status=500, match={"method": "PUT"})
    await buttons.fails("acknowledge")
    await buttons.side.put(buttons.incident, user=BO_USER, status="resolved")
    assert (await buttons.click("acknowledge", attempt=2)).outcome.kind == "stale"
    assert (await buttons.side.get(buttons.incident))["status"] == "resolved"


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
@pytest.mark.parametrize("do", [{"do": "status", "status": 500}, {"do": "status", "status": 504}])
async def test_what_another_did_is_not_told_as_ones_own_after_a_lost_answer(
    buttons: Buttons, verb: VerbName, do: dict[str, Any]
) -> None:
    """PagerDuty stands as the click wanted, and the change is somebody else's."""
    await buttons.side.fault("rest", match={"method": "PUT"}, **do)
    assert (await buttons.fails(verb)).type == "ProviderUnavailable"
    target = VERBS[verb].target
    await buttons.side.put(buttons.incident, user=BO_USER, status=target)
    changed = await buttons.click(verb, attempt=2)
    assert changed.outcome == Outcome(kind="already", by="Bo Call", status=target)
    assert await buttons.recorded() == changed.outcome
    assert [(user, status) for user, status, answer in await buttons.told() if answer == 200] == [
        (BO_USER, target)
    ]


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
    buttons: Buttons, fault: dict[str, Any], expected: str, retryable: bool
) -> None:
    await buttons.side.fault("rest", "status", match={"method": "PUT"}, **fault)
    failed = await buttons.fails("resolve")
    assert (failed.type, not failed.non_retryable) == (expected, retryable)
    assert await buttons.recorded() is None


async def test_a_reading_that_fails_writes_nothing(buttons: Buttons) -> None:
    await buttons.side.fault("rest", "status", status=503, match={"method": "GET"})
    assert (await buttons.fails("acknowledge")).type == "ProviderUnavailable"
    assert await buttons.told() == []


async def test_a_link_of_another_account_changes_nothing(buttons: Buttons) -> None:
    request = await buttons.request("resolve")
    elsewhere = request.model_copy(update={"card": buttons.card.model_copy(update={"account": "emca"})})
    changed = await buttons.run(elsewhere)
    assert changed.outcome.kind == "refused", "the link is not one of that account"
    assert await buttons.told() == []


async def test_a_link_whose_key_is_gone_is_not_taken_for_no_link(buttons: Buttons) -> None:
    await buttons.pool.execute("UPDATE user_link SET access_token = 'x'")
    failed = await buttons.fails("acknowledge")
    assert (failed.type, failed.non_retryable) == ("ProviderUnavailable", False)
    assert "MUSTER_KEYS" in failed.message


# Several at once


@pytest.mark.pooler_too
async def test_two_people_at_once_are_served_one_after_the_other(buttons: Buttons) -> None:
    """Without the lock both would have looked before either wrote."""
    await buttons.side.fault("rest", "slow", seconds=0.3, times=2, match={"method": "PUT"})
    changed = await asyncio.gather(
        buttons.click("acknowledge", user=ADA_USER, key="k1"),
        buttons.click("acknowledge", user=DI_USER, key="k2"),
    )
    assert sorted(one.outcome.kind for one in changed) == ["already", "done"]
    assert len(await buttons.told()) == 1
    assert await buttons.pool.fetchval("SELECT count(*) FROM click") == 2


async def test_an_acknowledge_that_meets_a_resolve_never_undoes_it(buttons: Buttons) -> None:
    acknowledged, resolved = await asyncio.gather(
        buttons.click("acknowledge", user=ADA_USER, key="k1"),
        buttons.click("resolve", user=BO_USER, key="k2"),
    )
    assert resolved.outcome.kind == "done"
    assert acknowledged.outcome.kind in ("done", "stale")
    assert (await buttons.side.get(buttons.incident))["status"] == "resolved"


@pytest.mark.pooler_too
async def test_the_same_click_at_once_is_told_once(buttons: Buttons) -> None:
    await buttons.side.fault("rest", "slow", seconds=0.3, times=4, match={"method": "PUT"})
    changed = await asyncio.gather(*(buttons.click("acknowledge") for _ in range(4)))
    assert {one.outcome.kind for one in changed} == {"done"}
    assert len(await buttons.told()) == 1


async def test_a_background_read_does_not_hold_up_a_click(buttons: Buttons) -> None:
    async with transaction(buttons.pool) as connection, asyncio.timeout(2):
        await lock_incident(connection, "read", COMPANY.account, buttons.incident)
        assert (await buttons.click("acknowledge")).outcome.kind == "done"
