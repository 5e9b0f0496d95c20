"""Rooms that programs ask for: whose they are, what they are called, and in whose name PagerDuty is told."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.pagerduty.meetings import MeetingLinkActivities
from activities.pagerduty.rooms import RoomNoteActivities
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.store import meetings, room_members, rooms
from muster.store.meetings import NOTHING
from muster.store.pool import Pool
from muster.store.rooms import AS_THE_INCIDENT, Program
from tests.sandbox.office import Office
from tests.support.pagerduty_account import ADA_USER, COMPANY, CY_USER, running_account
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.rooms import ROOM, Room, failed, office_settings, opened_room, ran, staffed_office
from workflows.incident_meeting.activities import BridgeSet, ChooseOrganiser, Chosen, NoteMeeting, SetBridge
from workflows.incident_room.activities import ChatMade, CreateChat, NoteChat, OpenRoom, RenameChat
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Plan
from workflows.verbs.outcomes import Outcome
from workflows.wanted import ASKER, WantedPerson

pytestmark = pytest.mark.anyio

CHAT = "19:room@thread.v2"
URL = "https://teams.microsoft.com/l/chat/19%3Aroom%40thread.v2/0?tenantId=t"
MEETING = "https://teams.microsoft.com/l/meetup-join/1"


# In whose name PagerDuty is told


class Written:
    """A room that a program has asked for in the name of Cy, who is linked nowhere."""

    def __init__(
        self,
        notes: RoomNoteActivities,
        links: MeetingLinkActivities,
        side: PagerDuty,
        pool: Pool,
        room: RoomKey,
    ) -> None:
        self._notes, self._links, self._side, self.pool, self.room = notes, links, side, pool, room

    @property
    def call(self) -> dict[str, Any]:
        return {"room": self.room, "tenant": COMPANY.tenant_id, "correlation": "api:1"}

    async def is_made(self, email: str) -> None:
        await rooms.open_room(self.pool, self.room, tenant=COMPANY.tenant_id)
        await rooms.note_program(self.pool, self.room, Program(CY_USER, email))
        began_at = await rooms.begin(self.pool, self.room, topic="Incident #42", owner="ada")
        await rooms.note_made(self.pool, self.room, began_at=began_at, chat=CHAT, url=URL)
        row = NOTHING._replace(stage="making", attempt=1, candidate=ADA_USER, organiser="ada")
        await meetings.begin(self.pool, self.room, row)
        await meetings.note_made(self.pool, self.room, attempt=1, url=MEETING, number="", event_id="E1")

    async def is_pressed_by(self, user: str) -> None:
        person = WantedPerson(user=user, rank=ASKER, name=self._side.person(user).name)
        await room_members.want(self.pool, self.room, [person], pressed=True)

    def opening(self, **asked: Any) -> OpenRoom:
        return OpenRoom(**{**self.call, "by": CY_USER, "by_email": self.email, "owner": None, **asked})

    @property
    def email(self) -> str:
        return self._side.person(CY_USER).email

    async def opened(self, **asked: Any) -> Outcome | None:
        return (await ran(self._notes.open_room, self.opening(**asked))).refused

    def noting(self) -> NoteChat:
        return NoteChat(**self.call, chat=CHAT, url=URL)

    async def note(self) -> None:
        await ran(self._notes.note_chat, self.noting())

    async def is_not_noted(self) -> str:
        kind, _ = await failed(self._notes.note_chat, self.noting())
        return kind

    async def note_meeting(self, **asked: Any) -> None:
        request = NoteMeeting(**self.call, attempt=1, url=MEETING, number="", standing="ours", **asked)
        await ran(self._links.note_meeting, request)

    async def set_bridge(self, **asked: Any) -> BridgeSet:
        request = SetBridge(**self.call, attempt=1, url=MEETING, number="", replaces="", **asked)
        return await ran(self._links.set_bridge, request)

    async def notes(self) -> list[tuple[str, str]]:
        """Of the incident: by whom, and what."""
        answer = await self._side.call("GET", f"/incidents/{self.room.incident_id}/notes")
        return [(one["user"]["id"], one["content"]) for one in answer.json()["notes"]]

    async def writers(self) -> list[str | None]:
        """Of the incident's changes."""
        path = f"/incidents/{self.room.incident_id}"
        records = (await self._side.records())["writes"]
        return [one["user"] for one in records if (one["method"], one["path"]) == ("PUT", path)]


@pytest.fixture
def written(
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    person_tokens: PersonTokens,
    pool: Pool,
    pagerduty_side: PagerDuty,
    incident: str,
) -> Written:
    client, app = PagerDutyClient(http), AppTokens(http, accounts)
    notes = RoomNoteActivities(client, accounts, app, person_tokens, pool)
    links = MeetingLinkActivities(client, accounts, app, person_tokens, pool, pool)
    return Written(notes, links, pagerduty_side, pool, RoomKey(account=COMPANY.account, incident_id=incident))


async def test_where_nobody_is_linked_the_app_writes_in_the_name_of_the_programs_user(
    written: Written,
) -> None:
    await written.is_made(written.email)
    assert (await written.set_bridge()).standing == "ours"
    await written.note()
    await written.note_meeting()
    assert await written.writers() == [CY_USER]
    assert sorted(await written.notes()) == [
        (CY_USER, f"Microsoft Teams chat: {URL}"),
        (CY_USER, f"Microsoft Teams meeting: {MEETING}"),
    ]


async def test_written_twice_it_stands_there_once(written: Written) -> None:
    await written.is_made(written.email)
    for _ in range(2):
        await written.note()
    assert len(await written.notes()) == 1


async def test_who_pressed_and_is_linked_writes_before_the_app(written: Written) -> None:
    await written.is_made(written.email)
    await written.is_pressed_by(ADA_USER)
    await written.note()
    assert [by for by, _ in await written.notes()] == [ADA_USER]


async def test_whom_a_program_names_as_the_owner_lends_it_no_link(written: Written) -> None:
    await written.is_made(written.email)
    assert await written.opened(owner=ADA_USER) is None
    await written.set_bridge()
    await written.note()
    assert (await written.writers(), [by for by, _ in await written.notes()]) == ([CY_USER], [CY_USER])


async def test_who_pressed_lends_their_link_although_a_program_names_them_afterwards(
    written: Written,
) -> None:
    await written.is_made(written.email)
    await written.is_pressed_by(ADA_USER)
    assert await written.opened(owner=ADA_USER) is None
    await written.note()
    assert [by for by, _ in await written.notes()] == [ADA_USER]


async def test_a_programs_meeting_is_written_as_the_app_although_somebody_pressed_for_a_chat(
    written: Written,
) -> None:
    await written.is_made(written.email)
    await written.is_pressed_by(ADA_USER)
    await written.set_bridge(by_program=True)
    await written.note_meeting(by_program=True)
    assert (await written.writers(), [by for by, _ in await written.notes()]) == ([CY_USER], [CY_USER])


async def test_where_the_app_is_refused_who_pressed_writes_a_programs_meeting(written: Written) -> None:
    await written.is_made("nobody@acme.example")
    await written.is_pressed_by(ADA_USER)
    await written.set_bridge(by_program=True)
    assert await written.writers() == [None, ADA_USER], "nobody is known by the program's address"
    await written.note_meeting(by_program=True)
    assert [by for by, _ in await written.notes()] == [ADA_USER]


async def test_what_who_pressed_may_not_write_no_app_writes(written: Written) -> None:
    """A program has asked for the room's chat, and Ada pressed for the meeting."""
    await written.is_made(written.email)
    await written.is_pressed_by(ADA_USER)
    path = f"/incidents/{written.room.incident_id}"
    await written._side.fault("rest", do="status", status=403, match={"method": "PUT", "path": path})
    request = SetBridge(**written.call, attempt=1, url=MEETING, number="", replaces="")
    assert (await failed(written._links.set_bridge, request))[0] == "Forbidden"
    assert await written.writers() == [ADA_USER]


async def test_whose_link_is_refused_is_followed_by_the_app(written: Written) -> None:
    await written.is_made(written.email)
    await written.is_pressed_by(ADA_USER)
    path = f"/incidents/{written.room.incident_id}/notes"
    await written._side.fault("rest", do="status", status=403, match={"method": "POST", "path": path})
    await written.note()
    assert [by for by, _ in await written.notes()] == [CY_USER]


async def test_an_address_that_pagerduty_does_not_know_writes_nothing(written: Written) -> None:
    await written.is_made("nobody@acme.example")
    assert await written.is_not_noted() == "RequestInvalid"
    assert await written.notes() == []


async def test_without_an_address_there_is_nobody_to_write_as(written: Written) -> None:
    await written.is_made("")
    assert await written.is_not_noted() == "Forbidden"


async def test_a_program_that_asks_is_known_from_then_on(written: Written) -> None:
    assert await written.opened() is None
    assert await rooms.program_of(written.pool, written.room) == Program(CY_USER, written.email)


# What it is called


@pytest.mark.parametrize(("what", "name"), [("chat", ""), ("chat", " : "), ("meeting", "\n\t")])
async def test_a_name_of_which_nothing_is_left_is_refused_and_opens_no_room(
    written: Written, what: str, name: str
) -> None:
    refused = await written.opened(what=what, name=name)
    assert refused == Outcome(kind="refused", reason="empty_name")
    assert not (await rooms.restore(written.pool, written.room)).exists


async def test_a_colon_is_a_name_for_a_meeting(written: Written) -> None:
    assert await written.opened(what="meeting", name=":") is None


# Between Microsoft's simulators and PagerDuty's


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with staffed_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
async def started(processes: Office) -> AsyncIterator[PagerDuty]:
    """The same people, as PagerDuty has them."""
    async with running_account(company=processes.microsoft.company, per_minute=100_000) as account:
        yield account


@pytest.fixture
async def room(
    processes: Office, started: PagerDuty, pool: Pool, database_url: str, tmp_path: Path
) -> AsyncIterator[Room]:
    processes.reset()
    await started.reset()
    settings = office_settings(processes, database_url, tmp_path)
    async with opened_room(processes, pool, settings, {"acme": started.configured}) as room:
        await room.opens()
        yield room


async def create(room: Room, plan: Plan) -> ChatMade:
    request = CreateChat(**room.call, number=42, title="Checkout is slow", plan=plan)
    return await ran(room.worker.chats.create_chat, request)


async def test_a_chat_has_its_own_name_and_keeps_what_was_wanted_of_it(room: Room) -> None:
    await room.invites(room.office.person("Ada"), room.office.person("Bo"))
    plan = Plan(name="Incident #1234: Server Room", preset="no_updates")
    chat = await create(room, plan)
    assert chat.topic == "Incident #1234 Server Room"
    row = await room.row()
    assert (row.topic, row.name, row.preset) == (chat.topic, plan.name, plan.preset)
    renaming = RenameChat(
        **room.call, chat=chat.id, number=42, title="Checkout", name=plan.name, is_over=True
    )
    renamed = await ran(room.worker.chats.rename_chat, renaming)
    assert renamed.topic == "✓ Incident #1234 Server Room"


async def test_who_is_to_own_it_comes_first(room: Room) -> None:
    ada, bo, cy = (room.office.person(name) for name in ("Ada", "Bo", "Cy"))
    await room.invites(ada, bo, cy)
    chat = await create(room, Plan(owner=str(cy.pagerduty_user)))
    assert room.names(chat.id)[0] == "Cy"


async def test_an_owner_without_an_account_is_refused_and_nothing_is_made(room: Room) -> None:
    await room.invites(room.office.person("Ada"), room.office.person("Bo"))
    await room_members.want(room.pool, ROOM, [WantedPerson(user="PELSE01", rank=ASKER, name="Eli Else")])
    assert (await create(room, Plan(owner="PELSE01"))).refusal == "owner_absent"
    assert (await room.row()).stage == "none"
    assert room.office.asked("POST", "/chats") == 0


async def identified(room: Room, *assignees: str) -> list[str]:
    """PagerDuty's ids of those who asked, once the incident's people were looked for."""
    program = room.office.person("Cy")
    await rooms.note_program(room.pool, ROOM, Program(str(program.pagerduty_user), program.email))
    await room.identify(*(room.office.person(name) for name in assignees))
    return [one.pagerduty_user for one in (await room.row()).askers]


async def test_where_no_assignee_is_found_it_is_for_whom_the_program_asks(room: Room) -> None:
    """Una has no account that may be in a chat; nobody is assigned at all."""
    assert await identified(room) == [room.office.person("Cy").pagerduty_user]
    chat = await create(room, Plan())
    assert chat.refusal == "nobody_to_talk_to", "Cy alone"


async def test_an_assignee_who_is_found_leaves_the_programs_user_out(room: Room) -> None:
    assert await identified(room, "Bo") == []


async def test_whom_the_program_asks_for_organises_where_nobody_is_assigned(room: Room) -> None:
    (user,) = await identified(room)
    chosen = await choose(room, user, plan=Plan(name="War room: 42"))
    assert chosen.name == room.office.person("Cy").name
    row = await meetings.read(room.pool, ROOM)
    assert row is not None
    assert row.subject == "War room: 42"


async def test_a_meeting_for_which_somebody_clicks_is_not_that_of_a_programs_user(room: Room) -> None:
    """Although a program has asked for the room's chat."""
    await identified(room)
    assert (await choose(room, "PELSE01")).key == ""


async def choose(room: Room, *candidates: str, plan: Plan = AS_THE_INCIDENT) -> Chosen:
    request = ChooseOrganiser(
        **room.call,
        candidates=candidates,
        tried=(),
        number=42,
        title="Checkout",
        incident_url="",
        chat_url="",
        plan=plan,
    )
    return await ran(room.worker.organisers.choose_organiser, request)


async def test_a_meeting_of_an_owner_without_an_account_is_refused(room: Room) -> None:
    assert (await choose(room, "PELSE01", plan=Plan(owner="PELSE01"))).refusal == "owner_absent"
    assert await meetings.read(room.pool, ROOM) is None
