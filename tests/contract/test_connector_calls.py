"""Every call of ours to the Bot Connector, and every answer of the simulator, is as Microsoft describes it.

The real activities and the real client send to the simulator, with a record of the wire between them.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.teams.refusal import TargetedRefused
from muster.seed import Seed, seed
from muster.store.pool import Pool, open_pool
from sandbox.company import build_company
from sandbox.up.addresses import Addresses
from sandbox.up.product import seed as rows_of
from sandbox.up.servers.postgres import EmbeddedPostgres
from tests.contract.channel import Channel, reached_channel
from tests.schemas.api import NotAsDescribed
from tests.schemas.cards import check_card
from tests.schemas.connector import connector_api
from tests.schemas.exchange import Exchange
from tests.support.settings import database_at, settings_for
from tests.support.teams_service import TeamsService, teams_service
from workflows.channel_incident.view import View
from workflows.errors import BotRemoved, CardGone, NotFound, RateLimited, RequestInvalid
from workflows.incident.event_types import Transition
from workflows.verbs.outcomes import OutcomeKind

pytestmark = pytest.mark.anyio

CASES = Path(__file__).parents[1] / "golden" / "cases"
VIEWS = sorted(path.name.removesuffix(".view.json") for path in CASES.glob("*.view.json"))
CARD_TYPE = "application/vnd.microsoft.card.adaptive"

POST = ("POST", "/v3/conversations/{conversationId}/activities")
EDIT = ("PUT", "/v3/conversations/{conversationId}/activities/{activityId}")
DELETE = ("DELETE", "/v3/conversations/{conversationId}/activities/{activityId}")
MEMBER = ("GET", "/v3/conversations/{conversationId}/members/{memberId}")
OPEN = ("POST", "/v3/conversations")
NOT_DESCRIBED = re.compile(r"/v3/teams/[^/]+(/conversations)?")
"""The two calls that Microsoft documents in *get-teams-context* alone: names of a team and its channels."""
TARGETED = ("isTargetedActivity", "true")
"""The parameter that Microsoft documents in *targeted-messages* alone; the rest of its calls is described."""


def view_of(case: str) -> View:
    """A golden case, without the one character that facts never hold and Postgres cannot."""
    return View.model_validate_json((CASES / f"{case}.view.json").read_text().replace("\\u0000", ""))


def as_described(exchange: Exchange) -> Exchange:
    """The exchange without the parameter that the description does not have."""
    return replace(exchange, query=tuple(one for one in exchange.query if one != TARGETED))


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TeamsService]:
    async with teams_service(build_company(), tmp_path_factory.mktemp("teams")) as service:
        yield service


@pytest.fixture(scope="module")
async def company(service: TeamsService, postgres: EmbeddedPostgres, migrated: str) -> AsyncIterator[Pool]:
    """A database with the sandbox's company, for all tests here."""
    url = postgres.create_database("connector_calls", template=migrated)
    content = Seed.model_validate(rows_of(service.company, Addresses.pick(), {}))
    await seed(settings_for(url, "127.0.0.1:1"), content)
    opened = await open_pool(database_at(url))
    await opened.execute("UPDATE conversation SET service_url = $1", service.service_url)
    yield opened
    await opened.close()
    postgres.drop_database("connector_calls")


@pytest.fixture
async def channel(service: TeamsService, company: Pool) -> AsyncIterator[Channel]:
    """The channel, empty; at the end every exchange must have been as described."""
    await service.reset()
    await company.execute("DELETE FROM incident_card")
    await company.execute("UPDATE person SET private_conversation = NULL")
    await company.execute("UPDATE teams_tenant SET targeted_refused_at = NULL")
    async with reached_channel(service, company) as channel:
        yield channel
    for exchange in channel.wire.exchanges:
        if not NOT_DESCRIBED.fullmatch(exchange.path):
            exchange = as_described(exchange)
            connector_api().check_request(exchange)
            connector_api().check_answer(exchange)
        assert exchange.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("case", VIEWS)
async def test_a_card_is_posted_and_edited(channel: Channel, case: str) -> None:
    view = view_of(case)
    card = await channel.register(view)
    posted = await channel.show(card, view)
    await channel.show(card, view, edits=posted)
    assert channel.calls == [(*POST, 201), (*EDIT, 200)]
    for exchange in channel.wire.exchanges:
        (attachment,) = exchange.sent["attachments"]
        assert attachment["contentType"] == CARD_TYPE
        check_card(attachment["content"])


async def test_every_announcement_is_a_reply(channel: Channel) -> None:
    view = view_of("resolved")
    card = await channel.register(view)
    root = await channel.show(card, view)
    transitions: tuple[Transition, ...] = get_args(Transition)
    for transition in transitions:
        await channel.reply(card, root, transition, view)
    assert channel.calls == [(*POST, 201)] * (1 + len(transitions))
    assert [one["reply_to"] for one in await channel.service.messages()] == [None] + [root] * len(transitions)


@pytest.mark.parametrize("kind", get_args(OutcomeKind))
@pytest.mark.parametrize("known", [True, False])
async def test_a_person_is_told(channel: Channel, kind: OutcomeKind, known: bool) -> None:
    """The private chat is taken where Teams refuses; a second message there needs no new conversation."""
    view = view_of("triggered") if known else None
    bo = channel.service.company.people[1]
    await channel.tell(bo, kind, view)
    assert channel.calls == [(*POST, 201)]
    await channel.service.refuse_targeted(403)
    for _ in range(2):
        await channel.tell(bo, kind, view)
    assert channel.calls == [(*POST, 201), (*POST, 403), (*OPEN, 201), (*POST, 201), (*POST, 201)]
    assert all("attachments" not in exchange.sent for exchange in channel.wire.exchanges)


async def test_an_orphan_is_deleted_and_one_that_is_gone_is_fine(channel: Channel) -> None:
    view = view_of("triggered")
    orphan = await channel.show(await channel.register(view), view)
    for _ in range(2):
        await channel.connector.delete(*channel.place, orphan)
    assert channel.calls == [(*POST, 201), (*DELETE, 200), (*DELETE, 404)]


async def test_a_member_is_looked_up_by_either_id(channel: Channel) -> None:
    bo = channel.service.company.people[1]
    for key in (bo.teams_id, bo.aad_object_id):
        member = await channel.connector.get_member(*channel.place, key)
        assert (member.id, member.aad_object_id) == (bo.teams_id, bo.aad_object_id)
    with pytest.raises(NotFound):
        await channel.connector.get_member(*channel.place, "29:nobody")
    assert channel.calls == [(*MEMBER, 200), (*MEMBER, 200), (*MEMBER, 404)]


async def test_the_names_of_a_team_come_by_calls_that_the_description_does_not_have(
    channel: Channel,
) -> None:
    """Once the description has them, they are checked like the others."""
    team, place = channel.service.company.teams[0], channel.place[:2]
    details = await channel.connector.get_team(*place, team.id)
    assert (details.id, details.name, details.aad_group_id) == (team.id, team.name, team.aad_group_id)
    general, *others = team.channels
    assert [(one.id, one.name) for one in await channel.connector.get_channels(*place, team.id)] == [
        (general.id, ""),
        *((other.id, other.name) for other in others),
    ]
    for exchange in channel.wire.exchanges:
        assert exchange.status == 200
        assert NOT_DESCRIBED.fullmatch(exchange.path)
        with pytest.raises(NotAsDescribed):
            connector_api().operation_of(exchange)


async def test_a_message_for_one_person_lives_with_a_parameter_that_the_description_does_not_have(
    channel: Channel,
) -> None:
    """Once the description has it, these calls are checked like the others."""
    connector, bo = channel.connector, channel.service.company.people[1]
    text = {"type": "message", "text": "For Bo"}
    sent = await connector.send_targeted(*channel.place, bo.teams_id, text)
    assert [one["to"] for one in await channel.service.messages()] == [bo.aad_object_id]
    await connector.update_targeted(*channel.place, sent, text | {"text": "Still for Bo"})
    for _ in range(2):
        await connector.delete_targeted(*channel.place, sent)
    with pytest.raises(CardGone):
        await connector.update_targeted(*channel.place, sent, text)
    assert channel.calls == [(*POST, 201), (*EDIT, 200), (*DELETE, 200), (*DELETE, 404), (*EDIT, 404)]
    for exchange in channel.wire.exchanges:
        assert exchange.query == (TARGETED,)
        with pytest.raises(NotAsDescribed, match="has no parameter isTargetedActivity"):
            connector_api().check_request(exchange)


async def test_a_message_for_one_person_is_refused_where_it_cannot_be(channel: Channel) -> None:
    connector, company = channel.connector, channel.service.company
    text, (service_url, tenant, _) = {"type": "message", "text": "For one"}, channel.place
    with pytest.raises(TargetedRefused) as refused:
        await connector.send_targeted(*channel.place, company.people[6].teams_id, text)
    assert (refused.value.status, refused.value.code) == (404, "BotNotInConversationRoster")
    chat = await connector.open_personal(service_url, tenant, company.people[1].teams_id)
    with pytest.raises(TargetedRefused) as refused:
        await connector.send_targeted(service_url, tenant, chat, company.people[1].teams_id, text)
    assert (refused.value.status, refused.value.code) == (400, "BadArgument")
    switch = {"refused": {"status": 403, "code": "NotAllowed", "message": "Not here"}}
    (await channel.service.http.post("/_sandbox/targeted", json=switch)).raise_for_status()
    with pytest.raises(TargetedRefused) as refused:
        await connector.send_targeted(*channel.place, company.people[1].teams_id, text)
    assert (refused.value.status, refused.value.code) == (403, "NotAllowed")
    assert await channel.service.messages() == []


async def test_what_the_connector_refuses_is_typed_by_its_condition(channel: Channel) -> None:
    """By itself, that is: a fault on demand may answer anything."""
    service_url, tenant, _ = channel.place
    send, text = channel.connector.send, {"type": "message", "text": "hello"}
    posted = await send(*channel.place, text)
    await channel.connector.delete(*channel.place, posted)
    with pytest.raises(CardGone):
        await channel.connector.update(*channel.place, posted, text)
    with pytest.raises(BotRemoved):
        await send(service_url, tenant, "19:nowhere@thread.tacv2", text)
    with pytest.raises(RequestInvalid):
        await send(*channel.place, text | {"text": "x" * 120_000})

    async def send_many() -> None:
        for _ in range(8):
            await send(*channel.place, text)

    with pytest.raises(RateLimited):
        await send_many()
    where = {"person": channel.service.company.people[0].email, "team": "Payments"}
    (await channel.service.http.post("/_sandbox/uninstall", json=where)).raise_for_status()
    with pytest.raises(BotRemoved):
        await send(*channel.place, text)
    assert {status for *_, status in channel.calls} == {200, 201, 403, 404, 413, 429}


async def test_a_token_that_was_revoked_is_renewed(channel: Channel) -> None:
    good = await channel.service.bot_token()
    tokens = iter(["revoked", good])

    async def fetch(_: str) -> Expiring[str]:
        return Expiring(next(tokens), 3600)

    connector = channel.connector_with(ExpiringCache(fetch))
    await connector.send(*channel.place, {"type": "message", "text": "hello"})
    assert channel.calls == [(*POST, 401), (*POST, 201)]
