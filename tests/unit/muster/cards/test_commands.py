"""What the bot answers to commands."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from api.bot.commands.table import COMMANDS
from muster.cards.commands import (
    SUMMARIES,
    help_text,
    open_text,
    unknown_text,
)
from muster.cards.setup.sentences import WORKING, sentence_of
from muster.cards.setup.status import Consent, TeamStatus, status_text, statuses_text
from workflows.team_setup.messages import Reply, SetupAnswer

HOSTILE = "*x* [a](https://evil.example) <b>\u202e"


def team(**known: Any) -> TeamStatus:
    nothing: dict[str, Any] = {
        "name": "Payments",
        "step": None,
        "removed": False,
        "installer": None,
        "account": None,
        "authorized_name": None,
        "authorized_role": None,
        "authorized_at": None,
        "accounts": (),
    }
    return TeamStatus(**(nothing | known))


def test_every_command_has_its_line() -> None:
    assert [name.casefold() for name in SUMMARIES] == list(COMMANDS)
    assert help_text().count("\n- **") == len(COMMANDS)


@pytest.mark.parametrize(
    "text",
    [
        unknown_text(HOSTILE, None),
        status_text(
            team(
                name=HOSTILE,
                installer=HOSTILE,
                account="acme",
                authorized_name=HOSTILE,
                authorized_role=HOSTILE,
                authorized_at=datetime(2026, 11, 28, tzinfo=UTC),
            ),
            Consent(None),
        ),
        status_text(team(name=HOSTILE, removed=True), Consent(None)),
        statuses_text([team(name=HOSTILE)], Consent(())),
        open_text({HOSTILE: "https://acme.pagerduty.com"}),
    ],
)
def test_names_mark_nothing_up(text: str) -> None:
    assert "[a](" not in text
    assert r"\[a\]" in text
    assert "<b>" not in text
    assert "\u202e" not in text


def test_a_team_that_was_connected_by_other_means_has_no_date() -> None:
    text = status_text(team(account="acme"), Consent(()))
    assert "- ✅ Authorized for acme." in text
    assert "permissions are granted" in text


@pytest.mark.parametrize(("role", "shown"), [("owner", "Account Owner"), ("admin", "Global Admin")])
def test_roles_are_called_as_people_know_them(role: str, shown: str) -> None:
    at = datetime(2026, 11, 28, tzinfo=UTC)
    known = team(account="acme", authorized_name="Bo", authorized_role=role, authorized_at=at)
    assert f"by **Bo** ({shown})" in status_text(known, Consent(()))


def test_a_team_without_a_name_is_shown() -> None:
    assert statuses_text([team(name="")], Consent(None)).startswith("- **A team without a name**")


def test_an_abandoned_set_up_says_so() -> None:
    assert "was given up" in status_text(team(step="abandoned"), Consent(None))


@pytest.mark.parametrize("reply", get_args(Reply))
def test_every_reply_is_one_sentence_of_its_own(reply: Reply) -> None:
    bare, named = (sentence_of(SetupAnswer(reply=reply, to=to)) for to in (None, "acme"))
    assert bare.endswith(".")
    assert "{" not in bare + named
    assert sum(sentence_of(SetupAnswer(reply=one)) == bare for one in get_args(Reply)) == 1


def test_an_answer_that_is_not_there_is_said() -> None:
    assert sentence_of(None) == WORKING
