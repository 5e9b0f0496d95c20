"""What programs want done with a chat, between the simulators: deleted, archived, renamed, other people."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.graph.members import MemberActivities
from activities.graph.orders import OrderActivities
from activities.rooms import RoomActivities
from activities.signals import WorkflowSignals
from muster.card_runs import CardRuns
from muster.clients.graph.app_calls import app_calls
from muster.clients.graph.chats import ChatsClient
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.store import room_members, targets
from muster.store.pool import Pool
from muster.store.room_members import Member
from muster.store.targets import Target
from sandbox.company import Person
from tests.sandbox.office import Office
from tests.sandbox.office import chat as body_of
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.pagerduty_account import running_account
from tests.support.rooms import ROOM, TOPIC, Room, failed, office_settings, opened_room, ran, staffed_office
from workflows.channel_incident.messages import Timing
from workflows.incident_room.activities import (
    ARCHIVED,
    ChangeMembersOf,
    MarkArchived,
    MembersChanged,
    SetTopicOf,
    ShowInChat,
    TopicSet,
)
from workflows.members import MembersChange, NamedPerson, NotChanged

pytestmark = pytest.mark.anyio

CROWD = 260
DELETES = "Chat.ManageDeletion.All"
ELSEWHERE = "PELSE01"
MESSAGE = {"type": "message", "text": "Hi"}


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with staffed_office(tmp_path_factory.mktemp("office"), crowd=CROWD) as office:
        yield office


@pytest.fixture(scope="module")
async def started(processes: Office) -> AsyncIterator[PagerDuty]:
    """The same people, as PagerDuty has them."""
    async with running_account(company=processes.microsoft.company, per_minute=100_000) as account:
        yield account


class Ordered:
    """A chat of Ada and Bo, with the incident's card in it, and a worker that does what programs want."""

    def __init__(self, room: Room, client: Client, signals: WorkflowSignals) -> None:
        self.room, self.client, self.signals = room, client, signals
        self.chat = ""
        self.begins_anew()

    def begins_anew(self) -> None:
        """With new tokens: what a kept one may do, it may do while it lives."""
        room = self.room
        chats, runs = ChatsClient(app_calls(room.settings, room.http)), CardRuns(self.signals, Timing())
        tokens = AppTokens(room.http, room.accounts)
        self.orders = OrderActivities(chats, runs, room.pool)
        self.members = MemberActivities(chats, PagerDutyClient(room.http), tokens, room.accounts, room.pool)
        self.rooms = RoomActivities(room.pool, runs)

    @property
    def office(self) -> Office:
        return self.room.office

    @property
    def call(self) -> dict[str, Any]:
        return {**self.room.call, "chat": self.chat}

    async def is_made(self) -> None:
        await self.room.invites(self.office.person("Ada"), self.office.person("Bo"))
        self.chat = (await self.room.create()).id
        await self.room.install(self.chat)
        await ran(self.rooms.show_in_chat, ShowInChat(**self.call, topic=TOPIC, number=42))

    async def is_crowded(self, people: int) -> None:
        """Another chat, of so many people, is the incident's."""
        crowd = [one for one in self.office.microsoft.company.people if one.name.startswith("Crowd")]
        made = self.office.patient("POST", "/chats", body_of(*crowd[:people], topic=TOPIC))
        self.chat = str(made.json()["id"])
        await self.room.pool.execute("UPDATE incident_room SET chat = $1", self.chat)

    async def delete(self) -> None:
        """As often as Graph asks to wait: it takes one such call a second, of real time."""
        while True:
            try:
                await ran(self.orders.delete_chat, self.room.of(self.chat))
            except ApplicationError as error:
                if error.type != "RateLimited":
                    raise
                await asyncio.sleep(error.details[1])  # as Graph asks, which no condition tells
            else:
                return

    async def is_not_deleted(self) -> tuple[str, Any]:
        return await failed(self.orders.delete_chat, self.room.of(self.chat))

    async def set_topic(self, name: str, *, is_over: bool = False) -> TopicSet:
        return await ran(self.orders.set_topic, SetTopicOf(**self.call, name=name, is_over=is_over))

    async def add(self, *people: NamedPerson) -> MembersChanged:
        return await ran(self.members.add_members, ChangeMembersOf(**self.call, people=people))

    async def remove(self, *people: NamedPerson) -> MembersChanged:
        return await ran(self.members.remove_members, ChangeMembersOf(**self.call, people=people))

    async def end_card(self) -> None:
        await ran(self.rooms.end_card, self.room.of(self.chat))

    def leaves(self, person: Person) -> None:
        """Microsoft has taken them out; the rows do not know it."""
        (membership,) = [
            one["id"] for one in self.office.members(self.chat) if one["displayName"] == person.name
        ]
        self.office.patient("DELETE", f"/chats/{self.chat}/members/{membership}")

    def topic(self) -> str:
        """As Graph has it."""
        return str(self.office.call("GET", f"/chats/{self.chat}").json()["topic"])

    async def card(self) -> Target:
        found = await targets.find_card_of_incident(
            self.room.pool, conversation=self.chat, account=ROOM.account, incident_id=ROOM.incident_id
        )
        assert found is not None
        return found

    async def is_suspended(self) -> bool:
        query = "SELECT suspended_at IS NOT NULL FROM conversation WHERE id = $1"
        return bool(await self.room.pool.fetchval(query, self.chat))

    async def heard(self) -> list[str]:
        """The signals that the card's run was sent."""
        handle = self.client.get_workflow_handle((await self.card()).workflow_id)
        try:
            events = (await handle.fetch_history()).events
        except RPCError:
            return []
        told = (one.workflow_execution_signaled_event_attributes for one in events)
        return [one.signal_name for one in told if one.signal_name]

    async def listed(self) -> dict[str, Member]:
        """The room's people, by first name."""
        rows = await room_members.listed(self.room.pool, ROOM)
        return {one.name.partition(" ")[0]: one for one in rows}

    async def is_linked_elsewhere(self, email: str) -> None:
        """Somebody of another organization has linked their accounts."""
        pool = self.room.pool
        await pool.execute("INSERT INTO teams_tenant (id, name) VALUES ('elsewhere', 'Elsewhere')")
        await pool.execute(
            "INSERT INTO person (tenant, aad_object_id, teams_id, name, email)"
            " VALUES ('elsewhere', 'eli', '29:eli', 'Eli Else', $1)",
            email,
        )
        await pool.execute(
            "INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name,"
            " pagerduty_email, access_token) VALUES ('elsewhere', 'eli', 'acme', $1, 'Eli Else', $2, '')",
            *(ELSEWHERE, email),
        )


@pytest.fixture
async def ordered(
    processes: Office,
    started: PagerDuty,
    pool: Pool,
    client: Client,
    signals: WorkflowSignals,
    database_url: str,
    tmp_path: Path,
) -> AsyncIterator[Ordered]:
    processes.reset()
    await started.reset()
    settings = office_settings(processes, database_url, tmp_path)
    async with opened_room(processes, pool, settings, {"acme": started.configured}) as room:
        ordered = Ordered(room, client, signals)
        await ordered.is_made()
        handle = client.get_workflow_handle((await ordered.card()).workflow_id)
        yield ordered
        await handle.terminate()  # no worker takes it, and the next test's incident has the same id


def user(person: Person) -> NamedPerson:
    return NamedPerson(user=str(person.pagerduty_user))


# Deleted


async def test_a_deleted_chat_is_gone_and_its_card_and_its_events_let_go_of_it_before(
    ordered: Ordered,
) -> None:
    await ordered.delete()
    assert ordered.office.call("GET", f"/chats/{ordered.chat}").status_code == 404
    assert await ordered.heard() == ["attach", "detach"]
    assert (await ordered.is_suspended(), (await ordered.room.row()).stage) == (True, "gone")
    with ordered.office.teams.connector() as bot:
        posted = bot.post(f"v3/conversations/{ordered.chat}/activities", json=MESSAGE)
        assert posted.status_code == 404


async def test_deleted_again_it_is_so_already(ordered: Ordered) -> None:
    await ordered.delete()
    await ordered.delete()
    assert (await ordered.room.row()).stage == "gone"


async def test_without_the_permission_nothing_is_changed(ordered: Ordered) -> None:
    ordered.office.revoke(DELETES)
    ordered.begins_anew()
    assert await ordered.is_not_deleted() == ("ConsentMissing", DELETES)
    assert await ordered.heard() == ["attach"]
    assert (await ordered.is_suspended(), (await ordered.room.row()).stage) == (False, "made")
    assert ordered.office.asked("DELETE", f"/chats/{ordered.chat}") == 0


async def test_what_is_granted_meanwhile_counts(ordered: Ordered) -> None:
    ordered.office.revoke(DELETES)
    ordered.begins_anew()
    await ordered.is_not_deleted()
    ordered.office.microsoft.sandbox("POST", "consent/grant")
    await ordered.delete()


async def test_where_microsoft_refuses_it_the_card_takes_up_its_chat_again(ordered: Ordered) -> None:
    ordered.office.fault("chat", "status", status=403, match={"method": "DELETE"})
    kind, _ = await ordered.is_not_deleted()
    assert kind == "Forbidden"
    assert await ordered.heard() == ["attach", "detach", "attach"]
    assert (await ordered.is_suspended(), (await ordered.room.row()).stage) == (False, "made")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"do": "status", "status": 503}, "ProviderUnavailable"),
        ({"do": "status", "status": 429, "retry_after": 1}, "RateLimited"),
        ({"do": "lose_answer"}, "ProviderUnavailable"),
    ],
)
async def test_what_may_pass_is_tried_again(ordered: Ordered, fault: dict[str, Any], kind: str) -> None:
    ordered.office.fault("chat", **fault, match={"method": "DELETE"})
    assert (await ordered.is_not_deleted())[0] == kind
    assert await ordered.is_suspended(), "nothing is shown there meanwhile"
    await ordered.delete()


async def test_where_the_permission_is_withdrawn_between_two_attempts_the_card_takes_up_its_chat_again(
    ordered: Ordered,
) -> None:
    ordered.office.fault("chat", "status", status=503, match={"method": "DELETE"})
    await ordered.is_not_deleted()
    assert await ordered.is_suspended()
    ordered.office.revoke(DELETES)
    ordered.begins_anew()
    assert await ordered.is_not_deleted() == ("ConsentMissing", DELETES)
    assert await ordered.heard() == ["attach", "detach", "attach"]
    assert not await ordered.is_suspended()


async def test_a_chat_that_the_bot_had_left_is_not_revived_where_microsoft_refuses_to_delete_it(
    ordered: Ordered,
) -> None:
    await ordered.room.pool.execute(
        "UPDATE conversation SET suspended_at = now(), suspended_by = 'r1', told_by = 'r1' WHERE id = $1",
        ordered.chat,
    )
    ordered.office.fault("chat", "status", status=403, match={"method": "DELETE"})
    assert (await ordered.is_not_deleted())[0] == "Forbidden"
    assert "attach" not in (await ordered.heard())[1:]
    row = await ordered.room.pool.fetchrow(
        "SELECT suspended_at IS NOT NULL, suspended_by, told_by FROM conversation WHERE id = $1", ordered.chat
    )
    assert row is not None
    assert tuple(row) == (True, "r1", "r1")


# Called otherwise


async def test_a_chat_is_called_as_a_program_wants_and_its_row_keeps_that(ordered: Ordered) -> None:
    done = await ordered.set_topic("War room: 42", is_over=True)
    assert done == TopicSet(name="War room 42", topic="✓ War room 42")
    assert ordered.topic() == "✓ War room 42"
    row = await ordered.room.row()
    assert (row.name, row.topic, row.shown_topic) == ("War room 42", "War room 42", "✓ War room 42")


async def test_of_a_topic_that_nobody_can_read_nothing_is_asked(ordered: Ordered) -> None:
    assert await ordered.set_topic(" :\n") == TopicSet()
    assert ordered.topic() == TOPIC


async def test_a_topic_takes_its_permission(ordered: Ordered) -> None:
    ordered.office.revoke("Chat.ReadWrite.All")
    ordered.begins_anew()
    request = SetTopicOf(**ordered.call, name="War room", is_over=False)
    assert await failed(ordered.orders.set_topic, request) == ("ConsentMissing", "Chat.ReadWrite.All")
    assert (await ordered.room.row()).name == ""


# Archived


async def test_an_archived_chat_has_its_mark_in_the_place_of_others(ordered: Ordered) -> None:
    for topic in (TOPIC, f"✓ {TOPIC}"):
        await ran(ordered.orders.mark_archived, MarkArchived(**ordered.call, topic=topic))
        assert ordered.topic() == f"{ARCHIVED}{TOPIC}"


async def test_its_card_ends_and_no_event_brings_it_back(ordered: Ordered) -> None:
    for _ in range(2):
        await ordered.end_card()
    assert await ordered.heard() == ["attach", "end_card", "end_card"]
    following = (await ordered.card()).following
    assert following is not None
    assert following.stopped is not None
    assert (following.stopped.is_archived, following.stopped.by) == (True, "")
    concerned = await targets.find_and_register(
        ordered.room.pool,
        account=ROOM.account,
        incident_id=ROOM.incident_id,
        service=None,
        is_open=True,
        just_matched=False,
        created_at=None,
    )
    assert (concerned.cards, concerned.room_has_something) == ((), True)
    await ran(ordered.rooms.archive_room, ordered.room.of(ordered.chat))
    assert (await ordered.room.row()).stage == "archived"


async def test_a_chat_that_never_had_a_card_has_none_to_end(ordered: Ordered) -> None:
    await ordered.room.pool.execute("DELETE FROM incident_card")
    await ordered.end_card()


# Other people


async def test_people_are_brought_in_by_id_and_by_address(ordered: Ordered) -> None:
    di, cy, eve = (ordered.office.person(name) for name in ("Di", "Cy", "Eve"))
    changed = await ordered.add(user(di), user(cy), NamedPerson(email=eve.email))
    assert changed.change.refused == ()
    assert changed.change.changed == (di.pagerduty_user, cy.pagerduty_user, eve.email)
    assert sorted(ordered.room.names(ordered.chat)) == ["Ada", "Bo", "Cy", "Di", "Eve"]
    assert changed.keys == tuple(sorted((await ordered.room.row()).asked_for))
    assert changed.present == 5


async def test_one_person_is_one_row_however_they_are_named(ordered: Ordered) -> None:
    di = ordered.office.person("Di")
    changed = await ordered.add(user(di), NamedPerson(email=di.email))
    assert len(changed.change.changed) == 2
    assert changed.keys == (di.pagerduty_user,), "Di is linked"
    again = await ordered.add(NamedPerson(email=ordered.office.person("Bo").email))
    assert again.keys == (ordered.office.person("Bo").pagerduty_user,), "who is in it stays who they are"


async def test_a_person_of_whom_pagerduty_is_not_asked_has_the_id_of_their_account(ordered: Ordered) -> None:
    eve = ordered.office.person("Eve")
    changed = await ordered.add(NamedPerson(email=eve.email))
    assert changed.keys == (f"aad:{eve.aad_object_id}",)
    member = (await ordered.listed())[eve.email]
    assert (member.pagerduty_user, member.aad_object_id) == (None, eve.aad_object_id)
    assert (member.in_chat, member.asked) == (True, True)


async def test_who_is_refused_is_told_with_the_reason_and_leaves_no_row(ordered: Ordered) -> None:
    await ordered.is_linked_elsewhere("eli@elsewhere.example")
    unlicensed = next(one for one in ordered.office.microsoft.company.people if not one.has_teams)
    changed = await ordered.add(
        NamedPerson(user="PNOBODY"),
        NamedPerson(email="nobody@acme.example"),
        NamedPerson(email="eli@elsewhere.example"),
        user(unlicensed),
    )
    assert changed.change == MembersChange(
        changed=(),
        refused=(
            NotChanged(who="PNOBODY", why="unknown"),
            NotChanged(who="nobody@acme.example", why="unknown"),
            NotChanged(who="eli@elsewhere.example", why="other_tenant"),
            NotChanged(who=str(unlicensed.pagerduty_user), why="refused"),
        ),
    )
    assert (changed.keys, (await ordered.room.row()).asked_for) == ((), ())


async def test_a_chat_that_takes_nobody_more_refuses_them(ordered: Ordered) -> None:
    ordered.office.fault("member", "block_members", match={"method": "POST"})
    changed = await ordered.add(user(ordered.office.person("Di")))
    (refused,) = changed.change.refused
    assert refused.why == "blocked"


async def test_beyond_250_there_is_no_place(ordered: Ordered) -> None:
    await ordered.is_crowded(249)
    di, cy = ordered.office.person("Di"), ordered.office.person("Cy")
    changed = await ordered.add(user(di), user(cy))
    assert changed.change.changed == (di.pagerduty_user,)
    assert changed.change.refused == (NotChanged(who=str(cy.pagerduty_user), why="full"),)


async def test_without_permission_to_read_people_the_linked_come_and_the_others_are_refused(
    ordered: Ordered,
) -> None:
    ordered.office.revoke("User.Read.All", "User.ReadBasic.All")
    ordered.begins_anew()
    di, cy = ordered.office.person("Di"), ordered.office.person("Cy")
    changed = await ordered.add(user(di), user(cy))
    assert changed.change.changed == (di.pagerduty_user,)
    assert [one.why for one in changed.change.refused] == ["not_granted"]


async def test_without_permission_to_add_nothing_is_changed(ordered: Ordered) -> None:
    ordered.office.revoke("ChatMember.ReadWrite.All")
    ordered.begins_anew()
    request = ChangeMembersOf(**ordered.call, people=(user(ordered.office.person("Di")),))
    kind, code = await failed(ordered.members.add_members, request)
    assert (kind, code) == ("ConsentMissing", "ChatMember.ReadWrite.All")
    assert (await ordered.room.row()).asked_for == ()


async def test_who_is_taken_out_is_not_brought_back(ordered: Ordered) -> None:
    bo, di = ordered.office.person("Bo"), ordered.office.person("Di")
    await ordered.add(user(di))
    changed = await ordered.remove(user(bo), NamedPerson(email=di.email), user(ordered.office.person("Cy")))
    assert changed.change.changed == (bo.pagerduty_user, di.email)
    assert [(one.who, one.why) for one in changed.change.refused] == [
        (ordered.office.person("Cy").pagerduty_user, "not_there")
    ]
    await ordered.room.add(ordered.chat)
    assert ordered.room.names(ordered.chat) == ["Ada"]
    assert (await ordered.room.row()).asked_for == ()
    member = (await ordered.listed())["Bo"]
    assert (member.in_chat, member.has_left) == (False, True)


async def test_who_was_taken_out_by_a_worker_that_died_is_one_who_was_taken_out(ordered: Ordered) -> None:
    """Microsoft has done it, and no row says so."""
    bo, di = ordered.office.person("Bo"), ordered.office.person("Di")
    await ordered.add(user(di))
    for person in (bo, di):
        ordered.leaves(person)
    changed = await ordered.remove(user(bo), user(di))
    assert changed.change == MembersChange(changed=(str(bo.pagerduty_user), str(di.pagerduty_user)))
    assert changed.keys == tuple(sorted((str(bo.pagerduty_user), str(di.pagerduty_user))))
    assert (await ordered.room.row()).asked_for == ()
    listed = await ordered.listed()
    assert [(listed[name].in_chat, listed[name].has_left) for name in ("Bo", "Di")] == [(False, True)] * 2


async def test_brought_in_again_they_are_back(ordered: Ordered) -> None:
    bo = ordered.office.person("Bo")
    await ordered.remove(user(bo))
    changed = await ordered.add(user(bo))
    assert changed.change.changed == (bo.pagerduty_user,)
    assert sorted(ordered.room.names(ordered.chat)) == ["Ada", "Bo"]
    member = (await ordered.listed())["Bo"]
    assert (member.in_chat, member.has_left) == (True, False)
