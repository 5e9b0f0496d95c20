"""Tokens both ways: the bot's, which Microsoft's authority issued, and the channel's on activities."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.app_tokens import CONNECTOR_AUDIENCE, access_claims
from sandbox.signing_key import SigningKey
from tests.sandbox.teams_process import TeamsProcess, message
from tests.support.connections import request


@pytest.fixture(autouse=True)
def _fresh(teams: TeamsProcess) -> None:
    teams.reset()


def sent_with(teams: TeamsProcess, token: str) -> httpx.Response:
    address = f"{teams.url}/teams/v3/conversations/{teams.channel}/activities"
    headers = {"Authorization": f"Bearer {token}"}
    return request("POST", address, json=message("hello"), headers=headers)


def test_the_connector_takes_the_bots_token(teams: TeamsProcess) -> None:
    assert sent_with(teams, teams.bot_token()).status_code == 201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"aud": "https://graph.microsoft.com"}, "Unauthorized"),
        ({"iss": "https://sts.windows.net/other/"}, "Unauthorized"),
        ({"exp": 1}, "Unauthorized"),
        ({"appid": "another app"}, "BotNotRegistered"),
    ],
)
def test_the_connector_refuses_every_other_token(
    teams: TeamsProcess, change: dict[str, Any], code: str
) -> None:
    key = SigningKey.kept_in(teams.folder / "ca")
    refused = sent_with(teams, key.sign(access_claims(teams.company, CONNECTOR_AUDIENCE) | change))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, code)


def test_activities_carry_a_channel_token(teams: TeamsProcess) -> None:
    teams.post("/_sandbox/say", {"person": "ada@acme.example", "conversation": teams.channel, "text": "help"})
    claims = teams.check_channel_token(teams.bot.tokens[0])
    assert claims["serviceurl"] == teams.bot.activities[0]["serviceUrl"] == f"{teams.url}/teams/"
    assert claims["exp"] > datetime.now(UTC).timestamp()
    keys = teams.get("/bot/v1/.well-known/keys")["keys"]
    assert [key["endorsements"] for key in keys] == [["msteams"]]
