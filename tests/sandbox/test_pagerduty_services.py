"""Services: the addresses of their pages, and what a disabled or deleted one still does."""

from typing import Any

import httpx
import pytest

from tests.schemas.exchange import exchange_of
from tests.schemas.pagerduty import rest_api
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    EVE_USER,
    SimulatedAccount,
    running_account,
)

pytestmark = pytest.mark.anyio

SERVICE, FRAUD_REVIEW = "PSVC001", "PSVC004"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OURS = {"Sec-Fetch-Site": "same-origin"}


async def read(account: SimulatedAccount, key: str = SERVICE) -> httpx.Response:
    answer = await account.call("GET", f"/services/{key}")
    rest_api().check_answer(exchange_of(answer))
    return answer


async def listed(account: SimulatedAccount) -> set[str]:
    return {one["id"] for one in (await account.call("GET", "/services")).json()["services"]}


async def refused(account: SimulatedAccount) -> bool:
    service = {"id": SERVICE, "type": "service_reference"}
    body = {"incident": {"type": "incident", "title": "New", "service": service}}
    answer = await account.call("POST", "/incidents", body)
    assert answer.status_code in (201, 400)
    return answer.status_code == 400 and answer.json()["error"]["code"] == 2001


async def page(account: SimulatedAccount, path: str, user: str = ADA_USER) -> httpx.Response:
    """The page, as a browser gets it for this person."""
    headers = {"Cookie": f"person={user}", **BROWSER}
    return await account.http.get(path, headers=headers, follow_redirects=True)


async def test_a_copied_address_is_that_of_the_service(account: SimulatedAccount) -> None:
    address = f"{account.url}/service-directory/{SERVICE}"
    assert (await read(account)).json()["service"]["html_url"] == address
    assert (await account.trigger())["service"]["html_url"] == address
    (webhook,) = await account.receiver.expect("incident.triggered")
    assert webhook.event["data"]["service"]["html_url"] == address
    shown = await page(account, f"/service-directory/{SERVICE}")
    assert (shown.status_code, str(shown.url)) == (200, address)
    assert "<h1>Checkout</h1>" in shown.text
    services = await page(account, "/app/services")
    assert f'href="/service-directory/{SERVICE}"' in services.text


@pytest.mark.parametrize(
    ("path", "ends_at"),
    [
        (f"/services/{SERVICE}", f"/service-directory/{SERVICE}"),
        (f"/services/{SERVICE}/activity", f"/service-directory/{SERVICE}/activity"),
        (f"/service-directory/{SERVICE}/settings?tab=resolved", f"/service-directory/{SERVICE}/settings"),
        ("/service-directory", "/app/services"),
    ],
)
async def test_a_browser_finds_the_page_by_each_address(
    account: SimulatedAccount, path: str, ends_at: str
) -> None:
    shown = await page(account, path)
    assert (shown.status_code, shown.url.path) == (200, ends_at)
    assert "Checkout" in shown.text


async def test_a_program_gets_rest_under_the_same_address(account: SimulatedAccount) -> None:
    assert (await account.http.get(f"/services/{SERVICE}")).status_code == 401
    token = {"Authorization": f"Bearer {account.person(BO_USER).access_token}", **BROWSER}
    answer = await account.http.get(f"/services/{SERVICE}", headers=token)
    assert answer.json()["service"]["id"] == SERVICE


async def test_the_console_hides_private_teams_from_others(account: SimulatedAccount) -> None:
    incident = (await account.monitored(service=FRAUD_REVIEW, title="Stolen cards"))["id"]
    for user, sees in ((ADA_USER, True), (EVE_USER, True), (BO_USER, False)):
        for path in (f"/service-directory/{FRAUD_REVIEW}", f"/app/incidents/{incident}"):
            assert (await page(account, path, user)).status_code == (200 if sees else 404)
        for path, name in (("/app/services", "Fraud review"), ("/app/incidents", "Stolen cards")):
            assert (name in (await page(account, path, user)).text) is sees
        assert ("Private" in (await page(account, "/app/on-call", user)).text) is sees
    form = {"Cookie": f"person={BO_USER}", **OURS}
    answer = await account.http.post(f"/app/incidents/{incident}/resolve", data={}, headers=form)
    assert answer.status_code == 404
    assert (await account.get(incident))["status"] == "triggered"


async def test_a_disabled_service_takes_no_incident(account: SimulatedAccount) -> None:
    changed = await account.sandbox("POST", f"/services/{SERVICE}", {"state": "disabled"})
    assert changed == {"service": SERVICE, "name": "Checkout", "teams": ["PTEAM01"], "state": "disabled"}
    assert (await read(account)).json()["service"]["status"] == "disabled"
    assert await refused(account)
    assert SERVICE in await listed(account)
    await account.sandbox("POST", f"/services/{SERVICE}", {"state": "enabled"})
    assert (await read(account)).json()["service"]["status"] == "active"
    assert not await refused(account)
    events = await account.receiver.expect("service.updated", "service.updated", "incident.triggered")
    assert events[0].event["resource_type"] == events[0].event["data"]["type"] == "service"
    assert events[0].event["data"]["id"] == SERVICE


async def test_a_deleted_service_is_unknown_and_its_incidents_stay(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    await account.sandbox("POST", f"/services/{SERVICE}", {"state": "deleted"})
    missing = await read(account)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, 2100)
    assert SERVICE not in await listed(account)
    assert await refused(account)
    assert (await page(account, f"/service-directory/{SERVICE}")).status_code == 404
    assert (await account.get(incident))["service"]["summary"] == "Checkout"
    assert (await account.put(incident, status="resolved")).status_code == 200
    await account.receiver.expect("incident.triggered", "service.deleted", "incident.resolved")
    await account.sandbox("POST", "/reset")
    assert (await read(account)).status_code == 200
    for key, body in (("PNONE", {"state": "deleted"}), (SERVICE, {"state": "gone"})):
        answer = await account.http.post(f"/_sandbox/services/{key}", json=body)
        assert answer.status_code == (404 if key == "PNONE" else 422)


async def test_people_disable_and_delete_on_the_page(account: SimulatedAccount) -> None:
    for state, button in (("disabled", "Enable service"), ("enabled", "Disable service")):
        path = f"/app/services/{SERVICE}/{state}"
        assert (await account.http.post(path, headers=OURS)).headers["location"].endswith(SERVICE)
        assert button in (await page(account, f"/service-directory/{SERVICE}")).text
    done = await account.http.post(f"/app/services/{SERVICE}/deleted", headers=OURS)
    assert done.headers["location"] == "/app/services"
    assert (await read(account)).status_code == 404


async def test_states_outlive_the_process(tmp_path: Any) -> None:
    snapshot = tmp_path / "pagerduty.json"
    async with running_account(state=snapshot, listen=False) as account:
        await account.sandbox("POST", f"/services/{SERVICE}", {"state": "deleted"})
        await account.sandbox("POST", "/teams/PTEAM02", {"default_role": "none", "members": []})
    async with running_account(state=snapshot, listen=False) as account:
        assert (await read(account)).status_code == 404
        assert (await account.sandbox("GET", "/teams"))[1]["default_role"] == "none"


async def test_a_second_account_can_be_one_of_the_eu() -> None:
    """Two accounts at once, each with its own region, scope and people's tokens."""
    other = COMPANY.model_copy(
        update={"account": "umbrella", "account_id": "PACCT02", "region": "eu", "client_id": "muster-eu"}
    )
    async with (
        running_account(listen=False) as us,
        running_account(listen=False, company=other) as eu,
    ):
        for account, scope in ((us, "as_account-us.acme"), (eu, "as_account-eu.umbrella")):
            form = {
                "grant_type": "client_credentials",
                "client_id": account.company.client_id,
                "client_secret": account.company.client_secret,
                "scope": f"{scope} services.read",
            }
            token = (await account.http.post("/oauth/token", data=form)).json()
            assert token["scope"] == f"{scope} services.read"
            bearer = {"Authorization": f"Bearer {token['access_token']}"}
            service = (await account.http.get(f"/services/{SERVICE}", headers=bearer)).json()["service"]
            assert service["html_url"] == f"{account.url}/service-directory/{SERVICE}"
            elsewhere = eu if account is us else us
            assert (await elsewhere.http.get("/services", headers=bearer)).status_code == 401
