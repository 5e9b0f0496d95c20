"""``pagerduty.admit_to_room`` and ``note_chat``: PagerDuty asked as the people who ask for a chat."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from activities.pagerduty.rooms import RoomNoteActivities
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.store import links, room_members, rooms
from muster.store.pool import Pool
from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY, CY_USER
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.rooms import failed, ran
from workflows.contract import Done
from workflows.incident_room.activities import Admit, Admitted, NoteChat, OpenRoom
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Asker
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome
from workflows.wanted import ASKER, WantedPerson

pytestmark = pytest.mark.anyio

CHAT = "19:room@thread.v2"
URL = "https://teams.microsoft.com/l/chat/19%3Aroom%40thread.v2/0?tenantId=t"
NOTE = f"Microsoft Teams chat: {URL}"


class Askers:
    """People who ask for the chat of an incident."""

    def __init__(self, activities: RoomNoteActivities, side: PagerDuty, pool: Pool, incident: str) -> None:
        self.activities = activities
        self.side = side
        self.pool = pool
        self.room = RoomKey(account=COMPANY.account, incident_id=incident)

    @property
    def call(self) -> dict[str, Any]:
        return {"room": self.room, "tenant": COMPANY.tenant_id, "correlation": "f:1"}

    async def link(self, user: str) -> int | None:
        person = self.side.person(user)
        return await links.link_of(
            self.pool, tenant=COMPANY.tenant_id, aad_object_id=person.aad_object_id, account=COMPANY.account
        )

    async def admit(self, user: str = ADA_USER) -> Admitted:
        return await ran(self.activities.admit, await self.admitting(user))

    async def admitting(self, user: str = ADA_USER) -> Admit:
        person = self.side.person(user)
        clicker = Clicker(
            aad_object_id=person.aad_object_id,
            teams_id=person.teams_id,
            name=person.name,
            link=await self.link(user),
        )
        at = datetime(2026, 1, 1, 10, tzinfo=UTC)
        click = Click(
            key="k1", verb="create_chat", person=clicker, message="17", received_at=at, correlation="f:1"
        )
        return Admit(**self.call, click=click)

    async def ask(self, *users: str) -> None:
        """They have asked for it."""
        await rooms.open_room(self.pool, self.room, tenant=COMPANY.tenant_id)
        began_at = await rooms.begin(self.pool, self.room, topic="Incident #42", owner="ada")
        await rooms.note_made(self.pool, self.room, began_at=began_at, chat=CHAT, url=URL)
        own = [WantedPerson(user=one, rank=ASKER, name=self.side.person(one).name) for one in users]
        await room_members.want(self.pool, self.room, own, pressed=True)

    async def note(self) -> Done:
        return await ran(self.activities.note_chat, self.noting())

    def noting(self) -> NoteChat:
        return NoteChat(**self.call, chat=CHAT, url=URL)

    async def notes(self) -> list[tuple[str, str]]:
        """Of the incident: by whom, and what."""
        answer = await self.side.call("GET", f"/incidents/{self.room.incident_id}/notes")
        return [(one["user"]["id"], one["content"]) for one in answer.json()["notes"]]

    async def is_noted(self) -> bool:
        return (await rooms.restore(self.pool, self.room)).noted

    async def unlink(self, user: str) -> None:
        await self.pool.execute("DELETE FROM user_link WHERE pagerduty_user = $1", user)

    async def fault(self, method: str, ending: str = "", **how: Any) -> None:
        path = f"/incidents/{self.room.incident_id}{ending}"
        await self.side.fault("rest", match={"method": method, "path": path}, **how)


@pytest.fixture
def askers(
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    person_tokens: PersonTokens,
    pool: Pool,
    pagerduty_side: PagerDuty,
    incident: str,
) -> Askers:
    activities = RoomNoteActivities(
        PagerDutyClient(http), accounts, AppTokens(http, accounts), person_tokens, pool
    )
    return Askers(activities, pagerduty_side, pool, incident)


# May they


@pytest.mark.pooler_too
async def test_who_sees_the_incident_is_admitted_and_wanted_beside_those_whom_it_names(
    askers: Askers,
) -> None:
    admitted = await askers.admit()
    assert admitted.refused is None
    assert admitted.asker == Asker(pagerduty_user=ADA_USER, name="Ada Ops")
    assert admitted.tenant_name == COMPANY.tenant_name
    assert admitted.details is not None
    assert admitted.details.snapshot.title == "Checkout is slow"
    row = await rooms.restore(askers.pool, askers.room)
    assert (row.exists, row.tenant, row.stage) == (True, COMPANY.tenant_id, "none")
    assert row.askers == (admitted.asker,)
    assert row.searched_for == (ADA_USER, BO_USER), "Bo is on call for it"


async def test_two_who_ask_share_the_room_of_the_first(askers: Askers) -> None:
    for user in (ADA_USER, BO_USER, ADA_USER):
        assert (await askers.admit(user)).refused is None
    row = await rooms.restore(askers.pool, askers.room)
    assert [one.pagerduty_user for one in row.askers] == [ADA_USER, BO_USER]
    assert len(await lent_links(askers)) == 2, "PagerDuty may be asked as both"


async def lent_links(askers: Askers) -> tuple[int, ...]:
    return await room_members.links_of_askers(askers.pool, askers.room, tenant=COMPANY.tenant_id)


async def refused(askers: Askers, user: str = ADA_USER) -> Outcome:
    """They are, and no row is opened."""
    admitted = await askers.admit(user)
    assert (admitted.asker, admitted.details) == (None, None)
    assert admitted.refused is not None
    assert not (await rooms.restore(askers.pool, askers.room)).exists
    return admitted.refused


async def test_who_is_not_linked_is_refused(askers: Askers) -> None:
    assert await refused(askers, CY_USER) == Outcome(kind="refused", reason="link_removed")


async def test_whose_link_is_gone_since_the_click_is_refused(askers: Askers) -> None:
    request = await askers.admitting()
    await askers.unlink(ADA_USER)
    assert (await ran(askers.activities.admit, request)).refused == Outcome(
        kind="refused", reason="link_removed"
    )


@pytest.mark.parametrize("role", ["read_only_user", "read_only_limited_user"])
async def test_who_writes_no_notes_is_refused_before_pagerduty_is_asked(askers: Askers, role: str) -> None:
    await askers.pool.execute("UPDATE user_link SET pagerduty_role = $1", role)
    assert await refused(askers) == Outcome(kind="refused", reason="may_not_write", by="Ada Ops")
    assert (await askers.side.records())["reads"] == []


@pytest.mark.parametrize("role", [None, "observer", "a role of tomorrow"])
async def test_every_other_role_may_ask(askers: Askers, role: str | None) -> None:
    await askers.pool.execute("UPDATE user_link SET pagerduty_role = $1", role)
    assert (await askers.admit()).refused is None


async def test_pagerduty_is_asked_as_whoever_asks(askers: Askers) -> None:
    """Of the private team Fraud the owner sees incidents, and Bo does not."""
    incident = await askers.side.trigger(service={"id": "PSVC004", "type": "service_reference"})
    askers.room = askers.room.model_copy(update={"incident_id": incident["id"]})
    assert (await refused(askers, BO_USER)).reason in ("not_found", "forbidden")
    assert (await askers.admit(ADA_USER)).refused is None


# Programs


async def opened(askers: Askers, *, owner: str | None = None, by: str = ADA_USER) -> Admitted:
    request = OpenRoom(**askers.call, by=by, owner=owner)
    return await ran(askers.activities.open_room, request)


async def test_a_program_opens_a_room_for_whoever_is_to_own_it(askers: Askers) -> None:
    """Also for somebody who is not linked; PagerDuty is asked as the app."""
    admitted = await opened(askers, owner=CY_USER)
    assert admitted.refused is None
    assert admitted.asker == Asker(pagerduty_user=CY_USER, name=askers.side.person(CY_USER).name)
    assert admitted.details is not None
    row = await rooms.restore(askers.pool, askers.room)
    assert (row.stage, row.askers) == ("none", (admitted.asker,))
    assert sorted(row.searched_for) == sorted([BO_USER, CY_USER]), "Bo is on call for it"


async def test_whom_a_program_names_has_not_pressed(askers: Askers) -> None:
    assert (await opened(askers, owner=ADA_USER)).refused is None
    assert await lent_links(askers) == ()


async def test_without_an_owner_it_is_the_assignees(askers: Askers) -> None:
    assert (await opened(askers)).asker is None
    row = await rooms.restore(askers.pool, askers.room)
    assert (row.askers, row.searched_for) == ((), (BO_USER,))


async def test_where_nobody_is_assigned_it_is_for_whom_the_program_asks(askers: Askers) -> None:
    await askers.side.put(askers.room.incident_id, status="resolved")
    admitted = await opened(askers)
    assert admitted.asker == Asker(pagerduty_user=ADA_USER, name="Ada Ops")


@pytest.mark.parametrize(
    ("unknown", "owner", "reason"),
    [("QUNKNOWN", None, "not_found"), (None, "PNOBODY", "owner_unknown")],
)
async def test_what_pagerduty_does_not_know_opens_no_room(
    askers: Askers, unknown: str | None, owner: str | None, reason: Any
) -> None:
    if unknown is not None:
        askers.room = askers.room.model_copy(update={"incident_id": unknown})
    admitted = await opened(askers, owner=owner)
    assert admitted.refused == Outcome(kind="failed", reason=reason)
    assert not (await rooms.restore(askers.pool, askers.room)).exists


# What speaks against it


async def test_an_incident_that_pagerduty_does_not_know_is_not_found(askers: Askers) -> None:
    askers.room = askers.room.model_copy(update={"incident_id": "QUNKNOWN"})
    assert await refused(askers) == Outcome(kind="failed", reason="not_found")


async def test_whom_pagerduty_forbids_the_incident_is_refused(askers: Askers) -> None:
    await askers.fault("GET", do="status", status=403)
    assert await refused(askers) == Outcome(kind="refused", reason="forbidden", by="Ada Ops")


async def test_whose_token_pagerduty_does_not_take_is_refused(askers: Askers) -> None:
    await askers.fault("GET", do="status", status=401)
    assert await refused(askers) == Outcome(kind="refused", reason="link_rejected")


async def test_a_link_of_another_account_counts_for_nothing(askers: Askers) -> None:
    request = await askers.admitting()
    await askers.pool.execute("INSERT INTO pagerduty_account VALUES ('emca', 'emca', 'eu')")
    await askers.pool.execute("UPDATE user_link SET account = 'emca'")
    admitted = await ran(askers.activities.admit, request)
    assert admitted.refused == Outcome(kind="refused", reason="link_removed")
    assert not (await rooms.restore(askers.pool, askers.room)).exists


async def test_an_account_that_is_not_configured_has_no_rooms(askers: Askers) -> None:
    request = await askers.admitting()
    elsewhere = request.model_copy(update={"room": RoomKey(account="emca", incident_id="Q1")})
    kind, _ = await failed(askers.activities.admit, elsewhere)
    assert kind == "RequestInvalid"
    assert await askers.pool.fetchval("SELECT count(*) FROM incident_room") == 0


async def test_a_pagerduty_that_is_away_is_worth_another_attempt(askers: Askers) -> None:
    await askers.fault("GET", do="status", status=503)
    kind, _ = await failed(askers.activities.admit, await askers.admitting())
    assert kind == "ProviderUnavailable"
    assert (await askers.admit()).refused is None


# The note


async def test_the_address_is_a_note_by_whoever_asked_once(askers: Askers) -> None:
    await askers.ask(ADA_USER)
    for _ in range(2):
        assert await askers.note() == Done()
    assert await askers.notes() == [(ADA_USER, NOTE)]
    assert await askers.is_noted()


async def test_a_note_that_somebody_wrote_with_the_address_is_enough(askers: Askers) -> None:
    await askers.ask(ADA_USER)
    await askers.side.add_note(askers.room.incident_id, f"We talk here: {URL} – come")
    await askers.note()
    assert len(await askers.notes()) == 1
    assert await askers.is_noted()


@pytest.mark.parametrize("do", ["lose_answer", "status_after"])
async def test_a_note_whose_answer_was_lost_is_looked_for_before_it_is_written_again(
    askers: Askers, do: str
) -> None:
    await askers.ask(ADA_USER)
    more = {} if do == "lose_answer" else {"status": 503}
    await askers.fault("POST", "/notes", do=do, **more)
    kind, _ = await failed(askers.activities.note_chat, askers.noting())
    assert kind == "OutcomeUnknown"
    assert not await askers.is_noted()
    await askers.note()
    assert await askers.notes() == [(ADA_USER, NOTE)]
    assert await askers.is_noted()


async def test_where_the_first_unlinked_the_next_who_asked_writes_it(askers: Askers) -> None:
    await askers.ask(ADA_USER, BO_USER)
    await askers.unlink(ADA_USER)
    await askers.note()
    assert await askers.notes() == [(BO_USER, NOTE)]


@pytest.mark.parametrize(("method", "status"), [("GET", 401), ("POST", 403)])
async def test_where_the_first_may_not_the_next_who_asked_writes_it(
    askers: Askers, method: str, status: int
) -> None:
    await askers.ask(ADA_USER, BO_USER)
    await askers.fault(method, "/notes", do="status", status=status)
    await askers.note()
    assert await askers.notes() == [(BO_USER, NOTE)]


async def test_who_did_not_ask_writes_nothing(askers: Askers) -> None:
    await askers.ask(CY_USER)
    await room_members.want(askers.pool, askers.room, [WantedPerson(user=ADA_USER, rank=0)])
    kind, _ = await failed(askers.activities.note_chat, askers.noting())
    assert kind == "Forbidden"
    assert await askers.notes() == []
    assert not await askers.is_noted()


async def test_an_incident_that_is_gone_takes_no_note(askers: Askers) -> None:
    askers.room = askers.room.model_copy(update={"incident_id": "QUNKNOWN"})
    await askers.ask(ADA_USER)
    kind, _ = await failed(askers.activities.note_chat, askers.noting())
    assert kind == "NotFound"
