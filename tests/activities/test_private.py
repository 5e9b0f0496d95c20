"""What one person alone reads: a targeted message where they asked, or a message in their private chat."""

from typing import Any

import pytest

from muster.private_sends import PrivateMessage, PrivateSends
from muster.store import people
from muster.store.pool import Pool
from sandbox.company import Person as Account
from tests.support.teams_service import TeamsService
from workflows.errors import (
    BotRemoved,
    CardGone,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RefusedForNow,
    RequestInvalid,
)
from workflows.person import Person

pytestmark = pytest.mark.anyio

DAY = 24 * 3600
BLOCKED = {"status": 403, "body": {"error": {"code": "MessageWritesBlocked", "message": "No."}}}


class Somebody:
    """A person of the company, whom the product tells something."""

    def __init__(self, private: PrivateSends, teams_side: TeamsService, pool: Pool, account: Account) -> None:
        self._private = private
        self._teams_side = teams_side
        self._pool = pool
        self._tenant = teams_side.company.tenant_id
        self.account = account
        self.person = Person(
            aad_object_id=account.aad_object_id, teams_id=account.teams_id, name=account.name
        )

    async def is_told(
        self, text: str = "said", *, asked_in: str | None, person: Person | None = None
    ) -> PrivateMessage:
        activity = {"type": "message", "text": text}
        return await self._private.send(self._tenant, person or self.person, activity, asked_in=asked_in)

    async def is_told_anew(self, message: PrivateMessage, text: str) -> None:
        await self._private.edit(self._tenant, self.person, message, {"type": "message", "text": text})

    async def chat(self) -> str | None:
        """Their private chat, where the database knows it."""
        whose = (self._pool, self._tenant, self.person.aad_object_id)
        return (await people.private_place(*whose, asked_in=None)).conversation

    async def open_chat(self) -> str:
        """Their private chat, known from earlier on; what was asked of Teams so far is forgotten."""
        chat = (await self.is_told("hello", asked_in=None)).conversation
        self._teams_side.asked.clear()
        return chat


@pytest.fixture
def cy(private: PrivateSends, teams_side: TeamsService, pool: Pool) -> Somebody:
    """A member of Payments."""
    return Somebody(private, teams_side, pool, teams_side.company.people[2])


@pytest.fixture
def bo(private: PrivateSends, teams_side: TeamsService, pool: Pool) -> Somebody:
    """Another one."""
    return Somebody(private, teams_side, pool, teams_side.company.people[1])


@pytest.fixture
def channel(teams_side: TeamsService) -> str:
    return teams_side.channel


async def refused_at_ago(pool: Pool) -> float | None:
    """Seconds since the tenant's refusal that is remembered."""
    ago = "SELECT extract(epoch FROM now() - targeted_refused_at)::float8 FROM teams_tenant WHERE id = $1"
    found: float | None = await pool.fetchval(ago, await pool.fetchval("SELECT id FROM teams_tenant"))
    return found


async def passes(pool: Pool, seconds: int) -> None:
    """Time goes by in the database."""
    await pool.execute(
        "UPDATE teams_tenant SET targeted_refused_at = targeted_refused_at - make_interval(secs => $1)",
        seconds,
    )


def shown(message: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Each version's text, and who alone sees it."""
    return [(version["activity"]["text"], message["to"]) for version in message["versions"]]


# A targeted message


async def test_whoever_asked_in_a_channel_is_told_there_alone(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    message = await cy.is_told(asked_in=channel)
    (there,) = await teams_side.messages()
    assert shown(there) == [("said", cy.person.aad_object_id)]
    assert message == PrivateMessage(channel, there["id"], targeted=True)
    assert len(teams_side.asked) == 1
    assert await cy.chat() is None


async def test_whoever_asked_in_a_thread_is_told_beside_it(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    message = await cy.is_told(asked_in=f"{channel};messageid=1700000000001")
    (there,) = await teams_side.messages()
    assert (there["to"], there["reply_to"]) == (cy.person.aad_object_id, None)
    assert message == PrivateMessage(channel, there["id"], targeted=True)


async def test_whoever_asked_in_a_group_chat_is_told_there_alone(
    cy: Somebody, pool: Pool, teams_side: TeamsService, channel: str
) -> None:
    await pool.execute("UPDATE conversation SET kind = 'group', team = NULL WHERE id = $1", channel)
    assert (await cy.is_told(asked_in=channel)).targeted
    assert [shown(one) for one in await teams_side.messages()] == [[("said", cy.person.aad_object_id)]]


async def test_whoever_asked_in_a_conversation_without_a_row_is_told_there_alone(
    cy: Somebody, pool: Pool, teams_side: TeamsService, channel: str
) -> None:
    await pool.execute("DELETE FROM connection WHERE conversation = $1", channel)
    await pool.execute("DELETE FROM conversation WHERE id = $1", channel)
    assert (await cy.is_told(asked_in=channel)).targeted
    assert [one["to"] for one in await teams_side.messages()] == [cy.person.aad_object_id]


async def test_a_person_is_named_to_teams_as_the_row_knows_them(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    assert (await cy.is_told(asked_in=channel, person=cy.person.model_copy(update={"teams_id": ""}))).targeted
    assert [one["to"] for one in await teams_side.messages()] == [cy.person.aad_object_id]


# The private chat


async def test_whoever_asked_nowhere_is_told_in_the_private_chat(
    cy: Somebody, teams_side: TeamsService
) -> None:
    first = await cy.is_told("first", asked_in=None)
    second = await cy.is_told("second", asked_in=None)
    assert first.conversation == second.conversation == await cy.chat()
    assert not first.targeted
    assert [shown(one) for one in await teams_side.messages(first.conversation)] == [
        [("first", None)],
        [("second", None)],
    ]
    assert await teams_side.messages() == []
    assert len(teams_side.calls("POST", "/v3/conversations")) == 1


@pytest.mark.parametrize("known", ["by its person", "by its kind"])
async def test_whoever_asked_in_the_private_chat_is_told_there(
    cy: Somebody, pool: Pool, teams_side: TeamsService, channel: str, known: str
) -> None:
    chat = await cy.open_chat()
    if known == "by its kind":
        await pool.execute("UPDATE person SET private_conversation = NULL")
        await pool.execute("DELETE FROM connection WHERE conversation = $1", channel)
        await pool.execute(
            "UPDATE conversation SET id = $1, kind = 'personal', team = NULL WHERE id = $2", chat, channel
        )
    message = await cy.is_told(asked_in=chat)
    assert (message.conversation, message.targeted) == (chat, False)
    assert len(teams_side.asked) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
async def test_a_tenant_that_refuses_is_not_asked_again_for_a_day(
    cy: Somebody, pool: Pool, teams_side: TeamsService, channel: str, status: int
) -> None:
    chat = await cy.open_chat()
    await teams_side.refuse_targeted(status)
    message = await cy.is_told("first", asked_in=channel)
    assert (message.conversation, message.targeted) == (chat, False)
    assert len(teams_side.asked) == 2

    await passes(pool, DAY - 60)
    assert not (await cy.is_told("second", asked_in=channel)).targeted
    assert len(teams_side.asked) == 3, "Teams is not asked"
    assert [shown(one) for one in await teams_side.messages(chat)][1:] == [
        [("first", None)],
        [("second", None)],
    ]

    await passes(pool, 60)
    assert not (await cy.is_told("third", asked_in=channel)).targeted
    assert len(teams_side.asked) == 5, "Teams is asked, and refuses again"
    ago = await refused_at_ago(pool)
    assert ago is not None
    assert ago < 60

    await teams_side.refuse_targeted(None)
    await passes(pool, DAY)
    assert (await cy.is_told("fourth", asked_in=channel)).targeted
    assert [shown(one) for one in await teams_side.messages()] == [[("fourth", cy.person.aad_object_id)]]


async def test_a_person_who_is_no_member_is_told_in_private_and_the_others_where_they_asked(
    cy: Somebody, bo: Somebody, pool: Pool, teams_side: TeamsService, channel: str
) -> None:
    left = {"team": "Payments", "event": "teamMemberRemoved", "person": cy.account.email}
    (await teams_side.http.post("/_sandbox/team", json=left)).raise_for_status()
    message = await cy.is_told(asked_in=channel)
    assert (message.conversation, message.targeted) == (await cy.chat(), False)
    assert len(await teams_side.messages(message.conversation)) == 1
    assert await refused_at_ago(pool) is None
    assert (await bo.is_told(asked_in=channel)).targeted


async def test_a_refusal_that_is_about_the_conversation_is_not_the_tenants(
    cy: Somebody, pool: Pool, teams_side: TeamsService, channel: str
) -> None:
    chat = await cy.open_chat()
    for status, code in (
        (403, "BotNotInConversationRoster"),
        (403, "MessageWritesBlocked"),
        (404, "ConversationNotFound"),
        (404, "ActivityNotFoundInConversation"),
    ):
        await teams_side.refuse_targeted(status, code)
        assert (await cy.is_told(asked_in=channel)).conversation == chat
        assert await refused_at_ago(pool) is None, code


async def test_a_refusal_in_a_conversation_without_a_row_is_not_the_tenants(
    cy: Somebody, pool: Pool, teams_side: TeamsService
) -> None:
    """A private chat that nobody has told of yet, say: Teams has no targeted messages in any."""
    chat = await cy.open_chat()
    await pool.execute("UPDATE person SET private_conversation = NULL")
    assert not (await cy.is_told(asked_in=chat)).targeted
    assert await refused_at_ago(pool) is None


async def test_a_person_without_a_known_id_of_teams_is_told_in_private(
    cy: Somebody, pool: Pool, teams_side: TeamsService, channel: str
) -> None:
    await pool.execute("DELETE FROM person WHERE aad_object_id = $1", cy.person.aad_object_id)
    message = await cy.is_told(asked_in=channel, person=cy.person.model_copy(update={"teams_id": ""}))
    assert (message.conversation, message.targeted) == (await cy.chat(), False)


# What goes wrong


async def test_a_closed_private_chat_does_not_matter_to_whom_the_channel_tells(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    await teams_side.fault("create", "status", match={"targeted": "false"}, **BLOCKED)
    assert (await cy.is_told(asked_in=channel)).targeted


@pytest.mark.parametrize("opened", [True, False], ids=["opened", "not opened"])
async def test_a_person_whose_private_chat_is_closed_too_cannot_be_told(
    cy: Somebody, teams_side: TeamsService, channel: str, opened: bool
) -> None:
    if opened:
        await cy.open_chat()
    await teams_side.refuse_targeted(403)
    if opened:
        await teams_side.fault("create", "status", match={"targeted": "false"}, **BLOCKED)
    else:
        await teams_side.fault("open", "status", **BLOCKED)
    with pytest.raises(BotRemoved):
        await cy.is_told(asked_in=channel)


async def test_a_lost_answer_is_not_said_elsewhere_and_whoever_calls_again_says_it_twice(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    await teams_side.fault("create", "lose_answer")
    with pytest.raises(OutcomeUnknown):
        await cy.is_told("first", asked_in=channel)
    assert len(teams_side.asked) == 1
    assert (await cy.is_told("second", asked_in=channel)).targeted
    assert [shown(one) for one in await teams_side.messages()] == [
        [("first", cy.person.aad_object_id)],
        [("second", cy.person.aad_object_id)],
    ]


async def test_what_is_no_refusal_of_targeted_messages_changes_no_way(
    cy: Somebody, pool: Pool, teams_side: TeamsService, channel: str
) -> None:
    failures: tuple[tuple[int, type[OutsideError]], ...] = (
        (429, RateLimited),
        (503, OutcomeUnknown),
        (408, OutcomeUnknown),
        (413, RequestInvalid),
    )
    for number, (status, error) in enumerate(failures, 1):
        await teams_side.fault("create", "status", status=status)
        with pytest.raises(error):
            await cy.is_told(asked_in=channel)
        assert len(teams_side.asked) == number
    assert await refused_at_ago(pool) is None


async def test_a_private_chat_that_cannot_be_opened_for_now_is_a_failure_that_may_pass(
    cy: Somebody, teams_side: TeamsService
) -> None:
    await teams_side.fault("open", "status", status=503)
    with pytest.raises(ProviderUnavailable):
        await cy.is_told(asked_in=None)


async def test_nobody_is_told_where_no_address_is_known(
    cy: Somebody, pool: Pool, teams_side: TeamsService
) -> None:
    await pool.execute("DELETE FROM connection")
    await pool.execute("DELETE FROM conversation")
    await pool.execute("UPDATE team SET service_url = NULL")
    with pytest.raises(RequestInvalid):
        await cy.is_told(asked_in=None)
    assert teams_side.asked == []


# Edits


async def test_a_message_is_edited_in_the_way_it_was_sent(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    alone = cy.person.aad_object_id
    for asked_in, to in ((channel, alone), (None, None)):
        message = await cy.is_told("first", asked_in=asked_in)
        await cy.is_told_anew(message, "second")
        (there,) = await teams_side.messages(message.conversation)
        assert shown(there) == [("first", to), ("second", to)]


async def test_a_targeted_message_is_gone_after_a_day(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    message = await cy.is_told("first", asked_in=channel)
    (await teams_side.http.post("/_sandbox/clock", json={"advance": DAY})).raise_for_status()
    with pytest.raises(CardGone):
        await cy.is_told_anew(message, "second")


async def test_a_targeted_message_where_the_bot_may_not_write_any_more_is_gone(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    message = await cy.is_told("first", asked_in=channel)
    await teams_side.fault("edit", "status", **BLOCKED)
    with pytest.raises(CardGone):
        await cy.is_told_anew(message, "second")


@pytest.mark.pooler_too
async def test_an_edit_that_is_refused_is_tried_again_until_the_tenant_is_known_to_refuse(
    cy: Somebody, teams_side: TeamsService, channel: str
) -> None:
    message = await cy.is_told("first", asked_in=channel)
    await teams_side.refuse_targeted(403)
    with pytest.raises(RefusedForNow):
        await cy.is_told_anew(message, "second")
    await cy.is_told("to know it", asked_in=channel)
    with pytest.raises(CardGone):
        await cy.is_told_anew(message, "second")


async def test_an_edit_of_a_private_chat_is_no_edit_of_a_targeted_message(
    cy: Somebody, teams_side: TeamsService
) -> None:
    message = await cy.is_told("first", asked_in=None)
    await teams_side.fault("edit", "status", **BLOCKED)
    with pytest.raises(BotRemoved):
        await cy.is_told_anew(message, "second")
