"""Each registration has the addresses of its own cloud; the environment's stand in the place of all."""

import pytest

from muster.clients.teams.clouds import CLOUDS, clouds_of
from muster.clients.teams.service_url import service_url_allowed
from muster.config_file import CloudName
from tests.support.settings import settings_for

TENANT = "8f0c1f5e-0000-4000-8000-00000000000"
COM = ("https://login.microsoftonline.com", "https://api.botframework.com")
US = ("https://login.microsoftonline.us", "https://api.botframework.us")
COM_KEYS = "https://login.botframework.com/v1/.well-known/openidconfiguration"
US_KEYS = "https://login.botframework.azure.us/v1/.well-known/openidconfiguration"


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "muster.toml"
    tables = (
        f'[[teams]]\ntenant = "{TENANT}{number}"\napp_id = "{TENANT}{number}"\napp_secret = "x"\n{cloud}'
        for number, cloud in enumerate(["", *(f'cloud = "{name}"' for name in CLOUDS)])
    )
    file.write_text("\n".join(tables))
    return file


def settings(config, **more):
    return settings_for("postgresql://unused", "127.0.0.1:1", config=config, **more)


def test_the_addresses_are_those_that_microsoft_documents(config):
    found = [
        (cloud.authority, cloud.issuer, cloud.metadata_url, cloud.scope)
        for cloud in clouds_of(settings(config)).values()
    ]
    public, government = ((*COM, COM_KEYS), (*US, US_KEYS))
    assert [row[:3] for row in found] == [public, public, public, government, government]
    assert all(row[3] == f"{row[1]}/.default" for row in found)


def test_each_cloud_has_its_own_graph_and_asks_for_a_token_for_it(config):
    clouds = clouds_of(settings(config)).values()
    com, us = "https://graph.microsoft.com", "https://graph.microsoft.us"
    assert [cloud.graph for cloud in clouds] == [com, com, com, us, "https://dod-graph.microsoft.us"]
    assert [cloud.graph_scope for cloud in clouds] == [f"{cloud.graph}/.default" for cloud in clouds]


@pytest.mark.parametrize(
    ("host", "clouds"),
    [
        ("smba.trafficmanager.net", {"public", "gcc"}),
        ("smba.onyx.prod.teams.trafficmanager.net", {"public", "gcc"}),
        ("smba.infra.gcc.teams.microsoft.com", {"gcc"}),
        ("smba.infra.gov.teams.microsoft.us", {"gcc-high"}),
        ("smba.infra.dod.teams.microsoft.us", {"dod"}),
        ("evil.trafficmanager.net", set()),
    ],
)
def test_a_bot_token_goes_to_the_hosts_of_the_cloud_alone(host: str, clouds: set[CloudName]) -> None:
    allowed = {
        name
        for name, cloud in CLOUDS.items()
        if service_url_allowed(f"https://{host}/x", cloud.service_hosts)
    }
    assert allowed == clouds


def test_addresses_of_the_environment_stand_in_the_place_of_every_clouds(config):
    given = {
        "microsoft_authority": "https://127.0.0.1:1",
        "graph_url": "https://127.0.0.1:3",
        "bot_metadata_url": "http://127.0.0.1:2/keys",
        "service_hosts": ("127.0.0.1",),
    }
    for cloud in clouds_of(settings(config, **given)).values():
        told = (cloud.authority, cloud.graph, cloud.metadata_url, cloud.service_hosts)
        assert told == tuple(given.values())
    (_, _, _, high, _) = clouds_of(settings(config, **given)).values()
    real = CLOUDS["gcc-high"]
    assert (high.issuer, high.scope, high.graph_scope) == (real.issuer, real.scope, real.graph_scope)
