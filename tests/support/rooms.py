"""A room with its rows, between Microsoft's two simulators and PagerDuty's, as its activities see it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.graph.chats import ChatActivities
from activities.graph.meetings import MeetingActivities
from activities.graph.organisers import OrganiserActivities
from activities.graph.people import PeopleActivities
from activities.teams.sends import Sends
from muster.clients.graph.accounts import AccountsClient
from muster.clients.graph.app_calls import app_calls
from muster.clients.graph.calendar import CalendarClient
from muster.clients.graph.chats import ChatsClient
from muster.clients.graph.meetings import MeetingsClient
from muster.clients.http import open_pool
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.way_out import way_out
from muster.config_file import PagerDutyAccount
from muster.settings import Settings
from muster.store import room_members, rooms
from muster.store.pool import Pool
from muster.store.room_members import Known
from sandbox.company import Company, Person, build_company
from sandbox.teams.graph.apps import catalog_id_of
from tests.sandbox.chats import crowded
from tests.sandbox.office import Office, running_office, with_guest, with_unlicensed
from tests.support.settings import config_file, settings_for
from workflows.incident_room.activities import (
    AddPeople,
    ChatFound,
    ChatMade,
    CreateChat,
    FindChat,
    IdentifyPeople,
    Installed,
    OfChat,
    PeopleBrought,
    PeopleFound,
    PeopleRemoved,
    RemovePeople,
    RenameChat,
    Renamed,
    StoredRoom,
)
from workflows.incident_room.messages import RoomKey
from workflows.wanted import ASSIGNEE, WantedPerson

ROOM = RoomKey(account="acme", incident_id="Q1")
NUMBER, TITLE = 42, "Checkout is slow"
TOPIC = "Incident #42 Checkout is slow"

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")


async def ran(activity: Callable[[ArgumentT], Awaitable[ResultT]], request: ArgumentT) -> ResultT:
    """What the activity answers, as a worker runs it."""
    result: ResultT = await ActivityEnvironment().run(activity, request)
    return result


async def failed(activity: Callable[[ArgumentT], Awaitable[object]], request: ArgumentT) -> tuple[str, Any]:
    """The type and the code with which the activity fails."""
    with pytest.raises(ApplicationError) as failure:
        await ran(activity, request)
    return str(failure.value.type), failure.value.details[0]


def staffed_company(crowd: int) -> Company:
    """Acme with a guest, somebody without Teams and a crowd; everybody has a PagerDuty user."""
    return all_in_pagerduty(crowded(with_unlicensed(with_guest(build_company())), crowd))


def all_in_pagerduty(company: Company) -> Company:
    """The same company, where everybody of its own has a PagerDuty user."""
    people = tuple(
        one.model_copy(update={"pagerduty_user": f"PMORE{number:03}", "role": "limited_user"})
        if one.pagerduty_user is None and one.tenant is None
        else one
        for number, one in enumerate(company.people)
    )
    return company.model_copy(update={"people": people})


@contextmanager
def staffed_office(folder: Path, *, crowd: int = 0) -> Iterator[Office]:
    """Both simulators, with this company."""
    with running_office(folder, company=staffed_company(crowd)) as office:
        yield office


def office_settings(
    office: Office, database_url: str, folder: Path, *, catalog_app: str | None = None
) -> Settings:
    """Settings of a worker beside the office, by default with the id that the catalog gave the app.

    With an empty ``catalog_app`` nobody has told it.
    """
    company = office.microsoft.company
    catalog_app = catalog_id_of(company) if catalog_app is None else catalog_app
    lines = {"tenant": company.tenant_id, "app_id": company.bot_app_id, "app_secret": company.bot_app_secret}
    if catalog_app:
        lines["catalog_app"] = catalog_app
    text = "\n".join(["[[teams]]", *(f'{name} = "{value}"' for name, value in lines.items())])
    return settings_for(
        database_url,
        "127.0.0.1:1",
        config=config_file(folder, text),
        ca_file=office.microsoft.ca,
        microsoft_authority=office.microsoft.authority,
        graph_url=office.microsoft.authority,
    )


@dataclass
class Worker:
    """The activities of one worker, with the tokens and the sends of one process."""

    chats: ChatActivities
    people: PeopleActivities
    organisers: OrganiserActivities
    meetings: MeetingActivities


@dataclass
class Room:
    """The room of an incident in a tenant."""

    office: Office
    pool: Pool
    http: httpx.AsyncClient
    settings: Settings
    accounts: Mapping[str, PagerDutyAccount]
    sends: Sends = field(default_factory=Sends)
    sent: list[httpx.Request] = field(default_factory=list)
    """What its workers asked Microsoft and PagerDuty, in order."""
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        async def keep(request: httpx.Request) -> None:
            self.sent.append(request)

        self.http.event_hooks["request"].append(keep)
        self.begins_anew()

    @property
    def tenant(self) -> str:
        return self.office.microsoft.tenant

    @property
    def call(self) -> dict[str, Any]:
        """What every request carries."""
        return {"room": ROOM, "tenant": self.tenant, "correlation": "f:1"}

    def another_worker(self, sends: Sends | None = None) -> Worker:
        """One that knows nothing of the first; its tokens are new."""
        calls, sends = app_calls(self.settings, self.http), sends or Sends()
        client = ChatsClient(calls)
        meetings = MeetingActivities(CalendarClient(calls), MeetingsClient(calls), self.pool, sends)
        meetings.waits = (0.05, 0.4)
        return Worker(
            ChatActivities(client, self.pool, sends, self.settings),
            PeopleActivities(
                client,
                PagerDutyClient(self.http),
                AppTokens(self.http, self.accounts),
                self.accounts,
                self.pool,
            ),
            OrganiserActivities(client, AccountsClient(calls), self.accounts, self.pool),
            meetings,
        )

    def begins_anew(self) -> None:
        """With new tokens: what a kept one may do, it may do while it lives."""
        self.worker = self.another_worker(self.sends)

    # Its people

    async def opens(self) -> None:
        await rooms.open_room(self.pool, ROOM, tenant=self.tenant)

    async def invites(self, *people: Person, rank: int = ASSIGNEE, asked: bool = False) -> None:
        """These are wanted, and known in the tenant."""
        await self.opens()
        wanted = [wanted_person(one, rank) for one in people]
        await room_members.want(self.pool, ROOM, wanted, asked=asked)
        for one in people:
            role: room_members.Role = "owner" if one.guest_from is None else "guest"
            await self.knows(one, Known(one.aad_object_id, role, one.email))

    async def knows(self, person: Person, known: Known) -> None:
        await room_members.note_found(
            self.pool, ROOM, str(person.pagerduty_user), known=known, absence=None, name=person.name
        )

    async def invited(self) -> list[str]:
        """AAD object ids, in their order."""
        return [one.aad_object_id for one in await room_members.invited(self.pool, ROOM)]

    async def absent(self) -> dict[str, str]:
        """Why, by first name."""
        named, _ = await room_members.absent(self.pool, ROOM)
        return {one.name.partition(" ")[0]: one.why for one in named}

    async def row(self) -> StoredRoom:
        return await rooms.restore(self.pool, ROOM)

    # Its activities

    async def create(self, title: str = TITLE) -> ChatMade:
        return await ran(self.worker.chats.create_chat, self.creating(title))

    def creating(self, title: str = TITLE, *owners: Person) -> CreateChat:
        users = tuple(str(one.pagerduty_user) for one in owners)
        return CreateChat(**self.call, number=NUMBER, title=title, owners=users)

    async def find(self, *, last: bool = False) -> ChatFound:
        return await ran(self.worker.chats.find_chat, FindChat(**self.call, last=last))

    def of(self, chat: str) -> OfChat:
        return OfChat(**self.call, chat=chat)

    async def install(self, chat: str) -> Installed:
        return await ran(self.worker.chats.install_app, self.of(chat))

    def renaming(self, chat: str, *, title: str = TITLE, is_over: bool = True) -> RenameChat:
        return RenameChat(**self.call, chat=chat, number=NUMBER, title=title, is_over=is_over)

    async def rename(self, chat: str, *, title: str = TITLE, is_over: bool = True) -> Renamed:
        return await ran(self.worker.chats.rename_chat, self.renaming(chat, title=title, is_over=is_over))

    def identifying(self, *people: Person, rank: int = ASSIGNEE) -> IdentifyPeople:
        return IdentifyPeople(**self.call, wanted=tuple(wanted_person(one, rank) for one in people))

    async def identify(self, *people: Person, rank: int = ASSIGNEE) -> PeopleFound:
        await self.opens()
        return await ran(self.worker.people.identify_people, self.identifying(*people, rank=rank))

    def adding(self, chat: str, *back: Person) -> AddPeople:
        """``back``: who was taken out and is wanted again."""
        return AddPeople(**self.call, chat=chat, back=tuple(str(one.pagerduty_user) for one in back))

    async def add(self, chat: str, *back: Person) -> PeopleBrought:
        """As often as a workflow asks for it that Graph has asked to wait."""
        while True:
            try:
                return await ran(self.worker.people.add_people, self.adding(chat, *back))
            except ApplicationError as error:
                if error.type != "RateLimited":
                    raise
                await asyncio.sleep(error.details[1])  # as Graph asks: its limit uses real time

    async def remove(self, chat: str, *people: Person, everybody: bool = False) -> PeopleRemoved:
        users = tuple(str(one.pagerduty_user) for one in people)
        request = RemovePeople(**self.call, chat=chat, users=users, everybody=everybody)
        return await ran(self.worker.people.remove_people, request)

    def names(self, chat: str) -> list[str]:
        return self.office.names(chat)


def wanted_person(person: Person, rank: int = ASSIGNEE) -> WantedPerson:
    return WantedPerson(user=str(person.pagerduty_user), rank=rank, name=person.name)


@asynccontextmanager
async def opened_room(
    office: Office,
    pool: Pool,
    settings: Settings,
    accounts: Mapping[str, PagerDutyAccount] | None = None,
) -> AsyncIterator[Room]:
    """A room without a row; what its worker has begun ends before the database is closed."""
    async with open_pool(way_out(settings)) as http:
        room = Room(office, pool, http, settings, accounts or {})
        yield room
        room.sends.stop(within=timedelta(seconds=20))
        await room.sends.finish()
