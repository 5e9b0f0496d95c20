"""What people are told of their links: every code has its words, and no name marks anything up."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from muster.cards.commands import plain_sentence
from muster.cards.links.choice import choice_card
from muster.cards.links.sentences import WORKING, day, linked_sentence, sentence_of
from muster.cards.links.status import OwnLink, SharedUser, own_links_text, shared_users_text
from muster.cards.links.unlinking import LinkedTo, choose_text, unlinked_text
from tests.schemas.cards import check_card
from tests.schemas.teams_clients import problems_on_teams
from workflows.account_link.messages import LinkAnswer

HOSTILE = "*x* [a](https://evil.example) <b>\u202e"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
REPLIES = get_args(LinkAnswer.model_fields["reply"].annotation)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def own(**changes: Any) -> OwnLink:
    known: dict[str, Any] = {
        "account": "acme",
        "name": "Ada",
        "linked_at": days_ago(40),
        "authorized_at": days_ago(40),
        "refreshed_at": days_ago(1),
    }
    return OwnLink(**(known | changes))


@pytest.mark.parametrize("reply", REPLIES)
def test_every_reply_is_a_sentence(reply: Any) -> None:
    text = sentence_of(LinkAnswer(reply=reply, name="Ada"))
    assert len(text) > 10
    assert "{" not in text


def test_an_answer_that_is_not_there_in_time_is_a_sentence() -> None:
    assert sentence_of(None) == WORKING
    assert "private chat" not in WORKING, "nobody knows yet where the message will stand"


@pytest.mark.parametrize("reply", ["sent", "waiting"])
def test_a_message_that_only_one_sees_is_said_to_be_where_it_is(reply: Any) -> None:
    assert "in our private chat" in sentence_of(LinkAnswer(reply=reply))
    assert "only you can see" in sentence_of(LinkAnswer(reply=reply, place="here"))


@pytest.mark.parametrize(
    "text",
    [
        plain_sentence(linked_sentence(account="acme", name=HOSTILE, since=NOW)),
        plain_sentence(sentence_of(LinkAnswer(reply="already_linked", name=HOSTILE))),
        unlinked_text(LinkedTo("acme", HOSTILE)),
        choose_text([LinkedTo("acme", HOSTILE)]),
        own_links_text([own(name=HOSTILE, others=[HOSTILE])], NOW),
        shared_users_text([SharedUser("acme", HOSTILE, [HOSTILE])]),
    ],
)
def test_no_name_marks_anything_up(text: str) -> None:
    assert "[a](" not in text
    assert "<b>" not in text
    assert "\u202e" not in text
    assert r"\*x\*" in text


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (own(), "last on 28 November 2026, until the year of your authorization ends on 20 October 2027."),
        (own(refreshed_at=days_ago(21.9)), "refreshed by itself, last on 7 November 2026"),
        (own(refreshed_at=days_ago(22)), "runs out on 7 December 2026"),
        (own(refreshed_at=days_ago(29.9)), "Unless that works again"),
        (own(refreshed_at=days_ago(30)), "has run out on 29 November 2026"),
        (own(authorized_at=days_ago(364)), "ends on 30 November 2026."),
        (own(authorized_at=days_ago(365)), "has run out on 29 November 2026"),
        (own(authorized_at=None), "made by an operator"),
        (own(refreshed_at=days_ago(-31)), "refreshed by itself, last on 30 December 2026"),
        (OwnLink("acme"), "not linked. Send **linkUser acme**"),
    ],
)
def test_status_says_how_long_a_link_lives(link: OwnLink, expected: str) -> None:
    assert expected in own_links_text([link], NOW)


def test_many_names_stay_a_message() -> None:
    names = [f"Somebody {number}" for number in range(500)]
    text = own_links_text([own(others=names)], NOW)
    shared = shared_users_text([SharedUser("acme", name, names) for name in names])
    assert "**Somebody 9** and 490 more" in text
    assert "… and 480 more" in shared
    assert len(shared.encode()) < 20_000


def test_a_day_is_said_as_people_read_it() -> None:
    assert day(datetime(2026, 11, 3, 23, tzinfo=UTC)) == "3 November 2026"
    assert day(datetime(2026, 11, 30, tzinfo=UTC)) == "30 November 2026"


@pytest.mark.parametrize("count", [2, 3, 8])
def test_the_choice_has_a_button_for_each_account(count: int) -> None:
    accounts = [f"account-{number}" for number in range(count)]
    card = choice_card(accounts)
    check_card(card)
    assert [problem for problem in problems_on_teams(card) if "Action.OpenUrl" not in problem] == []
    actions: Any = card["body"][-1]
    assert [action["data"] for action in actions["actions"]] == [{"account": account} for account in accounts]
    assert {action["verb"] for action in actions["actions"]} == {"link_accounts"}
    assert [action.get("mode") for action in actions["actions"]].count("secondary") == max(0, count - 3)
