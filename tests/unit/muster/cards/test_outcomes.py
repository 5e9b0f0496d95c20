"""What the person who clicked is told: every kind and every reason has its sentence."""

from typing import get_args

import pytest

from muster.cards.access_policy import policy_commands
from muster.cards.outcomes import private_text, sentence_of, working_sentence
from muster.cards.text import escape
from tests.support.views import a_view
from workflows.channel_incident.view import View
from workflows.meeting import Hindrance, WhyNot
from workflows.verbs.outcomes import TOLD_PRIVATELY, Outcome, OutcomeKind, Reason
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import VerbName

SENTENCES: list[tuple[VerbName, Outcome, str]] = [
    ("acknowledge", Outcome(kind="done", status="acknowledged"), "You acknowledged this incident."),
    ("resolve", Outcome(kind="done", status="resolved"), "You resolved this incident."),
    (
        "acknowledge",
        Outcome(kind="already", status="acknowledged", by="Bo Call"),
        "Already acknowledged by Bo Call.",
    ),
    ("resolve", Outcome(kind="already", status="resolved"), "Already resolved."),
    (
        "acknowledge",
        Outcome(kind="stale", status="resolved", by="Bo Call"),
        "Already resolved by Bo Call; nothing was changed.",
    ),
    ("acknowledge", Outcome(kind="stale", status="resolved"), "Already resolved; nothing was changed."),
    (
        "resolve",
        Outcome(kind="unlinked"),
        "Your account is not linked to PagerDuty (acme), so nothing was changed. "
        "A message for you alone waits here, or in your private chat with Muster: it links your accounts.",
    ),
    ("stop_following", Outcome(kind="done"), "You stopped following this incident here."),
    ("stop_following", Outcome(kind="already", by="Bo Call"), "Stopped already by Bo Call."),
    (
        "stop_following",
        Outcome(kind="refused", reason="by_connection"),
        "Stop following was not done: the incident comes here because its service is connected. disconnect "
        "ends that.",
    ),
    (
        "stop_following",
        Outcome(kind="failed", reason="unavailable"),
        "Stop following was not done. Muster could not write it down. Try again in a moment.",
    ),
    (
        "acknowledge",
        Outcome(kind="refused", reason="not_followed"),
        "Acknowledge was not done: the incident is not followed here any more.",
    ),
    ("acknowledge", Outcome(kind="late"), "Acknowledge came through too late and was not done."),
    (
        "resolve",
        Outcome(kind="refused", reason="link_removed"),
        "Resolve was not done: your link to PagerDuty was removed meanwhile.",
    ),
    (
        "resolve",
        Outcome(kind="refused", reason="link_rejected", by="Ada Ops"),
        "Resolve was not done: PagerDuty does not accept your link any more; link your accounts again.",
    ),
    (
        "resolve",
        Outcome(kind="refused", reason="forbidden", by="Ada Ops"),
        "Resolve was not done: PagerDuty does not allow Ada Ops to do this.",
    ),
    (
        "resolve",
        Outcome(kind="refused", reason="forbidden"),
        "Resolve was not done: PagerDuty does not allow you to do this.",
    ),
    (
        "acknowledge",
        Outcome(kind="refused", reason="already_changed"),
        "Acknowledge was not done: PagerDuty says it is settled already.",
    ),
    (
        "resolve",
        Outcome(kind="refused", reason="forbidden", by="Ada Ops", says="Read only."),
        "Resolve was not done: PagerDuty does not allow Ada Ops to do this. PagerDuty says: Read only.",
    ),
    (
        "resolve",
        Outcome(kind="refused", reason="refused_by_pagerduty", code="2001", says="Title cannot be empty"),
        "Resolve was not done. PagerDuty says: Title cannot be empty (2001).",
    ),
    (
        "resolve",
        Outcome(kind="refused", reason="refused_by_pagerduty", code="1019"),
        "Resolve was not done. PagerDuty refused it (1019).",
    ),
    (
        "acknowledge",
        Outcome(kind="failed", reason="conflict"),
        "Acknowledge was not done. Somebody else was changing the incident at that moment. Try again.",
    ),
    (
        "resolve",
        Outcome(kind="refused", reason="link_ended"),
        "Resolve was not done. Your link to PagerDuty has ended; link your accounts again.",
    ),
    (
        "acknowledge",
        Outcome(kind="failed", reason="app_refused"),
        "Acknowledge was not done. PagerDuty could not be asked: it refuses Muster's own app. "
        "Whoever runs Muster has to mend that.",
    ),
    (
        "acknowledge",
        Outcome(kind="failed", reason="not_sent"),
        "Acknowledge was not done. Muster could not write the request to PagerDuty; its log says why.",
    ),
    (
        "acknowledge",
        Outcome(kind="failed", reason="not_found"),
        "Acknowledge was not done. PagerDuty does not know this incident any more.",
    ),
    (
        "acknowledge",
        Outcome(kind="failed", reason="rate_limited"),
        "Acknowledge was not done. PagerDuty is limiting requests right now. Try again in a minute.",
    ),
    (
        "acknowledge",
        Outcome(kind="failed", reason="answer_lost"),
        "Acknowledge was not done. PagerDuty's answer was lost; the card shows what is known.",
    ),
    (
        "acknowledge",
        Outcome(kind="failed", reason="unavailable"),
        "Acknowledge was not done. PagerDuty did not answer. Try again in a moment.",
    ),
    (
        "create_chat",
        Outcome(kind="done"),
        "There is a chat for this incident: the card shows Join Chat.",
    ),
    (
        "create_chat",
        Outcome(kind="already"),
        "There is a chat for this incident: the card shows Join Chat.",
    ),
    (
        "create_chat",
        Outcome(kind="refused", reason="may_not_write", by="Ada Ops"),
        "The chat was not made: your role in PagerDuty (acme) reads only, and the incident gets a note.",
    ),
    (
        "create_chat",
        Outcome(kind="refused", reason="nobody_to_talk_to"),
        "Nobody to talk to yet: add responders or link accounts.",
    ),
    (
        "create_chat",
        Outcome(kind="refused", reason="not_granted", says="Chat.Create"),
        "The chat cannot be made: Chat.Create is not granted. A Microsoft admin grants it with appconnect.",
    ),
    (
        "create_chat",
        Outcome(kind="refused", reason="not_granted"),
        "The chat cannot be made: Chat.Create is not granted. A Microsoft admin grants it with appconnect.",
    ),
    (
        "create_meeting",
        Outcome(
            kind="refused", reason="no_organiser", hindrances=(Hindrance(who="Ada Ops", why="disabled"),)
        ),
        "The meeting cannot be made: the account of Ada Ops is disabled.",
    ),
    (
        "create_meeting",
        Outcome(kind="failed", reason="meeting_not_made", says="Forbidden"),
        "The meeting was not made: it was refused. Whoever runs Muster finds why in its log.",
    ),
    (
        "create_meeting",
        Outcome(kind="refused", reason="may_not_write", by="Sam Sees"),
        "The meeting was not made: your role in PagerDuty (acme) reads only, and the incident gets a bridge.",
    ),
    (
        "create_meeting",
        Outcome(kind="already"),
        "There is a meeting for this incident: the card shows Join Meeting.",
    ),
    (
        "create_chat",
        Outcome(kind="failed", reason="chat_unknown", says="Incident #42 Checkout latency"),
        "Muster does not know whether the chat was made: Microsoft's answer was lost. "
        "Look in Teams for “Incident #42 Checkout latency” before you press Create Chat again.",
    ),
    (
        "create_chat",
        Outcome(kind="failed", reason="owner_unknown"),
        "Create Chat was not done. PagerDuty does not know who is to own the chat.",
    ),
    (
        "create_chat",
        Outcome(kind="refused", reason="owner_absent"),
        "Create Chat was not done. Who is to own it has no account in this organization.",
    ),
    (
        "create_chat",
        Outcome(kind="refused", reason="empty_name"),
        "Create Chat was not done. Nothing that people can read is left of the name.",
    ),
    (
        "create_chat",
        Outcome(kind="failed", reason="not_made", says="Forbidden"),
        "The chat was not made: it was refused. Whoever runs Muster finds why in its log.",
    ),
    (
        "create_chat",
        Outcome(kind="failed", reason="no_chat"),
        "Create Chat was not done. The incident has no chat.",
    ),
    (
        "create_chat",
        Outcome(kind="failed", reason="not_changed"),
        "Create Chat was not done. Microsoft refused it. Whoever runs Muster finds why in its log.",
    ),
    (
        "create_chat",
        Outcome(kind="failed", reason="unavailable"),
        "The chat was not made: PagerDuty did not answer. Try again in a moment.",
    ),
    (
        "create_chat",
        Outcome(kind="refused", reason="link_removed"),
        "Create Chat was not done: your link to PagerDuty was removed meanwhile.",
    ),
    (
        "create_chat",
        Outcome(kind="failed", reason="not_found"),
        "Create Chat was not done. PagerDuty does not know this incident any more.",
    ),
    ("create_chat", Outcome(kind="late"), "Create Chat came through too late and was not done."),
]


@pytest.mark.parametrize(("verb", "outcome", "sentence"), SENTENCES)
def test_an_outcome_is_told_in_one_sentence(verb: VerbName, outcome: Outcome, sentence: str) -> None:
    assert sentence_of(outcome, verb, account="acme") == sentence


def test_every_kind_and_every_reason_has_its_sentence() -> None:
    assert {outcome.kind for _, outcome, _ in SENTENCES} == set(get_args(OutcomeKind))
    assert {outcome.reason for _, outcome, _ in SENTENCES} == {None, *get_args(Reason)}


def test_pagerdutys_words_do_not_become_markup() -> None:
    says = "[go](https://evil.example)\n*now*\u202e"
    outcome = Outcome(kind="refused", reason="refused_by_pagerduty", says=says)
    assert sentence_of(outcome, "resolve", account="acme").endswith(
        "PagerDuty says: [go](https://evil.example) *now*."
    )
    for view in (None, a_view()):
        text = private_text(outcome, "resolve", view, account="acme")
        assert r"\[go\](https://evil.example) \*now\*." in text


def test_a_name_with_braces_is_told_as_it_is() -> None:
    outcome = Outcome(kind="refused", reason="forbidden", by="{Ada} {0}")
    assert sentence_of(outcome, "resolve", account="acme").endswith("does not allow {Ada} {0} to do this.")


def test_a_click_without_an_outcome_so_far_is_being_worked_on() -> None:
    assert working_sentence("resolve") == (
        "Muster is working on it: Resolve. The card will show what came of it."
    )


def test_a_chat_without_an_outcome_so_far_is_being_made() -> None:
    assert working_sentence("create_chat") == "Muster is making the chat; the card will show Join Chat."


def test_a_topic_that_others_wrote_does_not_become_markup() -> None:
    outcome = Outcome(kind="failed", reason="chat_unknown", says="[go](https://evil.example)\n*now*\u202e")
    assert "“[go](https://evil.example) *now*”" in sentence_of(outcome, "create_chat", account="acme")
    text = private_text(outcome, "create_chat", None, account="acme")
    assert r"“\[go\](https://evil.example) \*now\*”" in text


@pytest.mark.parametrize(
    ("verb", "outcome", "sentence"),
    [row for row in SENTENCES if row[1].kind in TOLD_PRIVATELY and row[1].kind != "late"],
)
def test_a_failed_click_says_why(verb: VerbName, outcome: Outcome, sentence: str) -> None:
    text = private_text(outcome, verb, a_view(url=None), account="acme")
    assert text == (
        f"You pressed **{VERBS[verb].label}** on #42 Checkout latency, and it did not work: {sentence} "
        "The card shows the incident as it is; if the button is still there, you can press it again."
    )


def test_the_longest_sentence_is_told_whole() -> None:
    """Three people in each of the two ways, and commands."""
    why: tuple[WhyNot, ...] = ("no_meeting", "no_policy")
    hindrances = tuple(Hindrance(who=f"{n}" * 60, why=one) for n in range(3) for one in why)
    outcome = Outcome(kind="refused", reason="no_organiser", hindrances=hindrances)
    policy = policy_commands(name="M" * 30, app_id="0a5cf8a4-0000-4000-8000-000000000002")
    text = private_text(outcome, "create_meeting", a_view(), account="acme", policy=policy)
    assert escape(sentence_of(outcome, "create_meeting", account="acme", policy=policy), 10_000) in text
    assert "-Global · That counts after up to 30 minutes" in text


def test_a_name_does_not_become_markup() -> None:
    outcome = Outcome(kind="refused", reason="forbidden", by="*Ada*")
    text = private_text(outcome, "resolve", a_view(), account="acme")
    assert (
        r"did not work: Resolve was not done: PagerDuty does not allow \*Ada\* to do this. The card" in text
    )


@pytest.mark.parametrize(
    ("view", "incident"),
    [
        (a_view(url=None), "#42 Checkout latency"),
        (a_view(url=None, number=None), "Checkout latency"),
        (a_view(url=None, title=""), "#42"),
        (a_view(url=None, number=None, title=""), "incident Q1"),
    ],
)
def test_a_late_click_was_not_done(view: View, incident: str) -> None:
    assert private_text(Outcome(kind="late"), "acknowledge", view, account="acme") == (
        f"You pressed **Acknowledge** on {incident}, but that reached Muster only minutes later. "
        "It was not done, because the incident may have moved on since. "
        "Look at the card and press again if it is still right."
    )


@pytest.mark.parametrize(("verb", "outcome", "sentence"), SENTENCES)
def test_without_a_view_the_sentence_has_to_do(verb: VerbName, outcome: Outcome, sentence: str) -> None:
    assert private_text(outcome, verb, None, account="acme") == sentence
