"""Which service addresses may get a bot token."""

import pytest

from muster.clients.teams.service_url import service_url_allowed

ALLOWED = ("smba.trafficmanager.net", ".botframework.com", "127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/emea/",
        "https://SMBA.trafficmanager.net/amer",
        "https://europe.botframework.com/",
        "http://127.0.0.1:8091/teams",
    ],
)
def test_an_address_of_an_allowed_host_is_taken(url):
    assert service_url_allowed(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smba.trafficmanager.net",
        "//smba.trafficmanager.net/emea/",
        "http://smba.trafficmanager.net/emea/",
        "ftp://smba.trafficmanager.net/",
        "https://evil.example/",
        "https://evil.example/smba.trafficmanager.net",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evilsmba.trafficmanager.net/",
        "https://botframework.com.evil.example/",
        "https://evilbotframework.com/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://evil.example\\@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net/?to=evil.example",
        "https://smba.trafficmanager.net/#evil",
        "https://smba.trafficmanager.net\x00.evil.example/",
        "https://[::1",
    ],
)
def test_any_other_address_is_refused(url):
    assert not service_url_allowed(url, ALLOWED)
