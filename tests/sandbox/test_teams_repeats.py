"""Teams' second layer of repeats, with its half minute cut short."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.company import build_company
from sandbox.signing_key import SigningKey
from sandbox.teams.activities import Activities
from sandbox.teams.bot_endpoint import BotEndpoint
from sandbox.teams.clicks import Clicks
from sandbox.teams.conversations import Conversations
from sandbox.teams.roster import Roster
from sandbox.teams.server_sent_events import ServerSentEvents
from sandbox.teams.tokens import ChannelTokens
from tests.sandbox.teams_process import Answer, Bot, card_answer, message

SERVICE_URL = "http://127.0.0.1:1/teams/"


async def deliveries(folder: Path, answers: list[Answer], expected: int) -> list[dict[str, Any]]:
    """What the bot hears of one press when it answers so."""
    company = build_company()
    roster = Roster(company)
    conversations = Conversations(roster, roster.initial_state(0), ServerSentEvents(), lambda: None)
    channel = conversations.get(company.teams[0].id)
    sent = conversations.post(channel, message("x", "acknowledge"), None, None)
    with Bot().listening() as bot:
        waiting = iter(answers)
        bot.answer = lambda _: next(waiting)
        async with httpx.AsyncClient(trust_env=False) as http:
            tokens = ChannelTokens(SigningKey.kept_in(folder), company)
            endpoint = BotEndpoint(http, bot.url, tokens)
            clicks = Clicks(conversations, Activities(roster, SERVICE_URL), endpoint, repeat_after=0.1)
            await clicks.click(company.people[0], channel, sent, {"verb": "acknowledge", "data": {}})
            repeats = [task for task in asyncio.all_tasks() if task.get_name() == "repeat a click"]
            await asyncio.wait_for(asyncio.gather(*repeats), 5)
        assert len(bot.activities) == expected
        return bot.activities


@pytest.mark.anyio
async def test_a_silent_bot_hears_a_click_four_times(tmp_path: Path) -> None:
    heard = await deliveries(tmp_path, [(200, None)] * 4, 4)
    assert heard[0] == heard[1]
    assert heard[2] == heard[3]
    assert heard[2]["id"] != heard[0]["id"]
    assert heard[2]["timestamp"] > heard[0]["timestamp"]
    assert [h["value"] for h in heard] == [heard[0]["value"]] * 4


@pytest.mark.anyio
async def test_repeats_end_with_the_first_good_answer(tmp_path: Path) -> None:
    await deliveries(tmp_path, [(200, None), (200, None), card_answer("at last")], 3)
