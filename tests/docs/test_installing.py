"""docs/installing.md: the commands, paths, scopes, permissions and variables that it names are there."""

import re
import shlex
from collections.abc import Iterator
from typing import Any, cast

import pytest
import typer
from starlette.routing import Route
from typer.core import TyperGroup

from api.bot.route import bot_router
from api.links.route import link_router
from api.oauth.route import return_router
from api.webhooks.route import webhook_router
from muster.cli.main import app
from muster.clients.pagerduty.app_scopes import SCOPES
from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.config_file import ConfigFile
from muster.credentials import name_of_account, name_of_registration
from muster.permissions import PERMISSIONS
from muster.public_addresses import public_addresses
from muster.settings import Settings
from muster.teams_cli import VARIABLES
from muster.variables import variable
from tests.docs.checkout import REPOSITORY
from tests.docs.test_configuration import BLOCKS

PAGE = (REPOSITORY / "docs/installing.md").read_text()
PUBLIC = "https://muster.example"

ANYTHING = cast(Any, None)
"""What routers are made of; no request comes to them here."""
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def fenced(language: str) -> list[str]:
    """The blocks of code in this language."""
    return [text for name, text in FENCE.findall(PAGE) if name == language]


def words_of_muster() -> Iterator[list[str]]:
    """Each command line of ``muster`` on the page, without its first word."""
    lines = [line for block in fenced("sh") for line in block.splitlines()] + CODE.findall(PAGE)
    for line in lines:
        found = re.search(r"(?:^|\s)muster ((?:[a-z]|--).*)", line)
        if found is not None:
            yield shlex.split(found[1])


def settings() -> Settings:
    """The configuration of the page, at the address of the page."""
    made = Settings.model_construct(public_url=PUBLIC)
    made.__dict__["_file"] = ConfigFile.model_validate(BLOCKS["installing.md-0"])
    return made


def routes() -> list[str]:
    """What the API answers outsiders."""
    routers = (
        bot_router(
            verifier=ANYTHING,
            adapter=ANYTHING,
            bot=ANYTHING,
            registrations={},
            service_hosts=None,
            places=ANYTHING,
        ),
        webhook_router(pool=ANYTHING, keys=ANYTHING, fan_out=ANYTHING, accounts=["example"]),
        link_router(ANYTHING),
        return_router(ANYTHING),
    )
    return [route.path for router in routers for route in router.routes if isinstance(route, Route)]


def options_by_command() -> dict[str, set[str]]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in group.commands.items()
    }


def test_every_command_of_muster_is_there_with_its_options() -> None:
    options = options_by_command()
    told = list(words_of_muster())
    assert {words[0] for words in told} >= {"migrate", "serve", "worker", "check", "package", "permissions"}
    for name, *rest in told:
        assert [word for word in rest if word.startswith("-") and word not in options[name]] == []


def test_an_option_that_is_told_alone_belongs_to_both_commands_of_an_app() -> None:
    options = options_by_command()
    known = options["package"] | options["permissions"]
    alone = {code.split()[0] for code in CODE.findall(PAGE) if code.startswith("--")}
    assert alone == {"--tenant", "--about", "--powershell"}
    assert alone <= known


def test_the_addresses_of_the_check_are_those_that_it_prints() -> None:
    printed = "".join(
        f"{address.title}, {address.where}:\n  {PUBLIC}{address.path}\n"
        for address in public_addresses(settings())
    )
    addresses, credentials = fenced("text")
    assert addresses == printed
    (registration,) = settings().teams.values()
    (account,) = settings().accounts.values()
    named = (name_of_registration(registration), name_of_account(account))
    assert credentials.splitlines() == [f"{name}: works" for name in named]


def test_every_address_of_the_page_is_one_that_is_given_out_or_none_of_ours() -> None:
    given = {address.path for address in public_addresses(settings())}
    told = set(re.findall(rf"{PUBLIC}(/[\w/]+)", PAGE))
    assert told == given


def pattern_of(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", r"[^/]+", route))


def test_what_others_are_told_is_a_route_of_the_api() -> None:
    for address in public_addresses(settings()):
        assert [route for route in routes() if pattern_of(route).fullmatch(address.path)], address.path


def is_passed(path: str) -> bool:
    """Whether the page's nginx passes it on: by the exact location, else the longest that it begins with."""
    (text,) = fenced("nginx")
    found = re.findall(r"location (= )?(\S+) \{(.*?)\}", text, re.DOTALL)
    exact = [body for equal, place, body in found if equal and place == path]
    begun = [(len(place), body) for equal, place, body in found if not equal and path.startswith(place)]
    body = exact[0] if exact else max(begun)[1]
    return "proxy_pass http://muster;" in body


def test_the_proxy_passes_every_route_and_nothing_else() -> None:
    assert len(routes()) >= 6
    assert [route for route in routes() if not is_passed(route)] == []
    for inner in ("/", "/metrics", "/healthz", "/healthz/dependencies", "/readyz", "/docs", "/api"):
        assert not is_passed(inner)


def test_the_table_of_paths_is_what_the_proxy_passes() -> None:
    table = PAGE.split("| path | who comes there |")[1].split("\n\n")[0]
    told = {row.split("`")[1] for row in table.splitlines() if row.startswith("| `")}
    (text,) = fenced("nginx")
    assert told == set(re.findall(r"location (?:= )?(\S+) \{", text)) - {"/"}


def test_every_scope_is_told_with_its_reason() -> None:
    table = PAGE.split("| scope | what for | the app's own |")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in table.splitlines()[2:]]
    told = {scope.strip("`"): (reason, own) for scope, reason, own in rows}
    assert len(told) == len(rows)
    assert told.keys() == ({*PERSON_SCOPES} | {*SCOPES}) - {"openid"}
    assert {scope for scope, (_, own) in told.items() if own == "yes"} == set(SCOPES)
    assert [scope for scope, (reason, _) in told.items() if len(reason) < 10] == []


@pytest.mark.parametrize(
    ("begins", "ends", "kind", "required"),
    [
        ("*Delegated permissions*", "They are", "delegated", True),
        ("*Application permissions*", "Optional are", "application", True),
        ("Optional are", "**Add permissions**", "application", False),
    ],
)
def test_the_permissions_are_those_of_the_table(begins: str, ends: str, kind: str, required: bool) -> None:
    told = CODE.findall(PAGE.split(begins)[1].split(ends)[0])
    wanted = [row.name for row in PERMISSIONS if row.kind == kind and row.required == required]
    assert sorted(told) == sorted(wanted)


def test_every_variable_of_the_page_is_a_setting() -> None:
    known = {variable(name) for name in Settings.model_fields}
    told = set(re.findall(r"\b(?:[A-Z]+_)+[A-Z]+\b", PAGE))
    assert told >= {"MUSTER_PUBLIC_URL", "MUSTER_CONFIG", *VARIABLES.values()}
    assert told <= known


def test_a_step_that_a_link_leads_to_is_there() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    anchors = re.findall(r"\]\(#([^)]+)\)", PAGE)
    assert len(anchors) >= 9
    assert [anchor for anchor in anchors if anchor not in headings] == []
