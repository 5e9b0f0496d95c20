"""Whatever a tenant's admin grants of the permissions for chats: each step works, or names what it lacks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import httpx
import pytest

from muster.cards.incident.room import room_block
from muster.cards.rooms.sentences import room_sentence
from muster.store.pool import open_pool
from sandbox.company import Person
from sandbox.up.servers.postgres import EmbeddedPostgres
from tests.sandbox.office import Office
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.pagerduty_account import running_account
from tests.support.rooms import TOPIC, Room, failed, office_settings, opened_room, ran, staffed_office
from tests.support.settings import database_at
from workflows.channel_incident.room import Place, shown_room
from workflows.degradations import Degradation
from workflows.incident_room.activities import RemovePeople
from workflows.incident_room.state import State
from workflows.incident_room.told import room_of
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

CREATE, MEMBERS, INSTALL = (
    "Chat.Create",
    "ChatMember.ReadWrite.All",
    "TeamsAppInstallation.ReadWriteSelfForChat.All",
)
PEOPLE, ALL_PEOPLE = "User.ReadBasic.All", "User.Read.All"
CHATS, ALL_CHATS = "Chat.ReadBasic.All", "Chat.ReadWrite.All"
SEVEN = (CREATE, MEMBERS, INSTALL, PEOPLE, ALL_PEOPLE, CHATS, ALL_CHATS)
_FIND, _ADD, _OUT, _CARD, _NAME = (
    "People cannot be found by their e-mail address",
    "People cannot be added to the chat",
    "People cannot be taken out of the chat",
    "The card cannot be shown in the chat",
    "The chat cannot be renamed",
)
FEW = (0, 1, len(SEVEN) - 1, len(SEVEN))
"""So many are granted in `make test`; `make soak` has all subsets."""
SUBSETS = [
    pytest.param(granted, marks=[] if count in FEW else pytest.mark.soak)
    for count in range(len(SEVEN) + 1)
    for granted in combinations(SEVEN, count)
]


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with staffed_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
async def pagerduty(processes: Office) -> AsyncIterator[PagerDuty]:
    async with running_account(company=processes.microsoft.company, per_minute=100_000) as account:
        yield account


@pytest.fixture(scope="module")
async def opened(
    processes: Office,
    pagerduty: PagerDuty,
    postgres: EmbeddedPostgres,
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Room]:
    """One room for all subsets, whose rows each begins anew."""
    url = postgres.create_database("consents", template=migrated)
    settings = office_settings(processes, url, tmp_path_factory.mktemp("settings"))
    account = pagerduty.configured
    async with (
        await open_pool(database_at(url)) as pool,
        opened_room(processes, pool, settings, {account.key: account}) as room,
    ):
        yield room
    postgres.drop_database("consents")


@dataclass
class Tenant:
    """A tenant in which so much is granted, and an incident that wants a chat there."""

    room: Room
    granted: frozenset[str]
    state: State = field(default_factory=State)
    """What the room's run knows."""

    async def lacks(self, step: str, activity: Callable[[Any], Awaitable[object]], request: Any) -> str:
        """The permission without which the activity fails, which the run notes of this reconciler."""
        kind, code = await failed(activity, request)
        self.state = self.state.degraded(Degradation(name=step, reason=kind, code=code))
        return str(code)

    async def begins(self) -> None:
        """With nothing known, no chat and no call counted."""
        for table in ("incident_room", "directory_cache"):
            await self.room.pool.execute(f"DELETE FROM {table}")
        await self.teams("reset")
        await self.microsoft("consent", requested=sorted(self.granted))
        await self.microsoft("consent/grant")
        self.room.begins_anew()

    async def teams(self, path: str, **body: Any) -> httpx.Response:
        return await self._post(f"{self.room.office.teams.url}/_sandbox/{path}", body)

    async def microsoft(self, path: str, **body: Any) -> httpx.Response:
        return await self._post(f"{self.room.office.microsoft.url}/_sandbox/{path}", body)

    async def _post(self, url: str, body: dict[str, Any]) -> httpx.Response:
        answer = await self.room.http.post(url, json=body)
        answer.raise_for_status()
        return answer

    async def chat(self, id: str) -> tuple[str, set[str]]:
        """Its topic and the first names of who is in it, as Teams has it, whatever the app may read."""
        answer = await self.room.http.get(f"{self.room.office.teams.url}/_sandbox/records")
        (found,) = (one for one in answer.json()["conversations"] if one["id"] == id)
        people = {one.aad_object_id: one.name for one in self.room.office.microsoft.company.people}
        return found["name"], {people[one].partition(" ")[0] for one in found["members"]}

    def person(self, name: str) -> Person:
        return self.room.office.person(name)


@pytest.mark.parametrize("granted", SUBSETS, ids=lambda granted: " ".join(granted) or "nothing")
async def test_what_is_granted_works_and_what_is_not_is_named(opened: Room, granted: tuple[str, ...]) -> None:
    tenant = Tenant(opened, frozenset(granted))
    await tenant.begins()
    await finds_people(tenant)
    await opened.invites(tenant.person("Ada"), tenant.person("Bo"))
    chat = await makes_a_chat(tenant)
    await searches_for_it(tenant, chat)
    await changes_it(tenant, chat)
    assert said_on_the_card(tenant) == what_is_to_be_said(tenant.granted)


def said_on_the_card(tenant: Tenant) -> set[str]:
    """By the chat's own card, without the marks; where the bot may not come into it, by the channel's."""
    told = room_of(tenant.state.with_chat(stage="made", id="19:chat"), tenant="acme")
    shown = shown_room(told, Place("acme", "19:chat" if INSTALL in tenant.granted else "19:channel"))
    assert shown is not None
    blocks: list[Any] = [*room_block(shown, offers_chat=False)]
    lines = [line for block in blocks for line in block["items"]]
    return {"".join(run["text"] for run in line["inlines"]).removeprefix("⚠️ ") for line in lines}


def what_is_to_be_said(granted: frozenset[str]) -> set[str]:
    """A sentence for each thing that is not possible, with the permission and who grants it."""
    found_by = None if ALL_PEOPLE in granted else ALL_PEOPLE if PEOPLE in granted else PEOPLE
    sentences = {
        _FIND: found_by,
        _ADD: None if MEMBERS in granted else MEMBERS,
        _OUT: None if MEMBERS in granted else MEMBERS,
        _CARD: None if INSTALL in granted else INSTALL,
        _NAME: None if ALL_CHATS in granted else ALL_CHATS,
    }
    said = {
        f"{what}: {permission} is not granted. A Microsoft admin grants it with appconnect."
        for what, permission in sentences.items()
        if permission is not None
    }
    nobody_may = "nobody may look for people by e-mail"
    absent = {
        PEOPLE: f"Cy Net ({nobody_may}), Greta Guest ({nobody_may})",
        ALL_PEOPLE: "Greta Guest (no account in this organization)",
    }
    return said if found_by is None else said | {f"Not in this chat: {absent[found_by]}"}


async def finds_people(tenant: Tenant) -> None:
    """By an address that is a principal name with either permission, by another with the larger one."""
    found = await tenant.room.identify(tenant.person("Cy"), tenant.room.office.guest)
    missing: dict[str, str]
    lacks: tuple[str, ...]
    if ALL_PEOPLE in tenant.granted:
        missing, lacks = {}, ()
    elif PEOPLE in tenant.granted:
        missing, lacks = {"Greta": "no_account"}, (ALL_PEOPLE,)
    else:
        missing, lacks = {"Cy": "not_granted", "Greta": "not_granted"}, (PEOPLE,)
    assert await tenant.room.absent() == missing
    assert (found.found, found.lacks) == (2 - len(missing), lacks)
    tenant.state = tenant.state.with_people(
        absent=found.absent, absent_count=found.absent_count, lacks=found.lacks
    )


async def makes_a_chat(tenant: Tenant) -> str:
    """The chat, or one that somebody else makes where Muster may not."""
    room = tenant.room
    if CREATE in tenant.granted:
        return (await room.create()).id
    assert await failed(room.worker.chats.create_chat, room.creating()) == ("ConsentMissing", CREATE)
    refused = Outcome(kind="refused", reason="not_granted", says=CREATE)
    said = "The chat cannot be made: Chat.Create is not granted. A Microsoft admin grants it with appconnect."
    assert room_sentence(refused, account="acme") == said
    assert (await room.row()).stage == "none", "certainly nothing was made"
    people = [tenant.person("Bo").email]
    opened = await tenant.teams("chats", person=tenant.person("Ada").email, people=people, topic=TOPIC)
    return str(opened.json()["chat"])


async def searches_for_it(tenant: Tenant, chat: str) -> None:
    """As after a lost answer."""
    await tenant.room.pool.execute(
        "UPDATE incident_room SET stage = 'making', chat = NULL, topic = $1, owner = $2,"
        " began_at = now() - interval '1 minute'",
        *(TOPIC, tenant.person("Ada").aad_object_id),
    )
    found = await tenant.room.find()
    may_search = bool({CHATS, ALL_CHATS} & tenant.granted)
    assert (found.can_search, found.id) == (may_search, chat if may_search else "")
    assert (await tenant.room.row()).stage == ("made" if may_search else "unknown")


async def changes_it(tenant: Tenant, chat: str) -> None:
    """People, the bot, the name: none of them needs another's permission."""
    room, people, chats = tenant.room, tenant.room.worker.people, tenant.room.worker.chats
    await room.pool.execute("UPDATE incident_room SET stage = 'made', chat = $1", chat)
    await room.invites(tenant.person("Di"))
    removing = RemovePeople(
        **room.call, chat=chat, users=(str(tenant.person("Bo").pagerduty_user),), everybody=False
    )
    _, before = await tenant.chat(chat)
    if MEMBERS in tenant.granted:
        await room.add(chat)
        await ran(people.remove_people, removing)
    else:
        assert await tenant.lacks("members", people.add_people, room.adding(chat)) == MEMBERS
        assert await tenant.lacks("leaving", people.remove_people, removing) == MEMBERS
    if INSTALL in tenant.granted:
        await room.install(chat)
    else:
        assert await tenant.lacks("bot", chats.install_app, room.of(chat)) == INSTALL
    assert (await room.row()).installed is (INSTALL in tenant.granted)
    if ALL_CHATS in tenant.granted:
        assert (await room.rename(chat)).topic == f"✓ {TOPIC}"
    else:
        assert await tenant.lacks("names", chats.rename_chat, room.renaming(chat)) == ALL_CHATS
    topic, after = await tenant.chat(chat)
    assert topic == (f"✓ {TOPIC}" if ALL_CHATS in tenant.granted else TOPIC)
    assert {"Ada", "Bo"} <= before
    assert after == (await invited(room) - {"Bo"} if MEMBERS in tenant.granted else before)


async def invited(room: Room) -> set[str]:
    """First names."""
    people = {one.aad_object_id: one.name for one in room.office.microsoft.company.people}
    return {people[one].partition(" ")[0] for one in await room.invited()}
