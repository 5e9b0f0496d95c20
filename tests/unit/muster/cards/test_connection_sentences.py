"""What somebody who connects or disconnects is told: every reply has a sentence of its own."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from muster.cards.commands import plain_sentence
from muster.cards.connections.sentences import (
    Again,
    another_account_sentence,
    another_region_sentence,
    no_argument_sentence,
    not_a_service_sentence,
    not_configured_sentence,
    sentence_of,
    unlinked_sentence,
)
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.state import Kind, Reply, Request
from workflows.rights import ServiceTeam

REPLIES: tuple[Reply, ...] = tuple(reply for group in get_args(Reply) for reply in get_args(group))
SINCE = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
SENTENCES: dict[Reply, str] = {
    "connected": "Checkout is connected to this channel now. The card says when its incidents arrive.",
    "disconnected": (
        "Checkout is disconnected from this channel. Its incidents that are here are followed to their end."
    ),
    "not_connected": (
        "Checkout is not connected to this channel, so nothing was changed. Send list to see what is."
    ),
    "brought_in": "3 open incidents of Checkout were brought in by Bo Call.",
    "bringing_in": (
        "Muster is bringing in the open incidents of Checkout. Its message in the channel says when they "
        "are there."
    ),
    "nothing_open": "No incident of Checkout is open in PagerDuty now, so there is nothing to bring in.",
    "service_disabled": (
        "Checkout is disabled in PagerDuty, where it gets no new incidents. It has to be enabled there "
        "first, so nothing was changed."
    ),
    "pagerduty_unavailable": (
        "PagerDuty does not answer in time, so Muster does not know what you may do there. Nothing was "
        "changed. Try again in a moment."
    ),
    "pagerduty_refused": (
        "PagerDuty refuses to say what you may do there, so nothing was changed. Muster's log says why."
    ),
    "too_late": "This reached Muster only minutes later, so nothing was changed. Ask again if it is "
    "still right.",
    "working": (
        "Muster is working on it. The card changes when the service is connected; if it stays as it is, "
        "press again."
    ),
    "role_too_low": (
        "Your role in PagerDuty does not let you connect Checkout, so nothing was changed. Ask a manager "
        "of its team: Bo Call, Cy and 3 more. Managers, Global Admins and the Account Owner of PagerDuty "
        "can, too."
    ),
    "unknown_service": (
        "PagerDuty shows you no such service, so nothing was changed. It may have been deleted, or belong to "
        "a private team of others. Somebody who sees it in PagerDuty can press."
    ),
    "link_removed": (
        "Your link to PagerDuty was removed, so nothing was changed. Send linkUser. Then press Connect "
        "Service again."
    ),
    "link_ended": (
        "Your link to PagerDuty has ended, so nothing was changed. Send linkUser. Then press Connect Service "
        "again."
    ),
    "link_rejected": (
        "PagerDuty does not accept your link any more, so nothing was changed. Send unlinkUser and then "
        "linkUser in our private chat. Then press Connect Service again."
    ),
    "user_gone": (
        "PagerDuty does not have the user any more that you are linked to, so nothing was changed. Send "
        "unlinkUser and then linkUser in our private chat. Then press Connect Service again."
    ),
    "forbidden": (
        "PagerDuty does not let Muster read as you what you may do there, so nothing was changed. Send "
        "unlinkUser and then linkUser in our private chat. Then press Connect Service again."
    ),
    "app_refused": (
        "PagerDuty refuses Muster's own app, so nothing was changed. Whoever runs Muster has to mend that."
    ),
    "already_connected": (
        "Checkout is connected to this channel already by Bo Call, since 3 November 2026. Nothing was "
        "changed."
    ),
    "ended_since": (
        "This click has connected the service already, and somebody has disconnected it since. Nothing was "
        "changed. Send connect for a new card."
    ),
    "team_not_authorized": (
        "This team is not authorized for the PagerDuty account of this service, so nothing was changed. Send "
        "status to see how it stands."
    ),
    "channel_gone": (
        "Teams says that Muster is not in this channel or its team any more, so nothing was changed. Add "
        "the app to the team again first."
    ),
    "channel_suspended": (
        "This channel is suspended just now, so nothing was changed. Try again in a moment; an archived team "
        "has to be restored first."
    ),
}
OF_BRINGING_IN = {"brought_in", "bringing_in", "nothing_open"}
BROUGHT_IN = [
    (1, False, "1 open incident of Checkout was brought in by Bo Call."),
    (
        50,
        True,
        "50 open incidents of Checkout were brought in by Bo Call. More are open, which only PagerDuty "
        "shows.",
    ),
]
TEAMS = (
    ServiceTeam(id="PTEAM01", name="Payments", managers=("Bo Call", "Cy"), more_managers=3),
    ServiceTeam(id="PTEAM02", name="Search", managers=("Cy",)),
)


def answered(reply: Reply) -> ConnectAnswer:
    return ConnectAnswer(
        reply=reply, service_name="Checkout", by="Bo Call", since=SINCE, count=3, teams=TEAMS
    )


def test_the_sentences_are_complete() -> None:
    assert set(SENTENCES) == set(REPLIES)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_has_its_sentence(reply: Reply) -> None:
    assert sentence_of(answered(reply), "connect", again="press") == SENTENCES[reply]


def test_no_two_replies_have_one_sentence() -> None:
    for kind in get_args(Kind):
        told = {sentence_of(answered(reply), kind, again="command") for reply in REPLIES}
        assert len(told) == len(REPLIES)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_command_has_a_sentence_that_fits_and_tells_of_no_button(reply: Reply) -> None:
    for kind in get_args(Kind):
        if kind == "connect" and reply == "working":
            continue  # a command that connects asks no workflow
        told = sentence_of(answered(reply), kind, again="command")
        assert "press" not in told
        assert "Connect Service" not in told
        assert not plain_sentence(told).endswith("…")


def test_what_changed_nothing_says_so() -> None:
    for reply in set(REPLIES) - {"connected", "disconnected", "working", *OF_BRINGING_IN}:
        assert "othing was changed" in sentence_of(answered(reply), "disconnect", again="command")


def test_an_answer_that_is_not_there_in_time_is_being_worked_on() -> None:
    assert sentence_of(None, "connect", again="press") == SENTENCES["working"]
    assert sentence_of(None, "disconnect", again="command").startswith("Muster is working on it. Send list")


def test_a_role_that_is_too_low_names_at_most_five_and_tells_of_the_others() -> None:
    names = tuple(f"Person {number}" for number in range(4))
    teams = tuple(
        ServiceTeam(id=id, name=id, managers=tuple(f"{name} of {id}" for name in names))
        for id in ("P1", "P2")
    )
    told = sentence_of(ConnectAnswer(reply="role_too_low", teams=teams), "disconnect", again="command")
    assert "does not let you disconnect this service" in told
    assert "Person 3 of P1, Person 0 of P2 and 3 more." in told


def test_a_role_that_is_too_low_where_no_manager_is_known() -> None:
    teams = (ServiceTeam(id="PTEAM01", name="Payments"),)
    told = sentence_of(ConnectAnswer(reply="role_too_low", teams=teams), "connect", again="command")
    assert told.endswith(
        "Ask a manager of its team. Managers, Global Admins and the Account Owner of PagerDuty can, too."
    )


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_role_that_is_too_low_for_a_service_without_a_team(kind: Kind) -> None:
    told = sentence_of(ConnectAnswer(reply="role_too_low", service_name="Checkout"), kind, again="command")
    assert told == (
        f"Your role in PagerDuty does not let you {kind} Checkout, so nothing was changed. Managers, Global "
        "Admins and the Account Owner of PagerDuty can."
    )


@pytest.mark.parametrize(
    ("kind", "again", "end"),
    [
        (
            "connect",
            "command",
            "Look at the address or the id once more; it may have been deleted, or belong to a private team "
            "of others.",
        ),
        (
            "disconnect",
            "command",
            "If it belongs to a private team of others, ask somebody who sees it in PagerDuty. If it was "
            "deleted, the Account Owner or a Global Admin can disconnect it.",
        ),
        (
            "bring_in",
            "press",
            "It may have been deleted, or belong to a private team of others. Somebody who sees it in "
            "PagerDuty can press.",
        ),
    ],
)
def test_who_is_not_shown_a_service_hears_whom_to_ask(kind: Request, again: Again, end: str) -> None:
    told = sentence_of(ConnectAnswer(reply="unknown_service"), kind, again=again)
    assert told == f"PagerDuty shows you no such service, so nothing was changed. {end}"


def test_longest_names_fit_a_command() -> None:
    names = tuple(f"{number}" + "m" * 119 for number in range(5))
    teams = (ServiceTeam(id="P", name="n" * 120, managers=names, more_managers=99),)
    answer = ConnectAnswer(reply="role_too_low", service_name="s" * 120, teams=teams)
    told = plain_sentence(sentence_of(answer, "disconnect", again="command"))
    assert told.endswith("can, too.")


def test_a_seeded_connection_names_nobody() -> None:
    answer = ConnectAnswer(reply="already_connected", service_name="Checkout", since=SINCE)
    told = sentence_of(answer, "connect", again="command")
    assert (
        told == "Checkout is connected to this channel already, since 3 November 2026. Nothing was changed."
    )


def test_a_name_cannot_reorder_what_stands_beside_it() -> None:
    answer = answered("already_connected").model_copy(update={"service_name": "a\u202eb\nc", "by": "x" * 200})
    told = sentence_of(answer, "connect", again="press")
    assert "ab c is connected" in told
    assert "x" * 61 not in told


@pytest.mark.parametrize(("count", "more", "told"), BROUGHT_IN)
def test_what_was_brought_in_is_counted(count: int, more: bool, told: str) -> None:
    answer = ConnectAnswer(reply="brought_in", service_name="Checkout", by="Bo Call", count=count, more=more)
    assert sentence_of(answer, "bring_in", again="press") == told


def test_whoever_brings_in_clicks_the_same_button_again() -> None:
    told = sentence_of(ConnectAnswer(reply="link_ended"), "bring_in", again="press")
    assert told.endswith("Then press Bring in open incidents again.")
    assert "when the incidents are there" in sentence_of(None, "bring_in", again="press")


@pytest.mark.parametrize(
    ("kind", "again", "end"),
    [
        ("connect", "press", "press Connect Service again"),
        ("bring_in", "press", "press Bring in open incidents again"),
        ("connect", "command", "send the same command again"),
    ],
)
def test_who_is_not_linked_does_the_same_again(kind: Request, again: Again, end: str) -> None:
    told = unlinked_sentence("acme", "A link waits.", kind, again=again)
    assert told == (
        f"Your Teams account is not linked to PagerDuty (acme), so nothing was changed. A link waits. "
        f"Then {end}."
    )


def test_what_is_not_named_comes_with_an_example() -> None:
    for told in (
        no_argument_sentence("https://acme.pagerduty.com"),
        not_a_service_sentence("https://acme.pagerduty.com"),
    ):
        assert told.endswith("for example: connect https://acme.pagerduty.com/service-directory/PABC123")


def test_other_accounts_and_regions() -> None:
    assert another_account_sentence("umbrella", "acme", is_configured=True) == (
        "That is a page of umbrella, but this team belongs to the PagerDuty account acme. Connect it in "
        "a channel of a team that is authorized for that account."
    )
    assert another_account_sentence("globex.pagerduty.com", "acme", is_configured=False) == (
        "That is a page of globex.pagerduty.com, but this team belongs to the PagerDuty account acme. "
        "Muster is not configured for that account in your organization."
    )
    assert another_region_sentence(
        "acme.eu.pagerduty.com", "acme", region="us", web_url="https://acme.pagerduty.com"
    ) == (
        "acme.eu.pagerduty.com is in PagerDuty's EU service region, but acme is an account of the US "
        "one. Its pages begin with https://acme.pagerduty.com/"
    )
    assert "acme in your organization any more" in not_configured_sentence("acme")
