"""What people paste behind ``connect``: each row with its answer."""

import time
from urllib.parse import quote

import pytest

from api.bot.commands.parser import parse
from muster.config_file import PagerDutyAccount, Region
from muster.service_addresses import NoService, Problem, service_in


def account(subdomain: str = "acme", region: Region = "us", web_url: str = "") -> PagerDutyAccount:
    return PagerDutyAccount.model_validate(
        {
            "subdomain": subdomain,
            "region": region,
            "client_id": "c",
            "client_secret": "not used here",
            "web_url": web_url,
        }
    )


US, EU = account(), account(region="eu")
ID = "PSVC001"
PAGE = f"https://acme.pagerduty.com/service-directory/{ID}"
OLD_PAGE = f"https://acme.pagerduty.com/services/{ID}"
EU_PAGE = f"https://acme.eu.pagerduty.com/service-directory/{ID}"


def safe_link(address: str, place: str = "eur02.safelinks.protection.outlook.com/") -> str:
    """As Outlook and Teams wrap it."""
    return f"https://{place}?url={quote(address, safe='')}&data=05%7C02%7Cada"


NAMES_THE_SERVICE = [
    # An id
    ID,
    "  PSVC001  ",
    "`PSVC001`",
    "**PSVC001**",
    '"PSVC001"',
    "<PSVC001>",
    "PSVC001.",
    "(PSVC001)",
    "psvc001",
    "#PSVC001",
    "service PSVC001",
    "PSVC001 PSVC001",
    "Checkout (PSVC001)",
    # Pages
    PAGE,
    OLD_PAGE,
    PAGE + "/",
    PAGE + "/settings",
    PAGE + "/integrations/PINT001?tab=2",
    PAGE + "?tab=activity&x[]=1&y[since]=Q2024AB",
    PAGE + "#P1234567",
    PAGE + "/incidents/Q1INCIDENT0001",
    OLD_PAGE + "/edit?return_to=%2Fservices%2FPSVC002",
    PAGE.replace("https", "http"),
    PAGE.replace(".com/", ".com:443/"),
    PAGE.replace(".com/", ".com./"),
    PAGE.replace(".com/", ".com//"),
    PAGE.upper(),
    PAGE.lower(),
    "HTTPS://Acme.PagerDuty.COM/Service-Directory/PSVC001",
    PAGE.removeprefix("https://"),
    "acme.pagerduty.com/services/PSVC001/",
    f"https://ada@acme.pagerduty.com/services/{ID}",
    # As people and clients write them
    f"<{PAGE}>",
    f"({PAGE})",
    f"[{PAGE}]",
    f"[Checkout]({PAGE})",
    f"[{PAGE}]({PAGE})",
    f"[{PAGE}/]({PAGE}/settings)",
    f"<{PAGE}|Checkout>",
    f'<a href="{PAGE}" title="{PAGE}">{PAGE}</a>',
    f"{PAGE}.",
    f"{PAGE}, please",
    f"{PAGE}!",
    f"{PAGE}?",
    f"“{PAGE}”",
    f"'{PAGE}'",
    f"**{PAGE}**",
    f"_{PAGE}_",
    f"service:{PAGE}",
    f"service: {PAGE}",
    f"Checkout2 | PagerDuty {PAGE}",
    f"{PAGE} {OLD_PAGE}",
    f"{PAGE};{OLD_PAGE}",
    f"{PAGE} {ID}",
    f"{PAGE} https://wiki.example/checkout",
    f"https://acme.pagerduty.com {ID}",
    f"https://acme.pagerduty.com/incidents/Q1INCIDENT0001 {PAGE}",
    safe_link(PAGE),
    safe_link(PAGE, "statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html"),
]


@pytest.mark.parametrize("argument", NAMES_THE_SERVICE)
def test_what_names_a_service_gives_its_id(argument: str) -> None:
    assert service_in(argument, US) == ID


NAMES_NONE: list[tuple[Problem, str]] = [
    ("no_argument", ""),
    ("no_argument", "   \n"),
    ("no_argument", "..."),
    ("no_argument", "<>"),
    ("no_argument", "[]()"),
    ("several", "PSVC001 PSVC002"),
    ("several", "PSVC001,PSVC002"),
    ("several", "PSVC001, PSVC002 and PSVC003"),
    ("several", "psvc001 psvc002"),
    ("several", f"{PAGE} PSVC002"),
    ("several", f"{PAGE} https://acme.pagerduty.com/services/PSVC002"),
    ("several", f"{PAGE},https://acme.pagerduty.com/services/PSVC002"),
    ("several", f"{PAGE} https://other.pagerduty.com/services/PSVC001"),
    ("several", f"{PAGE} {EU_PAGE}"),
    ("several", "https://other.pagerduty.com/services/P1 https://third.pagerduty.com/services/P1"),
    ("not_a_service", "checkout"),
    ("not_a_service", "Checkout"),
    ("not_a_service", "the checkout service"),
    ("not_a_service", "here"),
    ("not_a_service", "#ops"),
    ("not_a_service", "P1"),
    ("not_a_service", "42"),
    ("not_a_service", "2024010203"),
    ("not_a_service", "ＰＳＶＣ００１"),
    ("not_a_service", "/services/PSVC001"),
    ("not_a_service", "and/or"),
    ("not_a_service", "https://"),
    ("not_a_service", "https:///services/PSVC001"),
    ("not_a_service", "https://[::1/services/PSVC001"),
    ("not_a_service", "https://acme.pagerduty.com:99999/services/PSVC001"),
    ("not_a_service", "https://acme.pagerduty.com:8443/services/PSVC001"),
    ("not_a_service", "ftp://acme.pagerduty.com/services/PSVC001"),
    ("not_a_service", "mailto:checkout@acme.pagerduty.com"),
    ("not_a_service", "https://acme.pagerduty.com"),
    ("not_a_service", "https://acme.pagerduty.com/service-directory"),
    ("not_a_service", "https://acme.pagerduty.com/service-directory/?query=PSVC001"),
    ("not_a_service", "https://acme.pagerduty.com/services/new"),
    ("not_a_service", "https://acme.pagerduty.com/service-directory/create"),
    ("not_a_service", "https://acme.pagerduty.com/incidents/Q1INCIDENT0001"),
    ("not_a_service", "https://acme.pagerduty.com/business-services/PBSVC01"),
    ("not_a_service", "https://acme.pagerduty.com/escalation_policies/PEP0001"),
    ("not_a_service", "https://acme.pagerduty.com/app/service-directory/PSVC001"),
    ("not_a_service", "https://acme.pagerduty.com/services/PSVC001;PSVC002"),
    ("not_a_service", "https://acme.pagerduty.com/services/PSVC_001"),
    ("not_a_service", "https://acme.pagerduty.com/services/PSVC%2F001"),
    ("not_a_service", "https://acme.pagerduty.com/services/PSV…"),
    ("not_a_service", "https://acme.pagerduty.com/services/PSV..."),
    ("not_a_service", "https://acme.pagerduty.com/services/%00"),
    ("not_a_service", "https://acme.pagerduty.com/services/" + "P" * 65),
    ("not_a_service", "https://api.pagerduty.com/services/PSVC001"),
    ("not_a_service", "https://app.pagerduty.com/services/PSVC001"),
    ("not_a_service", "https://pagerduty.com/services/PSVC001"),
    ("not_a_service", "https://a.b.pagerduty.com/services/PSVC001"),
    ("not_a_service", "https://wiki.example/services/PSVC001"),
    ("not_a_service", "https://acme.pagerduty.com.evil.example/services/PSVC001"),
    ("not_a_service", "https://acme.pagerduty.com@evil.example/services/PSVC001"),
    ("not_a_service", "https://evil-pagerduty.com/services/PSVC001"),
    ("not_a_service", safe_link("https://wiki.example/services/PSVC001")),
    ("not_a_service", safe_link(safe_link(PAGE))),
    ("not_a_service", "https://eur02.safelinks.protection.outlook.com/?data=05"),
]


@pytest.mark.parametrize(("problem", "argument"), NAMES_NONE)
def test_what_names_none_says_why(problem: Problem, argument: str) -> None:
    assert service_in(argument, US) == NoService(problem)


def test_an_address_of_another_account_says_which() -> None:
    for other in ("other.pagerduty.com", "other.eu.pagerduty.com", "acme-test.pagerduty.com"):
        for path in ("service-directory/PSVC001", "services/PSVC001/settings", "incidents/Q1", ""):
            expected = NoService("another_account", other)
            assert service_in(f"https://{other}/{path}", US) == expected
            assert service_in(f"<https://{other.upper()}/{path}>.", US) == expected


def test_an_address_of_the_other_region_says_so() -> None:
    assert service_in(EU_PAGE, US) == NoService("another_region", "acme.eu.pagerduty.com")
    assert service_in(PAGE, EU) == NoService("another_region", "acme.pagerduty.com")
    assert service_in(safe_link(PAGE), EU) == NoService("another_region", "acme.pagerduty.com")
    assert service_in(EU_PAGE, EU) == ID
    assert service_in(EU_PAGE.replace("service-directory", "services") + "/x", EU) == ID


@pytest.mark.parametrize(
    ("web_url", "base"),
    [
        ("http://127.0.0.1:8092", "http://127.0.0.1:8092"),
        ("http://127.0.0.1:8092/", "http://127.0.0.1:8092"),
        ("http://127.0.0.1:8092", "127.0.0.1:8092"),
        ("https://pager.acme.example", "https://PAGER.acme.example:443"),
        ("https://acme.example/pagerduty/", "https://acme.example/pagerduty"),
    ],
)
def test_the_configured_host_is_the_accounts_beside_pagerdutys(web_url: str, base: str) -> None:
    configured = account(web_url=web_url)
    assert service_in(f"{base}/service-directory/{ID}/settings", configured) == ID
    assert service_in(f"{base}/services/{ID}", configured) == ID
    assert service_in(PAGE, configured) == ID
    assert service_in(EU_PAGE, configured) == NoService("another_region", "acme.eu.pagerduty.com")
    assert service_in(f"{base}/incidents/Q1", configured) == NoService("not_a_service")


def test_a_host_or_path_beside_the_configured_one_is_not_the_accounts() -> None:
    configured = account(web_url="http://127.0.0.1:8092/pd")
    for address in (
        "http://127.0.0.1:8093/pd/services/PSVC001",
        "http://127.0.0.1/pd/services/PSVC001",
        "http://127.0.0.1:8092/services/PSVC001",
        "http://127.0.0.1:8092/pdx/services/PSVC001",
    ):
        assert service_in(address, configured) == NoService("not_a_service")


def test_an_account_that_is_called_as_pagerdutys_own_host_is_an_account() -> None:
    assert service_in("https://app.pagerduty.com/services/PSVC001", account("app")) == ID


MESSAGES = [
    "<at>Muster</at> connect PSVC001",
    f"<at>Muster</at> connect {PAGE}\n",
    f"<at>Muster</at>&nbsp;connect&nbsp;{PAGE}",
    f'<p><at>Muster</at> connect <a href="{PAGE}" title="{PAGE}">Checkout - PagerDuty</a></p>',
    f'<at>Muster</at> connect <a href="{PAGE}?a=1&amp;b=2">{PAGE}?a=1&amp;b=2</a>.',
    f"<at>Muster</at> connect [{PAGE}]({PAGE})",
    f"<at>Muster</at> connect <{PAGE}>",
    f"connect:{PAGE}",
    f"Connect: {PAGE.upper()}",
    f"<at>Muster</at> connect \u200b{PAGE}\u200b",
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_as_teams_sends_it_names_the_service(message: str) -> None:
    command = parse(message, names=["Muster"])
    assert command.name == "connect"
    assert service_in(command.argument, US) == ID


@pytest.mark.parametrize(
    "piece",
    ["https://", "P", "/", "PSVC001,", "[](", "https://acme.pagerduty.com/services/", "a:", "..", "&="],
)
def test_a_long_text_takes_no_longer_than_its_length_asks(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.perf_counter()
    service_in(text, US)
    assert time.perf_counter() - began < 2
