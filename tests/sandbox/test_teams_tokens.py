"""Tokens both ways: the bot's from the https endpoint, by real msal, and the channel's on activities."""

from datetime import UTC, datetime

import httpx
import msal
import pytest
import requests

from tests.sandbox.teams_process import TeamsProcess, message


@pytest.fixture(autouse=True)
def _fresh(teams: TeamsProcess) -> None:
    teams.reset()


def msal_token(teams: TeamsProcess, secret: str) -> dict[str, str]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(teams.folder / "ca" / "ca.pem")
        application = msal.ConfidentialClientApplication(
            teams.company.bot_app_id,
            client_credential=secret,
            authority=f"https://127.0.0.1:{teams.token_port}/{teams.company.tenant_id}",
            instance_discovery=False,
            http_client=session,
        )
        answer: dict[str, str] = application.acquire_token_for_client(
            ["https://api.botframework.com/.default"]
        )
        return answer


def test_msal_gets_a_token_that_the_connector_takes(teams: TeamsProcess) -> None:
    token = msal_token(teams, teams.company.bot_app_secret)["access_token"]
    sent = httpx.post(
        f"{teams.url}/teams/v3/conversations/{teams.channel}/activities",
        json=message("hello"),
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert sent.status_code == 201


def test_msal_hears_of_a_wrong_secret_in_entras_words(teams: TeamsProcess) -> None:
    answer = msal_token(teams, "wrong")
    assert answer["error"] == "invalid_client"
    assert answer["error_description"].startswith("AADSTS7000215: ")
    assert "wrong" not in answer["error_description"]


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        ({"client_secret": "no"}, 401, "invalid_client", 7000215),
        ({"client_id": "no"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_scope", 1002012),
    ],
)
def test_a_wrong_token_request_is_refused_in_entras_words(
    teams: TeamsProcess, change: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = teams.token_request(**change)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_codes"] == [number]


def test_another_tenant_is_not_found(teams: TeamsProcess) -> None:
    address = f"https://127.0.0.1:{teams.token_port}/other/v2.0/.well-known/openid-configuration"
    answer = httpx.get(address, verify=teams.tls(), trust_env=False)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_the_token_endpoint_speaks_https_alone(teams: TeamsProcess) -> None:
    assert (
        httpx.post(f"{teams.url}/{teams.company.tenant_id}/oauth2/v2.0/token", trust_env=False).status_code
        == 404
    )


def test_activities_carry_a_channel_token(teams: TeamsProcess) -> None:
    teams.post("/_sandbox/say", {"person": "ada@acme.example", "conversation": teams.channel, "text": "help"})
    claims = teams.check_channel_token(teams.bot.tokens[0])
    assert claims["serviceurl"] == teams.bot.activities[0]["serviceUrl"] == f"{teams.url}/teams/"
    assert claims["exp"] > datetime.now(UTC).timestamp()
    keys = teams.get("/bot/v1/.well-known/keys")["keys"]
    assert [key["endorsements"] for key in keys] == [["msteams"]]
