"""**Create Chat** and **Create Meeting** through the whole edge: who asks, and what they get to see."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from api.gateway import Gateway
from muster.seed import seed
from muster.store import cards, links
from muster.store.pool import Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from muster.temporal.client import connect
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.buttons import NOBODYS_MESSAGE, Buttons, Connector, is_sentence, serving_buttons
from tests.api.conftest import APP_ID, BotFramework
from tests.api.outage import cut_known, line_to
from tests.api.team_bot import OTHER_TENANT, AskedOfRoom, RecordingGateway, bot_settings
from tests.support.company import ACCOUNT, ADA_AAD, BO_AAD, CY_AAD, OPS, RELEASES, TENANT, company
from tests.support.settings import settings_for
from tests.support.views import a_view
from workflows.account_link.messages import LinkAnswer
from workflows.channel_incident.activities import ShowCard
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import CardIdentity
from workflows.incident_room.messages import Policy, RoomAnswer
from workflows.meeting import Hindrance
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

MEETING = "https://teams.microsoft.com/l/meetup-join/1"
URL = "https://teams.microsoft.com/l/chat/19%3Aroom%40thread.v2/0"
MESSAGE = "1700000000042"
MAKING = "Muster is making the chat; the card will show Join Chat."
UNREACHABLE = "Muster is not reachable right now. Try again in a moment."
DONE = RoomAnswer(outcome=Outcome(kind="done"), url=URL)

Serve = Callable[[Gateway], AbstractAsyncContextManager[Buttons]]


@pytest.fixture
def incident() -> str:
    return f"Q{uuid.uuid4().hex[:12].upper()}"


@pytest.fixture
def card(incident: str) -> ShowCard:
    """The incident's card, as it was shown last in the channel."""
    return ShowCard(
        card=CardKey(account=ACCOUNT, incident_id=incident, conversation=OPS),
        tenant=TENANT,
        activity_id=None,
        view=a_view(incident_id=incident, verbs=("acknowledge", "resolve", "create_chat")),
        identity=CardIdentity(marker="marker", nonce="nonce"),
        content="content",
        correlation="e1",
    )


@pytest.fixture
async def serve(
    database_url: str,
    pool: Pool,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    card: ShowCard,
    tmp_path: Path,
) -> Serve:
    """``serve(gateway)``: the edge, with the card in its row."""
    settings = bot_settings(database_url, tmp_path)
    await seed(settings_for(database_url, "127.0.0.1:1"), company())
    connector = Connector()

    @asynccontextmanager
    async def serving(gateway: Gateway) -> AsyncIterator[Buttons]:
        async with serving_buttons(
            pool, gateway, framework, framework_pool, connector, settings=settings
        ) as buttons:
            await buttons.register(card.card.incident_id)
            await cards.intend(pool, card, datetime.now(UTC))
            assert (await cards.record_shown(pool, card, MESSAGE)).recorded
            yield buttons

    return serving


@pytest.fixture
def gateway() -> RecordingGateway:
    gateway = RecordingGateway()
    gateway.room_reply = DONE
    return gateway


@pytest.fixture
async def buttons(gateway: RecordingGateway, serve: Serve) -> AsyncIterator[Buttons]:
    async with serve(gateway) as buttons:
        yield buttons


def pressed(
    buttons: Buttons,
    card: ShowCard,
    who: str = ADA_AAD,
    message: str = MESSAGE,
    *,
    verb: str = "create_chat",
    **changes: Any,
) -> dict[str, Any]:
    return buttons.on(card, message, who, verb=verb) | changes


def with_marker(click: dict[str, Any], marker: str) -> dict[str, Any]:
    """The click on a message that carries this marker."""
    action = click["value"]["action"]
    return click | {"value": {"action": action | {"data": action["data"] | {"m": marker}}}}


def said(answer: dict[str, Any]) -> str:
    assert is_sentence(answer)
    return str(answer["value"])


def the_one(gateway: RecordingGateway) -> AskedOfRoom:
    """What the room was asked, once."""
    (asked,) = gateway.asked_of_rooms
    return asked


# Who asks whom


async def test_the_incidents_room_is_asked_as_whoever_pressed(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, incident: str, pool: Pool
) -> None:
    await buttons.click(pressed(buttons, card))
    asked = the_one(gateway)
    start = asked.start
    assert (start.account, start.incident_id, start.tenant, start.stored) == (ACCOUNT, incident, TENANT, True)
    assert start.policy == Policy(declined_leave=False, leave_after=None)
    assert (asked.update, asked.asked.conversation) == ("create_chat", OPS)
    click = asked.asked.click
    link = await links.link_of(pool, tenant=TENANT, aad_object_id=ADA_AAD, account=ACCOUNT)
    assert link is not None
    assert (click.verb, click.person.aad_object_id, click.person.link) == ("create_chat", ADA_AAD, link)
    assert (click.message, click.nonce, click.orphan_marker) == (MESSAGE, "nonce", None)
    assert gateway.signals == []
    assert gateway.asked_for_links == []


@pytest.mark.parametrize("activity_id", ["f:1", "f:2"])
async def test_a_click_that_teams_repeats_has_one_key(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, activity_id: str
) -> None:
    """With the same activity id, and half a minute later with a new one."""
    await buttons.click(pressed(buttons, card))
    await buttons.click(pressed(buttons, card, id=activity_id))
    first, again = gateway.asked_of_rooms
    assert first.asked.click.key == again.asked.click.key
    assert (first.update_id == again.update_id) == (activity_id == "f:1")


async def test_two_people_ask_one_room_with_keys_of_their_own(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    await buttons.click(pressed(buttons, card, ADA_AAD))
    await buttons.click(pressed(buttons, card, BO_AAD))
    first, second = gateway.asked_of_rooms
    assert first.start == second.start
    assert first.asked.click.key != second.asked.click.key


# Whoever is not linked


async def test_somebody_unlinked_is_offered_a_link_and_nothing_is_asked_of_the_room(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    text = said(await buttons.click(pressed(buttons, card, CY_AAD)))
    assert text.startswith("Your Teams account is not linked to PagerDuty (acme), so no chat is made.")
    assert text.endswith("Then press Create Chat again.")
    assert gateway.asked_of_rooms == []
    (link,) = gateway.asked_for_links
    assert (link.start.tenant, link.start.account, link.start.person.aad_object_id) == (
        TENANT,
        ACCOUNT,
        CY_AAD,
    )
    assert (link.offer.why, link.offer.conversation) == ("asked", None)


@pytest.mark.parametrize("reply", [None, LinkAnswer(reply="sent")], ids=["on its way", "sent"])
async def test_what_came_of_asking_for_the_link_is_told(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, reply: LinkAnswer | None
) -> None:
    gateway.link_reply = reply
    text = said(await buttons.click(pressed(buttons, card, CY_AAD)))
    assert "not linked" in text
    assert gateway.asked_of_rooms == []


# What the room answers


@pytest.mark.parametrize("kind", ["done", "already"])
async def test_a_chat_that_is_there_is_told_with_its_link(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, kind: Any
) -> None:
    gateway.room_reply = RoomAnswer(outcome=Outcome(kind=kind), url=URL)
    answer = await buttons.click(pressed(buttons, card))
    assert said(answer) == f"There is a chat for this incident: {URL}"


@pytest.mark.parametrize("url", ["", "javascript:alert(1)"])
async def test_a_chat_without_an_address_is_joined_from_the_card(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, url: str
) -> None:
    gateway.room_reply = RoomAnswer(outcome=Outcome(kind="done"), url=url)
    answer = await buttons.click(pressed(buttons, card))
    assert said(answer) == "There is a chat for this incident: the card shows Join Chat."


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (
            Outcome(kind="refused", reason="may_not_write", by="Ada Ops"),
            "The chat was not made: your role in PagerDuty (acme) reads only, and the incident gets a note.",
        ),
        (
            Outcome(kind="refused", reason="nobody_to_talk_to"),
            "Nobody to talk to yet: add responders or link accounts.",
        ),
        (
            Outcome(kind="refused", reason="not_granted", says="Chat.Create"),
            "The chat cannot be made: Chat.Create is not granted. "
            "A Microsoft admin grants it with appconnect.",
        ),
        (
            Outcome(kind="failed", reason="chat_unknown", says="Incident #42 Checkout"),
            "Muster does not know whether the chat was made: Microsoft's answer was lost. "
            "Look in Teams for “Incident #42 Checkout” before you press Create Chat again.",
        ),
        (
            Outcome(kind="refused", reason="link_removed"),
            "Create Chat was not done: your link to PagerDuty was removed meanwhile.",
        ),
        (Outcome(kind="late"), "Create Chat came through too late and was not done."),
    ],
    ids=lambda value: value.reason or value.kind if isinstance(value, Outcome) else "",
)
async def test_why_there_is_no_chat_is_told_without_an_address(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, outcome: Outcome, text: str
) -> None:
    gateway.room_reply = RoomAnswer(outcome=outcome, url=URL)
    assert said(await buttons.click(pressed(buttons, card))) == text


async def test_without_an_answer_in_time_the_card_is_what_tells(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    gateway.room_reply = None
    assert said(await buttons.click(pressed(buttons, card))) == MAKING


# A click on a message that is not the card


async def test_an_orphan_goes_once_there_is_a_chat(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, incident: str
) -> None:
    await buttons.pool.execute("UPDATE incident_card SET orphan_markers = '{lost}'")
    click = with_marker(pressed(buttons, card, message=NOBODYS_MESSAGE), "lost")
    assert said(await buttons.click(click)) == f"There is a chat for this incident: {URL}"
    assert the_one(gateway).asked.click.message == NOBODYS_MESSAGE
    ((start, signal, message),) = gateway.signals
    assert (start.incident_id, start.conversation.id, signal) == (incident, OPS, "click")
    assert (message.verb, message.message, message.orphan_marker) == ("create_chat", NOBODYS_MESSAGE, "lost")


@pytest.mark.parametrize(
    "reply",
    [None, RoomAnswer(outcome=Outcome(kind="refused", reason="nobody_to_talk_to"))],
    ids=["not known", "refused"],
)
async def test_an_orphan_stays_while_its_answer_is_to_be_read(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, reply: RoomAnswer | None
) -> None:
    gateway.room_reply = reply
    await buttons.pool.execute("UPDATE incident_card SET orphan_markers = '{lost}'")
    await buttons.click(with_marker(pressed(buttons, card, message=NOBODYS_MESSAGE), "lost"))
    assert len(gateway.asked_of_rooms) == 1
    assert gateway.signals == []


class _NoSignals(RecordingGateway):
    """Answers, and takes no signal."""

    why: Exception = TemporalUnavailable("away")

    async def signal(self, row: Any, start: Any, signal: Any, message: Any, *, within: float = 3) -> None:
        raise self.why


@pytest.mark.parametrize("why", [TemporalUnavailable("away"), Rejected("never")], ids=["away", "refused"])
async def test_an_orphan_that_nobody_can_be_told_of_holds_up_no_answer(
    serve: Serve, card: ShowCard, why: Exception
) -> None:
    gateway = _NoSignals()
    gateway.room_reply, gateway.why = DONE, why
    async with serve(gateway) as buttons:
        await buttons.pool.execute("UPDATE incident_card SET orphan_markers = '{lost}'")
        click = with_marker(pressed(buttons, card, message=NOBODYS_MESSAGE), "lost")
        assert said(await buttons.click(click)) == f"There is a chat for this incident: {URL}"


async def test_a_message_that_no_row_knows_stays(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    click = with_marker(pressed(buttons, card, message=NOBODYS_MESSAGE), "made up")
    assert said(await buttons.click(click)) == f"There is a chat for this incident: {URL}"
    assert gateway.signals == []


async def test_a_button_of_another_incident_or_of_no_card_asks_nobody(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    click = pressed(buttons, card)
    action = click["value"]["action"]
    other = {"action": action | {"data": action["data"] | {"i": "Q2"}}, "trigger": "manual"}
    elsewhere = {"id": f"{RELEASES};messageid={MESSAGE}"}
    for broken in ({"value": other}, {"conversation": elsewhere}, {"replyToId": None}, {"id": None}):
        answer = await buttons.click(click | broken)
        assert answer["statusCode"] == 400
    assert (gateway.asked_of_rooms, gateway.asked_for_links, gateway.signals) == ([], [], [])


async def test_whoever_is_of_another_tenant_is_refused(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    foreign = pressed(buttons, card, channelData={"tenant": {"id": OTHER_TENANT}})
    token = buttons.framework.token(serviceurl=buttons.connector.service_url)
    answer = await buttons.http.post("/api/messages", json=foreign, headers={"Authorization": token})
    assert answer.status_code == 403
    assert (gateway.asked_of_rooms, gateway.asked_for_links) == ([], [])


# While something is away


@pytest.mark.parametrize("verb", ["asked", "linked"])
async def test_while_temporal_is_away_nothing_is_promised(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, verb: str
) -> None:
    gateway.failure = TemporalUnavailable("away")
    who = ADA_AAD if verb == "asked" else CY_AAD
    assert said(await buttons.click(pressed(buttons, card, who))) == UNREACHABLE


async def test_a_room_that_temporal_refuses_for_good_says_that_the_button_does_not_work(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    gateway.failure = Rejected("never")
    assert "does not work any more" in said(await buttons.click(pressed(buttons, card)))


async def test_without_a_worker_the_click_is_handed_over_to_a_room_that_can_be_found(
    serve: Serve, client: Client, card: ShowCard, incident: str
) -> None:
    async with serve(Gateway(client, task_queue=f"nobody-{incident}")) as buttons:
        began = time.monotonic()
        assert said(await buttons.click(pressed(buttons, card))) == MAKING
        assert time.monotonic() - began < 3
    room = client.get_workflow_handle(f"room/{ACCOUNT}/{incident}")
    found = await room.describe()
    history = await room.fetch_history()
    await room.terminate()
    (handed,) = [
        event.workflow_execution_signaled_event_attributes
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    assert handed.signal_name == "create_chat"
    carried = handed.input.payloads[0].data.decode()
    assert '"conversation":"19:ops@thread.tacv2"' in carried
    assert '"verb":"create_chat"' in carried
    assert incident in [pair.value for pair in found.typed_search_attributes]
    assert (await found.static_summary()) == "#42 · room", "its card shows no service"


async def test_while_temporal_is_out_of_reach_the_click_was_not_taken(
    serve: Serve, temporal: EmbeddedTemporal, card: ShowCard
) -> None:
    async with line_to(temporal.address) as line:
        by = await connect(settings_for("postgresql://unused", line.address), repeats=False)
        gateway = Gateway(by, task_queue="nobody")
        async with serve(gateway) as buttons:
            await cut_known(line, gateway)
            began = asyncio.get_running_loop().time()
            assert said(await buttons.click(pressed(buttons, card))) == UNREACHABLE
            assert asyncio.get_running_loop().time() - began < 2.5


# The meeting


async def test_a_meeting_is_asked_of_the_same_room(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard, incident: str
) -> None:
    gateway.room_reply = RoomAnswer(
        outcome=Outcome(kind="done"), url=MEETING, invited=("Bo Call", "Cy Net"), invited_count=2
    )
    answer = await buttons.click(pressed(buttons, card, verb="create_meeting"))
    assert said(answer) == f"There is a meeting for this incident: {MEETING} · Invited: Bo Call, Cy Net"
    asked = the_one(gateway)
    assert (asked.update, asked.asked.click.verb) == ("create_meeting", "create_meeting")
    assert (asked.start.incident_id, asked.start.tenant) == (incident, TENANT)


async def test_a_meeting_that_was_there_is_told_without_names(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    gateway.room_reply = RoomAnswer(outcome=Outcome(kind="already"), url=MEETING, invited=("Bo Call",))
    answer = await buttons.click(pressed(buttons, card, verb="create_meeting"))
    assert said(answer) == f"There is a meeting for this incident: {MEETING}"


async def test_what_a_teams_admin_has_to_run_is_told_with_the_tenants_own_app(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    hindrances = (
        Hindrance(who="Ada Ops", why="not_granted", permission="Calendars.ReadWrite"),
        Hindrance(who="Ada Ops", why="no_policy"),
    )
    outcome = Outcome(kind="refused", reason="no_organiser", hindrances=hindrances)
    gateway.room_reply = RoomAnswer(outcome=outcome)
    text = said(await buttons.click(pressed(buttons, card, verb="create_meeting")))
    assert text.startswith(
        "The meeting cannot be made: Calendars.ReadWrite is not granted, and no application access policy "
        "allows Muster to make meetings for Ada Ops. A Teams admin runs: New-CsApplicationAccessPolicy "
    )
    assert f"-AppIds '{APP_ID}'" in text


async def test_somebody_unlinked_makes_no_meeting(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    text = said(await buttons.click(pressed(buttons, card, CY_AAD, verb="create_meeting")))
    assert text.startswith("Your Teams account is not linked to PagerDuty (acme), so no meeting is made.")
    assert text.endswith("Then press Create Meeting again.")
    assert gateway.asked_of_rooms == []


async def test_without_an_answer_in_time_the_card_tells_of_the_meeting(
    buttons: Buttons, gateway: RecordingGateway, card: ShowCard
) -> None:
    gateway.room_reply = None
    text = said(await buttons.click(pressed(buttons, card, verb="create_meeting")))
    assert text == "Muster is making the meeting; the card will show Join Meeting."
