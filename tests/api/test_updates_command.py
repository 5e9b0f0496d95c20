"""``updates`` through the whole edge: what is chosen, for which cards, who may, and what runs are told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from muster.cards.commands import NO_PERSON, plain_sentence
from muster.cards.incident.presets import (
    NOTHING_OPEN,
    chosen_text,
    presets_text,
    unknown_preset_text,
    unlinked_sentence,
)
from muster.cards.links.sentences import NOT_SERVED, sentence_of
from muster.cards.sentences import UNREACHABLE
from muster.store import chats, following
from muster.store.pool import Pool, transaction
from muster.temporal.attempts import TemporalUnavailable
from tests.api.conftest import SERVICE_URL, BotFramework
from tests.api.connecting import BY_BO, BY_NOBODY, GROUP_CHAT, authorized
from tests.api.team_bot import (
    CHANNEL,
    MENTION,
    Bot,
    Connector,
    RecordingGateway,
    bot_settings,
    said,
    serving_bot,
)
from tests.support.company import ADA_AAD, TENANT
from workflows.account_link.messages import LinkAnswer
from workflows.channel_incident.messages import PresetChosen
from workflows.presets import ChosenPreset, Preset

pytestmark = pytest.mark.anyio

CHAT = str(GROUP_CHAT["conversation"]["id"])


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
async def bot(
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    gateway: RecordingGateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot in a group chat, in which Ada follows an incident of acme, where she is linked."""
    settings = bot_settings(database_url, tmp_path)
    await authorized(pool, settings)
    await follow(pool, "Q1")
    connector = Connector(chats={CHAT})
    async with serving_bot(settings, pool, gateway, framework, framework_pool, connector) as bot:
        yield bot


async def follow(pool: Pool, incident: str, account: str = "acme") -> None:
    """Ada follows an incident in the chat."""
    async with transaction(pool) as connection:
        await chats.find_or_make(
            connection,
            id=CHAT,
            tenant=TENANT,
            account=account,
            number=42,
            name="War room",
            service_url=SERVICE_URL,
            at=(await connection.fetchval("SELECT now()")),
            kind="group",
        )
        followed = await following.follow(
            connection,
            account=account,
            incident_id=incident,
            service=None,
            conversation=CHAT,
            tenant=TENANT,
            by=ADA_AAD,
            name="Ada Ops",
        )
        assert followed is not None


def in_chat(text: str, **changes: Any) -> dict[str, Any]:
    channel_data = {"tenant": {"id": TENANT}}
    return said(text, **{**GROUP_CHAT, "channelData": channel_data, **changes})


async def chosen(pool: Pool) -> dict[str, Preset]:
    rows = await pool.fetch("SELECT incident_id, preset FROM incident_card WHERE preset_number > 0")
    return {row["incident_id"]: row["preset"] for row in rows}


@pytest.mark.parametrize(
    ("written", "preset"),
    [
        ("updates all", "all_updates"),
        ("updates highlights", "highlights_only"),
        ("updates status", "status_updates_only"),
        ("updates none", "no_updates"),
    ],
)
async def test_a_choice_is_written_told_to_the_run_and_read_by_everybody(
    bot: Bot, gateway: RecordingGateway, written: str, preset: Preset
) -> None:
    assert await bot.says_to_all(in_chat(written)) == chosen_text(preset, "Ada Ops", 1, 1)
    assert await chosen(bot.pool) == {"Q1": preset}
    ((start, signal, message),) = gateway.signals
    assert signal == "choose_preset"
    number_one = ChosenPreset(preset=preset, number=1)
    assert message == PresetChosen(chosen=number_one, by="Ada Ops")
    assert (start.incident_id, start.conversation.id, start.preset) == ("Q1", CHAT, number_one)


async def test_it_counts_for_every_open_incident_of_the_accounts_that_one_is_linked_to(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await follow(bot.pool, "Q2")
    await follow(bot.pool, "Q3", account="umbrella")
    assert await bot.says_to_all(in_chat("updates none")) == chosen_text("no_updates", "Ada Ops", 2, 3)
    assert await chosen(bot.pool) == {"Q1": "no_updates", "Q2": "no_updates"}
    assert sorted(start.incident_id for start, _, _ in gateway.signals) == ["Q1", "Q2"]


async def test_without_a_choice_it_says_what_is_chosen_and_what_can_be(bot: Bot) -> None:
    await follow(bot.pool, "Q2")
    await bot.says(in_chat("updates all"))
    await follow(bot.pool, "Q3")
    told = await bot.says_alone(in_chat("updates"))
    assert told == presets_text(["all_updates", "all_updates", "highlights_only"])
    assert "**all**, for 2 of the cards of 3 open incidents" in told


@pytest.mark.parametrize("written", ["louder", "all none", "_", "updates", "x" * 999])
async def test_what_is_none_of_the_four_changes_nothing(
    bot: Bot, gateway: RecordingGateway, written: str
) -> None:
    assert await bot.says_alone(in_chat(f"updates {written}")) == unknown_preset_text()
    assert (await chosen(bot.pool), gateway.signals) == ({}, [])


async def test_who_is_not_linked_is_offered_a_link(bot: Bot, gateway: RecordingGateway) -> None:
    told = await bot.says_alone(in_chat("updates all", **BY_BO))
    assert told == plain_sentence(unlinked_sentence("acme", sentence_of(LinkAnswer(reply="sent"))))
    assert (await chosen(bot.pool), gateway.signals) == ({}, [])
    assert [asked.start.account for asked in gateway.asked_for_links] == ["acme"]


async def test_no_link_is_offered_to_an_account_that_no_team_of_the_organization_has(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.pool.execute("UPDATE team SET account = 'umbrella'")
    assert await bot.says_alone(in_chat("updates all", **BY_BO)) == plain_sentence(NOT_SERVED)
    assert (await chosen(bot.pool), gateway.asked_for_links) == ({}, [])


async def test_the_cards_of_a_connected_channel_are_chosen_for_from_any_thread(
    bot: Bot, gateway: RecordingGateway
) -> None:
    """Whoever brought an incident there, its members hear of it."""
    await bot.pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', 'Q9', $1)", CHANNEL
    )
    told = await bot.says_to_all(said("<at>Muster</at> updates status", entities=[MENTION]))
    assert told == chosen_text("status_updates_only", "Ada Ops", 1, 1)
    assert await chosen(bot.pool) == {"Q9": "status_updates_only"}
    assert [start.conversation.id for start, _, _ in gateway.signals] == [CHANNEL]


async def test_in_a_suspended_chat_there_is_nothing_to_choose(bot: Bot, gateway: RecordingGateway) -> None:
    """Whoever writes to the bot shows that it is there: the chat is revived, and its cards with it."""
    await bot.pool.execute(
        "UPDATE conversation SET suspended_at = now() + interval '1 day' WHERE id = $1", CHAT
    )
    assert NOTHING_OPEN in [told.text for told in await bot.tells(in_chat("updates all"))]
    assert (await chosen(bot.pool), gateway.signals) == ({}, [])


async def test_who_is_nobody_is_told_so(bot: Bot) -> None:
    assert NO_PERSON in [told.text for told in await bot.tells(in_chat("updates all", **BY_NOBODY))]
    assert await chosen(bot.pool) == {}


@pytest.mark.parametrize("where", [{}, {"private": True}], ids=["channel", "private chat"])
async def test_where_no_incident_is_open_there_is_nothing_to_choose(
    bot: Bot, gateway: RecordingGateway, where: dict[str, Any]
) -> None:
    assert await bot.says(said("updates all", **where)) == NOTHING_OPEN
    assert (await chosen(bot.pool), gateway.signals) == ({}, [])


async def test_a_chat_of_another_tenant_is_not_there(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute(
        "UPDATE conversation SET tenant = '44444444-4444-4444-4444-444444444444' WHERE id = $1", CHAT
    )
    assert await bot.says(in_chat("updates all")) == NOTHING_OPEN
    assert (await chosen(bot.pool), gateway.signals) == ({}, [])


async def test_a_run_that_cannot_be_told_is_said_and_the_row_counts_from_its_next_start(
    bot: Bot, gateway: RecordingGateway
) -> None:
    gateway.failure = TemporalUnavailable()
    assert UNREACHABLE in [told.text for told in await bot.tells(in_chat("updates all"))]
    assert await chosen(bot.pool) == {"Q1": "all_updates"}


async def test_of_choices_at_once_the_runs_get_the_newest(bot: Bot, gateway: RecordingGateway) -> None:
    words = ("all", "none", "status", "highlights")
    await asyncio.gather(*(bot.hears(in_chat(f"updates {word}")) for word in words))
    told = [message.chosen for _, _, message in gateway.signals]
    assert sorted(one.number for one in told) == [1, 2, 3, 4]
    assert await chosen(bot.pool) == {"Q1": max(told, key=lambda one: one.number).preset}
