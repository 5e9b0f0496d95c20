"""Where an admin consents: what Entra's metadata lead to, in each cloud."""

from urllib.parse import parse_qs

import httpx
import pytest

from muster.clients.entra.consent import ConsentPages
from muster.clients.http import open_pool
from muster.clients.teams.clouds import CLOUDS
from muster.config_file import CloudName, TeamsRegistration
from workflows.errors import ProviderUnavailable, RequestInvalid

pytestmark = pytest.mark.anyio

TENANT = "8f0c1f5e-0000-4000-8000-000000000001"
APP = "0a5cf8a4-0000-4000-8000-0000000000aa"
RETURN = "https://muster.example/oauth/microsoft/callback"


class Metadata:
    """Entra's side: one answer, and who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = httpx.Response(
            200,
            json={
                "authorization_endpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize"
            },
        )

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return self.answer


def pages(metadata: Metadata, cloud: CloudName = "public") -> ConsentPages:
    registration = TeamsRegistration.model_validate(
        {"tenant": TENANT, "app_id": APP, "app_secret": "s", "cloud": cloud}
    )
    pool = open_pool(transport=httpx.MockTransport(metadata.handle))
    return ConsentPages(pool, {TENANT: registration}, {TENANT: CLOUDS[cloud]}, RETURN)


@pytest.mark.parametrize(
    ("cloud", "authority", "graph"),
    [
        ("public", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("gcc-high", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    ],
)
async def test_consent_is_asked_where_the_metadata_say_for_the_clouds_graph(
    cloud: CloudName, authority: str, graph: str
) -> None:
    metadata = Metadata()
    address, _, query = (await pages(metadata, cloud).address(TENANT, state="st&te")).partition("?")
    assert address == f"https://login.microsoftonline.com/{TENANT}/v2.0/adminconsent"
    assert parse_qs(query) == {
        "client_id": [APP],
        "scope": [f"{graph}/.default"],
        "redirect_uri": [RETURN],
        "state": ["st&te"],
    }
    assert metadata.asked == [f"{authority}/{TENANT}/v2.0/.well-known/openid-configuration"]


async def test_metadata_are_read_once() -> None:
    metadata = Metadata()
    consent = pages(metadata)
    assert await consent.address(TENANT, state="1") != await consent.address(TENANT, state="2")
    assert await consent.page(TENANT) == f"https://login.microsoftonline.com/{TENANT}/v2.0/adminconsent"
    assert len(metadata.asked) == 1


@pytest.mark.parametrize(
    "told", [None, 5, "", "javascript:alert(1)/oauth2/v2.0/authorize", "https://login.example/authorize"]
)
async def test_metadata_that_lead_nowhere_are_no_answer(told: object) -> None:
    metadata = Metadata()
    metadata.answer = httpx.Response(200, json={"authorization_endpoint": told})
    with pytest.raises(ProviderUnavailable):
        await pages(metadata).page(TENANT)


async def test_an_unknown_tenant_and_an_entra_that_is_down_are_told_apart() -> None:
    metadata = Metadata()
    metadata.answer = httpx.Response(503)
    with pytest.raises(ProviderUnavailable):
        await pages(metadata).page(TENANT)
    with pytest.raises(RequestInvalid):
        await pages(metadata).page(APP)
