"""Programs link conversations to an incident, and unlink them: whose they are, and what the card is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from api.gateway import Gateway
from api.public.errors import NOT_IN_TIME
from muster.cards.conversations import NOT_THEIRS_TO_STOP
from muster.temporal.attempts import TemporalUnavailable
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.outage import cut_known, line_to
from tests.api.public import SOON, error_of
from tests.api.public_stack import Program, Stack, public_stack

pytestmark = pytest.mark.anyio

ALERTS = "platform-alerts"
NOWHERE = (404, "there is no such channel or chat, or Muster is not in it")
ANOTHER_ACCOUNT = (
    "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ('globex', 'g', 'us') "
    "ON CONFLICT DO NOTHING"
)
SPEAKER = "Ada Ops through PagerDuty workflows"


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("conversations")
    async with public_stack("conversations", postgres, migrated, temporal, folder) as stack:
        yield stack


@dataclass
class Linking:
    """A program, and an incident that no connection brings to ``ALERTS``."""

    program: Program
    stack: Stack
    incident: str

    def path(self, conversation: str, incident: str | None = None) -> str:
        return f"/v1/incidents/{incident or self.incident}/conversations/{conversation}"

    async def links(
        self, conversation: str = ALERTS, body: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        return await self.program.calls("PUT", self.path(conversation), body or {}, key=key)

    async def unlinks(self, conversation: str = ALERTS) -> httpx.Response:
        return await self.program.calls("DELETE", self.path(conversation))

    async def rows(self) -> list[dict[str, Any]]:
        """The incident's cards."""
        found = await self.stack.pool.fetch(
            """SELECT c.key, k.preset, k.followed_name, k.follow_number, k.stopped_name
               FROM incident_card k JOIN conversation c ON c.id = k.conversation
               WHERE k.incident_id = $1 ORDER BY c.key""",
            self.incident,
        )
        return [dict(row) for row in found]

    async def signals(self, conversation: str = ALERTS) -> list[str] | None:
        """What the card's run was told."""
        return await self.stack.signals(f"incident/acme/{self.incident}/{conversation}")

    async def has(self, statement: str) -> None:
        await self.stack.pool.execute(statement)


@pytest.fixture
async def linking(stack: Stack) -> AsyncIterator[Linking]:
    async with stack.program() as program:
        yield Linking(program, stack, str((await stack.pagerduty.trigger())["id"]))


# Linked


async def test_a_channel_follows_the_incident_and_its_run_is_told(linking: Linking) -> None:
    answer = await linking.links(body={"events": "all_updates"})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["state"], told["result"]) == ("done", "Success")
    assert told["result_summary"] == "The incident is followed in Platform/#alerts"
    assert await linking.rows() == [
        {
            "key": ALERTS,
            "preset": "all_updates",
            "followed_name": SPEAKER,
            "follow_number": 1,
            "stopped_name": None,
        }
    ]
    assert await linking.signals() == ["follow"]
    assert await linking.program.operation(told["id"]) == told


async def test_without_events_it_has_what_people_get(linking: Linking) -> None:
    path = linking.path(ALERTS)
    assert (await linking.program.calls("PUT", path)).status_code == 200, "a body is not needed either"
    assert [row["preset"] for row in await linking.rows()] == ["highlights_only"]


async def test_teams_own_id_names_it_too(linking: Linking) -> None:
    id = await linking.stack.pool.fetchval("SELECT id FROM conversation WHERE key = $1", ALERTS)
    assert (await linking.links(id)).status_code == 200
    assert [row["key"] for row in await linking.rows()] == [ALERTS]


async def test_a_group_chat_of_the_account_is_linked_and_no_other_one(linking: Linking) -> None:
    await linking.has(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url) "
        "SELECT '19:chat@thread.v2', 'group', tenant, 'acme', 'chat-42', 'War room', '' "
        f"FROM conversation WHERE key = '{ALERTS}'"
    )
    answer = await linking.links("chat-42")
    assert answer.json()["result_summary"] == "The incident is followed in chat “War room”"
    assert await linking.signals("chat-42") == ["follow"]
    await linking.has("DELETE FROM incident_card WHERE conversation = '19:chat@thread.v2'")
    await linking.has(ANOTHER_ACCOUNT)
    await linking.has("UPDATE conversation SET account = 'globex' WHERE key = 'chat-42'")
    assert error_of(await linking.links("chat-42")) == NOWHERE


async def test_linked_again_it_has_one_card_and_the_new_events(linking: Linking) -> None:
    await linking.links()
    assert (await linking.links(body={"events": "no_updates"})).status_code == 200
    assert [(row["preset"], row["follow_number"]) for row in await linking.rows()] == [("no_updates", 1)]
    assert await linking.signals() == ["follow", "follow", "choose_preset"]


async def test_the_same_key_changes_nothing_more(linking: Linking) -> None:
    first = await linking.links(key="k")
    assert (await linking.links(key="k")).content == first.content
    assert await linking.signals() == ["follow"]
    refused = await linking.links(body={"events": "no_updates"}, key="k")
    assert error_of(refused) == (422, "this Idempotency-Key was used for another body")


async def test_where_a_connection_brings_it_the_events_are_chosen(linking: Linking) -> None:
    """The service of the incident is connected to the channel."""
    assert (await linking.links("payments-ops", {"events": "status_updates_only"})).status_code == 200
    (row,) = await linking.rows()
    assert (row["preset"], row["followed_name"]) == ("status_updates_only", None)


# Unlinked


async def test_unlinked_the_card_is_told_to_show_its_last_state(linking: Linking) -> None:
    await linking.links()
    answer = await linking.unlinks()
    assert answer.status_code == 200
    assert answer.json()["result_summary"] == "The incident is not followed in Platform/#alerts any more"
    assert [row["stopped_name"] for row in await linking.rows()] == [SPEAKER]
    assert await linking.signals() == ["follow", "end_card"]


async def test_unlinked_again_it_is_told_again(linking: Linking) -> None:
    """The API may have ended after it wrote the row."""
    await linking.links()
    await linking.unlinks()
    assert (await linking.unlinks()).status_code == 200
    assert await linking.signals() == ["follow", "end_card", "end_card"]


async def test_linked_once_more_it_begins_anew(linking: Linking) -> None:
    await linking.links()
    await linking.unlinks()
    assert (await linking.links()).status_code == 200
    (row,) = await linking.rows()
    assert (row["follow_number"], row["stopped_name"]) == (2, None)


async def test_an_incident_whose_state_nobody_knows_is_not_linked_now(linking: Linking) -> None:
    napping = {"incident": {"id": linking.incident, "status": "napping"}}
    await linking.stack.pagerduty.fault("rest", "status", status=200, body=napping)
    assert error_of(await linking.links()) == (503, "PagerDuty does not tell of this incident now")
    assert await linking.rows() == []


async def test_what_is_not_linked_is_not_found(linking: Linking) -> None:
    assert error_of(await linking.unlinks()) == (404, "this incident is not followed there")


async def test_what_a_connection_brings_is_not_unlinked(linking: Linking) -> None:
    await linking.links("payments-ops")
    assert error_of(await linking.unlinks("payments-ops")) == (
        409,
        NOT_THEIRS_TO_STOP,
    )
    assert [row["stopped_name"] for row in await linking.rows()] == [None]


# Bad input


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_another_accounts_channel_and_a_suspended_one_are_not_found(
    linking: Linking, method: str
) -> None:
    async def answer(conversation: str) -> tuple[int, str]:
        body: Any = {} if method == "PUT" else None
        return error_of(await linking.program.calls(method, linking.path(conversation), body))

    assert await answer("nowhere") == NOWHERE
    await linking.has(ANOTHER_ACCOUNT)
    await linking.has("UPDATE team SET account = 'globex' WHERE name = 'Platform'")
    assert await answer(ALERTS) == NOWHERE
    await linking.has("UPDATE team SET account = 'acme' WHERE name = 'Platform'")
    await linking.has(f"UPDATE conversation SET suspended_at = now() WHERE key = '{ALERTS}'")
    assert await answer(ALERTS) == NOWHERE
    await linking.has(f"UPDATE conversation SET suspended_at = NULL WHERE key = '{ALERTS}'")
    assert await linking.rows() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_incident_that_pagerduty_does_not_know_is_not_found(linking: Linking, method: str) -> None:
    for incident in ("QNOSUCH", "no%20id"):
        answer = await linking.program.calls(
            method, linking.path(ALERTS, incident), {} if method == "PUT" else None
        )
        assert error_of(answer)[0] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_incident_that_another_account_knows_is_not_found(linking: Linking, method: str) -> None:
    await linking.has(ANOTHER_ACCOUNT)
    await linking.has(
        "INSERT INTO incident_card (account, incident_id, conversation) "
        f"SELECT 'globex', 'QTHEIRS{method}', id FROM conversation WHERE key = '{ALERTS}'"
    )
    body: Any = {} if method == "PUT" else None
    answer = await linking.program.calls(method, linking.path(ALERTS, f"QTHEIRS{method}"), body)
    assert error_of(answer) == (404, "there is no such incident")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"events": "everything"},
            "events: Input should be 'no_updates', 'status_updates_only', 'highlights_only' or 'all_updates'",
        ),
        ({"event": "no_updates"}, "event: there is no such field"),
    ],
)
async def test_a_bad_body_is_refused_by_name(linking: Linking, body: Any, message: str) -> None:
    assert error_of(await linking.links(body=body)) == (400, message)


async def test_what_is_written_and_not_told_is_not_said_to_be_undone(
    linking: Linking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporal goes away between the two: the same call again tells the card's run."""

    async def is_away(*_: Any) -> None:
        raise TemporalUnavailable("not reached")

    for call, stopped in ((linking.links, None), (linking.unlinks, SPEAKER)):
        with monkeypatch.context() as away:
            away.setattr(Gateway, "signal", is_away)
            assert error_of(await call()) == (503, NOT_IN_TIME)
        assert [row["stopped_name"] for row in await linking.rows()] == [stopped]
        assert (await call()).status_code == 200
    assert await linking.signals() == ["follow", "end_card"]


async def test_nothing_is_left_of_a_call_while_temporal_is_away(linking: Linking) -> None:
    stack = linking.stack
    async with (
        line_to(stack.temporal.address) as line,
        stack.another(temporal_address=line.address) as api,
        stack.program(replace(api, answer_within=2 * SOON)) as program,
    ):
        away = Linking(program, stack, linking.incident)
        await cut_known(line, api.gateway)
        answer = await away.links(key="k")
        assert error_of(answer) == (503, "Muster cannot do this now, call again")
        assert int(answer.headers["retry-after"]) > 0
        assert await linking.rows() == []
        await line.mend()
        assert (await away.links(key="k")).status_code == 200
        line.stall()
        assert error_of(await away.unlinks())[0] == 503
        line.flow()
        assert [row["stopped_name"] for row in await linking.rows()] == [None]
