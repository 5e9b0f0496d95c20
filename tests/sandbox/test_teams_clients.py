"""The table of what Teams' clients draw: its page says the same, and it names what a card must not hold."""

import re
from typing import Any

import pytest

from tests.docs.checkout import REPOSITORY
from tests.sandbox.teams_process import card
from tests.schemas.teams_clients import Feature, features, problems_on_teams

PAGE = REPOSITORY / "docs" / "platform-facts.md"
HEAD = "| feature | desktop | web | iOS | Android | weakest client | source |"

OPEN = {"type": "Action.OpenUrl", "title": "Open", "url": "https://acme.example"}
EXECUTE = {"type": "Action.Execute", "verb": "acknowledge", "title": "Acknowledge"}
TEXT = {"type": "TextBlock", "text": "Opened {{TIME(2026-01-01T10:00:00Z)}}", "wrap": True}
LINKED = {"type": "TextRun", "text": "#42", "selectAction": OPEN}
DETAILS = {"type": "Container", "id": "details", "isVisible": False, "items": [TEXT]}
FACT = {"title": "Opened", "value": "{{TIME(2026-01-01T10:00:00Z)}}"}
INLINE_IMAGE = {"type": "Image", "url": "data:image/png;base64,AA"}
TOGGLE = {"type": "Action.ToggleVisibility", "title": "Details", "targetElements": ["details"]}


def page_row(row: Feature) -> str:
    cells = (row.feature, row.desktop, row.web, row.ios, row.android, row.weakest, row.source)
    return f"| {' | '.join(cells)} |"


def with_body(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(elements)}


def runs(*inlines: dict[str, Any] | str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(inlines)}


def actions(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "ActionSet", "actions": list(items)}


def test_the_page_has_the_table_row_by_row() -> None:
    table = PAGE.read_text().partition(f"{HEAD}\n")[2].partition("\n\n")[0]
    assert table.splitlines()[1:] == [page_row(row) for row in features()]


@pytest.mark.parametrize("row", features(), ids=lambda row: re.sub(r"\W+", "-", row.feature))
def test_every_row_has_a_source_and_does_no_more_than_its_clients(row: Feature) -> None:
    assert row.weakest
    assert re.search(r"#\d+|\*[a-z-]+\*", row.source), "an issue or a page"
    if row.rule is not None:
        assert {row.desktop, row.web, row.ios, row.android} != {"yes"}, "a rule says what some client lacks"
    if row.rule is not None and row.rule.kind == "overflow":
        assert row.rule.limit == 6


@pytest.mark.parametrize(
    "good",
    [
        with_body(TEXT),
        with_body(TEXT, runs("#42 {{ nothing }} DATE(2026)", {"type": "TextRun", "text": "**as it is**"})),
        with_body({"type": "Container", "items": [runs("#42")], "selectAction": OPEN}),
        with_body(actions(EXECUTE, OPEN)),
        with_body(actions(*[OPEN] * 6, *[OPEN | {"mode": "secondary"}] * 9)),
        with_body(DETAILS, actions(TOGGLE)),
        with_body(actions(OPEN | {"style": "positive", "tooltip": "Open #42 in PagerDuty"})),
        with_body(actions({"type": "Action.ShowCard", "card": {"type": "AdaptiveCard", "body": [TEXT]}})),
        with_body({"type": "FactSet", "facts": [{"title": "Service", "value": "Checkout"}]}),
        with_body({"type": "Image", "url": "https://acme.example/a.png"}),
        with_body(actions(EXECUTE | {"data": FACT | {"items": ["x"]}}, OPEN)),
        with_body(TEXT | {"text": "#42 is **new**; [open](https://acme.example) <at>Ada</at>"}),
    ],
)
def test_what_every_client_draws_is_no_problem(good: dict[str, Any]) -> None:
    assert problems_on_teams(good) == []


@pytest.mark.parametrize(
    ("bad", "place", "feature"),
    [
        (
            with_body(runs("At ", {"type": "TextRun", "text": "{{TIME(2026-01-01T10:00:00Z)}}"})),
            "card.body[0].inlines[1]",
            "`{{DATE()}}` and `{{TIME()}}` in a `TextRun`",
        ),
        (
            with_body({"type": "Container", "items": [runs("At {{DATE(2026-01-01T10:00:00Z, SHORT)}}")]}),
            "card.body[0].items[0].inlines[0]",
            "`{{DATE()}}` and `{{TIME()}}` in a `TextRun`",
        ),
        (
            with_body({"type": "FactSet", "facts": [FACT]}),
            "card.body[0].facts[0]",
            "`{{DATE()}}` and `{{TIME()}}` in a fact",
        ),
        (
            with_body(TEXT) | {"fallbackText": "Opened {{TIME(2026-01-01T10:00:00Z)}}"},
            "card",
            "`{{DATE()}}` and `{{TIME()}}` in a fact",
        ),
        (with_body(runs(LINKED)), "card.body[0].inlines[0]", "`selectAction` of a `TextRun`"),
        (
            with_body({"type": "ColumnSet", "columns": [{"items": [runs("x", LINKED)]}]}),
            "card.body[0].columns[0].items[0].inlines[1]",
            "`selectAction` of a `TextRun`",
        ),
        (with_body({"type": "TextBlock", "text": "x"}), "card.body[0]", "a `TextBlock` without `wrap`"),
        (with_body(TEXT | {"wrap": False}), "card.body[0]", "a `TextBlock` without `wrap`"),
        (with_body(TEXT | {"text": "# Title"}), "card.body[0]", "other Markdown"),
        (with_body(TEXT | {"text": "one\n> two"}), "card.body[0]", "other Markdown"),
        (with_body(TEXT | {"text": "a <b>bold</b> word"}), "card.body[0]", "HTML in a card"),
        (with_body(actions(*[OPEN] * 7)), "card.body[0]", "more than six primary actions"),
        (with_body(TEXT) | {"actions": [OPEN] * 7}, "card", "more than six primary actions"),
        (with_body(actions(EXECUTE)), "card.body[0].actions[0]", "`Action.Execute`"),
        (with_body(actions(OPEN | {"isEnabled": False})), "card.body[0].actions[0]", "`isEnabled: false`"),
        (with_body(actions(TOGGLE)), "card.body[0].actions[0]", "`Action.ToggleVisibility`"),
        (
            with_body(DETAILS | {"items": [actions(TOGGLE)]}),
            "card.body[0].items[0].actions[0]",
            "`Action.ToggleVisibility`",
        ),
        (
            with_body(actions({"type": "Action.ToggleVisibility", "title": "Details"})),
            "card.body[0].actions[0]",
            "`Action.ToggleVisibility` without `targetElements`",
        ),
        (with_body(TEXT) | {"version": "1.6"}, "card", "a `version`"),
        ({"type": "AdaptiveCard", "body": [TEXT]}, "card", "a `version`"),
        (with_body({"type": "Image"}), "card.body[0]", "an `Image` without `url`"),
        (with_body(INLINE_IMAGE), "card.body[0]", "an `Image` whose `url`"),
        (with_body({"type": "Media"}), "card.body[0]", "`Media`"),
        (with_body(TEXT | {"targetWidth": "narrow"}), "card.body[0]", "`targetWidth`"),
    ],
)
def test_what_the_weakest_client_does_not_draw_is_named_with_its_place(
    bad: dict[str, Any], place: str, feature: str
) -> None:
    (problem,) = problems_on_teams(bad)
    assert problem.startswith(f"{place}: {feature}")


def test_every_problem_of_a_card_is_named() -> None:
    bad = card("Opened {{TIME(2026-01-01T10:00:00Z)}}", "acknowledge", "resolve")
    bad["body"].append(runs(LINKED | {"text": "{{DATE(2026-01-01T10:00:00Z)}}"}))
    places = [problem.partition(": ")[0] for problem in problems_on_teams(bad)]
    assert places == ["card.body[0].items[0]", *["card.body[1].inlines[0]"] * 2]


def test_every_rule_is_tried() -> None:
    """A row whose rule finds nothing above would be a check that cannot fail."""
    (parametrized,) = test_what_the_weakest_client_does_not_draw_is_named_with_its_place.pytestmark
    tried = [feature for _, _, feature in parametrized.args[1]]
    ruled = [row.feature for row in features() if row.rule is not None and not row.rule.harmless]
    assert [row for row in ruled if not any(row.startswith(feature) for feature in tried)] == []
