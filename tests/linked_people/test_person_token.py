"""People's tokens: handed out while they live, refreshed once whoever asks, never lost on the way."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.signals import WorkflowSignals
from muster.config_file import PagerDutyAccount
from muster.linked_people.link_refresh import LinkEnded
from muster.linked_people.person_token import PersonTokens
from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing
from muster.store import links
from muster.store.links import LockedLink
from muster.store.pool import Connection, Pool
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.outage import line_to
from tests.support.linked_people import LinkedPerson, Tellings, link, running_tokens, tellings_of
from tests.support.pagerduty_account import ADA_USER, COMPANY, CY_USER
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.waiting import eventually
from workflows.account_link.messages import Deadlines, OfferLink, Start
from workflows.errors import OutsideError
from workflows.person import Person

pytestmark = pytest.mark.anyio

ACCOUNT = COMPANY.account


@pytest.fixture
async def ada(pagerduty_side: PagerDuty, pool: Pool) -> LinkedPerson:
    return await link(pagerduty_side, pool, ADA_USER)


@pytest.fixture
async def tellings(client: Client, ada: LinkedPerson) -> AsyncIterator[Tellings]:
    async with tellings_of(client, ada) as told:
        yield told


@pytest.fixture
async def another_worker(
    database_url: str,
    pool: Pool,
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    signals: WorkflowSignals,
) -> AsyncIterator[PersonTokens]:
    async with running_tokens(database_url, pool, http, accounts, signals) as tokens:
        yield tokens


async def token_of(tokens: PersonTokens, person: LinkedPerson) -> str:
    user = await tokens.user(person.link, account=ACCOUNT)
    assert user is not None
    return user.access_token


async def end_of(tokens: PersonTokens) -> None:
    """Let whatever began beside the callers end."""
    tokens.stop(within=timedelta(seconds=20))
    await tokens.finish()


# When a token is refreshed


async def test_a_token_is_used_as_it_is_until_four_fifths_of_its_life_are_over(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(0.79)
    assert await token_of(person_tokens, ada) == await ada.access_token()
    await end_of(person_tokens)
    assert await ada.calls() == []


async def test_a_token_of_four_fifths_is_used_while_it_is_refreshed_beside(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(0.81)
    before = await ada.access_token()
    await ada.side.fault("token", "slow", seconds=0.3)
    assert await token_of(person_tokens, ada) == before
    await end_of(person_tokens)
    now = await ada.access_token()
    assert now != before
    assert await token_of(person_tokens, ada) == now
    assert await ada.refreshes() == 1


@pytest.mark.pooler_too
async def test_an_expired_token_is_refreshed_first(person_tokens: PersonTokens, ada: LinkedPerson) -> None:
    before = await ada.row()
    assert before is not None
    await ada.age(1.01)
    token = await token_of(person_tokens, ada)
    row = await ada.row()
    assert row is not None
    assert (token, row["id"]) == (row["access_token"], before["id"])
    assert token != before["access_token"]
    assert row["refresh_token"] != before["refresh_token"]
    assert row["authorized_at"] == before["authorized_at"], "a refresh does not begin the year anew"
    assert (row["expires_at"] - row["refreshed_at"], row["scopes"]) == (timedelta(days=1), before["scopes"])
    assert await ada.refreshes() == 1


async def test_a_token_that_pagerduty_rejects_is_refreshed_once_for_all(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    """PagerDuty's clock is a day ahead of ours, so that only its 401 tells that the token is dead."""
    rejected = await ada.access_token()
    await ada.side.sandbox("POST", "/clock", {"advance": 25 * 3600})
    assert await token_of(person_tokens, ada) == rejected
    renewed = [await person_tokens.renewed(ada.link, account=ACCOUNT, rejected=rejected) for _ in range(2)]
    assert {user.access_token if user else None for user in renewed} == {await ada.access_token()}
    assert await ada.access_token() != rejected
    assert await ada.refreshes() == 1


async def test_a_seeded_link_keeps_its_token(
    person_tokens: PersonTokens, pool: Pool, pagerduty_side: PagerDuty
) -> None:
    person = pagerduty_side.person(ADA_USER)
    row = await links.link_of(
        pool, tenant=COMPANY.tenant_id, aad_object_id=person.aad_object_id, account=ACCOUNT
    )
    assert row is not None
    for user in (
        await person_tokens.user(row, account=ACCOUNT),
        await person_tokens.renewed(row, account=ACCOUNT, rejected=person.access_token),
    ):
        assert user is not None
        assert user.access_token == person.access_token
    assert (await pagerduty_side.records())["tokens"] == []


async def test_a_link_gives_nothing_in_another_account(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    assert await person_tokens.user(ada.link, account="emca") is None
    seen = await ada.access_token()
    await ada.side.fault("token", "slow", seconds=0.3)
    own, anothers = await asyncio.gather(
        *(person_tokens.renewed(ada.link, account=account, rejected=seen) for account in (ACCOUNT, "emca"))
    )
    assert (own is not None, anothers) == (True, None)


async def test_fewer_scopes_than_before_are_kept_as_told(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    answer = {"access_token": "pdus+_0n", "refresh_token": "pdus+_1n", "expires_in": 60, "scope": "openid"}
    await ada.side.fault("token", "status", status=200, body=answer)
    assert await token_of(person_tokens, ada) == "pdus+_0n"
    row = await ada.row()
    assert row is not None
    assert (row["scopes"], row["refresh_token"]) == (["openid"], "pdus+_1n")


# Several at once, and callers that are gone


@pytest.mark.pooler_too
async def test_two_workers_at_once_refresh_once(
    person_tokens: PersonTokens, another_worker: PersonTokens, ada: LinkedPerson
) -> None:
    """Whoever waited for the row reads it again: a second refresh would be of the first one's tokens."""
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=0.5)
    found = await asyncio.gather(
        *(token_of(tokens, ada) for tokens in (person_tokens, another_worker) for _ in range(5))
    )
    assert set(found) == {await ada.access_token()}
    assert len(await ada.calls()) == 1


async def test_a_caller_that_is_cancelled_does_not_take_the_refresh_along(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    before = await ada.access_token()
    await ada.side.fault("token", "slow", seconds=0.5)
    caller = asyncio.create_task(person_tokens.user(ada.link, account=ACCOUNT))
    await eventually(ada.is_asked)
    caller.cancel()
    await asyncio.wait({caller})
    assert caller.cancelled()
    await end_of(person_tokens)
    assert await ada.access_token() != before
    assert await token_of(person_tokens, ada) == await ada.access_token()
    assert await ada.refreshes() == 1


async def test_what_takes_longer_than_a_worker_stops_is_cut_off(
    person_tokens: PersonTokens, ada: LinkedPerson, capfd: pytest.CaptureFixture[str]
) -> None:
    await ada.age(1.01)
    before = await ada.access_token()
    await ada.side.fault("token", "slow", seconds=3)
    caller = asyncio.create_task(person_tokens.user(ada.link, account=ACCOUNT))
    await eventually(ada.is_asked)
    person_tokens.stop(within=timedelta())
    began = time.monotonic()
    await person_tokens.finish()
    assert time.monotonic() - began < 2
    await asyncio.wait({caller})
    assert await ada.access_token() == before
    assert "tasks were cut off" in capfd.readouterr().out


@pytest.mark.pooler_too
async def test_tokens_that_the_database_did_not_take_are_written_when_it_is_back(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=0.5)
    waiting = asyncio.create_task(token_of(person_tokens, ada))
    await eventually(ada.is_asked)
    ended = await ada.pool.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state = 'idle in transaction'"
    )
    assert ended == 1
    assert await waiting == await ada.access_token()
    assert len(await ada.calls()) == 1


async def test_a_worker_that_is_refused_waits_for_one_that_has_the_tokens_and_could_not_write_them(
    person_tokens: PersonTokens,
    another_worker: PersonTokens,
    ada: LinkedPerson,
    tellings: Tellings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ada.age(1.01)
    write, is_refused = links.keep_tokens, asyncio.Event()

    async def keep(connection: Connection, keys: KeyRing, locked: LockedLink, tokens: Tokens) -> None:
        if not is_refused.is_set():
            # The connection breaks, and the other worker has the lock before this one can write.
            await ada.pool.execute(
                "SELECT pg_terminate_backend($1)", await connection.fetchval("SELECT pg_backend_pid()")
            )
            await eventually(lambda: is_twice_asked(ada))
            is_refused.set()
        await write(connection, keys, locked, tokens)

    monkeypatch.setattr(links, "keep_tokens", keep)
    first = asyncio.create_task(token_of(person_tokens, ada))
    await eventually(ada.is_asked)
    second = asyncio.create_task(token_of(another_worker, ada))
    assert await first == await second == await ada.access_token()
    assert [one["issued"] for one in await ada.calls()] == [True, False]
    assert await tellings.offers() == []


async def is_twice_asked(person: LinkedPerson) -> bool:
    return len(await person.calls()) == 2


@pytest.mark.pooler_too
async def test_a_link_that_its_person_removes_during_a_refresh_is_gone_with_the_new_tokens(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=0.5)
    waiting = asyncio.create_task(person_tokens.user(ada.link, account=ACCOUNT))
    await eventually(ada.is_asked)
    await ada.unlink()
    assert await waiting is not None, "what was under way ends as it began"
    assert await ada.row() is None
    assert await person_tokens.user(ada.link, account=ACCOUNT) is None
    assert await ada.pool.fetchval("SELECT count(*) FROM ended_link") == 0, "nobody is told of what they did"


# When PagerDuty refuses, and when it does not answer


FAILURES: list[tuple[str, dict[str, Any], str]] = [
    ("status", {"status": 401, "body": {"error": "invalid_client"}}, "CredentialRejected"),
    ("status", {"status": 400, "body": {"error": "invalid_client"}}, "CredentialRejected"),
    ("status", {"status": 401, "body": {}}, "CredentialRejected"),
    ("status", {"status": 400, "body": {"error": "unauthorized_client"}}, "CredentialRejected"),
    ("status", {"status": 400, "body": {"error": "invalid_request"}}, "RequestInvalid"),
    ("status", {"status": 403, "body": {"error": "forbidden"}}, "Forbidden"),
    ("status", {"status": 404, "body": {}}, "NotFound"),
    ("status", {"status": 429, "retry_after": 9, "body": {"error": "invalid_grant"}}, "RateLimited"),
    ("status", {"status": 500, "body": {"error": "invalid_grant"}}, "ProviderUnavailable"),
    ("status", {"status": 200, "body": {"error": "invalid_grant"}}, "ProviderUnavailable"),
    ("status", {"status": 200, "body": {"access_token": "pdus+_0x"}}, "ProviderUnavailable"),
]


async def test_no_failure_that_is_not_the_persons_ends_their_link(
    person_tokens: PersonTokens, ada: LinkedPerson, tellings: Tellings
) -> None:
    await ada.age(1.01)
    before = await ada.row()
    found = []
    for do, fault, _ in FAILURES:
        await ada.side.fault("token", do, **fault)
        with pytest.raises(OutsideError) as failed:
            await token_of(person_tokens, ada)
        assert "pdus" not in str(failed.value)
        found.append(type(failed.value).__name__)
    assert found == [kind for _, _, kind in FAILURES]
    after = await ada.row()
    assert before is not None
    assert after == {**before, "refreshes_begun": len(FAILURES)}
    assert await token_of(person_tokens, ada) == await ada.access_token()
    assert await tellings.offers() == []


async def test_a_token_that_still_lives_is_used_while_pagerduty_does_not_refresh_it(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    """And PagerDuty is not asked at every use."""
    await ada.age(0.9)
    await ada.side.fault("token", "status", status=503, times=5)
    for _ in range(3):
        assert await token_of(person_tokens, ada) == await ada.access_token()
        await eventually(ada.is_asked)
    await end_of(person_tokens)
    assert len(await ada.calls()) == 1


@pytest.mark.parametrize("how", ["revoked", "deactivated", "told"])
async def test_a_link_that_pagerduty_does_not_refresh_ends_and_its_person_is_told_once(
    person_tokens: PersonTokens, another_worker: PersonTokens, ada: LinkedPerson, tellings: Tellings, how: str
) -> None:
    await ada.age(1.01)
    match how:
        case "revoked":
            await ada.side.http.delete(f"/_sandbox/identity/delegations?user={ADA_USER}")
        case "deactivated":
            await ada.side.sandbox("POST", f"/users/{ADA_USER}", {"active": False})
        case _:
            await ada.side.fault("token", "status", status=401, body={"error": "invalid_grant"})
    for tokens in (person_tokens, another_worker, person_tokens):
        with pytest.raises(LinkEnded):
            await token_of(tokens, ada)
    await end_of(person_tokens)
    assert await ada.row() is None
    assert len(await ada.calls()) == 1
    assert await tellings.offers() == [OfferLink(key=f"ended-{ada.link}", why="ended")]
    assert await links.untold(ada.pool, ACCOUNT) == ()
    person = ada.side.person(ADA_USER)
    assert await tellings.start() == Start(
        tenant=COMPANY.tenant_id,
        person=Person(aad_object_id=person.aad_object_id, teams_id=person.teams_id, name=person.name),
        account=ACCOUNT,
        deadlines=Deadlines(link=90),
    )


async def test_a_lost_answer_is_not_asked_for_again_and_the_next_use_finds_the_link_dead(
    person_tokens: PersonTokens, ada: LinkedPerson, tellings: Tellings
) -> None:
    await ada.age(1.01)
    await ada.side.fault("token", "lose_answer")
    with pytest.raises(OutsideError, match="was lost") as failed:
        await token_of(person_tokens, ada)
    assert type(failed.value).__name__ == "ProviderUnavailable"
    assert len(await ada.calls()) == 1
    for _ in range(2):
        with pytest.raises(LinkEnded):
            await token_of(person_tokens, ada)
    await end_of(person_tokens)
    assert len(await ada.calls()) == 2
    assert len(await tellings.offers()) == 1


async def test_a_worker_that_dies_between_rotation_and_commit_costs_the_link_and_nothing_more(
    person_tokens: PersonTokens,
    another_worker: PersonTokens,
    ada: LinkedPerson,
    tellings: Tellings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ada.age(1.01)

    async def die(*_: object) -> None:
        raise SystemError("the process is killed here")

    with monkeypatch.context() as dying:
        dying.setattr(links, "keep_tokens", die)
        with pytest.raises(SystemError):
            await token_of(person_tokens, ada)
    for _ in range(3):
        with pytest.raises(LinkEnded):
            await token_of(another_worker, ada)
    await end_of(another_worker)
    assert [one["issued"] for one in await ada.calls()] == [True, False]
    assert len(await tellings.offers()) == 1


async def test_of_a_link_whose_worker_died_before_it_told_the_next_use_tells_once(
    person_tokens: PersonTokens, another_worker: PersonTokens, ada: LinkedPerson, tellings: Tellings
) -> None:
    assert await links.end(ada.pool, ada.link, "refused") is not None
    with pytest.raises(LinkEnded):
        await token_of(person_tokens, ada)
    assert await links.untold(ada.pool, ACCOUNT) != (), "whoever ended it may be telling right now"
    await ada.pool.execute("UPDATE ended_link SET ended_at = ended_at - interval '5 s'")
    for tokens in (person_tokens, person_tokens):
        with pytest.raises(LinkEnded):
            await token_of(tokens, ada)
    await end_of(person_tokens)
    with pytest.raises(LinkEnded):
        await token_of(another_worker, ada)
    await end_of(another_worker)
    assert await tellings.offers() == [OfferLink(key=f"ended-{ada.link}", why="ended")]
    assert await links.untold(ada.pool, ACCOUNT) == ()


async def test_whom_temporal_cannot_tell_is_left_to_the_upkeep_and_nobody_waits_for_it(
    database_url: str,
    pool: Pool,
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    temporal: EmbeddedTemporal,
    ada: LinkedPerson,
) -> None:
    await ada.age(1.01)
    await ada.side.http.delete(f"/_sandbox/identity/delegations?user={ADA_USER}")
    async with line_to(temporal.address) as line:
        away = await Client.connect(line.address, data_converter=pydantic_data_converter)
        await line.cut()
        signals = WorkflowSignals(away, task_queue="nobody")
        async with running_tokens(database_url, pool, http, accounts, signals) as tokens:
            began = time.monotonic()
            with pytest.raises(LinkEnded):
                await token_of(tokens, ada)
            assert time.monotonic() - began < 2.5
    assert [ended.link for ended in await links.untold(pool, ACCOUNT)] == [ada.link]


async def test_somebody_of_whom_no_activity_has_come_is_told_too(
    person_tokens: PersonTokens, pagerduty_side: PagerDuty, pool: Pool, client: Client
) -> None:
    cy = await link(pagerduty_side, pool, CY_USER)
    await pool.execute("DELETE FROM person WHERE aad_object_id = $1", cy.whose["aad_object_id"])
    await cy.age(1.01)
    await pagerduty_side.http.delete(f"/_sandbox/identity/delegations?user={CY_USER}")
    async with tellings_of(client, cy) as told:
        with pytest.raises(LinkEnded):
            await token_of(person_tokens, cy)
        await eventually(partial(_has_offers, told))
        started = await told.start()
    assert started.person.aad_object_id == started.person.teams_id == cy.whose["aad_object_id"]


async def _has_offers(told: Tellings) -> bool:
    return bool(await told.offers())


async def test_a_row_that_somebody_else_locks_is_not_waited_for_without_end(
    person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    async with ada.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM user_link WHERE id = $1 FOR UPDATE", ada.link)
        began = time.monotonic()
        with pytest.raises(OutsideError, match="could not be locked"):
            await token_of(person_tokens, ada)
        assert time.monotonic() - began < 7
    assert await ada.calls() == []


async def test_no_token_stands_in_the_log(
    person_tokens: PersonTokens, ada: LinkedPerson, capfd: pytest.CaptureFixture[str]
) -> None:
    before = await ada.row()
    await ada.age(1.01)
    await ada.side.fault("token", "status", status=400, body={"error": f"no {before}"})
    with pytest.raises(OutsideError):
        await token_of(person_tokens, ada)
    await token_of(person_tokens, ada)
    printed = capfd.readouterr()
    assert "pdus+" not in printed.out + printed.err
