"""docs/privacy.md and ``help privacy`` against the schema and each other."""

import re

import pytest

from api.links import flows
from muster.cards.privacy import PRIVACY
from tests.docs.checkout import REPOSITORY

PAGE = (REPOSITORY / "docs/privacy.md").read_text()
SCHEMA = (REPOSITORY / "muster/store/schema.sql").read_text()
COMPOSE = (REPOSITORY / "docker-compose.yml").read_text()
TABLES = dict(re.findall(r"^CREATE TABLE (\w+) \((.*?)^\);", SCHEMA, re.MULTILINE | re.DOTALL))
SECTION = PAGE.split("## What the database holds")[1].split("\n## ")[0]
ROWS = {
    name: row
    for row in re.findall(r"^\| `.*$", SECTION, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", row.split("|")[1])
}
SEALED = {"user_link", "link_offer", "webhook_subscription"}
"""Tables with a sealed column."""
OF_PEOPLE = re.compile(r"\b(aad_object_id|person|person_name|pagerduty_email|email|installer|recipient) text")


def test_every_table_has_its_row() -> None:
    assert len(TABLES) > 10
    assert ROWS.keys() == TABLES.keys()


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_row_says_what_of_people_and_how_long(table: str) -> None:
    _, _, what, how_long, _ = ROWS[table].split("|")
    assert ("sealed" in what) == (table in SEALED)
    if OF_PEOPLE.search(TABLES[table]):
        assert "nothing of people" not in what
        assert re.search(r"\d+ days|until", how_long)


@pytest.mark.parametrize("table", sorted(name for name in TABLES if "email" in TABLES[name]))
def test_an_e_mail_is_named_where_there_is_one(table: str) -> None:
    assert "e-mail" in ROWS[table]


def test_both_say_how_long_histories_are_kept() -> None:
    hours = re.search(r"RETENTION: (\d+)h", COMPOSE)
    assert hours is not None
    days = int(hours[1]) // 24
    assert f"{days} days in docker-compose.yml" in PAGE
    assert f"({days} days in our Compose file)" in PRIVACY


def test_the_page_says_how_long_a_browser_keeps_a_flow() -> None:
    assert f"| {flows.LIFE // 60} minutes after the last page |" in PAGE


def test_what_the_command_says_of_times_stands_on_the_page() -> None:
    told = set(re.findall(r"\d+ days", PRIVACY))
    assert told
    assert told <= set(re.findall(r"\d+ days", PAGE))


@pytest.mark.parametrize("fact", ["AES-256-GCM", "unlinkUser", "user settings", "e-mail", "by whoever runs"])
def test_the_command_says_what_counts(fact: str) -> None:
    assert fact in PRIVACY


def test_the_command_fits_a_message_and_leads_nowhere_else() -> None:
    assert len(PRIVACY.encode()) < 4_000
    assert not re.search(r"\]\(|https?:", PRIVACY)
