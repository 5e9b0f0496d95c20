"""The sandbox has no sign-in: what another site's page could send or frame is refused in every part."""

from collections.abc import AsyncIterator, Iterator, Mapping

import httpx
import pytest

from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.sandbox.teams_process import TeamsProcess
from tests.support.connections import async_client
from tests.support.pagerduty_account import running_account

pytestmark = pytest.mark.anyio

RESET = "/_sandbox/reset"


@pytest.fixture(scope="module")
def microsoft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MicrosoftProcess]:
    with running_microsoft(tmp_path_factory.mktemp("microsoft")) as running:
        yield running


@pytest.fixture(params=["pagerduty", "teams", "microsoft"])
async def simulator(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """One simulator after the other, over real HTTP."""
    if request.param == "pagerduty":
        async with running_account(listen=False) as account:
            yield account.http
    elif request.param == "microsoft":
        microsoft: MicrosoftProcess = request.getfixturevalue("microsoft")
        async with async_client(base_url=microsoft.url) as http:
            yield http
    else:
        teams: TeamsProcess = request.getfixturevalue("teams")
        async with async_client(base_url=teams.url) as http:
            yield http


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
    ],
)
async def test_a_foreign_page_writes_nothing(
    simulator: httpx.AsyncClient, headers: Mapping[str, str]
) -> None:
    answer = await simulator.post(RESET, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "", "[::2]", "localhost.evil.example"])
async def test_a_name_that_is_not_ours_reads_nothing(simulator: httpx.AsyncClient, host: str) -> None:
    answer = await simulator.get("/_sandbox/records", headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert "webhooks" not in answer.text
    assert "conversations" not in answer.text
    assert "tokens" not in answer.text


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Type": "application/json"}, {"Sec-Fetch-Site": "same-origin"}]
)
async def test_a_program_and_our_own_page_write(
    simulator: httpx.AsyncClient, headers: Mapping[str, str]
) -> None:
    assert (await simulator.post(RESET, headers=headers)).is_success
    own = {"Origin": str(simulator.base_url).rstrip("/")}
    assert (await simulator.post(RESET, headers=own)).is_success


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:80"])
async def test_every_name_of_this_machine_is_ours(simulator: httpx.AsyncClient, host: str) -> None:
    assert (await simulator.get("/_sandbox/records", headers={"Host": host})).is_success


async def test_no_answer_may_stand_in_a_frame(simulator: httpx.AsyncClient) -> None:
    answer = await simulator.get("/_sandbox/records")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
