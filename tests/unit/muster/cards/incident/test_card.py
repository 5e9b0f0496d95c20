"""The incident card: what it offers, what it says, and that no text can break or bloat it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.cards.incident.card import card_summary, incident_card
from tests.support.views import OPENED, a_view
from workflows.channel_incident.view import CardIdentity, View
from workflows.incident.values import (
    Acknowledgement,
    Alert,
    Alerts,
    Bridge,
    Comment,
    Escalation,
    Field,
    Link,
    MergedInto,
    Reference,
    Responder,
    Role,
    Status,
    Task,
)
from workflows.verbs.verb import VerbName

IDENTITY = CardIdentity(marker="marker-7", nonce="nonce-9")
LIMIT = 28 * 1024
"""Bytes of a message that Teams takes."""


def drawn(view: View, *, notice: str | None = None) -> dict[str, Any]:
    """The card as Teams reads it."""
    card: dict[str, Any] = json.loads(json.dumps(incident_card(view, IDENTITY, notice=notice)))
    return card


def elements(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from elements(child)
    elif isinstance(node, list):
        for child in node:
            yield from elements(child)


def of_type(card: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [element for element in elements(card) if element.get("type") == kind]


def text_of(card: dict[str, Any]) -> str:
    return "\n".join(
        element["text"]
        if element["type"] == "TextBlock"
        else "".join(run["text"] for run in element["inlines"])
        for element in elements(card)
        if element.get("type") in ("TextBlock", "RichTextBlock")
    )


def size_of(card: dict[str, Any]) -> int:
    return len(json.dumps(card, ensure_ascii=False).encode())


def test_buttons_carry_what_tells_one_click_from_another() -> None:
    buttons = of_type(drawn(a_view()), "Action.Execute")
    assert [(button["verb"], button["title"]) for button in buttons] == [
        ("acknowledge", "Acknowledge"),
        ("resolve", "Resolve"),
    ]
    for button in buttons:
        assert button["data"] == {"a": "acme", "i": "Q1", "m": "marker-7", "n": "nonce-9"}


def test_the_first_button_is_the_prominent_one() -> None:
    first, second = of_type(drawn(a_view()), "Action.Execute")
    assert first["style"] == "positive"
    assert "style" not in second


def test_buttons_beyond_the_third_go_into_the_overflow_menu() -> None:
    verbs: tuple[VerbName, ...] = ("acknowledge", "resolve", "create_meeting", "create_chat")
    buttons = of_type(drawn(a_view(verbs=verbs)), "Action.Execute")
    assert [button.get("mode") for button in buttons] == [None, None, None, "secondary"]


def test_without_verbs_the_way_to_pagerduty_is_left() -> None:
    (actions,) = of_type(drawn(a_view(verbs=())), "ActionSet")
    assert [action["title"] for action in actions["actions"]] == ["Open in PagerDuty"]


@pytest.mark.parametrize("status", ["triggered", "acknowledged", "resolved"])
def test_every_card_leads_to_pagerduty_by_a_button_and_by_its_title(status: Status) -> None:
    card = drawn(a_view(status=status))
    url = "https://acme.pagerduty.com/incidents/Q1"
    (button,) = [a for a in of_type(card, "Action.OpenUrl") if "title" in a]
    assert (button["title"], button["url"]) == ("Open in PagerDuty", url)
    (title,) = [box for box in of_type(card, "Container") if "selectAction" in box]
    assert title["selectAction"]["url"] == url
    assert text_of(title) == "#42 Checkout latency"


def test_buttons_of_many_cards_have_names_of_their_own() -> None:
    card = drawn(a_view(description="Carts time out."))
    actions = [action for block in of_type(card, "ActionSet") for action in block["actions"]]
    assert [action["tooltip"] for action in actions] == [
        "Acknowledge #42",
        "Resolve #42",
        "Details of #42",
        "Open #42 in PagerDuty",
    ]


def test_details_wait_behind_their_button() -> None:
    alert = Alert(
        summary="p99 above 2 s",
        source="checkout-7d9f8b6c5d-x2x7q",
        severity="critical",
        links=(Link(text="Runbook", url="https://wiki.example/rb"), Link(text="", url="https://g.example/d")),
    )
    view = a_view(
        title="Checkout " + "slow " * 60,
        description="Carts time out.\nSee https://wiki.example/carts?x=1",
        alerts=Alerts(first=(alert,), count=5),
    )
    card = drawn(view)
    (toggle,) = of_type(card, "Action.ToggleVisibility")
    (details,) = [box for box in of_type(card, "Container") if box.get("id") == toggle["targetElements"][0]]
    assert details["isVisible"] is False
    assert text_of(details).splitlines() == [
        view.title.strip(),
        "Carts time out.",
        "See https://wiki.example/carts?x=1",
        "🔗 [wiki.example/carts](https://wiki.example/carts?x=1)",
        "Alerts",
        "p99 above 2 s",
        "critical · checkout-7d9f8b6c5d-x2x7q",
        "🔗 [Runbook](https://wiki.example/rb) · [Link](https://g.example/d)",
        "… and 4 more in PagerDuty",
    ]


def test_without_details_there_is_no_button_for_them() -> None:
    assert not of_type(drawn(a_view()), "Action.ToggleVisibility")


@pytest.mark.parametrize(
    ("escalation", "told"),
    [
        (
            Escalation(level=1, at=OPENED + timedelta(minutes=15), next_level=2),
            [
                "Payments on-call · level 1",
                "Escalates to level 2 at {{TIME(2026-01-01T10:15:01Z)}} unless acknowledged",
            ],
        ),
        (
            Escalation(at=OPENED + timedelta(minutes=15)),
            ["Payments on-call", "Escalates at {{TIME(2026-01-01T10:15:01Z)}} unless acknowledged"],
        ),
        (Escalation(level=2), ["Payments on-call · level 2"]),
        (None, ["Payments on-call"]),
    ],
)
def test_the_card_says_how_the_incident_escalates(escalation: Escalation | None, told: list[str]) -> None:
    policy = Reference(id="E", name="Payments on-call")
    card = drawn(a_view(escalation_policy=policy, escalation=escalation))
    row = next(row for row in of_type(card, "ColumnSet") if text_of(row).startswith("Escalation"))
    assert text_of(row).splitlines() == ["Escalation", *told]


def test_a_merge_is_told_as_a_merge() -> None:
    taker = MergedInto(
        id="Q77", number=77, title="Payments down", url="https://acme.pagerduty.com/incidents/Q77"
    )
    end = {"resolved_at": OPENED + timedelta(minutes=21), "resolved_by": "Ada Ops"}
    view = a_view(status="resolved", merged_into=taker, verbs=(), **end)
    card = drawn(view)
    (line,) = [
        box for box in of_type(card, "Container") if box.get("selectAction", {}).get("url") == taker.url
    ]
    assert text_of(line) == "🟢 Merged into #77 Payments down"
    assert "Resolved" not in text_of(card)
    assert card_summary(view) == "#42 Checkout latency · Merged into #77 Payments down · P1"


def test_our_own_times_stand_in_text_blocks_and_foreign_text_in_runs() -> None:
    note = Comment(
        id="1", text="{{DATE(2020-02-02T02:02:02Z)}}", author="{{TIME(2020-02-02T02:02:02Z)}}", at=OPENED
    )
    card = drawn(a_view(latest_note=note, title="{{DATE(2020-02-02T02:02:02Z)}}"))
    runs = "".join(run["text"] for run in of_type(card, "TextRun"))
    assert not re.search(r"\{\{(DATE|TIME)\(", runs)
    blocks = "".join(block["text"] for block in of_type(card, "TextBlock"))
    assert "2020-02-02" not in blocks
    assert "as of {{TIME(2026-01-01T10:00:01Z)}}" in blocks


def test_an_empty_note_has_no_heading() -> None:
    empty = Comment(id="1", text=" \n", author="Ada Ops", at=OPENED)
    assert "Latest note" not in text_of(drawn(a_view(latest_note=empty)))


def test_the_revision_is_for_operators_alone() -> None:
    assert "rev" not in text_of(drawn(a_view(revision=7)))


@pytest.mark.parametrize(
    ("status", "symbol", "name", "style"),
    [
        ("triggered", "🔴", "Triggered", "attention"),
        ("acknowledged", "🟠", "Acknowledged", "warning"),
        ("resolved", "🟢", "Resolved", "good"),
    ],
)
def test_status_is_told_by_symbol_name_and_colour(status: Status, symbol: str, name: str, style: str) -> None:
    band, *_ = drawn(a_view(status=status))["body"]
    assert band["style"] == style
    assert f"{symbol} {name}" in text_of(band)


def test_nothing_jumps_when_the_status_changes() -> None:
    ada, bo = (Reference(id=name, name=name) for name in ("Ada Ops", "Bo Call"))
    new = a_view(
        service=Reference(id="S", name="Checkout"),
        escalation_policy=Reference(id="E", name="Payments on-call"),
        assignees=(bo,),
    )
    acknowledgement = Acknowledgement(person=ada, at=OPENED + timedelta(minutes=4))
    taken = new.model_copy(update={"status": "acknowledged", "acknowledgements": (acknowledgement,)})
    end = {"resolved_at": OPENED + timedelta(minutes=21), "resolved_by": "Bo Call"}
    over = taken.model_copy(update={"status": "resolved", "assignees": (), **end})

    cards = [drawn(view)["body"] for view in (new, taken, over)]
    assert {tuple(item["type"] for item in band["items"]) for band, *_ in cards} == {
        ("RichTextBlock", "ColumnSet", "TextBlock")
    }
    labels = [[text_of(row).splitlines()[0] for row in rows["items"]] for _, _, rows, *_ in cards]
    assert labels == [
        ["Assigned to", "Escalation"],
        ["Assigned to", "Escalation"],
        ["Acknowledged", "Escalation"],
    ]


def test_a_notice_stands_right_above_the_buttons() -> None:
    *_, notice, buttons, _, _ = drawn(a_view(), notice="Already resolved by Bo Call.")["body"]
    assert "Already resolved by Bo Call." in text_of(notice)
    assert [action["title"] for action in buttons["actions"]] == ["Acknowledge", "Resolve"]


def test_the_newer_comment_comes_first() -> None:
    note = Comment(id="1", text="older note", at=OPENED)
    update = Comment(id="2", text="newer update", at=OPENED + timedelta(minutes=1))
    text = text_of(drawn(a_view(latest_note=note, latest_status_update=update)))
    assert text.index("newer update") < text.index("older note")


def test_somebody_without_a_name_is_called_by_id() -> None:
    assert "PUSER09" in text_of(drawn(a_view(assignees=(Reference(id="PUSER09"),), assignee_count=1)))


def test_two_hundred_assignees_are_counted() -> None:
    people = tuple(Reference(id=f"P{n}", name=f"Person {n}") for n in range(20))
    text = text_of(drawn(a_view(assignees=people, assignee_count=200)))
    assert "Person 5, … and 194 more" in text


@pytest.mark.parametrize(
    ("changes", "summary"),
    [
        ({}, "#42 Checkout latency · Triggered · P1"),
        ({"status": "resolved", "priority": None}, "#42 Checkout latency · Resolved"),
        ({"number": None, "title": ""}, "Incident Q1 · Triggered · P1"),
    ],
)
def test_the_summary_says_what_a_notification_must(changes: dict[str, Any], summary: str) -> None:
    assert card_summary(a_view(**changes)) == summary


def test_old_clients_get_text_with_a_link() -> None:
    fallback = drawn(a_view(title="[x](https://evil.example)"))["fallbackText"]
    assert r"\[x\](https://evil.example) · Triggered" in fallback
    assert fallback.endswith("[open in PagerDuty](https://acme.pagerduty.com/incidents/Q1)")


texts = st.text(st.characters(codec="utf-8"), min_size=0, max_size=60).flatmap(
    lambda text: st.sampled_from([text, text * 20, f"[{text}](https://evil.example)", f"{{{{{text}}}}}"])
)
references = st.builds(Reference, id=st.just("P1"), name=texts)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def some(items: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, max_size=8).map(tuple)


views = st.builds(
    View,
    account=st.just("acme"),
    incident_id=st.just("Q1"),
    title=texts,
    url=st.none() | texts,
    incident_type=st.none() | texts,
    priority=st.none() | texts,
    service=st.none() | references,
    escalation_policy=st.none() | references,
    assignees=some(references),
    acknowledgements=some(st.builds(Acknowledgement, person=references, at=instants)),
    responders=some(st.builds(Responder, person=references, state=texts)),
    roles=some(st.builds(Role, name=texts, holder=references)),
    open_tasks=some(st.builds(Task, name=texts, assignees=some(references))),
    fields=some(st.builds(Field, name=texts, value=texts)),
    bridge=st.none() | st.builds(Bridge, url=texts, number=texts),
    latest_note=st.none() | st.builds(Comment, text=texts, at=instants),
    latest_status_update=st.none() | st.builds(Comment, text=texts, at=instants),
    resolved_by=st.none() | texts,
    merged_into=st.none() | st.builds(MergedInto, id=st.just("Q77"), title=texts, url=st.none() | texts),
    escalation=st.none() | st.builds(Escalation, at=instants),
    description=texts,
    alerts=st.none()
    | st.builds(
        Alerts,
        first=some(
            st.builds(Alert, summary=texts, source=texts, links=some(st.builds(Link, text=texts, url=texts)))
        ),
    ),
    as_of=instants,
    opened_at=st.none() | instants,
    resolved_at=st.none() | instants,
    degraded=st.sampled_from([(), ("details",), ("details", "restore")]),
)


_LINK = r"\[[\w /.,:-]+\]\(https?://[^\s()<>\[\]]+\)"
_OUR_OWN = re.compile(rf"(?:[\w …,·⚠️🔗'.;–-]|\{{\{{(?:DATE|TIME)\([\dTZ:,SHORT-]+\)\}}\}}|{_LINK})+")
"""Our own words, times and links: nothing else may stand where Markdown is read."""


@settings(max_examples=60, deadline=None)
@given(views, st.none() | texts)
def test_no_text_breaks_or_bloats_the_card(view: View, notice: str | None) -> None:
    card = drawn(view, notice=notice)
    assert size_of(card) <= LIMIT
    assert not of_type(card, "FactSet"), "it reads Markdown"
    assert all(_OUR_OWN.fullmatch(block["text"]) for block in of_type(card, "TextBlock"))
    assert all("selectAction" not in run for run in of_type(card, "TextRun"))
    assert all(block["inlines"] for block in of_type(card, "RichTextBlock"))
    for action in of_type(card, "Action.OpenUrl"):
        assert action["url"].startswith(("http://", "https://"))


@pytest.mark.parametrize("character", ["🚒", "𐤀", "{", "&", '"'])
def test_the_largest_card_stays_below_the_limit(character: str) -> None:
    wide = character * 3000
    url = "https://acme.example/" + "x" * 2_000
    person = Reference(id="P1", name=wide)
    comment = Comment(id="1", text="\n".join([wide[:60]] * 40), author=wide, at=OPENED + timedelta(days=1))
    view = a_view(
        status="resolved",
        title=wide,
        url=url,
        incident_type=wide,
        priority=wide,
        service=person,
        escalation_policy=person,
        assignees=(person,) * 20,
        assignee_count=200,
        acknowledgements=(Acknowledgement(person=person, at=OPENED),) * 200,
        responders=(Responder(person=person, state=wide),) * 200,
        roles=(Role(id="R", name=wide, holder=person),) * 200,
        open_tasks=(Task(id="T", name=wide, status="todo", assignees=(person,)),) * 200,
        fields=(Field(id="F", name=wide, value=url),) * 200,
        bridge=Bridge(url=url, number=wide),
        latest_note=comment,
        latest_status_update=comment,
        resolved_at=OPENED + timedelta(days=1),
        resolved_by=wide,
        reopened=True,
        merged_into=MergedInto(id="Q77", number=77, title=wide, url=url),
        description=wide,
        alerts=Alerts(
            first=(Alert(summary=wide, source=wide, severity=wide, links=(Link(text=wide, url=url),) * 3),)
            * 3,
            count=9,
        ),
        degraded=("details", "restore"),
    )
    size = size_of(drawn(view, notice=wide))
    assert size <= LIMIT
